"""CFG: keys, defaults and ranges. A value that is not accepted leaves its key at the default."""

from typing import Any

import pytest

from conformance.cases.kit import Judge, covers
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import ABSENT, Scenario

Json = Any


def defaults(**keys: Json) -> Scenario:
    """Without any file, these keys have these values."""
    return Scenario([load_config().gives(config(**keys))])


def in_file(document: Json, **keys: Json) -> Scenario:
    """With this document as the user's file, these keys have these values."""
    return Scenario([load_config().gives(config(**keys))], files={USER_FILE: text(document)})


def accepted(document: dict[str, Json]) -> Scenario:
    """A file gives what it says."""
    return in_file(document, **document)


def ignored(document: dict[str, Json]) -> Scenario:
    """The file has no effect: it does not even set what it says beside this."""
    return in_file({**document, "quiet_mode": True}, quiet_mode=False)


def in_group(group: str | None, key: str, value: Json) -> dict[str, Json]:
    return {key: value} if group is None else {group: {key: value}}


@covers("CFG-001")
def test_pid_offset_is_off(judge: Judge) -> None:
    judge.check(defaults(pid_offset_enabled=False))


@covers("CFG-001")
def test_pid_offset_is_off_under_a_file_that_does_not_set_it(judge: Judge) -> None:
    judge.check(in_file({"account_selection_strategy": "sticky"}, pid_offset_enabled=False))


@covers("CFG-002")
@pytest.mark.parametrize("path", [USER_FILE, PROJECT_FILE])
def test_a_file_switches_the_pid_offset_on(judge: Judge, path: str) -> None:
    expected = config(pid_offset_enabled=True)
    judge.check(Scenario([load_config().gives(expected)], files={path: text({"pid_offset_enabled": True})}))


@covers("CFG-003")
def test_the_default_strategy_is_hybrid(judge: Judge) -> None:
    judge.check(defaults(account_selection_strategy="hybrid"))


@covers("CFG-004")
def test_the_default_strategy_is_sticky(judge: Judge) -> None:
    judge.check(defaults(account_selection_strategy="sticky"))


@covers("CFG-005")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
def test_a_file_names_a_strategy(judge: Judge, strategy: str) -> None:
    judge.check(accepted({"account_selection_strategy": strategy}))


@covers("CFG-006")
@pytest.mark.parametrize("strategy", ["least-used", "Sticky", "round_robin", " hybrid", ""])
def test_a_file_names_another_strategy(judge: Judge, strategy: str) -> None:
    # What stays is the user's strategy: the default is not the same in every release.
    user, project = {"account_selection_strategy": "round-robin"}, {"account_selection_strategy": strategy}
    files = {USER_FILE: text(user), PROJECT_FILE: text(project)}
    judge.check(Scenario([load_config().gives(config(**user))], files=files))


@covers("CFG-007")
@pytest.mark.parametrize("key", ["quiet_mode", "debug", "keep_thinking", "quota_fallback"])
def test_a_switch_is_off(judge: Judge, key: str) -> None:
    judge.check(defaults(**{key: False}))


@covers("CFG-008")
@pytest.mark.parametrize(
    "key",
    ["session_recovery", "tool_id_recovery", "claude_tool_hardening", "proactive_token_refresh", "auto_update"],
)
def test_a_switch_is_on(judge: Judge, key: str) -> None:
    judge.check(defaults(**{key: True}))


@covers("CFG-009")
def test_auto_resume_is_off_without_files(judge: Judge) -> None:
    judge.check(defaults(auto_resume=False))


@covers("CFG-009")
def test_auto_resume_is_off_under_an_empty_file(judge: Judge) -> None:
    judge.check(in_file({}, auto_resume=False))


@covers("CFG-010")
def test_auto_resume_is_on(judge: Judge) -> None:
    judge.check(defaults(auto_resume=True))


@covers("CFG-011")
def test_switch_on_first_rate_limit_is_on(judge: Judge) -> None:
    judge.check(defaults(switch_on_first_rate_limit=True))


