"""LAY: layers: which file or variable sets a key."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.cases.config_kit import layers
from conformance.cases.kit import Judge, covers, values
from conformance.json_type import Json
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import ROOT, Call, Scenario

PID_OFFSET = "OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED"
STRATEGY = "OPENCODE_ANTIGRAVITY_ACCOUNT_SELECTION_STRATEGY"
THRESHOLD = "OPENCODE_ANTIGRAVITY_WEB_SEARCH_THRESHOLD"
DEFAULT = "continue"  # the value of `resume_text` without any file
OTHER_VALUES: dict[str, Json] = {  # of keys that every release has
    "$schema": "x", "quiet_mode": True, "debug": True, "log_dir": "x", "keep_thinking": True, "session_recovery": False,
    "auto_resume": False, "resume_text": "x", "signature_cache": {"enabled": False}, "empty_response_max_attempts": 5,
    "empty_response_retry_delay_ms": 700, "tool_id_recovery": False, "claude_tool_hardening": False,
    "proactive_token_refresh": False, "proactive_refresh_buffer_seconds": 70, "quota_fallback": True,
    "proactive_refresh_check_interval_seconds": 70, "max_rate_limit_wait_seconds": 70, "auto_update": False,
    "account_selection_strategy": "round-robin", "pid_offset_enabled": True,
}  # fmt: skip


@covers("LAY-001")
@pytest.mark.parametrize(
    ("key", "user", "project"),
    [
        ("pid_offset_enabled", True, False),
        ("pid_offset_enabled", False, True),
        ("account_selection_strategy", "sticky", "round-robin"),
        ("max_rate_limit_wait_seconds", 10, 20),
        ("max_rate_limit_wait_seconds", 10, 0),
        ("quota_fallback", True, False),
        ("resume_text", "user", "project"),
        ("resume_text", "user", ""),
        ("resume_text", "user", "continue"),
        ("log_dir", "/user", ""),
        ("log_dir", "/user", "/project"),
        ("$schema", "user", "project"),
    ],
)
def test_project_file_takes_precedence(judge: Judge, key: str, user: Json, project: Json) -> None:
    judge.check(layers(user=text({key: user}), project=text({key: project}), **{key: project}))


@covers("LAY-002")
@pytest.mark.parametrize("layer", ["user", "project"])
@pytest.mark.parametrize(("key", "value"), OTHER_VALUES.items(), ids=OTHER_VALUES)
def test_each_file_can_set_each_key(judge: Judge, key: str, value: Json, layer: str) -> None:
    judge.check(layers(**{layer: text({key: value})}, **{key: value}))


FALSE_OR_TRUE = [
    "quiet_mode", "debug", "keep_thinking", "session_recovery", "auto_resume", "tool_id_recovery",
    "claude_tool_hardening", "proactive_token_refresh", "auto_update", "quota_fallback", "pid_offset_enabled",
]  # fmt: skip
TWO_VALUES: dict[str, tuple[Json, Json]] = {
    **dict.fromkeys(FALSE_OR_TRUE, (False, True)),
    "resume_text": ("x", ""), "log_dir": ("x", ""), "empty_response_max_attempts": (1, 10),
    "empty_response_retry_delay_ms": (500, 10_000), "proactive_refresh_buffer_seconds": (60, 7200),
    "proactive_refresh_check_interval_seconds": (30, 1800), "max_rate_limit_wait_seconds": (0, 3600),
    "account_selection_strategy": ("sticky", "round-robin"),
    "signature_cache": (
        {"enabled": False, "memory_ttl_seconds": 60, "disk_ttl_seconds": 604_800, "write_interval_seconds": 600},
        {"enabled": True, "memory_ttl_seconds": 86_400, "disk_ttl_seconds": 3600, "write_interval_seconds": 10},
    ),
}  # fmt: skip


@covers("LAY-002")
def test_keys_do_not_depend_on_each_other(judge: Judge) -> None:
    """Any two keys have each pair of their values in one of the files, which take the bits of the keys' numbers."""
    for bit in range(6):  # the first bit is 0 for every key
        for flip, layer in enumerate(("user", "project")):
            bits = [((number << 1 >> bit) + flip) % 2 for number in range(len(TWO_VALUES))]
            chosen = {key: both[one] for (key, both), one in zip(TWO_VALUES.items(), bits, strict=True)}
            judge.check(layers(**{layer: text(chosen)}, **chosen))


@covers("LAY-002")
def test_user_file_takes_effect_alone(judge: Judge) -> None:
    judge.check(layers(user=text({"pid_offset_enabled": True}), pid_offset_enabled=True))


@covers("LAY-002")
def test_project_file_takes_effect_alone(judge: Judge) -> None:
    judge.check(layers(project=text({"pid_offset_enabled": True}), pid_offset_enabled=True))


