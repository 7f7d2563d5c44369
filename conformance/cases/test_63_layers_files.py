"""LAY: files that are ignored, and what counts as JSON."""

import pytest

from conformance.cases.config_kit import File, layers
from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import raw, text

STRATEGY = "OPENCODE_ANTIGRAVITY_ACCOUNT_SELECTION_STRATEGY"
BROKEN = ["", "{", '{"quiet_mode": true', "quiet_mode = true", '{"quiet_mode": true} {}']
WRONG = {"quiet_mode": True, "resume_text": "wrong file", "max_rate_limit_wait_seconds": 9999}


@covers("LAY-011")
@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("layer", ["user", "project"])
def test_file_that_is_not_json_is_ignored(judge: Judge, layer: str, content: str) -> None:
    judge.check(layers(quiet_mode=False, **{layer: text(content)}))


@covers("LAY-012")
@pytest.mark.parametrize("layer", ["user", "project"])
def test_one_invalid_value_invalidates_file(judge: Judge, layer: str) -> None:
    expected: dict[str, Json] = {"quiet_mode": False, "resume_text": "continue"}
    judge.check(layers(**{layer: text(WRONG)}, **expected))


@covers("LAY-012")
@pytest.mark.parametrize("layer", ["user", "project"])
@pytest.mark.parametrize("key", ["max_rate_limit_wait_seconds", "signature_cache"])
def test_other_file_does_not_forgive_invalid_value(judge: Judge, layer: str, key: str) -> None:
    """The other file sets the same key, to a valid value."""
    wrong = {"quiet_mode": True, "max_rate_limit_wait_seconds": 9999, "signature_cache": {"memory_ttl_seconds": 1}}
    valid: dict[str, Json] = {"max_rate_limit_wait_seconds": 20, "signature_cache": {"memory_ttl_seconds": 100}}
    files = {
        layer: text({"quiet_mode": True, key: wrong[key]}),
        "user" if layer == "project" else "project": text(valid),
    }
    judge.check(layers(quiet_mode=False, **files))


@covers("LAY-012")
def test_one_invalid_group_value_invalidates_file(judge: Judge) -> None:
    user = text({"quiet_mode": True, "signature_cache": {"enabled": False, "memory_ttl_seconds": 1}})
    expected = {"enabled": True, "memory_ttl_seconds": 3600}
    judge.check(layers(user=user, quiet_mode=False, signature_cache=expected))


@covers("LAY-013")
@pytest.mark.parametrize(
    "project",
    [WRONG, {"signature_cache": {"memory_ttl_seconds": 1}}, "{", []],
    ids=["wrong value", "wrong group", "not JSON", "a list"],
)
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
        '{"quiet_mode":\x0ctrue}',
        '{"quiet_mode":\xa0true}',
    ],
)
def test_comments_and_trailing_commas_are_invalid(judge: Judge, content: str) -> None:
    judge.check(layers(user=text(content), quiet_mode=False))


@covers("LAY-018")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "010", "+10", ".5", "5.", "0x10", "1_000", "1e999"])
def test_number_outside_json_grammar_is_invalid(judge: Judge, number: str) -> None:
    content = f'{{"quiet_mode": true, "max_rate_limit_wait_seconds": {number}}}'
    judge.check(layers(user=text(content), quiet_mode=False))


@covers("LAY-018")
@pytest.mark.parametrize(("number", "value"), [("1e2", 100), ("1E+2", 100), ("100.0", 100), ("-0", 0), ("1e-400", 0)])
def test_json_number_is_valid(judge: Judge, number: str, value: float) -> None:
    content = f'{{"max_rate_limit_wait_seconds": {number}}}'
    judge.check(layers(user=text(content), max_rate_limit_wait_seconds=value))


@covers("LAY-019")
@pytest.mark.parametrize("first", ["false", "3", "null"])
def test_last_duplicate_key_takes_effect(judge: Judge, first: str) -> None:
    judge.check(layers(user=text(f'{{"quiet_mode": {first}, "quiet_mode": true}}'), quiet_mode=True))


@covers("LAY-019")
@pytest.mark.parametrize("first", ["false", "3", "null"])
def test_last_duplicate_key_of_group_takes_effect(judge: Judge, first: str) -> None:
    group = f'{{"signature_cache": {{"enabled": {first}, "memory_ttl_seconds": 90, "enabled": false}}}}'
    judge.check(layers(user=text(group), signature_cache={"enabled": False, "memory_ttl_seconds": 90}))


@covers("LAY-011")
@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\0", "\x1f", "\\x", "\\u12", '"'])
def test_text_that_json_does_not_allow_is_ignored(judge: Judge, character: str) -> None:
    judge.check(layers(user=text(f'{{"quiet_mode": true, "resume_text": "a{character}b"}}'), quiet_mode=False))


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
