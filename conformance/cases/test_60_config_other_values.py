"""CFG: values of another type, and unknown keys."""

import pytest

from conformance.cases.config_kit import ignored, in_file
from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.scenario import ABSENT

KEYS_OF_FORKS = (
    "rotation_strategy", "hidden_models", "model_ranking", "thinking_warmup", "request_timeout_ms", "app_dir",
    "cross_family_fallback", "cache_warmup_on_switch", "auto_disable_on_verification_required",
    "refresh_window_seconds", "rate_limit_max_retries", "cooldown_period_seconds", "show_active_account",
    "allow_ai_credit_overages",
)  # fmt: skip


@covers("CFG-031")
@pytest.mark.parametrize(
    ("key", "value", "default"),
    [("debug", 1, False), ("quota_fallback", 1, False), ("auto_update", 0, True), ("auto_update", 0.0, True)],
)
def test_number_is_no_boolean(judge: Judge, key: str, value: float, default: bool) -> None:
    judge.check(in_file({key: value}, **{key: default}))


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
    judge.check(in_file({"debug": value}, debug=False))


@covers("CFG-032")
@pytest.mark.parametrize("value", ["10", "", "1e2"])
def test_string_is_no_number(judge: Judge, value: str) -> None:
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
def test_boolean_is_no_number(judge: Judge, key: str, value: bool, default: int) -> None:
    judge.check(in_file({key: value}, **{key: default}))


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
@pytest.mark.parametrize(("key", "default"), [("resume_text", "continue"), ("log_dir", ABSENT), ("$schema", ABSENT)])
@pytest.mark.parametrize("value", [5, True, ["text"], {"text": "text"}])
def test_string_key_accepts_only_strings(judge: Judge, key: str, default: Json, value: Json) -> None:
    judge.check(in_file({key: value}, **{key: default}))


@covers("CFG-036")
@pytest.mark.parametrize("value", [[], ["enabled"], "enabled", 1, True])
def test_group_accepts_only_objects(judge: Judge, value: Json) -> None:
    judge.check(ignored({"signature_cache": value}))


UNKNOWN = {"future_key": {"deep": [1, None]}, "signature_cache": {"memory_ttl_seconds": 90, "future_key": 1}}


@covers("CFG-037")
def test_unknown_keys_do_not_invalidate_file(judge: Judge) -> None:
    judge.check(in_file({**UNKNOWN, "quiet_mode": True}, quiet_mode=True, signature_cache={"memory_ttl_seconds": 90}))


@covers("CFG-037")
@pytest.mark.parametrize("value", [None, 0, -1, "", "on", True, [], {}, [{"on": None}]], ids=repr)
def test_value_of_unknown_key_does_not_invalidate_file(judge: Judge, value: Json) -> None:
    """The keys are those of forks and of later releases."""
    document = {**dict.fromkeys(KEYS_OF_FORKS, value), "signature_cache": {"max_entries": value}, "quiet_mode": True}
    judge.check(in_file(document, quiet_mode=True))


@covers("CFG-038")
def test_unknown_keys_are_dropped(judge: Judge) -> None:
    judge.check(in_file(UNKNOWN, future_key=ABSENT, signature_cache={"future_key": ABSENT}))


@covers("CFG-039")
@pytest.mark.parametrize("key", ["DEBUG", "Debug", "debuG"])
def test_keys_are_case_sensitive(judge: Judge, key: str) -> None:
    judge.check(in_file({key: True, "quiet_mode": True}, debug=False, quiet_mode=True))


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
