"""Ports that save wrongly when processes meet, crash or fail: each breaks one rule of races.

Those that the catalogue names are in `tests/mutants/races.py`.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator

from conformance.json_type import Json
from reference_impl import pool_file
from reference_impl.adapter import ReferenceAdapter
from tests.mutants.races import (
    ErrorSwallowed,
    FirstWriterWins,
    LockNeverStale,
    Merge,
    NeverSynced,
    NoLock,
    RemovalUndone,
    RemovedFirst,
    SavesAnother,
    TemporaryFileForEveryone,
    TemporaryFileLeft,
    UnreadableFileOverwritten,
    WrittenInPlace,
)

STALE_S = 10.0
RETRIES = 5


class ReleasedBeforeRename(SavesAnother):
    """Releases its lock before it renames the temporary file."""

    def store(self, home: str, merge: Merge) -> None:
        beside = self.path().with_name(f"{self.path().name}.{os.getpid()}.tmp")
        with pool_file.locked(home):
            beside.touch(mode=0o600)
            beside.write_text(json.dumps(merge(pool_file.read(home))), encoding="utf-8")
        beside.replace(self.path())


class LockedAfterReading(SavesAnother):
    """Reads the file before it takes the lock."""

    def store(self, home: str, merge: Merge) -> None:
        document = merge(pool_file.read(home))
        with pool_file.locked(home):
            pool_file.replace(home, document)


class StaleLockRemovedBlindly(SavesAnother):
    """Uses a lock folder, and removes one that it found to be old without looking at it again."""

    def store(self, home: str, merge: Merge) -> None:
        with self.lock():
            pool_file.replace(home, merge(pool_file.read(home)))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        folder = self.path().with_name(self.path().name + ".lock")
        folder.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(RETRIES):
            try:
                folder.mkdir()
                break
            except FileExistsError:
                if time.time() - folder.stat().st_mtime > STALE_S:
                    folder.rmdir()
        else:
            raise OSError("the lock is held by another process")
        try:
            yield
        finally:
            folder.rmdir()


class Hangs(SavesAnother):
    """Waits for ever before it renames, as soon as another process has saved since it began."""

    def store(self, home: str, merge: Merge) -> None:
        before = pool_file.read(home)
        with pool_file.locked(home):
            while pool_file.read(home) != before:
                time.sleep(3600)
            pool_file.replace(home, merge(before))


class NeverTheSame(SavesAnother):
    """Looks at the pool file once more with each save."""

    looks = 0

    def store(self, home: str, merge: Merge) -> None:
        self.looks += 1
        for _ in range(self.looks):
            self.path().exists()
        super().store(home, merge)


class OpensAnotherFile(ReferenceAdapter):
    """Reads a file that the variable OTHER_FILE names, when it loads a config."""

    def load_config(self, *args: Json, **params: Json) -> Json:
        with open(os.environ["OTHER_FILE"], "rb"):
            return super().load_config(*args, **params)


class SavesNot(ReferenceAdapter):
    """Claims neither `storage` nor `save`."""

    def hello(self, wire: int) -> Json:
        greeting = super().hello(wire)
        kept = [word for word in greeting["capabilities"] if word not in ("storage", "save")]
        return {**greeting, "capabilities": kept}


BROKEN = {  # the rule that each port breaks, and the state that shows it
    NoLock: ("RACE-001", "present"),
    ReleasedBeforeRename: ("RACE-001", "present"),
    LockedAfterReading: ("RACE-001", "present"),
    StaleLockRemovedBlindly: ("RACE-001", "stale-lock"),
    WrittenInPlace: ("RACE-002", "present"),
    FirstWriterWins: ("RACE-003", "present"),
    ErrorSwallowed: ("RACE-004", "present"),
    RemovedFirst: ("RACE-005", "present"),
    LockNeverStale: ("RACE-006", "present"),
    RemovalUndone: ("RACE-007", "removal"),
    TemporaryFileForEveryone: ("RACE-008", "present"),
    TemporaryFileLeft: ("RACE-009", "present"),
    UnreadableFileOverwritten: ("RACE-010", "present"),
    NeverSynced: ("RACE-011", "present"),
}
