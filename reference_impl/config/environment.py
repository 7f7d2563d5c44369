"""What the environment sets: one table (ENV-001 to ENV-025).

Sources: release 1.3.0, `dist/src/plugin/config/loader.js`, `applyEnvOverrides`; for KEEP_THINKING, which that
code forgot, `docs/CONFIGURATION.md` of the same release. Names and words are compared as they are, in no
other case and not trimmed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from reference_impl.config.model import Strategy

Json = Any
PREFIX = "OPENCODE_ANTIGRAVITY_"
ON: Mapping[str, Json] = {"1": True, "true": True}
OFF: Mapping[str, Json] = {"0": False, "false": False}
STRATEGIES: Mapping[str, Json] = {word: word for word in get_args(Strategy)}
MODES: Mapping[str, Json] = {"auto": "auto", "off": "off"}
DEFAULT_THRESHOLD = 0.3

# JavaScript's parseFloat: white space, then the longest beginning that is a number.
_SPACE = r"[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*"
_NUMBER = re.compile(_SPACE + r"([+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))")


def words(known: Mapping[str, Json], otherwise: Json = None) -> Callable[[str], Json]:
    """A variable that knows these words; for any other it gives `otherwise`, where None changes nothing."""
    return lambda word: known.get(word, otherwise)


def threshold(text: str) -> float:
    """A number, brought into 0 to 1; what is no number means the default (ENV-023, ENV-025).

    1.3.0 takes 0 for "no number" (`parseFloat(...) || 0.3`); here 0 is 0 (ENV-024).
    """
    number = _NUMBER.match(text)
    return DEFAULT_THRESHOLD if number is None else min(1.0, max(0.0, float(number[1])))


@dataclass(frozen=True)
class Variable:
    """One variable, without its prefix: the key that it sets, and what its text means."""

    name: str
    key: str
    meaning: Callable[[str], Json]
    group: str | None = None


STICKY_OR = words(STRATEGIES, otherwise="sticky")  # a misspelt strategy is sticky (ENV-006)
VARIABLES = (
    Variable("PID_OFFSET_ENABLED", "pid_offset_enabled", words(ON)),
    Variable("ACCOUNT_SELECTION_STRATEGY", "account_selection_strategy", STICKY_OR),
    Variable("QUIET", "quiet_mode", words(ON)),
    Variable("DEBUG", "debug", words(OFF, otherwise=True)),
    Variable("SESSION_RECOVERY", "session_recovery", words(OFF)),
    Variable("AUTO_UPDATE", "auto_update", words(OFF)),
    Variable("AUTO_RESUME", "auto_resume", words({**ON, **OFF})),
    Variable("KEEP_THINKING", "keep_thinking", words(ON)),
    Variable("RESUME_TEXT", "resume_text", str),
    Variable("LOG_DIR", "log_dir", str),
    Variable("WEB_SEARCH", "default_mode", words(MODES), group="web_search"),
    Variable("WEB_SEARCH_THRESHOLD", "grounding_threshold", threshold, group="web_search"),
)


def environment_layer(environment: Mapping[str, str]) -> dict[str, Json]:
    """The keys that the variables set, as a file would. An empty variable counts as unset (ENV-007)."""
    layer: dict[str, Json] = {}
    for variable in VARIABLES:
        text = environment.get(PREFIX + variable.name)
        value = variable.meaning(text) if text else None
        if value is not None:
            target = layer if variable.group is None else layer.setdefault(variable.group, {})
            target[variable.key] = value
    return layer
