"""ENV: environment variables. The cases give their names without the prefix."""

from collections.abc import Mapping

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import Scenario

PREFIX = "OPENCODE_ANTIGRAVITY_"
OFF = {"pid_offset_enabled": False}  # set in the file, so that a wrong default does not fail these rules


def with_variable(name: str, value: str, *, user: Mapping[str, Json] | None = None, **keys: Json) -> Scenario:
    """Expect these values of these keys with this variable, if both files have the content `user`."""
    files = {} if user is None else dict.fromkeys((USER_FILE, PROJECT_FILE), text(dict(user)))
    return Scenario([load_config({PREFIX + name: value}).gives(config(**keys))], files=files)


@covers("ENV-001")
def test_pid_offset_1_enables(judge: Judge) -> None:
    judge.check(with_variable("PID_OFFSET_ENABLED", "1", pid_offset_enabled=True))


@covers("ENV-002")
def test_pid_offset_true_enables(judge: Judge) -> None:
    judge.check(with_variable("PID_OFFSET_ENABLED", "true", pid_offset_enabled=True))


@covers("ENV-003")
@pytest.mark.parametrize("value", ["yes", "on", "2", "01", "enabled"])
def test_pid_offset_other_value_does_not_enable(judge: Judge, value: str) -> None:
    judge.check(with_variable("PID_OFFSET_ENABLED", value, user=OFF, pid_offset_enabled=False))


@covers("ENV-004")
@pytest.mark.parametrize("value", ["0", "false", "no", "off"])
def test_pid_offset_variable_does_not_disable(judge: Judge, value: str) -> None:
    user = {"pid_offset_enabled": True}
    judge.check(with_variable("PID_OFFSET_ENABLED", value, user=user, pid_offset_enabled=True))


@covers("ENV-005")
@pytest.mark.parametrize(
    ("strategy", "in_file"), [("sticky", "hybrid"), ("round-robin", "sticky"), ("hybrid", "round-robin")]
)
def test_strategy_variable_sets_strategy(judge: Judge, strategy: str, in_file: str) -> None:
    user = {"account_selection_strategy": in_file}
    judge.check(with_variable("ACCOUNT_SELECTION_STRATEGY", strategy, user=user, account_selection_strategy=strategy))


@covers("ENV-006")
@pytest.mark.parametrize("word", ["least-used", "round_robin", "1"])
def test_unknown_strategy_variable_means_sticky(judge: Judge, word: str) -> None:
    user = {"account_selection_strategy": "round-robin"}
    judge.check(with_variable("ACCOUNT_SELECTION_STRATEGY", word, user=user, account_selection_strategy="sticky"))


NOT_DEFAULT: dict[str, dict[str, Json]] = {
    "PID_OFFSET_ENABLED": {"pid_offset_enabled": True},
    "ACCOUNT_SELECTION_STRATEGY": {"account_selection_strategy": "round-robin"},
    "QUIET": {"quiet_mode": True},
    "DEBUG": {"debug": True},
    "SESSION_RECOVERY": {"session_recovery": True},
    "AUTO_UPDATE": {"auto_update": True},
    "AUTO_RESUME": {"auto_resume": True},
    "RESUME_TEXT": {"resume_text": "go on"},
    "LOG_DIR": {"log_dir": "/logs"},
}


@covers("ENV-007")
@pytest.mark.parametrize("name", NOT_DEFAULT)
def test_empty_variable_changes_nothing(judge: Judge, name: str) -> None:
    judge.check(with_variable(name, "", user=NOT_DEFAULT[name], **NOT_DEFAULT[name]))


@covers("ENV-008")
@pytest.mark.parametrize("value", ["1", "true"])
def test_quiet_enables_quiet_mode(judge: Judge, value: str) -> None:
    judge.check(with_variable("QUIET", value, quiet_mode=True))


@covers("ENV-009")
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("value", ["0", "false", "yes", "2"])
def test_other_quiet_value_changes_nothing(judge: Judge, value: str, before: bool) -> None:
    judge.check(with_variable("QUIET", value, user={"quiet_mode": before}, quiet_mode=before))


@covers("ENV-010")
@pytest.mark.parametrize("value", ["1", "true", "2", "verbose", "no", "off", "00"])
def test_any_debug_value_enables_debug(judge: Judge, value: str) -> None:
    judge.check(with_variable("DEBUG", value, debug=True))


@covers("ENV-011")
@pytest.mark.parametrize("value", ["0", "false"])
def test_debug_0_and_false_disable_debug(judge: Judge, value: str) -> None:
    judge.check(with_variable("DEBUG", value, user={"debug": True}, debug=False))


@covers("ENV-012")
@pytest.mark.parametrize("value", ["0", "false"])
def test_session_recovery_0_and_false_disable(judge: Judge, value: str) -> None:
    for user in (None, {"session_recovery": True}):
        judge.check(with_variable("SESSION_RECOVERY", value, user=user, session_recovery=False))


@covers("ENV-013")
@pytest.mark.parametrize("value", ["0", "false"])
def test_auto_update_0_and_false_disable(judge: Judge, value: str) -> None:
    for user in (None, {"auto_update": True}):
        judge.check(with_variable("AUTO_UPDATE", value, user=user, auto_update=False))


