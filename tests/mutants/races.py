"""Mutants of races: the reference with another way to save, which is wrong when processes meet, crash or fail."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from conformance.json_type import Json
from reference_impl import pool_file
from reference_impl.adapter import ReferenceAdapter

Merge = Callable[[bytes | None], Json]


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


class WrittenInPlace(SavesAnother):
    """Empties the pool file and writes into it."""

    def store(self, home: str, merge: Merge) -> None:
        with pool_file.locked(home):
            document = json.dumps(merge(pool_file.read(home)))
            self.path().touch(mode=0o600)
            self.path().write_text(document, encoding="utf-8")


class ErrorSwallowed(SavesAnother):
    """Reports success even if the save failed."""

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
