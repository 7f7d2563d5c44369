"""CFG: defaults and values of the PID offset, strategies, booleans, strings and modes."""

import pytest

from conformance.cases.config_kit import accepted, check_without_effect, defaults, in_file, layers, unset
from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import ABSENT, Scenario


@covers("CFG-001")
def test_pid_offset_is_false_by_default(judge: Judge) -> None:
    judge.check(defaults(pid_offset_enabled=False))


@covers("CFG-001")
def test_pid_offset_is_false_if_file_omits_it(judge: Judge) -> None:
    judge.check(in_file({"account_selection_strategy": "sticky"}, pid_offset_enabled=False))


@covers("CFG-002")
@pytest.mark.parametrize("path", [USER_FILE, PROJECT_FILE])
def test_file_enables_pid_offset(judge: Judge, path: str) -> None:
    expected = config(pid_offset_enabled=True)
    judge.check(Scenario([load_config().gives(expected)], files={path: text({"pid_offset_enabled": True})}))


@covers("CFG-003")
def test_default_strategy_is_hybrid(judge: Judge) -> None:
    judge.check(defaults(account_selection_strategy="hybrid"))


@covers("CFG-004")
def test_default_strategy_is_sticky(judge: Judge) -> None:
    judge.check(defaults(account_selection_strategy="sticky"))


@covers("CFG-005")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
def test_strategy_is_valid(judge: Judge, strategy: str) -> None:
    judge.check(accepted({"account_selection_strategy": strategy}))


@covers("CFG-006")
@pytest.mark.parametrize("strategy", ["least-used", "Sticky", "round_robin", " hybrid", ""])
def test_unknown_strategy_is_invalid(judge: Judge, strategy: str) -> None:
    # The user file sets a strategy, because the default differs between releases.
    user, project = {"account_selection_strategy": "round-robin"}, {"account_selection_strategy": strategy}
    files = {USER_FILE: text(user), PROJECT_FILE: text(project)}
    judge.check(Scenario([load_config().gives(config(**user))], files=files))


@covers("CFG-007")
@pytest.mark.parametrize("key", ["quiet_mode", "debug", "keep_thinking", "quota_fallback"])
def test_boolean_is_false_by_default(judge: Judge, key: str) -> None:
    for scenario in unset(**{key: False}):
        judge.check(scenario)


@covers("CFG-008")
@pytest.mark.parametrize(
    "key",
    ["session_recovery", "tool_id_recovery", "claude_tool_hardening", "proactive_token_refresh", "auto_update"],
)
def test_boolean_is_true_by_default(judge: Judge, key: str) -> None:
    for scenario in unset(**{key: True}):
        judge.check(scenario)


@covers("CFG-009")
def test_auto_resume_is_false_without_files(judge: Judge) -> None:
    judge.check(defaults(auto_resume=False))


@covers("CFG-009")
def test_auto_resume_is_false_with_empty_file(judge: Judge) -> None:
    judge.check(in_file({}, auto_resume=False))


@covers("CFG-010")
def test_auto_resume_is_true_by_default(judge: Judge) -> None:
    judge.check(defaults(auto_resume=True))


@covers("CFG-011")
def test_switch_on_first_rate_limit_defaults_to_true(judge: Judge) -> None:
    for scenario in unset(switch_on_first_rate_limit=True):
        judge.check(scenario)


@covers("CFG-011")
@pytest.mark.parametrize("value", [True, False])
def test_file_sets_switch_on_first_rate_limit(judge: Judge, value: bool) -> None:
    judge.check(accepted({"switch_on_first_rate_limit": value}))


SWITCHES = [
    "debug", "keep_thinking", "session_recovery", "auto_resume", "tool_id_recovery", "claude_tool_hardening",
    "proactive_token_refresh", "auto_update", "quota_fallback",
]  # fmt: skip


@covers("CFG-012")
@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("key", SWITCHES)
def test_file_sets_boolean(judge: Judge, key: str, value: bool) -> None:
    judge.check(accepted({key: value}))


@covers("CFG-012")
@pytest.mark.parametrize("value", [True, False])
def test_file_sets_boolean_of_signature_cache(judge: Judge, value: bool) -> None:
    judge.check(accepted({"signature_cache": {"enabled": value}}))


@covers("CFG-013")
def test_resume_text_is_continue_by_default(judge: Judge) -> None:
    for scenario in unset(resume_text="continue"):
        judge.check(scenario)


