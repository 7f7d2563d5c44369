"""The home folder of a race: reads it, lays it out, and gives its paths short names."""

import json
import os
import re
import stat
from pathlib import Path

from conformance.json_type import Json
from conformance.processes.races.model import Files, FileState
from conformance.targets.supervisor.ending import remove_folder

POOL = ".config/opencode/antigravity-accounts.json"
CONFIG = ".config/opencode"
OLD_S = 3600.0  # the age of files that are laid out, such as a lock that its owner has left
_NAME = "antigravity-accounts"
_RANDOM = re.compile(r"(?<=[.\-_])(?=\w*\d)[0-9a-zA-Z_]{2,}(?=[.\-_]|$)|(?<=tmp)\w{6,}")


def read_files(home: Path) -> dict[str, FileState]:
    """Everything below the home folder, by path."""
    found: dict[str, FileState] = {}
    for folder, names, files in os.walk(home):
        for name in (*names, *files):
            path = os.path.join(folder, name)
            state = os.lstat(path)
            mode = stat.S_IMODE(state.st_mode)
            place = path[len(str(home)) + 1 :]
            if stat.S_ISLNK(state.st_mode):
                found[place] = FileState("link", mode, os.fsencode(os.readlink(path)))
            elif stat.S_ISDIR(state.st_mode):
                found[place] = FileState("folder", mode)
            else:
                found[place] = FileState("file", mode, Path(path).read_bytes())
    return found


def lay_out(home: Path, files: Files) -> None:
    """Replace everything below the home folder by these files."""
    for name in os.listdir(home):
        path = home / name
        if path.is_dir() and not path.is_symlink():
            remove_folder(str(path))
        else:
            path.unlink()
    for name, file in sorted(files.items()):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.kind == "link":
            path.symlink_to(os.fsdecode(file.content))
            continue
        if file.kind == "folder":
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(file.content)
        path.chmod(file.mode)
    now_s = os.stat(home).st_mtime
    for name, file in files.items():
        if file.kind != "link":
            os.utime(home / name, (now_s - OLD_S, now_s - OLD_S))


def pool_in(files: Files) -> bytes | None:
    """The content of the pool file, through a link too; None if there is none."""
    file = files.get(POOL)
    if file is not None and file.kind == "link":
        file = files.get(os.path.normpath(os.path.join(CONFIG, os.fsdecode(file.content))))
    return file.content if file is not None and file.kind == "file" else None


def parse(content: bytes | None) -> Json:
    """The document in a pool file; None if it is not JSON with a list of accounts."""
    try:
        document = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and isinstance(document.get("accounts"), list) else None


class Names:
    """Short and repeatable names for the paths of a race: POOL for the pool file, <1> for what process 1 has drawn."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._drawn: dict[str, str] = {}
        self._counts: dict[int, int] = {}

    def place(self, path: str, process: int) -> str:
        """The path in the home folder, with its random part replaced."""
        place = path.removeprefix(f"{self._home}/") if path != self._home else "."
        folder, slash, name = place.rpartition("/")
        found = list(_RANDOM.finditer(name)) if name not in (_NAME + ".json",) else []
        for match in reversed(found):
            drawn = match[0]
            if drawn not in self._drawn:
                count = self._counts[process] = self._counts.get(process, 0) + 1
                self._drawn[drawn] = f"<{process + 1}{'' if count == 1 else '-' + str(count)}>"
            name = name[: match.start()] + self._drawn[drawn] + name[match.end() :]
        return folder + slash + name

    def short(self, path: str, process: int) -> str:
        return shorten(self.place(path, process))


def shorten(place: str) -> str:
    """The name of a path in texts. `~` is the home folder."""
    folder, _, name = place.rpartition("/")
    name = name.replace(f"{_NAME}.json", "POOL").replace(_NAME, "POOL-")
    if folder == CONFIG:
        return name
    return "~" if place == "." else f"~/{folder}/{name}" if folder else f"~/{name}"
