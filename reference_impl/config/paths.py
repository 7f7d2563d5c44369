"""The paths of the two config files (PATH-001 to PATH-020).

Source: `dist/src/plugin/config/loader.js` of each release, `getConfigDir`. Windows differs in variables and folders; no
rule is about its path separator. Like Node's `join`, `normpath` removes `..` without resolving links.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import normpath

from reference_impl.profiles import Profile, rows_of
from reference_impl.releases import OLDEST

FILE_NAME = "antigravity.json"
PROJECT_FOLDER = ".opencode"
USER_FOLDER = "opencode"
OWN_FOLDER = "OPENCODE_CONFIG_DIR"
OWN_FOLDER_SINCE = "1.4.5"


@dataclass(frozen=True)
class ConfigRoot:
    """The folder of user config on a platform: the value of a variable, or else a folder in the home folder."""

    platform: str
    variable: str
    below_home: str
    since: str = OLDEST
    until: str | None = None  # the last release that has it


ROOTS = (
    ConfigRoot("linux", "XDG_CONFIG_HOME", ".config"),
    ConfigRoot("darwin", "XDG_CONFIG_HOME", ".config"),  # PATH-002
    ConfigRoot("win32", "APPDATA", "AppData/Roaming", until="1.4.3"),  # PATH-007 to PATH-011
    ConfigRoot("win32", "XDG_CONFIG_HOME", ".config", since="1.4.5"),  # PATH-016
)


def user_file(home: str, environment: Mapping[str, str], platform: str, profile: Profile) -> str:
    """Returns the path of the user file. An empty variable counts as unset (PATH-005, PATH-010, PATH-019)."""
    return joined(user_folder(home, environment, platform, profile), FILE_NAME)


def user_folder(home: str, environment: Mapping[str, str], platform: str, profile: Profile) -> str:
    """Returns the folder of the user file, which also has the pool file."""
    own = environment.get(OWN_FOLDER)
    if own and profile.is_in(OWN_FOLDER_SINCE):
        return own
    roots = {root.platform: root for root in rows_of(profile, ROOTS, lambda root: root.platform)}
    root = roots.get(platform, ROOTS[0])
    return folder_in(environment.get(root.variable) or f"{home}/{root.below_home}")


def folder_in(root: str) -> str:
    """Returns the plugin's folder in a folder for configs."""
    return f"{root}/{USER_FOLDER}"


def joined(folder: str, name: str) -> str:
    """Joins a path as Node does: unlike in Python, a leading `//` becomes `/`."""
    return normpath(f"{folder}/{name}").replace("//", "/")


def project_file(directory: str) -> str:
    """Returns the path of the project file: in this folder, never in a parent folder (PATH-013)."""
    return normpath(f"{directory}/{PROJECT_FOLDER}/{FILE_NAME}")
