"""Every key of the config: its kind, default, range and releases (CFG-001 to CFG-053).

Source: `dist/src/plugin/config/schema.js` of each release. Values are not converted: a string is not a number, a
number is not a boolean, and null is not a value. A range accepts fractions. Unknown keys are dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from conformance.json_type import Json
from reference_impl.profiles import Profile, rows_of
from reference_impl.releases import OLDEST

Tree = dict[str, "Tree | Key"]


class Kind(Protocol):
    """The values that a key accepts."""

    def problem(self, value: Json) -> str | None:
        """Returns the problem of the value, or None. The value is not quoted, because it may be long or private."""


@dataclass(frozen=True)
class Switch:
    def problem(self, value: Json) -> str | None:
        return None if isinstance(value, bool) else "expected true or false"


@dataclass(frozen=True)
class Text:
    def problem(self, value: Json) -> str | None:
        return None if isinstance(value, str) else "expected text"


@dataclass(frozen=True)
class OneOf:
    words: tuple[str, ...]

    def problem(self, value: Json) -> str | None:
        known = isinstance(value, str) and value in self.words
        return None if known else f"expected {_either([repr(word) for word in self.words])}"


@dataclass(frozen=True)
class Range:
    """A number in a closed range, or one of some words."""

    minimum: float
    maximum: float
    words: tuple[str, ...] = ()

    def problem(self, value: Json) -> str | None:
        if isinstance(value, str) and value in self.words:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and self.minimum <= value <= self.maximum:
            return None
        return f"expected {_either([*map(repr, self.words), f'a number from {self.minimum} to {self.maximum}'])}"


@dataclass(frozen=True)
class Key:
    """One key: its path, its kind, its value if no layer sets it, and the releases that have it."""

    path: str
    kind: Kind
    default: Json = None  # no value
    since: str = OLDEST
    until: str | None = None  # the last release that has it


SWITCH, TEXT = Switch(), Text()
STRATEGY = OneOf(("sticky", "round-robin", "hybrid"))
KEYS = (
    Key("$schema", TEXT),
    Key("quiet_mode", SWITCH, False),
    Key("toast_scope", OneOf(("root_only", "all")), "root_only", since="1.4.5"),
    Key("debug", SWITCH, False),
    Key("debug_tui", SWITCH, False, since="1.6.0"),
    Key("log_dir", TEXT),
    Key("keep_thinking", SWITCH, False),
    Key("session_recovery", SWITCH, True),
    Key("auto_resume", SWITCH, True, until="1.2.8"),
    Key("auto_resume", SWITCH, False, since="1.3.0"),
    Key("resume_text", TEXT, "continue"),
    Key("signature_cache.enabled", SWITCH, True),
    Key("signature_cache.memory_ttl_seconds", Range(60, 86_400), 3_600),
    Key("signature_cache.disk_ttl_seconds", Range(3_600, 604_800), 172_800),
    Key("signature_cache.write_interval_seconds", Range(10, 600), 60),
    Key("empty_response_max_attempts", Range(1, 10), 4),
    Key("empty_response_retry_delay_ms", Range(500, 10_000), 2_000),
    Key("tool_id_recovery", SWITCH, True),
    Key("claude_tool_hardening", SWITCH, True),
    Key("claude_prompt_auto_caching", SWITCH, False, since="1.6.0"),
    Key("proactive_token_refresh", SWITCH, True),
    Key("proactive_refresh_buffer_seconds", Range(60, 7_200), 1_800),
    Key("proactive_refresh_check_interval_seconds", Range(30, 1_800), 300),
    Key("max_rate_limit_wait_seconds", Range(0, 3_600), 300),
    Key("quota_fallback", SWITCH, False),
    Key("cli_first", SWITCH, False, since="1.4.5"),
    Key("account_selection_strategy", STRATEGY, "sticky", until="1.2.8"),
    Key("account_selection_strategy", STRATEGY, "hybrid", since="1.3.0"),
    Key("pid_offset_enabled", SWITCH, False),
    Key("switch_on_first_rate_limit", SWITCH, True, since="1.3.0"),
    Key("scheduling_mode", OneOf(("cache_first", "balance", "performance_first")), "cache_first", since="1.3.2"),
    Key("max_cache_first_wait_seconds", Range(5, 300), 60, since="1.3.2"),
    Key("failure_ttl_seconds", Range(60, 7_200), 3_600, since="1.3.2"),
    Key("default_retry_after_seconds", Range(1, 300), 60, since="1.3.2"),
    Key("max_backoff_seconds", Range(5, 300), 60, since="1.3.2"),
    Key("request_jitter_max_ms", Range(0, 5_000), 0, since="1.3.2"),
    Key("soft_quota_threshold_percent", Range(1, 100), 90, since="1.4.5"),
    Key("quota_refresh_interval_minutes", Range(0, 60), 15, since="1.4.5"),
    Key("soft_quota_cache_ttl_minutes", Range(1, 120, words=("auto",)), "auto", since="1.4.5"),
    Key("health_score.initial", Range(0, 100), 70, since="1.3.0"),
    Key("health_score.success_reward", Range(0, 10), 1, since="1.3.0"),
    Key("health_score.rate_limit_penalty", Range(-50, 0), -10, since="1.3.0"),
    Key("health_score.failure_penalty", Range(-100, 0), -20, since="1.3.0"),
    Key("health_score.recovery_rate_per_hour", Range(0, 20), 2, since="1.3.0"),
    Key("health_score.min_usable", Range(0, 100), 50, since="1.3.0"),
    Key("health_score.max_score", Range(50, 100), 100, since="1.3.0"),
    Key("token_bucket.max_tokens", Range(1, 1_000), 50, since="1.3.0"),
    Key("token_bucket.regeneration_rate_per_minute", Range(0.1, 60), 6, since="1.3.0"),
    Key("token_bucket.initial_tokens", Range(1, 1_000), 50, since="1.3.0"),
    Key("auto_update", SWITCH, True),
    Key("web_search.default_mode", OneOf(("auto", "off")), "off", since="1.3.0", until="1.3.0"),
    Key("web_search.grounding_threshold", Range(0, 1), 0.3, since="1.3.0", until="1.3.0"),
)


class NotValid(ValueError):  # noqa: N818 - it says what is wrong
    """A document has a value that its key does not accept. The message is `key: what is wrong`."""


@cache
def keys_of(profile: Profile) -> tuple[Key, ...]:
    """Returns the keys of a release, each once."""
    return rows_of(profile, KEYS, lambda key: key.path)


def check(document: Json, keys: tuple[Key, ...]) -> dict[str, Json]:
    """Returns the values that the document sets, by path, without unknown keys. Raises NotValid."""
    set_by: dict[str, Json] = {}
    _check(document, _tree(keys), "", set_by)
    return set_by


def group_of(path: str) -> str:
    """Returns the group of a path; an empty string for a top-level key."""
    return path.rpartition(".")[0]


def nested(by_path: Mapping[str, Json]) -> dict[str, Json]:
    """Returns the config with these values, by path."""
    document: dict[str, Json] = {}
    for path, value in by_path.items():
        group, _, name = path.rpartition(".")
        (document.setdefault(group, {}) if group else document)[name] = value
    return document


def _tree(keys: tuple[Key, ...]) -> Tree:
    return nested({key.path: key for key in keys})


def _check(document: Json, tree: Tree, place: str, set_by: dict[str, Json]) -> None:
    if not isinstance(document, dict):
        raise NotValid(f"{place.rstrip('.')}: expected an object" if place else "expected an object")
    for name, known in tree.items():
        if name not in document:
            continue
        if isinstance(known, dict):
            _check(document[name], known, f"{place}{name}.", set_by)
        elif problem := known.kind.problem(document[name]):
            raise NotValid(f"{known.path}: {problem}")
        else:
            set_by[known.path] = document[name]


def _either(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
