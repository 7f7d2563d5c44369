"""CFG: values of another type, and unknown keys."""

from dataclasses import replace

import pytest

from conformance.cases.config_kit import check_unknown, check_without_effect, ignored, in_file
from conformance.cases.kit import Judge, covers, values
from conformance.json_type import Json
from conformance.wire.calls import USER_FILE, load_config, text
from conformance.wire.scenario import ABSENT, Scenario

KEYS_OF_FORKS = (
    "rotation_strategy", "hidden_models", "model_ranking", "thinking_warmup", "request_timeout_ms", "app_dir",
    "cross_family_fallback", "cache_warmup_on_switch", "auto_disable_on_verification_required",
    "refresh_window_seconds", "rate_limit_max_retries", "cooldown_period_seconds", "show_active_account",
    "allow_ai_credit_overages",
)  # fmt: skip

CAMEL_CASE: dict[str, Json] = {
    "pidOffsetEnabled": True, "accountSelectionStrategy": "round-robin", "sessionRecovery": False, "autoUpdate": False,
    "resumeText": "go", "maxRateLimitWaitSeconds": 5, "signatureCache": {"enabled": False},
}  # fmt: skip
OTHER_SPELLINGS: list[dict[str, Json]] = [
    dict.fromkeys([" debug", "debug ", "debug\t", "debug\0", "_debug", "debug_", "--debug", "quiet mode"], True),
    dict.fromkeys(["quiet.mode", "OPENCODE_ANTIGRAVITY_DEBUG"], True),
    dict.fromkeys(["signature_cache.enabled", "signature_cache/enabled", "enabled"], False),
    {"memory_ttl_seconds": 90, "antigravity": {"debug": True}, "config": {"debug": True}},
    {"signature_cache": {"memoryTtlSeconds": 90, "debug": True, "signature_cache.enabled": False}},
    {"signature_cache": {" enabled": False, "Enabled": False}},
    {"health_score.initial": 80, "health_score": {"maxScore": 80, " initial": 80}},
]  # fmt: skip


@covers("CFG-031")
@pytest.mark.parametrize(
    ("key", "value"), [("debug", 1), ("quota_fallback", 1), ("auto_update", 0), ("auto_update", 0.0)]
)
def test_number_is_no_boolean(judge: Judge, key: str, value: float) -> None:
    check_without_effect(judge, {key: value})


@covers("CFG-031")
@pytest.mark.parametrize("value", [1, 0])
def test_number_does_not_enable_pid_offset(judge: Judge, value: int) -> None:
    judge.check(ignored({"pid_offset_enabled": value}))


@covers("CFG-032")
@pytest.mark.parametrize("value", ["yes", "true", "on", "1", ""])
def test_string_does_not_enable_pid_offset(judge: Judge, value: str) -> None:
    judge.check(ignored({"pid_offset_enabled": value}))


@covers("CFG-032")
@pytest.mark.parametrize("value", ["true", "True", "1", "on"])
def test_string_is_no_boolean(judge: Judge, value: str) -> None:
    check_without_effect(judge, {"debug": value})


@covers("CFG-032")
@pytest.mark.parametrize("value", ["10", "", "1e2"])
def test_string_is_no_number(judge: Judge, value: str) -> None:
    check_without_effect(judge, {"max_rate_limit_wait_seconds": value})


@covers("CFG-033")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_rate_limit_wait_seconds", True),
        ("max_rate_limit_wait_seconds", False),
        ("empty_response_max_attempts", True),
    ],
)
def test_boolean_is_no_number(judge: Judge, key: str, value: bool) -> None:
    check_without_effect(judge, {key: value})


@covers("CFG-034")
@pytest.mark.parametrize(
    "key",
    [
        "pid_offset_enabled", "max_rate_limit_wait_seconds", "resume_text", "log_dir", "$schema",
        "account_selection_strategy", "signature_cache",
    ],
)  # fmt: skip
def test_null_is_invalid(judge: Judge, key: str) -> None:
    judge.check(ignored({key: None}))