@covers("LAY-003")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pid_offset_enabled", True),
        ("account_selection_strategy", "round-robin"),
        ("debug", True),
        ("auto_update", False),
        ("resume_text", "go on"),
        ("empty_response_retry_delay_ms", 500.5),
    ],
)
def test_project_key_overrides_only_itself(judge: Judge, key: str, value: Json) -> None:
    user, project = text({key: value}), text({"quiet_mode": True})
    judge.check(layers(user=user, project=project, quiet_mode=True, **{key: value}))


@covers("LAY-003")
def test_empty_project_file_changes_nothing(judge: Judge) -> None:
    judge.check(layers(user=text({"pid_offset_enabled": True}), project=text({}), pid_offset_enabled=True))


@covers("LAY-004")
@pytest.mark.parametrize("project", [{"enabled": False}, {"enabled": True}, {}], ids=str)
def test_signature_cache_key_overrides_only_itself(judge: Judge, project: dict[str, Json]) -> None:
    user = {"memory_ttl_seconds": 100}
    merged = {**user, **project}
    files = {"user": text({"signature_cache": user}), "project": text({"signature_cache": project})}
    judge.check(layers(signature_cache=merged, **files))


@covers("LAY-004")
def test_project_file_takes_precedence_in_signature_cache(judge: Judge) -> None:
    user, project = {"write_interval_seconds": 20}, {"write_interval_seconds": 30}
    files = {"user": text({"signature_cache": user}), "project": text({"signature_cache": project})}
    judge.check(layers(signature_cache=project, **files))


@covers("LAY-005")
@pytest.mark.parametrize(
    ("group", "user", "project"),
    [
        ("health_score", {"initial": 80}, {"min_usable": 40}),
        ("token_bucket", {"max_tokens": 70}, {"initial_tokens": 60}),
    ],
)
def test_group_key_overrides_only_itself(judge: Judge, group: str, user: Json, project: Json) -> None:
    merged = {group: {**user, **project}}
    judge.check(layers(user=text({group: user}), project=text({group: project}), **merged))


@covers("LAY-006")
@pytest.mark.parametrize("path", [USER_FILE, PROJECT_FILE])
def test_other_keys_of_group_have_defaults(judge: Judge, path: str) -> None:
    files = {path: text({"signature_cache": {"memory_ttl_seconds": 100}})}
    expected = {
        "enabled": True, "memory_ttl_seconds": 100, "disk_ttl_seconds": 172800, "write_interval_seconds": 60,
    }  # fmt: skip
    judge.check(Scenario([load_config().gives(config(signature_cache=expected))], files=files))


@covers("LAY-007")
def test_group_not_in_project_file_is_kept(judge: Judge) -> None:
    group = {"enabled": False, "memory_ttl_seconds": 100}
    judge.check(
        layers(
            user=text({"signature_cache": group}),
            project=text({"quiet_mode": True}),
            signature_cache=group,
        )
    )


@covers("LAY-008")
@pytest.mark.parametrize(
    ("key", "user", "default"),
    [("pid_offset_enabled", True, False), ("auto_update", False, True), ("max_rate_limit_wait_seconds", 10, 300)],
)
def test_project_file_sets_key_to_default(judge: Judge, key: str, user: Json, default: Json) -> None:
    judge.check(layers(user=text({key: user}), project=text({key: default}), **{key: default}))


@covers("LAY-009")
def test_variable_takes_precedence_over_both_files(judge: Judge) -> None:
    files = {"user": text({"pid_offset_enabled": False}), "project": text({"pid_offset_enabled": False})}
    judge.check(layers(environment={PID_OFFSET: "1"}, pid_offset_enabled=True, **files))


@covers("LAY-009")
def test_strategy_variable_takes_precedence_over_files(judge: Judge) -> None:
    strategy = "account_selection_strategy"
    files = {"user": text({strategy: "sticky"}), "project": text({strategy: "hybrid"})}
    judge.check(layers(environment={STRATEGY: "round-robin"}, account_selection_strategy="round-robin", **files))


VARIABLES = {
    "PID_OFFSET_ENABLED": "1", "ACCOUNT_SELECTION_STRATEGY": "round-robin", "QUIET": "1", "DEBUG": "2",
    "DEBUG_TUI": "1", "SESSION_RECOVERY": "0", "AUTO_UPDATE": "0", "AUTO_RESUME": "0", "KEEP_THINKING": "1",
    "RESUME_TEXT": "go", "LOG_DIR": "logs",
}  # fmt: skip
RESUMES = {USER_FILE: text({"auto_resume": True})}  # its default differs between releases


def configs(judge: Judge, loads: Sequence[Call]) -> list[dict[str, Json]]:
    """The configs of these loads; an empty one for a load that fails."""
    answers = [values(judge.ask([load], RESUMES))[0] for load in loads]  # each in a folder of its own
    return [dict(each["config"]) if isinstance(each, dict) else {} for each in answers]


