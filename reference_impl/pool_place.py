"""The place of the pool file (PLACE-*): in the folder of the user config.

On Windows, releases from 1.4.5 move the file from the folder in which older releases had it. Source:
`dist/src/plugin/storage.js` of each release, `getConfigDir` and `getStoragePath`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reference_impl.config.paths import folder_in, joined, user_folder
from reference_impl.profiles import Profile

FILE_NAME = "antigravity-accounts.json"
MOVES_SINCE = "1.4.5"
OLD_VARIABLE, OLD_FOLDER = "APPDATA", "AppData/Roaming"


@dataclass(frozen=True)
class Place:
    """The path of the pool file. `old` is the path from which a file is moved; None: no file is moved."""

    path: str
    old: str | None = None


def pool_place(home: str, environment: Mapping[str, str], platform: str, profile: Profile) -> Place:
    """Returns the place of the pool file (PLACE-001 to PLACE-008)."""
    path = joined(user_folder(home, environment, platform, profile), FILE_NAME)
    if platform != "win32" or not profile.is_in(MOVES_SINCE):
        return Place(path)
    return Place(path, joined(folder_in(environment.get(OLD_VARIABLE) or f"{home}/{OLD_FOLDER}"), FILE_NAME))