@covers("CFG-011")
@pytest.mark.parametrize("value", [True, False])
def test_a_file_sets_switch_on_first_rate_limit(judge: Judge, value: bool) -> None:
    judge.check(accepted({"switch_on_first_rate_limit": value}))


SWITCHES = [
    "debug", "keep_thinking", "session_recovery", "auto_resume", "tool_id_recovery", "claude_tool_hardening",
    "proactive_token_refresh", "auto_update", "quota_fallback",
]  # fmt: skip


@covers("CFG-012")
@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("key", SWITCHES)
def test_a_file_sets_a_switch(judge: Judge, key: str, value: bool) -> None:
    judge.check(accepted({key: value}))


@covers("CFG-012")
@pytest.mark.parametrize("value", [True, False])
def test_a_file_sets_the_switch_of_the_signature_cache(judge: Judge, value: bool) -> None:
    judge.check(accepted({"signature_cache": {"enabled": value}}))


@covers("CFG-013")
def test_resume_text_is_continue(judge: Judge) -> None:
    judge.check(defaults(resume_text="continue"))


@covers("CFG-014")
@pytest.mark.parametrize("key", ["log_dir", "$schema"])
def test_a_text_has_no_default(judge: Judge, key: str) -> None:
    judge.check(defaults(**{key: ABSENT}))


@covers("CFG-015")
@pytest.mark.parametrize("value", ["go on", "", "  spaced\t", "~/logs", "$HOME/logs", "weiter, für immer: 続ける 🙂"])
@pytest.mark.parametrize("key", ["resume_text", "log_dir", "$schema"])
def test_a_text_is_taken_as_it_is(judge: Judge, key: str, value: str) -> None:
    judge.check(accepted({key: value}))


SIGNATURE_CACHE = {
    "enabled": True, "memory_ttl_seconds": 3600, "disk_ttl_seconds": 172800, "write_interval_seconds": 60,
}  # fmt: skip
HEALTH_SCORE = {
    "initial": 70, "success_reward": 1, "rate_limit_penalty": -10, "failure_penalty": -20,
    "recovery_rate_per_hour": 2, "min_usable": 50, "max_score": 100,
}  # fmt: skip
TOKEN_BUCKET = {"max_tokens": 50, "regeneration_rate_per_minute": 6, "initial_tokens": 50}


DEFAULTS: dict[str, dict[str, Json]] = {
    "CFG-016": {"empty_response_max_attempts": 4, "empty_response_retry_delay_ms": 2000},
    "CFG-018": {"proactive_refresh_buffer_seconds": 1800, "proactive_refresh_check_interval_seconds": 300},
    "CFG-020": {"max_rate_limit_wait_seconds": 300},
    "CFG-022": {"signature_cache": SIGNATURE_CACHE},
    "CFG-024": {"health_score": HEALTH_SCORE},
    "CFG-026": {"token_bucket": TOKEN_BUCKET},
    "CFG-042": {
        "max_cache_first_wait_seconds": 60,
        "failure_ttl_seconds": 3600,
        "default_retry_after_seconds": 60,
        "max_backoff_seconds": 60,
        "request_jitter_max_ms": 0,
    },
    "CFG-048": {
        "soft_quota_threshold_percent": 90,
        "quota_refresh_interval_minutes": 15,
        "soft_quota_cache_ttl_minutes": "auto",
    },
    "CFG-028": {"web_search": {"default_mode": "off", "grounding_threshold": 0.3}},
}


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(keys, id=requirement, marks=pytest.mark.covers(requirement))
        for requirement, keys in DEFAULTS.items()
    ],
)
def test_defaults_of_numbers(judge: Judge, keys: dict[str, Json]) -> None:
    judge.check(defaults(**keys))