def load_with(*names: str) -> Call:
    return load_config({f"OPENCODE_ANTIGRAVITY_{name}": VARIABLES[name] for name in names})


@covers("LAY-010")
def test_variables_change_no_other_key(judge: Judge) -> None:
    """With all variables, each key has the value that it has with its own variable."""
    loads = [load_with(), load_with(*VARIABLES), *map(load_with, VARIABLES)]
    without, together, *one_each = configs(judge, loads)
    alone = dict(without)
    for name, each in zip(VARIABLES, one_each, strict=True):
        own = "quiet_mode" if name == "QUIET" else name.lower()
        alone |= {key: each[key] for key in [own] if key in each}
        pair = Scenario([load_with(), load_with(name)], RESUMES)
        judge.expect({**without, own: None}, {**each, own: None}, pair, "the other keys, without and with the variable")
    judge.expect(alone, together, Scenario(loads, RESUMES), "the config with all variables")


@covers("LAY-010")
def test_variable_overrides_only_its_own_key(judge: Judge) -> None:
    keys: dict[str, Json] = {
        "quiet_mode": True,
        "account_selection_strategy": "round-robin",
        "signature_cache": {"enabled": False},
    }
    judge.check(layers(user=text(keys), environment={PID_OFFSET: "1"}, pid_offset_enabled=True, **keys))


@covers("LAY-022")
@pytest.mark.parametrize("path", [USER_FILE, PROJECT_FILE])
def test_changed_file_is_read_again(judge: Judge, path: str) -> None:
    """The file is written, changed to one of the same size, made invalid, mended, removed, and written again."""
    one, two, six = (text({"resume_text": word}) for word in ("one", "two", "six"))
    steps = [(one, "one"), (two, "two"), (text("{"), DEFAULT), (six, "six"), ({"removed": True}, DEFAULT), (one, "one")]
    load = load_config()
    changed = [replace(load, files={path: file}).gives(config(resume_text=word)) for file, word in steps]
    judge.check(Scenario([load.gives(config(resume_text=DEFAULT)), *changed]))


@covers("LAY-022")
def test_loads_share_no_cache(judge: Judge) -> None:
    def load(directory: str, home: str, environment: dict[str, str]) -> Call:
        folders = {"directory": f"{ROOT}/{directory}", "home": f"{ROOT}/{home}"}
        return Call("load_config", {**folders, "environment": environment, "platform": "linux"})

    files = {
        "ann/.config/opencode/antigravity.json": text({"resume_text": "ann"}),
        "one/.opencode/antigravity.json": text({"resume_text": "one"}),
    }
    elsewhere = {"XDG_CONFIG_HOME": f"{ROOT}/ann/.config"}
    judge.check(
        Scenario(
            [
                load("one", "ann", {}).gives(config(resume_text="one")),
                load("two", "ann", {}).gives(config(resume_text="ann")),
                load("two", "bob", {}).gives(config(resume_text="continue")),
                load("two", "bob", elsewhere).gives(config(resume_text="ann")),
                load("one", "ann", {}).gives(config(resume_text="one")),
            ],
            files=files,
        )
    )


@covers("LAY-023")
@pytest.mark.parametrize(
    ("user", "project", "variable"),
    [("sticky", "hybrid", "round-robin"), ("round-robin", "sticky", "hybrid"), ("hybrid", "round-robin", "sticky")],
)
def test_variable_takes_precedence_over_three_layers(judge: Judge, user: str, project: str, variable: str) -> None:
    strategy = "account_selection_strategy"
    files = {"user": text({strategy: user}), "project": text({strategy: project})}
    judge.check(layers(environment={STRATEGY: variable}, account_selection_strategy=variable, **files))
    judge.check(layers(account_selection_strategy=project, **files))


@covers("LAY-024")
def test_different_keys_of_three_layers_add_up(judge: Judge) -> None:
    files = {"user": text({"resume_text": "user"}), "project": text({"max_rate_limit_wait_seconds": 20})}
    expected: dict[str, Json] = {"resume_text": "user", "max_rate_limit_wait_seconds": 20, "pid_offset_enabled": True}
    judge.check(layers(environment={PID_OFFSET: "1"}, **files, **expected))


@covers("LAY-025")
@pytest.mark.parametrize("layer", ["user", "project"])
def test_variable_keeps_rest_of_its_group(judge: Judge, layer: str) -> None:
    files = {layer: text({"web_search": {"default_mode": "auto", "grounding_threshold": 0.9}})}
    expected = {"default_mode": "auto", "grounding_threshold": 0.5}
    judge.check(layers(environment={THRESHOLD: "0.5"}, web_search=expected, **files))
