"""The reference's config loading, without files and without an environment: everything is handed in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reference_impl.config import json_text
from reference_impl.config.environment import PREFIX, environment_layer
from reference_impl.config.files import read_file
from reference_impl.config.loader import LoadedConfig, load_config, merge
from reference_impl.config.model import Config
from reference_impl.config.paths import project_file, user_file

Json = Any
USER = "/home/ann/.config/opencode/antigravity.json"
PROJECT = "/src/app/.opencode/antigravity.json"
DEFAULTS = Config().model_dump(by_alias=True, exclude_none=True)
SAME_DRAWS = settings(deadline=None, database=None, derandomize=True)


def load(
    user: bytes | None = None, project: bytes | None = None, environment: Mapping[str, str] | None = None
) -> LoadedConfig:
    files = {USER: user, PROJECT: project}
    return load_config("/src/app", "/home/ann", environment or {}, "linux", files.get)


def as_json(document: Json) -> bytes:
    return json.dumps(document).encode()


# The loader


def test_without_files_the_config_is_the_defaults_and_both_files_are_named() -> None:
    loaded = load()
    assert loaded.config == DEFAULTS
    assert [ignored.path for ignored in loaded.ignored] == [USER, PROJECT]
    assert {ignored.reason for ignored in loaded.ignored} == {"there is no file that can be read"}


def test_keys_without_a_value_are_left_out() -> None:
    assert not {"log_dir", "$schema", "json_schema"} & set(load().config)
    assert load(as_json({"$schema": "s", "log_dir": ""})).config == {**DEFAULTS, "$schema": "s", "log_dir": ""}


def test_layers_are_merged_key_by_key_in_groups_too() -> None:
    user = {"debug": False, "health_score": {"initial": 80, "min_usable": 60}}
    project = {"quiet_mode": True, "health_score": {"min_usable": 40}}
    config = load(as_json(user), as_json(project), {PREFIX + "DEBUG": "1"}).config
    expected = {"debug": True, "quiet_mode": True, "health_score": {"initial": 80, "min_usable": 40}}
    assert config == merge(DEFAULTS, expected)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON: line 1, column 1: expected a value, found ''"),
        (b'{"debug": true,\n  }', "not JSON: line 2, column 3: expected a string, found '}'"),
        (b"\xef\xbb\xbf{}", "not JSON: line 1, column 1: expected a value, found '\\ufeff{}'"),
        (b"[]", "not valid: Input should be a valid dictionary or instance of Config"),
        (
            b'{"signature_cache": {"memory_ttl_seconds": 5}}',
            "not valid: signature_cache.memory_ttl_seconds: Input should be greater than or equal to 60",
        ),
        (b'{"log_dir": null}', "not valid: log_dir: Value error, null is no text; leave the key out instead"),
    ],
)
def test_an_ignored_file_says_why(content: bytes, reason: str) -> None:
    loaded = load(project=content)
    assert (loaded.ignored[1].path, loaded.ignored[1].reason) == (PROJECT, reason)
    assert loaded.config == DEFAULTS


def test_a_reason_does_not_repeat_the_value() -> None:
    assert "secret" not in load(as_json({"debug": "secret"})).ignored[0].reason


def test_the_two_files_do_not_share_a_result() -> None:
    first = load()
    first.config["signature_cache"]["enabled"] = False
    assert load().config["signature_cache"]["enabled"] is True


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(st.sampled_from(sorted(DEFAULTS)) | st.text(), VALUES)
CONTENTS = st.none() | st.binary() | DOCUMENTS.map(as_json)
VARIABLES = st.dictionaries(
    st.sampled_from(["PID_OFFSET_ENABLED", "DEBUG", "LOG_DIR", "WEB_SEARCH_THRESHOLD"]).map(PREFIX.__add__),
    st.text() | st.sampled_from(["1", "0", "true", "", "-1e999", "Infinity"]),
)


# Depth and length at which parsers and number readers give up.
LARGE = {
    "open lists": b"[" * 100_000,
    "deep objects": b'{"x":' * 50_000 + b"1" + b"}" * 50_000,
    "many digits": b'{"max_rate_limit_wait_seconds": ' + b"9" * 5_000 + b"}",
}


@SAME_DRAWS
@given(user=CONTENTS, project=CONTENTS, environment=VARIABLES)
@example(user=b'{"resume_text": "\\ud800"}', project=None, environment={})
def test_whatever_the_files_hold_there_is_a_config(
    user: bytes | None, project: bytes | None, environment: dict[str, str]
) -> None:
    loaded = load(user, project, environment)
    assert set(DEFAULTS) <= set(loaded.config)
    Config.model_validate(loaded.config)
    assert load(user, project, environment) == loaded


@pytest.mark.parametrize("name", LARGE)
def test_large_files_are_files(name: str) -> None:
    assert load(LARGE[name], as_json({"debug": True})).config == {**DEFAULTS, "debug": True}


# JSON

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@SAME_DRAWS
@given(value=DATA)
def test_json_is_read_as_it_was_written(value: Json) -> None:
    assert json_text.parse(json.dumps(value)) == value
    assert json_text.parse(json.dumps(value, ensure_ascii=False, indent=1)) == value


@SAME_DRAWS
@given(text=st.text(alphabet='[]{}:,"\\/ \n\t0123456789.eE+-truefalsn') | st.text())
def test_what_python_refuses_is_refused_and_what_it_reads_is_read_alike(text: str) -> None:
    def no_constant(name: str) -> None:
        raise ValueError(name)

    try:
        expected = json.loads(text, parse_constant=no_constant, parse_int=float)
    except ValueError:
        with pytest.raises(json_text.JsonError):
            json_text.parse(text)
    else:
        assert json_text.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "value"), [("9007199254740993", 2**53), ("1e2", 100), ("-0", 0), ("1e999", float("inf")), ("1e-400", 0)]
)
def test_numbers_are_binary64(text: str, value: float) -> None:
    assert json_text.parse(text) == value


def test_whole_numbers_are_integers_as_far_as_they_are_exact() -> None:
    assert [type(json_text.parse(text)) for text in ("1", "1.0", "-0", "9007199254740992", "1e17", "0.5")] == [
        int, int, int, int, float, float,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "010", "-", "+1", ".5", "5.", "1e", "NaN", "Infinity", "True", "[1,]", "[1 2]", '{"a":1,}', '{"a" 1}',
        "{a:1}", "{1:1}", "'a'", '"a', '"\t"', '"\\x41"', '"\\u12"', "\ufeff1", "\x0b1", "\xa01", "1 1", "[", "]", "{",
    ],
)  # fmt: skip
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(json_text.JsonError, match="line 1, column"):
        json_text.parse(text)


def test_bytes_that_are_no_utf_8_are_replaced_one_sequence_at_a_time() -> None:
    assert json_text.decode(b"a\xffb\xf0\x9f\x98!\xed\xa0\x80") == "a\ufffdb\ufffd!\ufffd\ufffd\ufffd"


def test_nesting_has_no_limit() -> None:
    value = json_text.parse("[" * 100_000 + "]" * 100_000)
    depth = 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 99_999


# The model


def test_every_number_has_a_range_that_holds_its_default() -> None:
    for group in (Config, *(field.default.__class__ for field in Config.model_fields.values())):
        for name, field in getattr(group, "model_fields", {}).items():
            if isinstance(field.default, int | float) and not isinstance(field.default, bool):
                limits = {type(limit).__name__: limit for limit in field.metadata}
                assert limits["Ge"].ge <= field.default <= limits["Le"].le, name


@pytest.mark.parametrize("value", [True, "60", None, float("nan"), float("inf"), 59, 59.999, 86_400.001])
def test_what_no_number_of_a_range_is(value: Json) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({"signature_cache": {"memory_ttl_seconds": value}})


@pytest.mark.parametrize("value", [60, 60.0, 60.5, 86_400])
def test_what_a_number_of_a_range_is(value: Json) -> None:
    config = Config.model_validate({"signature_cache": {"memory_ttl_seconds": value}})
    assert config.signature_cache.memory_ttl_seconds == value


# Paths, variables, files


@pytest.mark.parametrize(
    ("platform", "environment", "path"),
    [
        ("linux", {}, "/h/.config/opencode/antigravity.json"),
        ("darwin", {"APPDATA": "/a"}, "/h/.config/opencode/antigravity.json"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/opencode/antigravity.json"),
        ("linux", {"XDG_CONFIG_HOME": ""}, "/h/.config/opencode/antigravity.json"),
        ("win32", {"XDG_CONFIG_HOME": "/x"}, "/h/AppData/Roaming/opencode/antigravity.json"),
        ("win32", {"APPDATA": "/a"}, "/a/opencode/antigravity.json"),
        ("win32", {"APPDATA": ""}, "/h/AppData/Roaming/opencode/antigravity.json"),
    ],
)
def test_the_file_of_the_user(platform: str, environment: dict[str, str], path: str) -> None:
    assert user_file("/h", environment, platform) == path


def test_the_file_of_the_project() -> None:
    assert project_file("/p") == "/p/.opencode/antigravity.json"


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("0", 0), ("0.5", 0.5), (" \ufeff.5x", 0.5), ("5.", 1), ("1e-1", 0.1), ("5e", 1), ("0x1", 0), ("-1", 0),
        ("Infinity", 1), ("-Infinity", 0), ("1e400", 1), ("NaN", 0.3), ("high", 0.3), ("\u0663", 0.3), ("\x1c1", 0.3),
    ],
)  # fmt: skip
def test_a_threshold_is_read_as_javascript_reads_numbers(text: str, threshold: float) -> None:
    layer = environment_layer({PREFIX + "WEB_SEARCH_THRESHOLD": text})
    assert layer == {"web_search": {"grounding_threshold": threshold}}


def test_variables_that_say_nothing_set_nothing() -> None:
    assert environment_layer({PREFIX + "QUIET": "0", PREFIX + "LOG_DIR": "", "QUIET": "1"}) == {}


def test_reading_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_bytes(b"\xff")
    names = ["", "missing", "loop", "null\x00character", "file/below", "x" * 5000]
    assert [read_file(str(tmp_path / name)) for name in names] == [None] * len(names)
    assert read_file(str(tmp_path / "file")) == b"\xff"
