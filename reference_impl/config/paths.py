"""Where the two config files lie (PATH-001 to PATH-015).

Source: release 1.3.0, `dist/src/plugin/config/loader.js`, `getConfigDir`. Windows is a matter of variables
and folders here; which separator its paths have is no rule of this project.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FILE_NAME = "antigravity.json"
PROJECT_FOLDER = ".opencode"
USER_FOLDER = "opencode"


@dataclass(frozen=True)
class ConfigRoot:
    """The folder of all the user's config: that of a variable, or else one below the home folder."""

    variable: str
    below_home: str


POSIX = ConfigRoot("XDG_CONFIG_HOME", ".config")  # macOS too (PATH-002)
WINDOWS = ConfigRoot("APPDATA", "AppData/Roaming")  # XDG_CONFIG_HOME is ignored (PATH-009)
ROOTS: Mapping[str, ConfigRoot] = {"win32": WINDOWS}


def user_file(home: str, environment: Mapping[str, str], platform: str) -> str:
    """The user's file. An empty variable counts as unset (PATH-005, PATH-010)."""
    root = ROOTS.get(platform, POSIX)
    folder = environment.get(root.variable) or f"{home}/{root.below_home}"
    return f"{folder}/{USER_FOLDER}/{FILE_NAME}"


def project_file(directory: str) -> str:
    """The project's file: of this very folder, never of one above it (PATH-013)."""
    return f"{directory}/{PROJECT_FOLDER}/{FILE_NAME}"
