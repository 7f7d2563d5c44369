"""The config: its files, variables and times."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.errata.evidence import (
    OFF,
    ON,
    USER_FILE,
    VARIABLE,
    WINDOWS_FILE,
    Release,
    put,
    shows,
)


@shows("E-16")
@pytest.mark.parametrize(
    ("block", "key", "value"),
    [
        (
            '{\n  "account_selection_strategy": "round-robin",\n'
            '  "pid_offset_enabled": false  // Not needed for round-robin\n}',
            "account_selection_strategy",
            "round-robin",
        ),
        (
            '{\n  "account_selection_strategy": "sticky",  // Change to sticky\n  "pid_offset_enabled": true\n}',
            "pid_offset_enabled",
            True,
        ),
    ],
)
def test_a_block_with_a_comment_is_ignored(release: Release, tmp_path: Path, block: str, key: str, value: Any) -> None:
    no_file = release.config(tmp_path)
    put(tmp_path / USER_FILE, block)
    assert release.config(tmp_path) == no_file
    put(tmp_path / USER_FILE, re.sub(" +//.*", "", block))
    assert release.config(tmp_path)[key] == value != no_file[key]


@shows("E-17")
def test_account_list_belongs_to_the_login_prompt(release: Release) -> None:
    sources = release.sources()
    assert [file for file, text in sources.items() if "account(s) saved" in text] == ["src/plugin/cli.js"]
    callers = {file for file, text in sources.items() if re.search(r"await promptLoginMode\(", text)}
    assert callers == {"src/plugin.js"}
    assert sources["src/plugin.js"].count("promptLoginMode(") == 1
    assert ("(a)dd new account(s)" in sources["src/plugin/cli.js"]) == (release.version in ("1.2.8", "1.3.0"))


@shows("E-18")
def test_the_configuration_file_of_opencode_is_not_read(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE.with_name("opencode.json"), ON)
    assert not release.is_on(tmp_path)
    put(tmp_path / USER_FILE, ON)
    assert release.is_on(tmp_path)


@shows("E-19")
def test_the_paths_depend_on_variables_and_release(release: Release, tmp_path: Path) -> None:
    windows, posix, elsewhere = (tmp_path / name for name in ("windows", "posix", "elsewhere"))
    put(windows / WINDOWS_FILE, ON)
    put(posix / USER_FILE, ON)
    put(elsewhere / "opencode/antigravity.json", ON)
    newest = release.is_from("1.4.5")

    roaming = {"APPDATA": str(windows / "AppData/Roaming")}
    assert [release.is_on(windows, variables, "win32") for variables in ({}, roaming)] == [not newest] * 2
    assert release.is_on(posix, platform="win32") == newest
    assert release.is_on(posix)
    assert release.is_on(tmp_path, {"XDG_CONFIG_HOME": str(elsewhere)})
    assert not release.is_on(posix, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert release.is_on(tmp_path, {"OPENCODE_CONFIG_DIR": str(elsewhere / "opencode")}) == newest


@shows("E-20")
def test_project_and_variables_override_the_user_file(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE, ON)
    put(tmp_path / "project/.opencode/antigravity.json", OFF)
    assert not release.is_on(tmp_path)
    assert release.is_on(tmp_path, {VARIABLE: "1"}) == (not release.is_from("1.6.0"))


@shows("E-20")
def test_one_invalid_value_drops_the_file(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE, '{"pid_offset_enabled": true, "debug": "yes"}')
    assert not release.is_on(tmp_path)


@shows("E-20")
def test_the_config_is_loaded_once(release: Release) -> None:
    callers = [
        file
        for file, text in release.sources().items()
        for _ in re.findall(r"^ *const config = loadConfig\(", text, re.MULTILINE)
    ]
    assert callers == ["src/plugin.js"]


@shows("E-21")
def test_first_example_spreads_nothing_since_1_3_0(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE, ON)
    config = release.config(tmp_path)
    strategy, offset = config["account_selection_strategy"], config["pid_offset_enabled"]
    starts = {release.first(pid, strategy, offset=offset) for pid in range(3)}
    assert starts == ({0, 1, 2} if release.version == "1.2.8" else {0})


@shows("E-22")
def test_the_variable_switches_on_and_never_off(release: Release, tmp_path: Path) -> None:
    values = ("1", "true", "TRUE", "yes", "on", " 1", "0", "false")
    switched_on = {value for value in values if release.is_on(tmp_path, {VARIABLE: value})}
    assert switched_on == (set() if release.is_from("1.6.0") else {"1", "true"})
    assert list(tmp_path.rglob("antigravity.json")) == []
    put(tmp_path / USER_FILE, ON)
    assert all(release.is_on(tmp_path, {VARIABLE: value}) for value in values)