TEXTS = [
    "go on", "", "  spaced\t", "~/logs", "$HOME/logs", "weiter, für immer: 続ける 🙂", "a//b/./c/../", "%20", "a\\nb",
    "two\nlines\r\n", "e\u0301", "ﬁ", "\u0000\u007f\u2028", "0", "false", "null", '"quoted"', "a/b?c=d&e#f",
]  # fmt: skip


@covers("CFG-014")
@pytest.mark.parametrize("key", ["log_dir", "$schema"])
def test_string_has_no_default(judge: Judge, key: str) -> None:
    judge.check(defaults(**{key: ABSENT}))


@covers("CFG-015")
@pytest.mark.parametrize("value", [*TEXTS, pytest.param("x" * 70_000, id="long")])
@pytest.mark.parametrize("key", ["resume_text", "log_dir", "$schema"])
def test_string_is_not_changed(judge: Judge, key: str, value: str) -> None:
    judge.check(accepted({key: value}))


@covers("CFG-015")
@pytest.mark.parametrize(
    ("written", "value"),
    [(r"\u0061\/b", "a/b"), (r"\"\\\b\f\n\r\t", '"\\\b\f\n\r\t'), (r"\uD83D\ude42", "🙂"), (r"\\u0061", r"\u0061")],
)
def test_escapes_of_json_are_read(judge: Judge, written: str, value: str) -> None:
    judge.check(layers(user=text(f'{{"resume_text": "{written}"}}'), resume_text=value))


@covers("CFG-012")
def test_key_may_be_written_with_escapes(judge: Judge) -> None:
    content = r'{"quiet\u005fmode": true, "\u0061uto_update": false}'
    judge.check(layers(user=text(content), quiet_mode=True, auto_update=False))


@covers("CFG-029")
@pytest.mark.parametrize("mode", ["auto", "off"])
def test_web_search_mode_is_valid(judge: Judge, mode: str) -> None:
    judge.check(accepted({"web_search": {"default_mode": mode}}))


@covers("CFG-029")
@pytest.mark.parametrize("mode", ["on", "Auto", "", True, None])
def test_unknown_web_search_mode_is_invalid(judge: Judge, mode: Json) -> None:
    check_without_effect(judge, {"web_search": {"default_mode": mode}})


@covers("CFG-040")
def test_default_scheduling_mode_is_cache_first(judge: Judge) -> None:
    for scenario in unset(scheduling_mode="cache_first"):
        judge.check(scenario)


@covers("CFG-041")
@pytest.mark.parametrize("mode", ["cache_first", "balance", "performance_first"])
def test_scheduling_mode_is_valid(judge: Judge, mode: str) -> None:
    judge.check(accepted({"scheduling_mode": mode}))


@covers("CFG-041")
@pytest.mark.parametrize("mode", ["cache-first", "Balance", "", True, None])
def test_unknown_scheduling_mode_is_invalid(judge: Judge, mode: Json) -> None:
    check_without_effect(judge, {"scheduling_mode": mode})


@covers("CFG-044")
def test_default_toast_scope_is_root_only(judge: Judge) -> None:
    for scenario in unset(toast_scope="root_only"):
        judge.check(scenario)


@covers("CFG-045")
@pytest.mark.parametrize("scope", ["root_only", "all"])
def test_toast_scope_is_valid(judge: Judge, scope: str) -> None:
    judge.check(accepted({"toast_scope": scope}))


@covers("CFG-045")
@pytest.mark.parametrize("scope", ["root", "ALL", "", True, None])
def test_unknown_toast_scope_is_invalid(judge: Judge, scope: Json) -> None:
    check_without_effect(judge, {"toast_scope": scope})


NEWER_SWITCHES = ["debug_tui", "claude_prompt_auto_caching"]


@covers("CFG-046")
@pytest.mark.parametrize("key", NEWER_SWITCHES)
def test_newer_boolean_is_false_by_default(judge: Judge, key: str) -> None:
    for scenario in unset(**{key: False}):
        judge.check(scenario)


@covers("CFG-047")
@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("key", NEWER_SWITCHES)
def test_file_sets_newer_boolean(judge: Judge, key: str, value: bool) -> None:
    judge.check(accepted({key: value, "debug": not value}))


@covers("CFG-052")
def test_cli_first_is_false_by_default(judge: Judge) -> None:
    for scenario in unset(cli_first=False):
        judge.check(scenario)


@covers("CFG-053")
@pytest.mark.parametrize("value", [True, False])
def test_file_sets_cli_first(judge: Judge, value: bool) -> None:
    judge.check(accepted({"cli_first": value}))
