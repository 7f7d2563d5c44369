"""Short descriptions of scenarios and values, for people."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping

from conformance.json_type import Json
from conformance.texts import printable
from conformance.wire.scenario import ABSENT, Scenario

WIDTH = 80
NEAR_MS = 400 * 24 * 3_600_000  # of the clock: such a number is a time


def describe_scenario(scenario: Scenario, position: int | None) -> Iterator[str]:
    """One line for each file and each call; an arrow marks the call with the wrong answer.

    Times are relative to `now`, the clock when the pool is opened.
    """
    now_ms = opened_at(scenario)
    yield from _describe_files(scenario.files, now_ms)
    clock_ms: float = 0
    for number, call in enumerate(scenario.calls):
        yield from _describe_files(call.files, now_ms)
        mark = "> " if number == position else "  "
        clock = ""
        if call.method == "advance" and _is_number(call.params.get("ms")):
            clock_ms += call.params["ms"]
            clock = f"  (the clock is at {at_time(clock_ms)})"
        yield f"{mark}{call.method} {describe_params(call.method, call.params, now_ms)}".rstrip() + clock


def _describe_files(files: Mapping[str, Mapping[str, Json]], now_ms: float) -> Iterator[str]:
    for path, content in files.items():
        kind, value = next(iter(content.items()))
        shown = value if kind == "text" and value.isprintable() else json.dumps(content)
        yield f"  file {path}: {_TIME.sub(lambda found: _near(found, now_ms), shown)}"


_TIME = re.compile(r"(?<![\w.])[0-9]{12,14}(?![\w.])")


def _near(found: re.Match[str], now_ms: float) -> str:
    return str(relative(int(found[0]), now_ms))


def opened_at(scenario: Scenario) -> float:
    """The clock when the first pool is opened, in milliseconds; 0 if that is not known."""
    opened: Json = next((call.params.get("now_ms") for call in scenario.calls if call.method == "open"), 0)
    return float(opened) if _is_number(opened) else 0


def relative(value: Json, now_ms: float) -> Json:
    """The value with times near the clock as `now + 60 s`."""
    if _is_number(value) and now_ms > NEAR_MS and abs(value - now_ms) <= NEAR_MS:
        return at_time(value - now_ms)
    if isinstance(value, dict):
        return {key: relative(item, now_ms) for key, item in value.items()}
    return [relative(item, now_ms) for item in value] if isinstance(value, list) else value


def at_time(ms: float) -> str:
    """`now`, `now + 60 s` or `now - 1 ms`."""
    if ms == 0:
        return "now"
    return f"now {'+' if ms > 0 else '-'} {duration(abs(ms))}"


def duration(ms: float) -> str:
    """Whole seconds as `60 s`, else `1500 ms`."""
    return f"{ms / 1000:g} s" if ms >= 1000 and ms % 1000 == 0 and ms < 1e9 else f"{ms:.12g} ms"


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def describe_params(method: str, params: Mapping[str, Json], now_ms: float = 0) -> str:
    """`family=claude strategy=sticky`. Shortens a pool to its accounts, and leaves out the start of the clock."""
    words = []
    for name, given in params.items():
        if method == "open" and name == "now_ms":
            continue
        value = relative(given, now_ms)
        shown = describe_pool(value) if method == "open" and name == "pool" else describe(value)
        words.append(f"{name}={shown}")
    return " ".join(words)


def describe_pool(pool: Json) -> str:
    """The accounts by label, with everything unusual, then the other stored keys."""
    if not isinstance(pool, dict) or not isinstance(pool.get("accounts"), list):
        return describe(pool)
    listed = [_describe_account(account) for account in pool["accounts"]]
    others = [f"{k}={describe(v)}" for k, v in pool.items() if k not in ("accounts", "version")]
    count = f"{len(listed)} account{'' if len(listed) == 1 else 's'}"
    return "{" + ", ".join([f"{count}: {' '.join(listed)}", *others]) + "}"


def _describe_account(account: Json) -> str:
    if not isinstance(account, dict):
        return describe(account)
    unusual = {k: v for k, v in account.items() if k not in ("refreshToken", "addedAt", "lastUsed")}
    token = account.get("refreshToken")
    name = token if isinstance(token, str) and token else f"(token {describe(token)})"
    return name + (_unquoted(json.dumps(unusual)) if unusual else "")


def describe(value: Json) -> str:
    """A value as JSON; a plain word without its quotes."""
    if value == ABSENT:
        return "(absent)"
    if isinstance(value, str) and value and value.isprintable() and " " not in value:
        return value
    return _unquoted(json.dumps(value, ensure_ascii=False))


def _unquoted(text: str) -> str:
    """Times are no strings, so they have no quotes."""
    return re.sub(r'"(now(?: [+-] [0-9.e+]+ m?s)?)"', r"\1", text)


def command(text: str, indent: str) -> Iterator[str]:
    """A command to copy: lines joined by backslashes, broken only between words."""
    lines = [""]
    for word in _SHELL_WORD.findall(text):
        longer = f"{lines[-1]} {word}".strip() if len(lines) == 1 else f"{lines[-1]} {word}"
        if len(indent) + len(longer) + 2 > WIDTH and lines[-1].strip():
            lines.append("    " + word)
        else:
            lines[-1] = longer
    for number, line in enumerate(lines, 1):
        yield indent + line + (" \\" if number < len(lines) else "")


_SHELL_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")


ID_COLUMN = 10  # one more than the longest id of a rule
VERDICT_COLUMN = 12  # one more than "not claimed"


def wrap(text: str, indent: str, hanging: int = 4) -> str:
    """Wrap to the width of the terminal. `hanging` is the extra indentation of continuation lines."""
    return textwrap.fill(
        printable(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_on_hyphens=False,
    )
