"""LAY: layers, and files that are ignored."""

import base64
from collections.abc import Mapping

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import ROOT, Call, Scenario

File = dict[str, Json]
PID_OFFSET = "OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED"
STRATEGY = "OPENCODE_ANTIGRAVITY_ACCOUNT_SELECTION_STRATEGY"
THRESHOLD = "OPENCODE_ANTIGRAVITY_WEB_SEARCH_THRESHOLD"
BROKEN = ["", "{", '{"quiet_mode": true', "quiet_mode = true", '{"quiet_mode": true} {}']


def layers(
    *,
    user: File | None = None,
    project: File | None = None,
    environment: Mapping[str, str] | None = None,
    **keys: Json,
) -> Scenario:
    """Expect these values of these keys with these files and environment variables."""
    given = {USER_FILE: user, PROJECT_FILE: project}
    files = {path: content for path, content in given.items() if content is not None}
    return Scenario([load_config(environment).gives(config(**keys))], files=files)


@covers("LAY-001")
@pytest.mark.parametrize(
    ("key", "user", "project"),
    [
        ("pid_offset_enabled", True, False),
        ("pid_offset_enabled", False, True),
        ("account_selection_strategy", "sticky", "round-robin"),
        ("max_rate_limit_wait_seconds", 10, 20),
        ("resume_text", "user", "project"),
        ("log_dir", "/user", "/project"),
    ],
)
def test_project_file_takes_precedence(judge: Judge, key: str, user: Json, project: Json) -> None:
    judge.check(layers(user=text({key: user}), project=text({key: project}), **{key: project}))


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
        ("max_rate_limit_wait_seconds", 10),
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
def test_signature_cache_key_overrides_only_itself(judge: Judge) -> None:
    user, project = {"memory_ttl_seconds": 100}, {"enabled": False}
    merged = {"enabled": False, "memory_ttl_seconds": 100}
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


@covers("LAY-010")
def test_variable_overrides_only_its_own_key(judge: Judge) -> None:
    keys: dict[str, Json] = {
        "quiet_mode": True,
        "account_selection_strategy": "round-robin",
        "signature_cache": {"enabled": False},
    }
    judge.check(layers(user=text(keys), environment={PID_OFFSET: "1"}, pid_offset_enabled=True, **keys))


@covers("LAY-011")
@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("layer", ["user", "project"])
def test_file_that_is_not_json_is_ignored(judge: Judge, layer: str, content: str) -> None:
    judge.check(layers(quiet_mode=False, **{layer: text(content)}))


WRONG = {"quiet_mode": True, "resume_text": "wrong file", "max_rate_limit_wait_seconds": 9999}


@covers("LAY-012")
@pytest.mark.parametrize("layer", ["user", "project"])
def test_one_invalid_value_invalidates_file(judge: Judge, layer: str) -> None:
    expected: dict[str, Json] = {"quiet_mode": False, "resume_text": "continue", "max_rate_limit_wait_seconds": 300}
    judge.check(layers(**{layer: text(WRONG)}, **expected))


@covers("LAY-012")
def test_one_invalid_group_value_invalidates_file(judge: Judge) -> None:
    user = text({"quiet_mode": True, "signature_cache": {"enabled": False, "memory_ttl_seconds": 1}})
    expected = {"enabled": True, "memory_ttl_seconds": 3600}
    judge.check(layers(user=user, quiet_mode=False, signature_cache=expected))


@covers("LAY-013")
@pytest.mark.parametrize("project", [WRONG, "{", []], ids=["wrong value", "not JSON", "a list"])
def test_user_file_beside_ignored_project_file(judge: Judge, project: Json) -> None:
    user = text({"pid_offset_enabled": True, "debug": True})
    judge.check(layers(user=user, project=text(project), pid_offset_enabled=True, debug=True))


@covers("LAY-014")
@pytest.mark.parametrize("user", [WRONG, "{", []], ids=["wrong value", "not JSON", "a list"])
def test_project_file_beside_ignored_user_file(judge: Judge, user: Json) -> None:
    project = text({"pid_offset_enabled": True, "debug": True})
    judge.check(layers(user=text(user), project=project, pid_offset_enabled=True, debug=True))