# requirement, group, key, minimum, maximum, default
RANGES: list[tuple[str, str | None, str, float, float, float]] = [
    ("CFG-017", None, "empty_response_max_attempts", 1, 10, 4),
    ("CFG-017", None, "empty_response_retry_delay_ms", 500, 10_000, 2_000),
    ("CFG-019", None, "proactive_refresh_buffer_seconds", 60, 7_200, 1_800),
    ("CFG-019", None, "proactive_refresh_check_interval_seconds", 30, 1_800, 300),
    ("CFG-021", None, "max_rate_limit_wait_seconds", 0, 3_600, 300),
    ("CFG-023", "signature_cache", "memory_ttl_seconds", 60, 86_400, 3_600),
    ("CFG-023", "signature_cache", "disk_ttl_seconds", 3_600, 604_800, 172_800),
    ("CFG-023", "signature_cache", "write_interval_seconds", 10, 600, 60),
    ("CFG-025", "health_score", "initial", 0, 100, 70),
    ("CFG-025", "health_score", "success_reward", 0, 10, 1),
    ("CFG-025", "health_score", "rate_limit_penalty", -50, 0, -10),
    ("CFG-025", "health_score", "failure_penalty", -100, 0, -20),
    ("CFG-025", "health_score", "recovery_rate_per_hour", 0, 20, 2),
    ("CFG-025", "health_score", "min_usable", 0, 100, 50),
    ("CFG-025", "health_score", "max_score", 50, 100, 100),
    ("CFG-027", "token_bucket", "max_tokens", 1, 1_000, 50),
    ("CFG-027", "token_bucket", "regeneration_rate_per_minute", 0.1, 60, 6),
    ("CFG-027", "token_bucket", "initial_tokens", 1, 1_000, 50),
    ("CFG-029", "web_search", "grounding_threshold", 0, 1, 0.3),
    ("CFG-043", None, "max_cache_first_wait_seconds", 5, 300, 60),
    ("CFG-043", None, "failure_ttl_seconds", 60, 7_200, 3_600),
    ("CFG-043", None, "default_retry_after_seconds", 1, 300, 60),
    ("CFG-043", None, "max_backoff_seconds", 5, 300, 60),
    ("CFG-043", None, "request_jitter_max_ms", 0, 5_000, 0),
    ("CFG-049", None, "soft_quota_threshold_percent", 1, 100, 90),
    ("CFG-049", None, "quota_refresh_interval_minutes", 0, 60, 15),
]
INSIDE = [
    pytest.param(in_group(group, key, limit), id=f"{key} {limit}", marks=pytest.mark.covers(requirement))
    for requirement, group, key, minimum, maximum, _ in RANGES
    for limit in (minimum, maximum)
]
OUTSIDE = [
    pytest.param(
        in_group(group, key, value),
        in_group(group, key, default),
        id=f"{key} {value}",
        marks=pytest.mark.covers(requirement),
    )
    for requirement, group, key, minimum, maximum, default in RANGES
    for value in (round(minimum - 0.001, 3), minimum - 1, round(maximum + 0.001, 3), maximum + 1, 1e30)
]


@pytest.mark.parametrize("document", INSIDE)
def test_a_limit_belongs_to_its_range(judge: Judge, document: dict[str, Json]) -> None:
    judge.check(accepted(document))


@pytest.mark.parametrize(("document", "default"), OUTSIDE)
def test_a_value_outside_its_range_is_refused(judge: Judge, document: Json, default: dict[str, Json]) -> None:
    judge.check(in_file(document, **default))


@covers("CFG-029")
@pytest.mark.parametrize("mode", ["auto", "off"])
def test_a_mode_of_web_search(judge: Judge, mode: str) -> None:
    judge.check(accepted({"web_search": {"default_mode": mode}}))


@covers("CFG-029")
@pytest.mark.parametrize("mode", ["on", "Auto", "", True, None])
def test_no_mode_of_web_search(judge: Judge, mode: Json) -> None:
    judge.check(in_file({"web_search": {"default_mode": mode}}, web_search={"default_mode": "off"}))


@covers("CFG-040")
def test_the_default_scheduling_mode(judge: Judge) -> None:
    judge.check(defaults(scheduling_mode="cache_first"))


