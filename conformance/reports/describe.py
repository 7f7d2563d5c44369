"""Short descriptions of scenarios and values, for people."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping

from conformance.json_type import Json
from conformance.texts import printable
from conformance.wire.scenario import ABSENT, Scenario

WIDTH = 80


def describe_scenario(scenario: Scenario, position: int | None) -> Iterator[str]:
    """One line for each file and each call; an arrow marks the call with the wrong answer."""
    yield from _describe_files(scenario.files)
    for number, call in enumerate(scenario.calls):
        yield from _describe_files(call.files)
        mark = "> " if number == position else "  "
        yield f"{mark}{call.method} {describe_params(call.method, call.params)}".rstrip()


def _describe_files(files: Mapping[str, Mapping[str, Json]]) -> Iterator[str]:
    for path, content in files.items():
        kind, value = next(iter(content.items()))
        yield f"  file {path}: {value if kind == 'text' and value.isprintable() else json.dumps(content)}"


def describe_params(method: str, params: Mapping[str, Json]) -> str:
    """`family=claude strategy=sticky`. Shortens a pool to its accounts, and leaves out the start of the clock."""
    words = []
    for name, value in params.items():
        if method == "open" and name == "now_ms":
            continue
        shown = describe_pool(value) if method == "open" and name == "pool" else describe(value)
        words.append(f"{name}={shown}")
    return " ".join(words)


def describe_pool(pool: Json) -> str:
    """The accounts by label, with everything unusual, then the other stored keys."""
    if not isinstance(pool, dict) or not isinstance(pool.get("accounts"), list):
        return describe(pool)
    listed = [_describe_account(account) for account in pool["accounts"]]
    others = [f"{k}={describe(v)}" for k, v in pool.items() if k not in ("accounts", "version")]
    return "{" + ", ".join([f"{len(listed)} accounts: {' '.join(listed)}", *others]) + "}"


def _describe_account(account: Json) -> str:
    if not isinstance(account, dict):
        return describe(account)
    unusual = {k: v for k, v in account.items() if k not in ("refreshToken", "addedAt", "lastUsed")}
    token = account.get("refreshToken")
    name = token if isinstance(token, str) and token else f"(token {describe(token)})"
    return name + (json.dumps(unusual) if unusual else "")


def describe(value: Json) -> str:
    """A value as JSON; a plain word without its quotes."""
    if value == ABSENT:
        return "(absent)"
    if isinstance(value, str) and value and value.isprintable() and " " not in value:
        return value
    return json.dumps(value, ensure_ascii=False)


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


def wrap(text: str, indent: str, hanging: int = 4) -> str:
    """Wrap to the width of the terminal. `hanging` is the extra indentation of continuation lines."""
    return textwrap.fill(
        printable(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_on_hyphens=False,
    )
