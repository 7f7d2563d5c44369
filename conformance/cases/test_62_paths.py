"""PATH: locations of the config files. Each file has its path as `resume_text`."""

import os
from collections.abc import Mapping
from dataclasses import replace

import pytest

from conformance.cases.kit import Judge, covers
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import ROOT, Scenario

POSIX = ["linux", "darwin"]
DEFAULT = "continue"  # the value without any file
XDG = {"XDG_CONFIG_HOME": f"{ROOT}/xdg"}
XDG_FILE = "xdg/opencode/antigravity.json"
APPDATA = {"APPDATA": f"{ROOT}/appdata"}
APPDATA_FILE = "appdata/opencode/antigravity.json"
CONFIG_DIR = {"OPENCODE_CONFIG_DIR": f"{ROOT}/own"}
CONFIG_DIR_FILE = "own/antigravity.json"
ROAMING_FILE = "home/AppData/Roaming/opencode/antigravity.json"


def reads(found: str, *others: str, environment: Mapping[str, str] | None = None, platform: str = "linux") -> Scenario:
    """Expect that the first of these files is read."""
    files = {path: text({"resume_text": path}) for path in (found, *others)}
    return Scenario([load_config(environment, platform).gives(config(resume_text=found))], files=files)


def reads_none_of(*others: str, environment: Mapping[str, str] | None = None, platform: str = "linux") -> Scenario:
    """Expect that none of these files is read."""
    files = {path: text({"resume_text": path}) for path in others}
    return Scenario([load_config(environment, platform).gives(config(resume_text=DEFAULT))], files=files)


@covers("PATH-001")
def test_user_file_on_linux(judge: Judge) -> None:
    judge.check(reads(USER_FILE, "home/.opencode/antigravity.json", "home/antigravity.json"))


@covers("PATH-002")
def test_user_file_on_macos(judge: Judge) -> None:
    mac = "home/Library/Application Support/opencode/antigravity.json"
    judge.check(reads(USER_FILE, mac, platform="darwin"))


@covers("PATH-003")
@pytest.mark.parametrize("platform", POSIX)
def test_xdg_config_home_replaces_dot_config(judge: Judge, platform: str) -> None:
    judge.check(reads(XDG_FILE, USER_FILE, "xdg/antigravity.json", environment=XDG, platform=platform))


@covers("PATH-003")
@pytest.mark.parametrize("folder", ["~/xdg", "$HOME/xdg", "xdg"])
def test_xdg_config_home_is_not_expanded(judge: Judge, folder: str) -> None:
    """A shell expands such words, and a program does not. A relative folder is not one in the home folder."""
    judge.check(reads_none_of("home/xdg/opencode/antigravity.json", environment={"XDG_CONFIG_HOME": folder}))


@covers("PATH-004")
def test_no_fallback_from_xdg_config_home(judge: Judge) -> None:
    judge.check(reads_none_of(USER_FILE, "xdg/antigravity.json", environment=XDG))


UNUSABLE = ["{}", "{", "[]", '{"debug": 5}']


@covers("PATH-004")
@pytest.mark.parametrize("content", UNUSABLE)
def test_no_fallback_from_file_in_xdg_config_home(judge: Judge, content: str) -> None:
    """The file has no key, or is ignored. It is still the user file."""
    scenario = reads_none_of(USER_FILE, "xdg/antigravity.json", environment=XDG)
    judge.check(replace(scenario, files={**scenario.files, XDG_FILE: text(content)}))


@covers("PATH-004")
def test_xdg_config_dirs_are_not_searched(judge: Judge) -> None:
    environment = {**XDG, "XDG_CONFIG_DIRS": f"{ROOT}/etc:{ROOT}/usr"}
    judge.check(reads_none_of("etc/opencode/antigravity.json", "usr/antigravity.json", environment=environment))


@covers("PATH-005")
def test_empty_xdg_config_home_counts_as_unset(judge: Judge) -> None:
    judge.check(reads(USER_FILE, environment={"XDG_CONFIG_HOME": ""}))