@covers("CFG-041")
@pytest.mark.parametrize("mode", ["cache_first", "balance", "performance_first"])
def test_a_scheduling_mode(judge: Judge, mode: str) -> None:
    judge.check(accepted({"scheduling_mode": mode}))


@covers("CFG-041")
@pytest.mark.parametrize("mode", ["cache-first", "Balance", "", True, None])
def test_no_scheduling_mode(judge: Judge, mode: Json) -> None:
    judge.check(in_file({"scheduling_mode": mode}, scheduling_mode="cache_first"))


@covers("CFG-044")
def test_the_default_toast_scope(judge: Judge) -> None:
    judge.check(defaults(toast_scope="root_only"))


@covers("CFG-045")
@pytest.mark.parametrize("scope", ["root_only", "all"])
def test_a_toast_scope(judge: Judge, scope: str) -> None:
    judge.check(accepted({"toast_scope": scope}))


@covers("CFG-045")
@pytest.mark.parametrize("scope", ["root", "ALL", "", True, None])
def test_no_toast_scope(judge: Judge, scope: Json) -> None:
    judge.check(in_file({"toast_scope": scope}, toast_scope="root_only"))


NEWER_SWITCHES = ["debug_tui", "cli_first", "claude_prompt_auto_caching"]


@covers("CFG-046")
@pytest.mark.parametrize("key", NEWER_SWITCHES)
def test_a_newer_switch_is_off(judge: Judge, key: str) -> None:
    judge.check(defaults(**{key: False}))


@covers("CFG-047")
@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("key", NEWER_SWITCHES)
def test_a_file_sets_a_newer_switch(judge: Judge, key: str, value: bool) -> None:
    judge.check(accepted({key: value, "debug": not value}))


@covers("CFG-050")
@pytest.mark.parametrize("value", ["auto", 1, 30.5, 120])
def test_a_ttl_of_the_quota_cache(judge: Judge, value: Json) -> None:
    judge.check(accepted({"soft_quota_cache_ttl_minutes": value, "quiet_mode": True}))


@covers("CFG-050")
@pytest.mark.parametrize("value", [0, 0.999, 121, 1e30, "Auto", "10", "", True, None])
def test_no_ttl_of_the_quota_cache(judge: Judge, value: Json) -> None:
    judge.check(in_file({"soft_quota_cache_ttl_minutes": value}, soft_quota_cache_ttl_minutes="auto"))


@covers("CFG-030")
@pytest.mark.parametrize(
    ("group", "key", "value"),
    [
        (None, "empty_response_max_attempts", 1.5),
        (None, "empty_response_retry_delay_ms", 500.25),
        (None, "proactive_refresh_buffer_seconds", 60.125),
        (None, "proactive_refresh_check_interval_seconds", 30.5),
        (None, "max_rate_limit_wait_seconds", 0.1),
        ("signature_cache", "memory_ttl_seconds", 60.5),
        ("signature_cache", "disk_ttl_seconds", 3600.000001),
        ("signature_cache", "write_interval_seconds", 599.999),
    ],
)
def test_a_fraction_is_accepted(judge: Judge, group: str | None, key: str, value: float) -> None:
    judge.check(accepted(in_group(group, key, value)))


@covers("CFG-031")
@pytest.mark.parametrize(
    ("key", "value", "default"),
    [("debug", 1, False), ("quota_fallback", 1, False), ("auto_update", 0, True), ("auto_update", 0.0, True)],
)
def test_a_number_is_no_switch(judge: Judge, key: str, value: float, default: bool) -> None:
    judge.check(in_file({key: value}, **{key: default}))


@covers("CFG-031")
@pytest.mark.parametrize("value", [1, 0])
def test_a_number_does_not_switch_the_pid_offset(judge: Judge, value: int) -> None:
    judge.check(ignored({"pid_offset_enabled": value}))


