"""PLACE: the path of the pool file, and its move on Windows. A moved file is opened at its new path."""

from collections.abc import Mapping

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import POOL_FILE, pool, text
from conformance.wire.scenario import READ_FILE, ROOT, Call, Scenario

NAME = "antigravity-accounts.json"
XDG, APPDATA, OWN = (
    {variable: f"{ROOT}/{folder}"}
    for variable, folder in (("XDG_CONFIG_HOME", "xdg"), ("APPDATA", "appdata"), ("OPENCODE_CONFIG_DIR", "own"))
)
ROAMING_FILE = f"home/AppData/Roaming/opencode/{NAME}"
APPDATA_FILE = f"appdata/opencode/{NAME}"
XDG_FILE = f"xdg/opencode/{NAME}"
PLATFORMS = ["linux", "darwin", "win32"]
OPEN = Call("open", {"home": f"{ROOT}/home"})


def asked(path: str, environment: Mapping[str, str] | None = None, platform: str = "linux") -> Call:
    """Ask for the path of the pool file, and expect this one."""
    params: dict[str, Json] = {"home": f"{ROOT}/home"}
    params |= {"environment": dict(environment)} if environment else {}
    params |= {"platform": platform} if platform != "linux" else {}
    return Call("pool_path", params).gives({"path": f"{ROOT}/{path}"})


def pool_of(label: str) -> dict[str, Json]:
    """A pool file with this account."""
    return text(pool([{"refreshToken": label}]))


OLD_POOL = {"json": {"accounts": [{"refreshToken": "old"}]}}


def file_at(path: str) -> Call:
    """Expect the old pool file at this path."""
    return Call(READ_FILE, {"path": path}).gives(OLD_POOL)


@covers("PLACE-001")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_pool_file_without_variables(judge: Judge, platform: str) -> None:
    judge.check(Scenario([asked(POOL_FILE, platform=platform)]))


@covers("PLACE-002")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_xdg_config_home_holds_the_pool_file(judge: Judge, platform: str) -> None:
    judge.check(Scenario([asked(XDG_FILE, XDG, platform)]))
    judge.check(Scenario([asked(POOL_FILE, {"XDG_CONFIG_HOME": ""}, platform)]))


@covers("PLACE-003")
def test_pool_file_on_windows_is_in_appdata(judge: Judge) -> None:
    judge.check(Scenario([asked(APPDATA_FILE, {**APPDATA, **XDG}, "win32")]))
    judge.check(Scenario([asked(ROAMING_FILE, XDG, "win32")]))
    judge.check(Scenario([asked(ROAMING_FILE, {"APPDATA": ""}, "win32")]))


@covers("PLACE-004")
def test_pool_file_on_windows_as_on_linux(judge: Judge) -> None:
    judge.check(Scenario([asked(POOL_FILE, APPDATA, "win32")]))
    judge.check(Scenario([asked(XDG_FILE, {**APPDATA, **XDG}, "win32")]))


@covers("PLACE-005")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_opencode_config_dir_holds_the_pool_file(judge: Judge, platform: str) -> None:
    judge.check(Scenario([asked(f"own/{NAME}", {**OWN, **XDG}, platform)]))
    used = {path: pool_of("old") for path in (POOL_FILE, XDG_FILE)}  # an earlier place has a file already
    judge.check(Scenario([asked(f"own/{NAME}", {**OWN, **XDG}, platform)], files=used))
    judge.check(Scenario([asked(POOL_FILE, {"OPENCODE_CONFIG_DIR": ""}, platform)]))


@covers("PLACE-006")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_appdata_is_not_used_on_posix(judge: Judge, platform: str) -> None:
    calls = [asked(POOL_FILE, APPDATA, platform), OPEN.gives({"accounts": []})]
    judge.check(Scenario(calls, files={APPDATA_FILE: pool_of("old"), ROAMING_FILE: pool_of("old")}))


@covers("PLACE-007")
@pytest.mark.parametrize(
    ("environment", "old"), [({}, ROAMING_FILE), (APPDATA, APPDATA_FILE), ({"APPDATA": ""}, ROAMING_FILE)]
)
def test_pool_file_on_windows_is_moved(judge: Judge, environment: Mapping[str, str], old: str) -> None:
    calls = [asked(POOL_FILE, environment, "win32"), OPEN.gives({"accounts": ["old"]})]
    judge.check(Scenario(calls, files={old: pool_of("old")}))