@covers("PATH-006")
@pytest.mark.parametrize("platform", POSIX)
def test_appdata_has_no_effect_on_posix(judge: Judge, platform: str) -> None:
    judge.check(reads(USER_FILE, APPDATA_FILE, environment=APPDATA, platform=platform))
    judge.check(reads_none_of(APPDATA_FILE, environment=APPDATA, platform=platform))


@covers("PATH-007")
def test_user_file_on_windows_is_in_appdata(judge: Judge) -> None:
    judge.check(reads(APPDATA_FILE, USER_FILE, ROAMING_FILE, environment=APPDATA, platform="win32"))


@covers("PATH-008")
def test_user_file_on_windows_without_appdata(judge: Judge) -> None:
    local = "home/AppData/Local/opencode/antigravity.json"
    judge.check(reads(ROAMING_FILE, USER_FILE, local, platform="win32"))


@covers("PATH-009")
def test_xdg_config_home_has_no_effect_on_windows(judge: Judge) -> None:
    judge.check(reads(APPDATA_FILE, XDG_FILE, environment={**APPDATA, **XDG}, platform="win32"))
    judge.check(reads_none_of(XDG_FILE, environment=XDG, platform="win32"))


@covers("PATH-010")
def test_empty_appdata_counts_as_unset(judge: Judge) -> None:
    judge.check(reads(ROAMING_FILE, environment={"APPDATA": ""}, platform="win32"))


@covers("PATH-011")
@pytest.mark.parametrize("environment", [{}, APPDATA], ids=["without APPDATA", "with APPDATA"])
def test_dot_config_is_not_read_on_windows(judge: Judge, environment: Mapping[str, str]) -> None:
    judge.check(reads_none_of(USER_FILE, environment=environment, platform="win32"))


@covers("PATH-012")
@pytest.mark.parametrize("platform", [*POSIX, "win32"])
def test_project_file(judge: Judge, platform: str) -> None:
    judge.check(reads(PROJECT_FILE, "project/antigravity.json", platform=platform))


@covers("PATH-012")
@pytest.mark.parametrize(
    "folder",
    [
        "home", "project/", "project/.", "project/../project", "project with spaces/ä", "pro%20ject", "a+b", "~",
        "$HOME", "e\u0301", "a:b;c", "#a?b", "[a]*", "-a", ".opencode", "project/.opencode", "home/.config/opencode",
        "back\\slash",
    ],
)  # fmt: skip
def test_project_file_in_unusual_folder(judge: Judge, folder: str) -> None:
    """The home folder is a project like any other."""
    asked = replace(load_config(), params={**load_config().params, "directory": f"{ROOT}/{folder}"})
    files = {f"{folder}/.opencode/antigravity.json": text({"resume_text": "here"})}
    judge.check(Scenario([asked.gives(config(resume_text="here"))], files))


@covers("PATH-012")
@pytest.mark.parametrize("files", [[], [CONFIG_DIR_FILE, XDG_FILE, APPDATA_FILE]], ids=["alone", "beside user files"])
def test_variables_do_not_affect_project_file(judge: Judge, files: list[str]) -> None:
    for environment in (XDG, APPDATA, CONFIG_DIR):
        judge.check(reads(PROJECT_FILE, *files, environment=environment))


@covers("PATH-013")
def test_parent_folders_are_not_searched(judge: Judge) -> None:
    judge.check(reads_none_of(".opencode/antigravity.json"))


@covers("PATH-014")
@pytest.mark.parametrize(
    "path",
    [
        "home/.config/opencode/antigravity.jsonc",
        "home/.config/opencode/opencode.json",
        "project/.opencode/antigravity.jsonc",
        "project/.opencode/opencode.json",
        "project/antigravity.json",
        "project/.opencode/.antigravity.json",
        "project/.opencode/antigravity.json.bak",
        "project/.opencode/antigravity",
        "project/.opencode/antigravity/config.json",
        "project/opencode/antigravity.json",
    ],
)
def test_other_file_names_are_not_read(judge: Judge, path: str) -> None:
    judge.check(reads_none_of(path))


