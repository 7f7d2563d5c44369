"""Paths of the config files."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import files, paths
from tests.fakes.blind.calls import HOME, config, project_file, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("paths")
QUIET = {"quiet_mode": True}
Variables = Mapping[str, str]


@section.patch(
    paths,
    "user_file",
    config({"XDG_CONFIG_HOME": "~/x"}),
    files=user_file(QUIET, "home/x/opencode/antigravity.json"),
)
def tilde_expanded(original: Original, home: str, variables: Variables, *args: Any) -> str:
    """Expands `~` in XDG_CONFIG_HOME."""
    xdg = variables.get("XDG_CONFIG_HOME", "")
    expanded = home + xdg[1:] if xdg.startswith("~/") else xdg
    return str(original(home, {**variables, "XDG_CONFIG_HOME": expanded}, *args))


@section.patch(paths, "user_file", config({"XDG_CONFIG_HOME": "relative"}), files=user_file(QUIET))
def relative_folder_ignored(original: Original, home: str, variables: Variables, *args: Any) -> str:
    """Ignores an XDG_CONFIG_HOME that is not absolute, as the XDG specification says."""
    xdg = variables.get("XDG_CONFIG_HOME", "")
    return str(original(home, {**variables, "XDG_CONFIG_HOME": xdg if xdg.startswith("/") else ""}, *args))


@section.patch(paths, "user_file", config({"XDG_CONFIG_HOME": " "}), files=user_file(QUIET))
def blank_folder_ignored(original: Original, home: str, variables: Variables, *args: Any) -> str:
    """Trims variables with paths, so that a blank one counts as unset."""
    return str(original(home, {key: text.strip() for key, text in variables.items()}, *args))


@section.port(config(directory=HOME), files=user_file(QUIET, "home/.opencode/antigravity.json"))
class HomeIsNoProject(ReferenceAdapter):
    """Reads no project file if the project folder is the home folder."""

    def load_config(self, directory: str, home: str, *args: Any, **params: Any) -> Json:
        same = os.path.normpath(directory) == os.path.normpath(home)
        return super().load_config(f"{directory}/.none" if same else directory, home, *args, **params)


@section.patch(
    paths,
    "project_file",
    config(directory="{root}/link/.."),
    files={
        "deep/folder/empty": {"text": ""},
        "link": {"link": "deep/folder"},
        **user_file(QUIET, ".opencode/antigravity.json"),
    },
)
def links_resolved_before_dots(original: Original, directory: str) -> str:
    """Resolves links before it removes `..`, as the system does and `path.join` does not."""
    return str(original(os.path.realpath(directory)))


@section.patch(
    files,
    "read_file",
    config(),
    files={"project/.opencode": {"link": "../linked"}, **user_file(QUIET, "linked/antigravity.json")},
)
def linked_folder_ignored(original: Original, path: str) -> bytes | None:
    """Does not follow a link to a folder of config, for safety."""
    content: bytes | None = original(path)
    return None if Path(path).parent.is_symlink() else content


@section.patch(
    paths,
    "user_file",
    config({"OPENCODE_CONFIG_DIR": "own"}),
    files=user_file(QUIET, "project/own/antigravity.json"),
)
def relative_to_the_project(original: Original, home: str, variables: Variables, *args: Any) -> str:
    """Takes a relative OPENCODE_CONFIG_DIR for a folder in the project."""
    own = variables.get("OPENCODE_CONFIG_DIR", "")
    if own and not own.startswith("/"):
        variables = {**variables, "OPENCODE_CONFIG_DIR": f"{Path(home).parent}/project/{own}"}
    return str(original(home, variables, *args))


@section.patch(
    paths,
    "user_file",
    config(platform="win32"),
    files=user_file(QUIET, "home/AppData/Roaming/opencode/antigravity.json"),
)
def roaming_as_a_last_resort(original: Original, home: str, variables: Variables, platform: str, *args: Any) -> str:
    """Reads the former place on Windows if the new one has no file."""
    path = str(original(home, variables, platform, *args))
    former = f"{home}/AppData/Roaming/opencode/antigravity.json"
    return former if platform == "win32" and not Path(path).exists() else path


@section.patch(
    paths,
    "project_file",
    config(),
    files={**project_file({"debug": True}), **user_file(QUIET, "project/.opencode/antigravity.local.json")},
)
def local_file_first(original: Original, directory: str) -> str:
    """Prefers a file `antigravity.local.json`, as other tools of the team do."""
    path = Path(str(original(directory)))
    local = path.with_name("antigravity.local.json")
    return str(local if local.exists() else path)