@covers("PLACE-007")
def test_home_folder_is_not_searched_beside_appdata(judge: Judge) -> None:
    calls = [asked(POOL_FILE, APPDATA, "win32"), OPEN.gives({"accounts": []})]
    judge.check(Scenario(calls, files={ROAMING_FILE: pool_of("old")}))


@covers("PLACE-007")
@pytest.mark.parametrize(
    ("environment", "new"), [(OWN, f"own/{NAME}"), (XDG, XDG_FILE), ({**OWN, **XDG}, f"own/{NAME}")]
)
def test_pool_file_is_moved_to_another_folder(judge: Judge, environment: Mapping[str, str], new: str) -> None:
    moved = [asked(new, environment, "win32"), file_at(new), Call(READ_FILE, {"path": ROAMING_FILE}).gives(None)]
    judge.check(Scenario(moved, files={ROAMING_FILE: pool_of("old")}))


@covers("PLACE-007")
@pytest.mark.parametrize("content", ["", "{}", "not JSON", '{"version": 99, "accounts": []}'])
def test_unusable_pool_file_is_moved_too(judge: Judge, content: str) -> None:
    """So that the user finds it where the others are, and can mend it."""
    calls = [asked(POOL_FILE, None, "win32"), Call(READ_FILE, {"path": ROAMING_FILE}).gives(None)]
    judge.check(Scenario(calls, files={ROAMING_FILE: text(content)}))


@covers("PLACE-007")
def test_other_files_are_not_moved(judge: Judge) -> None:
    config = ROAMING_FILE.replace("-accounts", "")
    calls = [asked(POOL_FILE, None, "win32"), file_at(POOL_FILE), Call(READ_FILE, {"path": config}).gives({"json": {}})]
    judge.check(Scenario(calls, files={ROAMING_FILE: pool_of("old"), config: text({})}))


@covers("PLACE-007")
def test_link_to_nowhere_is_no_new_pool_file(judge: Judge) -> None:
    files = {ROAMING_FILE: pool_of("old"), POOL_FILE: {"link": "nowhere.json"}}
    judge.check(Scenario([asked(POOL_FILE, None, "win32"), file_at(POOL_FILE)], files))


@covers("PLACE-007")
def test_missing_folders_of_the_new_path_are_created(judge: Judge) -> None:
    deep = "a/b/c"
    calls = [asked(f"{deep}/opencode/{NAME}", {"XDG_CONFIG_HOME": f"{ROOT}/{deep}"}, "win32")]
    judge.check(Scenario([*calls, file_at(f"{deep}/opencode/{NAME}")], files={ROAMING_FILE: pool_of("old")}))


@covers("PLACE-008")
def test_old_path_has_no_file_after_move(judge: Judge) -> None:
    old = Call(READ_FILE, {"path": ROAMING_FILE})
    judge.check(Scenario([asked(POOL_FILE, None, "win32"), old.gives(None)], files={ROAMING_FILE: pool_of("old")}))


@covers("PLACE-008")
def test_moved_pool_file_leaves_its_old_path(judge: Judge) -> None:
    calls = [asked(XDG_FILE, XDG, "win32"), asked(POOL_FILE, None, "win32"), OPEN.gives({"accounts": []})]
    judge.check(Scenario(calls, files={ROAMING_FILE: pool_of("old")}))


@covers("PLACE-009")
def test_new_pool_file_is_not_replaced(judge: Judge) -> None:
    calls = [asked(POOL_FILE, None, "win32"), OPEN.gives({"accounts": ["new"]})]
    judge.check(Scenario(calls, files={ROAMING_FILE: pool_of("old"), POOL_FILE: pool_of("new")}))


@covers("PLACE-009")
@pytest.mark.parametrize("content", ["", "{}", "not JSON"])
def test_unusable_new_pool_file_is_not_replaced(judge: Judge, content: str) -> None:
    calls = [asked(POOL_FILE, None, "win32"), Call(READ_FILE, {"path": ROAMING_FILE}).gives(OLD_POOL)]
    judge.check(Scenario(calls, files={ROAMING_FILE: pool_of("old"), POOL_FILE: text(content)}))


@covers("PLACE-010")
def test_pool_file_that_cannot_be_moved_is_used(judge: Judge) -> None:
    judge.check(
        Scenario([asked(ROAMING_FILE, XDG, "win32")], files={ROAMING_FILE: pool_of("old"), "xdg": {"text": ""}})
    )
