"""Ports that save rightly, but do odd things with files when they save. None of them may stop the kit."""

import ctypes
import json
import os
import time
from contextlib import suppress

from reference_impl import pool_file
from tests.mutants.races import Merge, SavesAnother

NO_ADDRESS = 2**64 - 1


class KeepsPipe(SavesAnother):
    """Has a named pipe beside the pool file. Who opens it to read waits for ever."""

    def store(self, home: str, merge: Merge) -> None:
        super().store(home, merge)
        with suppress(FileExistsError):
            os.mkfifo(self.path().with_name("pipe"))


class OddNames(SavesAnother):
    """Leaves files with tokens whose names are no text, or control a terminal."""

    def store(self, home: str, merge: Merge) -> None:
        super().store(home, merge)
        for name in (b"\xff.tmp", b"a\n\x1b[31m{}{0}.tmp"):
            descriptor = os.open(os.fsencode(self.path().parent) + b"/" + name, os.O_CREAT | os.O_WRONLY, 0o600)
            os.write(descriptor, b"token-one")
            os.close(descriptor)


class WrongPointers(SavesAnother):
    """Calls the system with addresses that it refuses, as programs do that probe for features."""

    def store(self, home: str, merge: Merge) -> None:
        library = ctypes.CDLL(None)
        for _ in range(2):
            library.open(ctypes.c_void_p(NO_ADDRESS), os.O_RDONLY)
        super().store(home, merge)


class LooksFirst(SavesAnother):
    """Takes its lock folder only when it does not see it. Until then, it looks again and again."""

    def store(self, home: str, merge: Merge) -> None:
        folder = self.path().with_name("lock")
        folder.parent.mkdir(parents=True, exist_ok=True)
        while True:
            while folder.exists():
                time.sleep(0.001)
            with suppress(FileExistsError):
                folder.mkdir()
                break
        try:
            pool_file.replace(home, merge(pool_file.read(home)))
        finally:
            folder.rmdir()


class SwapsLink(SavesAnother):
    """The pool file is a link. A save writes another file and replaces the link, without a sync."""

    def store(self, home: str, merge: Merge) -> None:
        with pool_file.locked(home):
            document = merge(pool_file.read(home))
            names = ("a.json", "b.json")
            last = os.readlink(self.path()) if self.path().is_symlink() else names[1]
            data = self.path().with_name(names[last == names[0]])
            data.touch(mode=0o600)
            data.write_text(json.dumps(document), encoding="utf-8")
            link = self.path().with_name("link")
            link.symlink_to(data.name)
            link.replace(self.path())