@covers("PATH-014")
@pytest.mark.skipif(os.path.exists(__file__.swapcase()), reason="file names have no letter case here")
@pytest.mark.parametrize(
    "path",
    [
        "project/.opencode/Antigravity.json", "project/.OpenCode/antigravity.json",
        "home/.config/opencode/ANTIGRAVITY.JSON", "home/.config/OpenCode/antigravity.json",
    ],
)  # fmt: skip
def test_file_names_are_case_sensitive(judge: Judge, path: str) -> None:
    judge.check(reads_none_of(path))


@covers("PATH-015")
@pytest.mark.parametrize("path", [USER_FILE, PROJECT_FILE])
def test_symbolic_link_is_followed(judge: Judge, path: str) -> None:
    target = path.replace("antigravity.json", "shared.json")
    files = {path: {"link": "shared.json"}, target: text({"resume_text": "linked"})}
    judge.check(Scenario([load_config().gives(config(resume_text="linked"))], files=files))


@covers("PATH-016")
@pytest.mark.parametrize("environment", [{}, APPDATA, {"APPDATA": ""}], ids=["without APPDATA", "APPDATA", "empty"])
def test_user_file_on_windows_as_on_linux(judge: Judge, environment: Mapping[str, str]) -> None:
    judge.check(reads(USER_FILE, APPDATA_FILE, ROAMING_FILE, environment=environment, platform="win32"))


@covers("PATH-017")
def test_xdg_config_home_takes_effect_on_windows(judge: Judge) -> None:
    environment = {**APPDATA, **XDG}
    judge.check(reads(XDG_FILE, APPDATA_FILE, USER_FILE, environment=environment, platform="win32"))


@covers("PATH-018")
@pytest.mark.parametrize("platform", [*POSIX, "win32"])
def test_opencode_config_dir_holds_user_file(judge: Judge, platform: str) -> None:
    judge.check(reads(CONFIG_DIR_FILE, "own/opencode/antigravity.json", environment=CONFIG_DIR, platform=platform))


@covers("PATH-018")
def test_no_folder_is_added_to_opencode_config_dir(judge: Judge) -> None:
    judge.check(
        reads_none_of("own/opencode/antigravity.json", "own/.opencode/antigravity.json", environment=CONFIG_DIR)
    )


@covers("PATH-018")
@pytest.mark.parametrize("folder", ["~/own", "$HOME/own", "own"])
def test_opencode_config_dir_is_not_expanded(judge: Judge, folder: str) -> None:
    """A relative folder is not one in the home folder."""
    judge.check(reads_none_of("home/own/antigravity.json", environment={"OPENCODE_CONFIG_DIR": folder}))


@covers("PATH-019")
@pytest.mark.parametrize("content", UNUSABLE)
def test_no_fallback_from_file_in_opencode_config_dir(judge: Judge, content: str) -> None:
    scenario = reads_none_of(XDG_FILE, USER_FILE, environment={**XDG, **CONFIG_DIR})
    judge.check(replace(scenario, files={**scenario.files, CONFIG_DIR_FILE: text(content)}))


@covers("PATH-019")
def test_opencode_config_dir_takes_precedence(judge: Judge) -> None:
    judge.check(reads(CONFIG_DIR_FILE, XDG_FILE, USER_FILE, environment={**XDG, **CONFIG_DIR}))


@covers("PATH-019")
def test_no_fallback_from_opencode_config_dir(judge: Judge) -> None:
    judge.check(reads_none_of(XDG_FILE, USER_FILE, environment={**XDG, **CONFIG_DIR}))


@covers("PATH-020")
def test_empty_opencode_config_dir_counts_as_unset(judge: Judge) -> None:
    judge.check(reads(USER_FILE, environment={"OPENCODE_CONFIG_DIR": ""}))
    judge.check(reads(XDG_FILE, USER_FILE, environment={**XDG, "OPENCODE_CONFIG_DIR": ""}))
