"""The place of the pool file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl import pool_place, stateless
from reference_impl.pool_place import Place
from tests.fakes.blind.calls import (
    HOME,
    POOL_PATH,
    call,
)
from tests.fakes.blind.ports import Original, Section

section = Section("place")
_READ = call("read_file", path=POOL_PATH)


OLD = "home/AppData/Roaming/opencode/antigravity-accounts.json"


def path(**params: Json) -> Any:
    return call("pool_path", home=HOME, platform="win32", **params)


def _text(at: str, text: str = "{}") -> Mapping[str, Mapping[str, Json]]:
    return {at: {"text": text}}


@section.patch(stateless, "file_in_use", path(), _READ, files={**_text(OLD), **_text(POOL_PATH, "")})
def empty_new_file_replaced(original: Original, found: Place) -> str:
    """Takes an empty pool file for none, and moves the old one over it."""
    if Path(found.path).is_file() and not Path(found.path).stat().st_size and found.old and Path(found.old).exists():
        os.unlink(found.path)
    return str(original(found))


@section.patch(
    pool_place,
    "pool_place",
    path(environment={"OPENCODE_CONFIG_DIR": "{root}/own"}),
    call("read_file", path=OLD),
    files=_text(OLD),
)
def nothing_moves_to_the_own_folder(original: Original, home: str, variables: Mapping[str, str], *args: Any) -> Place:
    """Does not move the file if OPENCODE_CONFIG_DIR is set, because the user chose the folder."""
    found: Place = original(home, variables, *args)
    return Place(found.path) if variables.get("OPENCODE_CONFIG_DIR") else found


@section.patch(stateless, "file_in_use", path(environment={"XDG_CONFIG_HOME": "{root}/new/deep"}), files=_text(OLD))
def one_folder_created(original: Original, found: Place) -> str:
    """Creates the folder of the file, but not the folders that it is in."""
    missing = not Path(found.path).parent.parent.exists()
    return found.old if missing and found.old and Path(found.old).exists() else str(original(found))


@section.patch(pool_place, "pool_place", path(environment={"APPDATA": "{root}/data"}), _READ, files=_text(OLD))
def both_old_folders(original: Original, home: str, variables: Mapping[str, str], *args: Any) -> Place:
    """Looks into `AppData/Roaming` of the home folder if the folder APPDATA has no pool file."""
    found: Place = original(home, variables, *args)
    if found.old and not Path(found.old).exists():
        return Place(found.path, f"{home}/AppData/Roaming/opencode/antigravity-accounts.json")
    return found


@section.patch(pool_place, "pool_place", call("pool_path", home="{root}/x/../home"))
def dots_kept_in_the_path(original: Original, home: str, *args: Any) -> Place:
    """Joins the path without removing `..`."""
    found: Place = original(home, *args)
    tail = found.path.removeprefix(os.path.normpath(home))
    return Place(home + tail, found.old) if tail != found.path else found


@section.patch(pool_place, "pool_place", call("pool_path", home=HOME, environment={"OPENCODE_CONFIG_DIR": " "}))
def blank_own_folder_ignored(original: Original, home: str, variables: Mapping[str, str], *args: Any) -> Place:
    """Trims OPENCODE_CONFIG_DIR before it asks whether it is empty."""
    own = variables.get("OPENCODE_CONFIG_DIR", "")
    found: Place = original(home, {**variables, "OPENCODE_CONFIG_DIR": own if own.strip() else ""}, *args)
    return found


@section.patch(
    pool_place,
    "pool_place",
    call("pool_path", home=HOME, platform="darwin", environment={"OPENCODE_CONFIG_DIR": "{root}/own"}),
)
def own_folder_on_darwin_has_a_subfolder(
    original: Original, home: str, variables: Mapping[str, str], platform: str, *args: Any
) -> Place:
    """Adds the folder `opencode` to OPENCODE_CONFIG_DIR on macOS, as to XDG_CONFIG_HOME."""
    own = variables.get("OPENCODE_CONFIG_DIR")
    if own and platform == "darwin":
        variables = {**variables, "OPENCODE_CONFIG_DIR": f"{own}/opencode"}
    found: Place = original(home, variables, platform, *args)
    return found


@section.patch(stateless, "file_in_use", path(), call("read_file", path=OLD), files=_text(OLD))
def old_file_left_empty(original: Original, found: Place) -> str:
    """Copies the file and empties the old one, which stays."""
    had = bool(found.old and Path(found.old).is_file())
    used = str(original(found))
    if had and found.old and used == found.path and not Path(found.old).exists():
        Path(found.old).touch()
    return used
