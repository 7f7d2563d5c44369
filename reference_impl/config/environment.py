"""The table of environment variables (ENV-001 to ENV-027).

Sources: `dist/src/plugin/config/loader.js`, `applyEnvOverrides`, up to release 1.5.5; for variables that this function
does not read, the documents of the release. Names and values are case-sensitive and not trimmed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.json_type import Json
from reference_impl.config.keys import STRATEGY
from reference_impl.profiles import Profile, rows_of
from reference_impl.releases import OLDEST

PREFIX = "OPENCODE_ANTIGRAVITY_"
ON: Mapping[str, Json] = {"1": True, "true": True}
OFF: Mapping[str, Json] = {"0": False, "false": False}
STRATEGIES: Mapping[str, Json] = {word: word for word in STRATEGY.words}
MODES: Mapping[str, Json] = {"auto": "auto", "off": "off"}
DEFAULT_THRESHOLD = 0.3

# JavaScript's parseFloat: skips white space, then reads the longest prefix that is a number.
_SPACE = r"[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*"
_NUMBER = re.compile(_SPACE + r"([+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))")


def words(known: Mapping[str, Json], otherwise: Json = None) -> Callable[[str], Json]:
    """Returns the meaning of a variable: a function from its text to a value. None means that nothing changes."""
    return lambda word: known.get(word, otherwise)


def threshold(text: str) -> float:
    """Reads a number and limits it to 0..1; the default if there is no number (ENV-023, ENV-024, ENV-025)."""
    number = _NUMBER.match(text)
    return DEFAULT_THRESHOLD if number is None else min(1.0, max(0.0, float(number[1])))


def threshold_or_default(text: str) -> float:
    """Like `threshold`, but 0 means the default: `parseFloat(...) || 0.3`."""
    number = _NUMBER.match(text)
    return threshold(text) if number is not None and float(number[1]) != 0 else DEFAULT_THRESHOLD


@dataclass(frozen=True)
class Variable:
    """One variable: its name without prefix, the key that it sets, its meaning, and the releases that have it."""

    name: str
    path: str
    meaning: Callable[[str], Json]
    since: str = OLDEST
    until: str | None = None  # the last release that has it


STICKY_OR = words(STRATEGIES, otherwise="sticky")  # an unknown strategy means sticky (ENV-006)
VARIABLES = (
    Variable("PID_OFFSET_ENABLED", "pid_offset_enabled", words(ON)),
    Variable("ACCOUNT_SELECTION_STRATEGY", "account_selection_strategy", STICKY_OR),
    Variable("QUIET", "quiet_mode", words(ON)),
    Variable("DEBUG", "debug", words(OFF, otherwise=True)),
    Variable("DEBUG_TUI", "debug_tui", words(ON), since="1.6.0"),
    Variable("SESSION_RECOVERY", "session_recovery", words(OFF)),
    Variable("AUTO_UPDATE", "auto_update", words(OFF)),
    Variable("AUTO_RESUME", "auto_resume", words({**ON, **OFF})),
    Variable("KEEP_THINKING", "keep_thinking", words(ON)),
    Variable("RESUME_TEXT", "resume_text", str),
    Variable("LOG_DIR", "log_dir", str),
    Variable("WEB_SEARCH", "web_search.default_mode", words(MODES), since="1.3.0", until="1.3.0"),
    Variable("WEB_SEARCH_THRESHOLD", "web_search.grounding_threshold", threshold, since="1.3.0", until="1.3.0"),
)


def variables_of(profile: Profile) -> tuple[Variable, ...]:
    """Returns the variables that a release reads."""
    if profile.has("environment-variables-unread"):
        return ()
    unread = "KEEP_THINKING" if profile.has("keep-thinking-variable-unread") else ""
    return tuple(v for v in rows_of(profile, VARIABLES, lambda v: v.name) if v.name != unread)


def set_by_variables(environment: Mapping[str, str], profile: Profile) -> dict[Variable, Json]:
    """Returns the value that each variable sets. An empty variable counts as unset (ENV-007)."""
    found: dict[Variable, Json] = {}
    for variable in variables_of(profile):
        text = environment.get(PREFIX + variable.name)
        zero_is_none = variable.meaning is threshold and profile.has("web-search-threshold-zero-is-default")
        meaning = threshold_or_default if zero_is_none else variable.meaning
        if text and (value := meaning(text)) is not None:
            found[variable] = value
    return found
