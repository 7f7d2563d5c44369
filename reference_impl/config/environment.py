"""What the environment sets: one table (ENV-001 to ENV-027).

Sources: `dist/src/plugin/config/loader.js`, `applyEnvOverrides`, up to release 1.4.3; for variables that this code
forgot, the documents of the release. Names and words are compared as they are, in no other case and not trimmed.
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

# JavaScript's parseFloat: white space, then the longest beginning that is a number.
_SPACE = r"[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*"
_NUMBER = re.compile(_SPACE + r"([+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))")


def words(known: Mapping[str, Json], otherwise: Json = None) -> Callable[[str], Json]:
    """A variable that knows these words; for any other it gives `otherwise`, where None changes nothing."""
    return lambda word: known.get(word, otherwise)


def threshold(text: str) -> float:
    """A number, brought into 0 to 1; what is no number means the default (ENV-023, ENV-024, ENV-025)."""
    number = _NUMBER.match(text)
    return DEFAULT_THRESHOLD if number is None else min(1.0, max(0.0, float(number[1])))


def threshold_or_default(text: str) -> float:
    """The same, where 0 counts as "no number": `parseFloat(...) || 0.3`."""
    number = _NUMBER.match(text)
    return threshold(text) if number is not None and float(number[1]) != 0 else DEFAULT_THRESHOLD


@dataclass(frozen=True)
class Variable:
    """One variable, without its prefix: the key that it sets, what its text means, and the releases that have it."""

    name: str
    path: str
    meaning: Callable[[str], Json]
    since: str = OLDEST
    until: str | None = None  # the last release that has it


STICKY_OR = words(STRATEGIES, otherwise="sticky")  # a misspelt strategy is sticky (ENV-006)
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
    """The variables that a release reads."""
    if profile.has("environment-variables-unread"):
        return ()
    unread = "KEEP_THINKING" if profile.has("keep-thinking-variable-unread") else ""
    return tuple(v for v in rows_of(profile, VARIABLES, lambda v: v.name) if v.name != unread)


def set_by_variables(environment: Mapping[str, str], profile: Profile) -> dict[Variable, Json]:
    """What each variable sets its key to. An empty variable counts as unset (ENV-007)."""
    found: dict[Variable, Json] = {}
    for variable in variables_of(profile):
        text = environment.get(PREFIX + variable.name)
        zero_is_none = variable.meaning is threshold and profile.has("web-search-threshold-zero-is-default")
        meaning = threshold_or_default if zero_is_none else variable.meaning
        if text and (value := meaning(text)) is not None:
            found[variable] = value
    return found
