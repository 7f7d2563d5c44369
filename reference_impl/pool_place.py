"""The place of the pool file (PLACE-*): in the folder of the user config.

On Windows, releases from 1.4.5 move the file from the folder in which older releases had it. Only `file_in_use` reads
the machine. Source: `dist/src/plugin/storage.js` of each release, `getConfigDir` and `getStoragePath`.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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


def file_in_use(place: Place) -> str:
    """Moves the file from its old place unless there is a new one (PLACE-009 to PLACE-011).

    Returns the path of the file that is in use: the old one if it cannot be moved.
    """
    if place.old is None or Path(place.path).exists() or not Path(place.old).exists():
        return place.path
    with suppress(OSError):
        Path(place.path).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(place.old, place.path)
        except OSError:  # another file system
            shutil.copyfile(place.old, place.path)
            os.unlink(place.old)
    return place.path if Path(place.path).exists() else place.old