@covers("LAY-015")
@pytest.mark.parametrize(
    "file",
    [{"folder": True}, {"link": "antigravity.json"}, {"link": "nowhere.json"}],
    ids=["a folder", "a link to itself", "a link to nowhere"],
)
@pytest.mark.parametrize("layer", ["user", "project"])
def test_unreadable_file_is_ignored(judge: Judge, layer: str, file: File) -> None:
    other = "project" if layer == "user" else "user"
    judge.check(layers(pid_offset_enabled=True, **{layer: file, other: text({"pid_offset_enabled": True})}))


@covers("LAY-016")
@pytest.mark.parametrize("content", ["[]", '[{"quiet_mode": true}]', '"quiet_mode"', "1", "true", "null"])
def test_json_that_is_no_object_is_ignored(judge: Judge, content: str) -> None:
    judge.check(layers(user=text(content), quiet_mode=False))


@covers("LAY-017")
@pytest.mark.parametrize(
    "content",
    [
        '{"quiet_mode": true} // why',
        '{/* why */ "quiet_mode": true}',
        '{"quiet_mode": true,}',
        "{'quiet_mode': true}",
        "{quiet_mode: true}",
    ],
)
def test_comments_and_trailing_commas_are_invalid(judge: Judge, content: str) -> None:
    judge.check(layers(user=text(content), quiet_mode=False))


@covers("LAY-018")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "010", "+10", ".5", "5.", "0x10", "1_000", "1e999"])
def test_number_outside_json_grammar_is_invalid(judge: Judge, number: str) -> None:
    content = f'{{"quiet_mode": true, "max_rate_limit_wait_seconds": {number}}}'
    judge.check(layers(user=text(content), quiet_mode=False, max_rate_limit_wait_seconds=300))


@covers("LAY-018")
@pytest.mark.parametrize(("number", "value"), [("1e2", 100), ("1E+2", 100), ("100.0", 100), ("-0", 0), ("1e-400", 0)])
def test_json_number_is_valid(judge: Judge, number: str, value: float) -> None:
    content = f'{{"max_rate_limit_wait_seconds": {number}}}'
    judge.check(layers(user=text(content), max_rate_limit_wait_seconds=value))


@covers("LAY-019")
@pytest.mark.parametrize("first", ["false", "3", "null"])
def test_last_duplicate_key_takes_effect(judge: Judge, first: str) -> None:
    judge.check(layers(user=text(f'{{"quiet_mode": {first}, "quiet_mode": true}}'), quiet_mode=True))


def raw(content: bytes) -> File:
    return {"base64": base64.b64encode(content).decode("ascii")}


@covers("LAY-020")
@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"gr\xfc\xdfe", "gr\ufffd\ufffde"),
        (b"cut \xf0\x9f\x98!", "cut \ufffd!"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_invalid_utf_8_becomes_replacement_character(judge: Judge, content: bytes, read: str) -> None:
    judge.check(layers(user=raw(b'{"resume_text": "' + content + b'"}'), resume_text=read))


@covers("LAY-021")
def test_byte_order_mark_invalidates_file(judge: Judge) -> None:
    judge.check(layers(user=raw(b'\xef\xbb\xbf{"quiet_mode": true}'), quiet_mode=False))


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


@covers("LAY-026")
@pytest.mark.parametrize("project", [WRONG, "{", []], ids=["wrong value", "not JSON", "a list"])
def test_other_layers_beside_ignored_file(judge: Judge, project: Json) -> None:
    user = text({"account_selection_strategy": "sticky", "debug": True})
    expected = {"account_selection_strategy": "round-robin", "debug": True, "quiet_mode": False}
    judge.check(layers(user=user, project=text(project), environment={STRATEGY: "round-robin"}, **expected))


@covers("LAY-027")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encoding_is_ignored(judge: Judge, encoding: str) -> None:
    judge.check(layers(user=raw('{"quiet_mode": true}'.encode(encoding)), quiet_mode=False))


@covers("LAY-028")
@pytest.mark.parametrize(
    "unknown",
    ["[" * 2_000 + "]" * 2_000, '{"x":' * 2_000 + "1" + "}" * 2_000, '"' + "x" * 200_000 + '"', "9" * 5_000],
    ids=["lists", "objects", "a long text", "many digits"],
)
def test_deep_and_long_values_are_valid(judge: Judge, unknown: str) -> None:
    judge.check(layers(user=text(f'{{"unknown": {unknown}, "quiet_mode": true}}'), quiet_mode=True))
