"""Reads and replaces the pool file so that no other process, crash or error loses what was saved.

Sources: STO-021, STO-022, RACE-001 to RACE-010.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from conformance.json_type import Json
from reference_impl.config.files import read_file

POOL_FILE = ".config/opencode/antigravity-accounts.json"
PRIVATE = 0o600


def load(home: str) -> bytes | None:
    """Returns the content for a session that opens the pool; None if it cannot be read."""
    return read_file(str(PurePosixPath(home) / POOL_FILE))


@contextlib.contextmanager
def locked(home: str) -> Iterator[None]:
    """Keeps other processes from the pool file while this one reads and replaces it.

    The system releases the lock when the process ends, however it ends. So there are no stale locks, and nobody has to
    decide when another process's lock is too old. The lock file stays: if it were removed, two processes could lock two
    different files of this name.
    """
    path = Path(home) / POOL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read(home: str) -> bytes | None:
    """Returns the content for a save; None only if there is no file.

    Raises OSError if the file is there and cannot be read. It may hold accounts, so it must not be replaced.
    """
    try:
        return (Path(home) / POOL_FILE).read_bytes()
    except FileNotFoundError:
        return None


def replace(home: str, document: Json) -> None:
    """Writes a temporary file and renames it, so that no reader finds a part of a file. Call it in `locked`.

    Only the user may read the temporary file, from its creation on. Its name is always the same, so the next save
    removes what a killed process has left. Without the fsync, a power failure could leave an empty file.
    """
    path = Path(home) / POOL_FILE
    beside = path.with_name(path.name + ".new.tmp")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