@covers("CFG-032")
@pytest.mark.parametrize("value", ["yes", "true", "on", "1", ""])
def test_text_does_not_switch_the_pid_offset(judge: Judge, value: str) -> None:
    judge.check(ignored({"pid_offset_enabled": value}))


@covers("CFG-032")
@pytest.mark.parametrize("value", ["true", "True", "1", "on"])
def test_text_is_no_switch(judge: Judge, value: str) -> None:
    judge.check(in_file({"debug": value}, debug=False))


@covers("CFG-032")
@pytest.mark.parametrize("value", ["10", "", "1e2"])
def test_text_is_no_number(judge: Judge, value: str) -> None:
    judge.check(in_file({"max_rate_limit_wait_seconds": value}, max_rate_limit_wait_seconds=300))


@covers("CFG-033")
@pytest.mark.parametrize(
    ("key", "value", "default"),
    [
        ("max_rate_limit_wait_seconds", True, 300),
        ("max_rate_limit_wait_seconds", False, 300),
        ("empty_response_max_attempts", True, 4),
    ],
)
def test_a_switch_is_no_number(judge: Judge, key: str, value: bool, default: int) -> None:
    judge.check(in_file({key: value}, **{key: default}))


@covers("CFG-034")
@pytest.mark.parametrize(
    "key",
    [
        "pid_offset_enabled", "max_rate_limit_wait_seconds", "resume_text", "log_dir", "$schema",
        "account_selection_strategy", "signature_cache",
    ],
)  # fmt: skip
def test_null_is_no_value(judge: Judge, key: str) -> None:
    judge.check(ignored({key: None}))


@covers("CFG-035")
@pytest.mark.parametrize(("key", "default"), [("resume_text", "continue"), ("log_dir", ABSENT), ("$schema", ABSENT)])
@pytest.mark.parametrize("value", [5, True, ["text"], {"text": "text"}])
def test_only_text_is_text(judge: Judge, key: str, default: Json, value: Json) -> None:
    judge.check(in_file({key: value}, **{key: default}))


@covers("CFG-036")
@pytest.mark.parametrize("value", [[], ["enabled"], "enabled", 1, True])
def test_a_group_must_be_an_object(judge: Judge, value: Json) -> None:
    judge.check(ignored({"signature_cache": value}))


UNKNOWN = {"future_key": {"deep": [1, None]}, "signature_cache": {"memory_ttl_seconds": 90, "future_key": 1}}


@covers("CFG-037")
def test_unknown_keys_do_no_harm(judge: Judge) -> None:
    judge.check(in_file({**UNKNOWN, "quiet_mode": True}, quiet_mode=True, signature_cache={"memory_ttl_seconds": 90}))


@covers("CFG-038")
def test_unknown_keys_are_dropped(judge: Judge) -> None:
    judge.check(in_file(UNKNOWN, future_key=ABSENT, signature_cache={"future_key": ABSENT}))


@covers("CFG-039")
@pytest.mark.parametrize("key", ["DEBUG", "Debug", "debuG"])
def test_a_key_in_another_case_is_another_key(judge: Judge, key: str) -> None:
    judge.check(in_file({key: True, "quiet_mode": True}, debug=False, quiet_mode=True))


@covers("CFG-051")
@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype", "toString"])
@pytest.mark.parametrize("below", [{"debug": True, "pid_offset_enabled": True}, {"debug": 5}, None, 1])
def test_a_name_that_means_something_to_javascript(judge: Judge, name: str, below: Json) -> None:
    expected = {"quiet_mode": True, "debug": False, "pid_offset_enabled": False}
    judge.check(in_file({name: below, "quiet_mode": True}, **expected))


@covers("CFG-051")
def test_a_name_that_means_something_to_javascript_in_a_group(judge: Judge) -> None:
    group = {"__proto__": {"enabled": False, "memory_ttl_seconds": 1}, "disk_ttl_seconds": 3600}
    expected = {"enabled": True, "memory_ttl_seconds": 3600, "disk_ttl_seconds": 3600}
    judge.check(in_file({"signature_cache": group}, signature_cache=expected))
