"""Ports that save wrongly when processes meet, crash or fail: each breaks one rule of races."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.json_type import Json
from reference_impl import pool_file
from reference_impl.adapter import ReferenceAdapter

Merge = Callable[[bytes | None], Json]
STALE_S = 10.0
RETRIES = 5


class SavesAnother(ReferenceAdapter):
    """The reference with another way to save."""

    def path(self) -> Path:
        return Path(self.home or "", pool_file.POOL_FILE)


class NoLock(SavesAnother):
    """Reads, merges and renames without a lock."""

    def store(self, home: str, merge: Merge) -> None:
        self.path().parent.mkdir(parents=True, exist_ok=True)
        beside = self.path().with_name(f"{self.path().name}.{os.getpid()}.tmp")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(merge(pool_file.read(home))), encoding="utf-8")
        beside.replace(self.path())


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


class WrittenInPlace(SavesAnother):
    """Empties the pool file and writes into it."""

    def store(self, home: str, merge: Merge) -> None:
        with pool_file.locked(home):
            document = json.dumps(merge(pool_file.read(home)))
            self.path().touch(mode=0o600)
            self.path().write_text(document, encoding="utf-8")


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


class ErrorSwallowed(SavesAnother):
    """Answers that it has saved, whatever happened."""

    def save(self) -> None:
        with contextlib.suppress(OSError):
            super().save()


class UnreadableFileOverwritten(SavesAnother):
    """Takes a pool file that it cannot read for one without accounts."""

    def store(self, home: str, merge: Merge) -> None:
        with pool_file.locked(home):
            pool_file.replace(home, merge(pool_file.load(home)))


class TemporaryFileForEveryone(SavesAnother):
    """Writes the temporary file with the usual mode, and restricts it before the rename."""

    def store(self, home: str, merge: Merge) -> None:
        beside = self.path().with_name(self.path().name + ".new.tmp")
        with pool_file.locked(home):
            beside.write_text(json.dumps(merge(pool_file.read(home))), encoding="utf-8")
            beside.chmod(0o600)
            beside.replace(self.path())


class TemporaryFileLeft(SavesAnother):
    """Copies the temporary file instead of renaming it, and leaves it."""

    def store(self, home: str, merge: Merge) -> None:
        with pool_file.locked(home):
            document = merge(pool_file.read(home))
            pool_file.replace(home, document)
            left = self.path().with_name(self.path().name + ".old.tmp")
            left.touch(mode=0o600)
            left.write_text(json.dumps(document), encoding="utf-8")


class FirstWriterWins(SavesAnother):
    """Writes the indices that the file had, as long as another process has just written it."""

    def store(self, home: str, merge: Merge) -> None:
        before = pool_file.read(home)
        with pool_file.locked(home):
            now = pool_file.read(home)
            document = merge(now)
            if now != before:
                document["accounts"].reverse()
            pool_file.replace(home, document)


class RemovedFirst(SavesAnother):
    """Removes the pool file before it renames the new one, so that a crash loses everything."""

    def store(self, home: str, merge: Merge) -> None:
        with pool_file.locked(home):
            document = merge(pool_file.read(home))
            self.path().unlink(missing_ok=True)
            pool_file.replace(home, document)


class LockNeverStale(SavesAnother):
    """Uses a lock folder, which a killed process leaves for ever."""

    def store(self, home: str, merge: Merge) -> None:
        folder = self.path().with_name(self.path().name + ".lock")
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        try:
            pool_file.replace(home, merge(pool_file.read(home)))
        finally:
            folder.rmdir()


class RemovalUndone(SavesAnother):
    """Writes every account that it knows, also one that another process has removed."""

    def saved(self, selector: object, content: bytes | None) -> Json:
        document = super().saved(selector, content)  # type: ignore[arg-type]
        known = {account["refreshToken"] for account in document["accounts"]}
        mine = [account for account in self._opened().pool.accounts if account.label not in known]
        document["accounts"] += [{"refreshToken": account.label} for account in mine]
        return document


class NeverSynced(SavesAnother):
    """Renames the new file before its content is on the disk."""

    def store(self, home: str, merge: Merge) -> None:
        beside = self.path().with_name(self.path().name + ".new.tmp")
        with pool_file.locked(home):
            beside.touch(mode=0o600)
            beside.write_text(json.dumps(merge(pool_file.read(home))), encoding="utf-8")
            beside.replace(self.path())


class Hangs(SavesAnother):
    """Waits for ever before it renames, as soon as another process has saved since it began."""

    def store(self, home: str, merge: Merge) -> None:
        before = pool_file.read(home)
        with pool_file.locked(home):
            while pool_file.read(home) != before:
                time.sleep(3600)
            pool_file.replace(home, merge(before))


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