@covers("ENV-014")
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("value", ["1", "true", "no", "off"])
@pytest.mark.parametrize("name", ["SESSION_RECOVERY", "AUTO_UPDATE"])
def test_session_recovery_and_auto_update_do_not_enable(judge: Judge, name: str, value: str, before: bool) -> None:
    keys = {name.lower(): before}
    judge.check(with_variable(name, value, user=keys, **keys))


@covers("ENV-015")
@pytest.mark.parametrize(("value", "after"), [("1", True), ("true", True), ("0", False), ("false", False)])
def test_auto_resume_enables_and_disables(judge: Judge, value: str, after: bool) -> None:
    judge.check(with_variable("AUTO_RESUME", value, user={"auto_resume": not after}, auto_resume=after))


@covers("ENV-016")
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("value", ["yes", "no", "2"])
def test_other_auto_resume_value_changes_nothing(judge: Judge, value: str, before: bool) -> None:
    judge.check(with_variable("AUTO_RESUME", value, user={"auto_resume": before}, auto_resume=before))


@covers("ENV-017")
@pytest.mark.parametrize(
    "value", ["weiter", "0", "false", " spaced ", "two\nlines", "a\\nb", "e\u0301", '"quoted"', "%20"]
)
def test_resume_text_variable_sets_resume_text(judge: Judge, value: str) -> None:
    judge.check(with_variable("RESUME_TEXT", value, user={"resume_text": "go on"}, resume_text=value))


@covers("ENV-018")
@pytest.mark.parametrize("value", ["/var/log/agents", "~/logs", "$HOME/logs", " spaced ", "a//b/./c/../", "%20", "0"])
def test_log_dir_variable_sets_log_dir(judge: Judge, value: str) -> None:
    judge.check(with_variable("LOG_DIR", value, user={"log_dir": "/logs"}, log_dir=value))


@covers("ENV-019")
@pytest.mark.parametrize("name", ["opencode_antigravity_pid_offset_enabled", "Opencode_Antigravity_Pid_Offset_Enabled"])
def test_variable_names_are_case_sensitive(judge: Judge, name: str) -> None:
    expected = config(pid_offset_enabled=False)
    judge.check(Scenario([load_config({name: "1"}).gives(expected)], files={USER_FILE: text(OFF)}))


@covers("ENV-020")
@pytest.mark.parametrize("value", ["TRUE", "True", " 1", "1 ", "true\n"])
def test_pid_offset_value_is_compared_exactly(judge: Judge, value: str) -> None:
    judge.check(with_variable("PID_OFFSET_ENABLED", value, user=OFF, pid_offset_enabled=False))


@covers("ENV-020")
@pytest.mark.parametrize("word", ["Round-Robin", "ROUND-ROBIN", "round-robin "])
def test_strategy_value_is_compared_exactly(judge: Judge, word: str) -> None:
    judge.check(with_variable("ACCOUNT_SELECTION_STRATEGY", word, account_selection_strategy="sticky"))


@covers("ENV-021")
@pytest.mark.parametrize("value", ["1", "true"])
def test_keep_thinking_enables_keep_thinking(judge: Judge, value: str) -> None:
    judge.check(with_variable("KEEP_THINKING", value, keep_thinking=True))


@covers("ENV-022")
@pytest.mark.parametrize(
    ("value", "before", "after"),
    [("auto", "off", "auto"), ("off", "auto", "off"), ("on", "auto", "auto"), ("AUTO", "off", "off")],
)
def test_web_search_variable_sets_mode(judge: Judge, value: str, before: str, after: str) -> None:
    user = {"web_search": {"default_mode": before}}
    judge.check(with_variable("WEB_SEARCH", value, user=user, web_search={"default_mode": after}))


@covers("ENV-023")
@pytest.mark.parametrize(
    ("value", "after"), [("0.5", 0.5), ("1", 1), ("0.001", 0.001), ("2", 1), ("-1", 0), ("1e-1", 0.1)]
)
def test_threshold_variable_sets_clamped_threshold(judge: Judge, value: str, after: float) -> None:
    user = {"web_search": {"grounding_threshold": 0.9}}
    expected = {"grounding_threshold": after}
    judge.check(with_variable("WEB_SEARCH_THRESHOLD", value, user=user, web_search=expected))


@covers("ENV-024")
@pytest.mark.parametrize("value", ["0", "0.0"])
def test_threshold_variable_of_0_means_0(judge: Judge, value: str) -> None:
    judge.check(with_variable("WEB_SEARCH_THRESHOLD", value, web_search={"grounding_threshold": 0}))


@covers("ENV-025")
@pytest.mark.parametrize("value", ["high", "NaN", "-"])
def test_invalid_threshold_variable_means_default(judge: Judge, value: str) -> None:
    user = {"web_search": {"grounding_threshold": 0.9}}
    judge.check(with_variable("WEB_SEARCH_THRESHOLD", value, user=user, web_search={"grounding_threshold": 0.3}))


@covers("ENV-026")
@pytest.mark.parametrize("value", ["1", "2"])
def test_debug_1_and_2_enable_debug(judge: Judge, value: str) -> None:
    judge.check(with_variable("DEBUG", value, debug=True))


@covers("ENV-027")
@pytest.mark.parametrize("value", ["1", "true"])
def test_debug_tui_enables_debug_tui(judge: Judge, value: str) -> None:
    judge.check(with_variable("DEBUG_TUI", value, debug_tui=True))