@covers("CFG-035")
@pytest.mark.parametrize("key", ["resume_text", "log_dir", "$schema"])
@pytest.mark.parametrize("value", [5, True, ["text"], {"text": "text"}])
def test_string_key_accepts_only_strings(judge: Judge, key: str, value: Json) -> None:
    check_without_effect(judge, {key: value})


@covers("CFG-036")
@pytest.mark.parametrize("value", [[], ["enabled"], "enabled", 1, True])
def test_group_accepts_only_objects(judge: Judge, value: Json) -> None:
    judge.check(ignored({"signature_cache": value}))


UNKNOWN = {"future_key": {"deep": [1, None]}, "signature_cache": {"memory_ttl_seconds": 90, "future_key": 1}}


@covers("CFG-037")
def test_unknown_keys_do_not_invalidate_file(judge: Judge) -> None:
    judge.check(in_file({**UNKNOWN, "quiet_mode": True}, quiet_mode=True, signature_cache={"memory_ttl_seconds": 90}))


ANY_VALUES: list[Json] = [None, 0, -1, 30, 5000, "", "on", "sticky", True, [], ["on"], {}, [{"on": None}]]


@covers("CFG-037")
@pytest.mark.parametrize("value", ANY_VALUES, ids=repr)
def test_value_of_unknown_key_does_not_invalidate_file(judge: Judge, value: Json) -> None:
    document = {"future_key": value, "signature_cache": {"max_entries": value}, "quiet_mode": True}
    judge.check(in_file(document, quiet_mode=True))


@covers("CFG-037")
@pytest.mark.parametrize("key", KEYS_OF_FORKS)
def test_value_of_fork_key_does_not_invalidate_file(judge: Judge, key: str) -> None:
    """The target itself may have the key: then the config returns one of the values, and nothing is judged."""
    loads = [replace(load_config(), files={USER_FILE: text({key: v, "quiet_mode": True})}) for v in ANY_VALUES]
    configs = [result["config"] if isinstance(result, dict) else {} for result in values(judge.ask(loads))]
    if not any(key in each for each in configs):
        for load, each in zip(loads, configs, strict=True):
            judge.expect(True, each.get("quiet_mode"), Scenario([load]), "quiet_mode")


@covers("CFG-038")
def test_unknown_keys_are_dropped(judge: Judge) -> None:
    judge.check(in_file(UNKNOWN, future_key=ABSENT, signature_cache={"future_key": ABSENT}))


@covers("CFG-039")
@pytest.mark.parametrize("key", ["DEBUG", "Debug", "debuG"])
def test_keys_are_case_sensitive(judge: Judge, key: str) -> None:
    judge.check(in_file({key: True, "quiet_mode": True}, debug=False, quiet_mode=True))


@covers("CFG-039")
@pytest.mark.parametrize("key", CAMEL_CASE)
def test_key_in_camel_case_is_unknown(judge: Judge, key: str) -> None:
    check_unknown(judge, {key: CAMEL_CASE[key]})


@covers("CFG-039")
@pytest.mark.parametrize("document", OTHER_SPELLINGS, ids=range(len(OTHER_SPELLINGS)))
def test_key_in_another_spelling_or_place_is_unknown(judge: Judge, document: dict[str, Json]) -> None:
    check_unknown(judge, document)


@covers("CFG-051")
@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype", "toString"])
@pytest.mark.parametrize("below", [{"debug": True, "pid_offset_enabled": True}, {"debug": 5}, None, 1])
def test_javascript_property_name_is_unknown_key(judge: Judge, name: str, below: Json) -> None:
    expected = {"quiet_mode": True, "debug": False, "pid_offset_enabled": False}
    judge.check(in_file({name: below, "quiet_mode": True}, **expected))


@covers("CFG-051")
def test_javascript_property_name_in_group_is_unknown_key(judge: Judge) -> None:
    group = {"__proto__": {"enabled": False, "memory_ttl_seconds": 1}, "disk_ttl_seconds": 3600}
    expected = {"enabled": True, "memory_ttl_seconds": 3600, "disk_ttl_seconds": 3600}
    judge.check(in_file({"signature_cache": group}, signature_cache=expected))
