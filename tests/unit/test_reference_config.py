"""The reference's config loading, with files and environment passed in."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.json_type import Json
from reference_impl.config.environment import PREFIX, VARIABLES, set_by_variables
from reference_impl.config.files import read_file
from reference_impl.config.keys import KEYS, Key, NotValid, Range, check, keys_of, nested
from reference_impl.config.loader import LoadedConfig, load_config
from reference_impl.config.paths import project_file, user_file
from reference_impl.profiles import PROFILES, profile
from reference_impl.releases import RECOMMENDED, VERSIONS

USER = "/home/ann/.config/opencode/antigravity.json"
PROJECT = "/src/app/.opencode/antigravity.json"
NEWEST = profile(RECOMMENDED)
KNOWN = keys_of(NEWEST)
BY_PATH = {key.path: key.default for key in KNOWN if key.default is not None}
DEFAULTS = nested(BY_PATH)
SAME_DRAWS = settings(deadline=None, database=None, derandomize=True)


def load(
    user: bytes | None = None,
    project: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    release: str = RECOMMENDED,
) -> LoadedConfig:
    files = {USER: user, PROJECT: project}
    return load_config("/src/app", "/home/ann", environment or {}, "linux", files.get, profile(release))


def config_with(**by_path: Json) -> Json:
    """The defaults, with these values by path."""
    return nested({**BY_PATH, **by_path})


def as_json(document: Json) -> bytes:
    return json.dumps(document).encode()


# The loader


def test_without_files_config_is_the_defaults() -> None:
    loaded = load()
    assert loaded.config == DEFAULTS
    assert [file.path for file in loaded.files] == [USER, PROJECT]
    assert {file.ignored for file in loaded.files} == {"no such file, or it cannot be read"}
    assert loaded.origins == dict.fromkeys(BY_PATH, "default")


def test_keys_without_a_value_are_left_out() -> None:
    assert not {"log_dir", "$schema", "json_schema"} & set(load().config)
    assert load(as_json({"$schema": "s", "log_dir": ""})).config == {**DEFAULTS, "$schema": "s", "log_dir": ""}


def test_layers_are_merged_by_key_within_groups() -> None:
    user = {"debug": False, "health_score": {"initial": 80, "min_usable": 60}}
    project = {"quiet_mode": True, "health_score": {"min_usable": 40}}
    config = load(as_json(user), as_json(project), {PREFIX + "DEBUG": "1"}).config
    expected = {"debug": True, "quiet_mode": True, "health_score.initial": 80, "health_score.min_usable": 40}
    assert config == config_with(**expected)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON: line 1, column 1: expected a value, found ''"),
        (b'{"debug": true,\n  }', "not JSON: line 2, column 3: expected a string, found '}'"),
        (b"\xef\xbb\xbf{}", "not JSON: line 1, column 1: expected a value, found '\\ufeff{}'"),
        (b"[]", "not valid: expected an object"),
        (b'{"signature_cache": []}', "not valid: signature_cache: expected an object"),
        (
            b'{"signature_cache": {"memory_ttl_seconds": 5}}',
            "not valid: signature_cache.memory_ttl_seconds: expected a number from 60 to 86400",
        ),
        (b'{"log_dir": null}', "not valid: log_dir: expected text"),
        (b'{"debug": 1}', "not valid: debug: expected true or false"),
        (
            b'{"account_selection_strategy": "none"}',
            "not valid: account_selection_strategy: expected 'sticky', 'round-robin' or 'hybrid'",
        ),
        (
            b'{"soft_quota_cache_ttl_minutes": 0}',
            "not valid: soft_quota_cache_ttl_minutes: expected 'auto' or a number from 1 to 120",
        ),
    ],
)
def test_an_ignored_file_says_why(content: bytes, reason: str) -> None:
    loaded = load(project=content)
    assert (loaded.files[1].path, loaded.files[1].ignored) == (PROJECT, reason)
    assert loaded.config == DEFAULTS


def test_a_reason_does_not_repeat_the_value() -> None:
    assert "secret" not in str(load(as_json({"debug": "secret"})).files[0].ignored)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (RECOMMENDED, {"debug": "user file", "log_dir": "user file", "signature_cache.enabled": "project file"}),
        ("1.3.0", {"debug": "user file", "signature_cache.disk_ttl_seconds": "project file: left out, so default"}),
        ("1.6.0", {"debug": "project file: left out, so default", "log_dir": "user file"}),
    ],
)
def test_each_key_has_the_layer_that_gave_it(release: str, expected: dict[str, str]) -> None:
    user = {"debug": True, "log_dir": "/logs", "signature_cache": {"disk_ttl_seconds": 5_000}}
    project = {"signature_cache": {"enabled": False}}
    loaded = load(as_json(user), as_json(project), {PREFIX + "QUIET": "1"}, release)
    quiet = "project file: left out, so default" if release == "1.6.0" else f"variable {PREFIX}QUIET"
    assert {**loaded.origins, **expected, "quiet_mode": quiet} == loaded.origins
    assert set(loaded.origins) - {"log_dir"} == set(load(release=release).origins)


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
ENVIRONMENTS = st.dictionaries(
    st.sampled_from(["PID_OFFSET_ENABLED", "DEBUG", "LOG_DIR", "WEB_SEARCH_THRESHOLD"]).map(PREFIX.__add__),
    st.text() | st.sampled_from(["1", "0", "true", "", "-1e999", "Infinity"]),
)


# The nesting depth and length at which some parsers and number readers fail.
LARGE = {
    "open lists": b"[" * 100_000,
    "deep objects": b'{"x":' * 50_000 + b"1" + b"}" * 50_000,
    "many digits": b'{"max_rate_limit_wait_seconds": ' + b"9" * 5_000 + b"}",
}


@SAME_DRAWS
@given(user=CONTENTS, project=CONTENTS, environment=ENVIRONMENTS)
@example(user=b'{"resume_text": "\\ud800"}', project=None, environment={})
def test_any_files_give_a_config(user: bytes | None, project: bytes | None, environment: dict[str, str]) -> None:
    loaded = load(user, project, environment)
    assert set(DEFAULTS) <= set(loaded.config)
    check(loaded.config, KNOWN)
    assert load(user, project, environment) == loaded


@pytest.mark.parametrize("name", LARGE)
def test_large_files_are_files(name: str) -> None:
    assert load(LARGE[name], as_json({"debug": True})).config == config_with(debug=True)


# The keys


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.path)
def test_every_default_is_valid_for_its_key(key: Key) -> None:
    assert key.kind.problem(key.default) is None or key.default is None


def test_releases_have_unique_keys_and_variables() -> None:
    for release in VERSIONS:
        for rows in (
            [key.path for key in KEYS if profile(release).is_in(key.since, key.until)],
            [variable.name for variable in VARIABLES if profile(release).is_in(variable.since, variable.until)],
        ):
            assert len(rows) == len(set(rows)), release


def test_recommended_has_every_key_and_newest_defaults() -> None:
    assert {key.path for key in KEYS} == {key.path for key in KNOWN}
    assert {key.path: key.default for key in keys_of(profile(VERSIONS[-1]))}.items() <= {
        key.path: key.default for key in KNOWN
    }.items()


@pytest.mark.parametrize("release", PROFILES)
def test_release_has_only_its_own_keys(release: str) -> None:
    has_scheduling, has_search = release not in ("1.2.8", "1.3.0"), release in ("1.3.0", RECOMMENDED)
    config = load(as_json({"scheduling_mode": "balance", "web_search": {}}), release=release).config
    assert ("scheduling_mode" in config, "web_search" in config) == (has_scheduling, has_search)


def test_key_of_another_release_is_not_checked() -> None:
    assert load(as_json({"scheduling_mode": 5, "debug": True}), release="1.3.0").config["debug"] is True
    assert load(as_json({"scheduling_mode": 5, "debug": True}), release="1.4.3").config["debug"] is False


@pytest.mark.parametrize("value", [True, "60", None, float("nan"), float("inf"), 59, 59.999, 86_400.001])
def test_value_outside_a_range_is_refused(value: Json) -> None:
    assert Range(60, 86_400).problem(value) == "expected a number from 60 to 86400"
    with pytest.raises(NotValid):
        check({"signature_cache": {"memory_ttl_seconds": value}}, KNOWN)


@pytest.mark.parametrize("value", [60, 60.0, 60.5, 86_400])
def test_value_within_a_range_is_taken(value: Json) -> None:
    document = {"signature_cache": {"memory_ttl_seconds": value}}
    assert check(document, KNOWN) == {"signature_cache.memory_ttl_seconds": value}


# Paths, variables, files


@pytest.mark.parametrize(
    ("release", "platform", "environment", "path"),
    [
        ("1.4.3", "linux", {}, "/h/.config/opencode/antigravity.json"),
        ("1.4.3", "darwin", {"APPDATA": "/a"}, "/h/.config/opencode/antigravity.json"),
        ("1.4.3", "linux", {"XDG_CONFIG_HOME": "/x"}, "/x/opencode/antigravity.json"),
        ("1.4.3", "linux", {"XDG_CONFIG_HOME": ""}, "/h/.config/opencode/antigravity.json"),
        ("1.4.3", "linux", {"XDG_CONFIG_HOME": "/x/../y/"}, "/y/opencode/antigravity.json"),
        ("1.4.3", "win32", {"XDG_CONFIG_HOME": "/x"}, "/h/AppData/Roaming/opencode/antigravity.json"),
        ("1.4.3", "win32", {"APPDATA": "/a", "OPENCODE_CONFIG_DIR": "/c"}, "/a/opencode/antigravity.json"),
        ("1.4.3", "win32", {"APPDATA": ""}, "/h/AppData/Roaming/opencode/antigravity.json"),
        ("1.6.0", "win32", {"APPDATA": "/a"}, "/h/.config/opencode/antigravity.json"),
        ("1.6.0", "win32", {"XDG_CONFIG_HOME": "/x"}, "/x/opencode/antigravity.json"),
        ("1.6.0", "linux", {"OPENCODE_CONFIG_DIR": "/c", "XDG_CONFIG_HOME": "/x"}, "/c/antigravity.json"),
        ("1.6.0", "linux", {"OPENCODE_CONFIG_DIR": ""}, "/h/.config/opencode/antigravity.json"),
        (RECOMMENDED, "win32", {"APPDATA": "/a"}, "/h/.config/opencode/antigravity.json"),
        (RECOMMENDED, "freebsd", {"OPENCODE_CONFIG_DIR": "/c"}, "/c/antigravity.json"),
    ],
)
def test_the_file_of_the_user(release: str, platform: str, environment: dict[str, str], path: str) -> None:
    assert user_file("/h", environment, platform, profile(release)) == path


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
    assert set_by({"WEB_SEARCH_THRESHOLD": text}) == {"web_search.grounding_threshold": threshold}


def set_by(variables: Mapping[str, str], release: str = RECOMMENDED) -> Json:
    found = set_by_variables({PREFIX + name: word for name, word in variables.items()}, profile(release))
    return {variable.path: value for variable, value in found.items()}


@pytest.mark.parametrize("text", ["0", "-0.0", "0e5", "none"])
def test_1_3_0_ignores_a_threshold_of_0(text: str) -> None:
    assert set_by({"WEB_SEARCH_THRESHOLD": text}, "1.3.0") == {"web_search.grounding_threshold": 0.3}


@pytest.mark.parametrize(
    ("release", "keys"),
    [
        ("1.2.8", {"debug", "keep_thinking"}),
        ("1.3.0", {"debug", "web_search.default_mode"}),
        ("1.4.3", {"debug"}),
        ("1.6.0", set()),
        (RECOMMENDED, {"debug", "debug_tui", "keep_thinking", "web_search.default_mode"}),
    ],
)
def test_a_release_reads_its_own_variables(release: str, keys: set[str]) -> None:
    variables = {"DEBUG": "1", "DEBUG_TUI": "1", "KEEP_THINKING": "1", "WEB_SEARCH": "auto"}
    assert set(set_by(variables, release)) == keys


def test_empty_or_unknown_variables_set_nothing() -> None:
    assert set_by({"QUIET": "0", "LOG_DIR": ""}) == {}
    assert set_by_variables({"QUIET": "1"}, NEWEST) == {}


def test_reading_a_file_never_raises(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_bytes(b"\xff")
    names = ["", "missing", "loop", "null\x00character", "file/below", "x" * 5000]
    assert [read_file(str(tmp_path / name)) for name in names] == [None] * len(names)
    assert read_file(str(tmp_path / "file")) == b"\xff"
