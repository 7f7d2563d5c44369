"""Replaces the pool file as the releases do, with the faults that their deviations from RACE describe.

`pool_file` is the way to copy. Sources: releases 1.2.8 to 1.6.0, `dist/src/plugin/storage.js`, `saveAccounts` and
`withFileLock`, and the package proper-lockfile.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.json_type import Json
from reference_impl.pool_file import POOL_FILE, PRIVATE
from reference_impl.profiles import Profile

USUAL = 0o666  # the mode of a new file before the umask
STALE_S = 10.0
RETRIES_S = (0.1, 0.2, 0.4, 0.8, 1.0)


def store(home: str, merge: Callable[[bytes | None], Json], profile: Profile) -> None:
    """Replaces the pool file by what `merge` makes of its content, unless that is None. Writes no file to the disk."""
    path = Path(home) / POOL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = PRIVATE if profile.is_in("1.5.5") else USUAL
    if not os.access(path, os.F_OK):  # looked at before the lock is taken; also if the system does not say
        _write(path, {"version": profile.pool_version, "accounts": [], "activeIndex": 0}, mode)
    with _locked(path):
        document = merge(_content(path, profile))
        if document is not None:
            _replace(path, document, mode, removes=profile.is_in("1.3.2"))


def _content(path: Path, profile: Profile) -> bytes | None:
    """Returns None if the file cannot be read, as if there were none."""
    if profile.is_in("1.5.5"):
        with contextlib.suppress(OSError):
            path.chmod(PRIVATE)
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return None


def _replace(path: Path, document: Json, mode: int, *, removes: bool) -> None:
    """`removes`: whether a failed save removes its temporary file."""
    beside = path.with_name(f"{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        _write(beside, document, mode)
        beside.rename(path)
    except OSError:
        if removes:
            with contextlib.suppress(OSError):
                beside.unlink()
        raise


def _write(path: Path, document: Json, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds a lock folder beside the file that the path leads to."""
    lock = path.resolve(strict=True)
    lock = lock.with_name(lock.name + ".lock")
    for wait_s in (*RETRIES_S, None):
        if _takes(lock):
            break
        if wait_s is None:
            raise OSError("Lock file is already being held")
        time.sleep(wait_s)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.rmdir()


def _takes(lock: Path) -> bool:
    """Takes the lock. Removes a stale one without looking at it a second time."""
    with contextlib.suppress(FileExistsError):
        lock.mkdir()
        return True
    with contextlib.suppress(FileNotFoundError):
        if lock.stat().st_mtime >= time.time() - STALE_S:
            return False
        lock.rmdir()
    with contextlib.suppress(FileExistsError):
        lock.mkdir()
        return True
    return False
