"""Settings and config keys on the command line."""

import json
from collections.abc import Mapping, Sequence

from conformance.json_type import Json
from conformance.simulation.model import Settings, setting
from conformance.targets.errors import UsageFault
from conformance.targets.nearest import did_you_mean
from reference_impl.config.keys import keys_of
from reference_impl.profiles import profile

OF_SETTINGS = ("account_selection_strategy", "pid_offset_enabled")
MODE = "scheduling_mode"
SIMULATED = (
    "max_rate_limit_wait_seconds",
    "switch_on_first_rate_limit",
    "scheduling_mode",
    "max_cache_first_wait_seconds",
    "failure_ttl_seconds",
    "default_retry_after_seconds",
    "request_jitter_max_ms",
    "soft_quota_threshold_percent",
    "quota_refresh_interval_minutes",
    "soft_quota_cache_ttl_minutes",
)
GROUPS = ("health_score.", "token_bucket.")


def parse_settings(text: str, changes: Mapping[str, Json], release: str) -> list[Settings]:
    """The settings of a list such as `sticky,round-robin`. Raises UsageFault."""
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not words:
        raise UsageFault("--settings names no settings; expected a list such as sticky,sticky+offset,round-robin")
    try:
        found = [setting(word, changes) for word in words]
    except ValueError as error:
        raise UsageFault(f"--settings: {error}. Give other config keys with --set") from error
    for each, plain in zip(found, map(setting, words), strict=True):
        if MODE not in plain.config:
            continue
        if MODE in changes:
            raise UsageFault(f"--settings {each.name} and --set {MODE} both name the mode; give one of them")
        if MODE not in {key.path for key in keys_of(profile(release))}:
            raise UsageFault(f"--settings {each.name}: release {release} has no config key {MODE!r}")
    return found


def parse_changes(texts: Sequence[str], release: str) -> dict[str, Json]:
    """The values of KEY=VALUE words, checked as the release does. Raises UsageFault."""
    keys = {key.path: key for key in keys_of(profile(release))}
    changes: dict[str, Json] = {}
    for text in texts:
        name, equals, written = text.partition("=")
        if not equals:
            raise UsageFault(f"--set {text!r}: expected KEY=VALUE, such as scheduling_mode=balance")
        if name not in keys:
            raise UsageFault(f"--set: release {release} has no config key {name!r}{did_you_mean(name, list(keys))}")
        if name in OF_SETTINGS:
            raise UsageFault(f"--set: {name} is part of --settings, such as sticky+offset; give it there")
        if name not in SIMULATED and not name.startswith(GROUPS):
            raise UsageFault(f"--set: {name} has no effect on a simulation; expected {', '.join(SIMULATED)}")
        try:
            value = json.loads(written)
        except (ValueError, RecursionError):
            value = written
        if problem := keys[name].kind.problem(value):
            raise UsageFault(f"--set {text!r}: {problem}")
        changes[name] = value
    return changes
