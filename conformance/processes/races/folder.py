"""The home folder of a race: reads it, lays it out, and gives its paths short names."""

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from conformance.json_type import Json
from conformance.processes.races.model import Files, FileState
from conformance.targets.errors import AdapterFault
from conformance.targets.supervisor.ending import remove_folder
from conformance.texts import printable, safe

POOL = ".config/opencode/antigravity-accounts.json"
CONFIG = ".config/opencode"
OLD_S = 3600.0  # the age of files that are laid out, such as a lock that its owner has left
MAX_FILES = 500  # they are all read after each call
MAX_BYTES = 8 * 1024**2
_PATH_CHARACTERS = 100
_NAME = "antigravity-accounts"
_RANDOM = re.compile(r"(?<=[.\-_])(?=\w*\d)[0-9a-zA-Z_]{2,}(?=[.\-_]|$)|(?<=tmp)\w{6,}")


def read_files(home: Path) -> dict[str, FileState]:
    """Everything below the home folder, by path. Raises AdapterFault if that is too much, or cannot be read."""
    found: dict[str, FileState] = {}
    left_bytes = MAX_BYTES
    with _of_the_target(home):
        for folder, names, files in os.walk(home):
            for name in (*names, *files):
                path = os.path.join(folder, name)
                with suppress(FileNotFoundError):  # a process that is not held has removed it
                    found[path[len(str(home)) + 1 :]] = file = _read(path, left_bytes)
                    left_bytes -= len(file.content)
                if left_bytes < 0 or len(found) > MAX_FILES:
                    raise AdapterFault(
                        f"the target has stored more than {MAX_BYTES >> 20} MiB or {MAX_FILES} files in its home "
                        "folder; the kit reads them all after each file call"
                    )
    return found


def _read(path: str, most_bytes: int) -> FileState:
    """One file, up to one byte more than `most_bytes`."""
    state = os.lstat(path)
    mode = stat.S_IMODE(state.st_mode)
    if stat.S_ISLNK(state.st_mode):
        return FileState("link", mode, os.fsencode(os.readlink(path)))
    if stat.S_ISDIR(state.st_mode):
        return FileState("folder", mode)
    if not stat.S_ISREG(state.st_mode):  # opening a pipe would wait for a writer
        return FileState("other", mode)
    with open(path, "rb") as file:
        return FileState("file", mode, file.read(most_bytes + 1))


def lay_out(home: Path, files: Files) -> None:
    """Replace everything below the home folder by these files. Raises AdapterFault if the target prevents that."""
    with _of_the_target(home):
        for name in os.listdir(home):
            path = home / name
            if path.is_dir() and not path.is_symlink():
                remove_folder(str(path))
            else:
                path.unlink()
        for name, file in sorted(files.items()):
            _write(home / name, file)
        now_s = os.stat(home).st_mtime
        for name, file in files.items():
            if file.kind not in ("link", "other"):
                os.utime(home / name, (now_s - OLD_S, now_s - OLD_S))


def _write(path: Path, file: FileState) -> None:
    if file.kind == "other":  # a pipe or a socket, which belongs to a process
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.kind == "link":
        path.symlink_to(os.fsdecode(file.content))
        return
    if file.kind == "folder":
        path.mkdir(exist_ok=True)
    else:
        path.write_bytes(file.content)
    path.chmod(file.mode)


@contextmanager
def _of_the_target(home: Path) -> Iterator[None]:
    """Everything in the home folder belongs to the target. So an error there is its fault."""
    try:
        yield
    except OSError as error:
        place = os.fsdecode(error.filename or "").removeprefix(str(home)).lstrip("/")
        named = safe(f"~/{place}", _PATH_CHARACTERS) if place else "it"
        raise AdapterFault(
            f"the target has made its home folder unusable; {named} cannot be read or replaced: {error.strerror}"
        ) from error


def pool_in(files: Files) -> bytes | None:
    """The content of the pool file, through a link too; None if there is none."""
    file = files.get(pool_place(files))
    return file.content if file is not None and file.kind == "file" else None


def pool_place(files: Files) -> str:
    """The place of the pool file, or of the file to which it links."""
    file = files.get(POOL)
    if file is not None and file.kind == "link":
        return os.path.normpath(os.path.join(CONFIG, os.fsdecode(file.content)))
    return POOL


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
    folder, _, name = _in_one_line(place).rpartition("/")
    name = name.replace(f"{_NAME}.json", "POOL").replace(_NAME, "POOL-")
    if folder == CONFIG:
        return name
    return "~" if place == "." else f"~/{folder}/{name}" if folder else f"~/{name}"


def _in_one_line(place: str) -> str:
    """The target may have given its files any name: control characters are escaped, and bytes that are no UTF-8."""
    return printable(place).replace("\n", "\\n").replace("\t", "\\t")
