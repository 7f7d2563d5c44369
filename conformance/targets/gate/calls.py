"""Reads a held call: what it does, and to which file."""

import errno
import fcntl
import os
import platform
import struct
from contextlib import suppress
from dataclasses import dataclass

from conformance.targets.gate.listener import Held
from conformance.targets.gate.syscalls import AUDIT_ARCH, PATH_CALLS, numbers

VERBS = {
    "creat": "open", "openat": "open", "openat2": "open",
    "lstat": "stat", "newfstatat": "stat", "statx": "stat",
    "faccessat": "access", "faccessat2": "access",
    "renameat": "rename", "renameat2": "rename", "linkat": "link", "symlinkat": "symlink",
    "unlinkat": "unlink", "mkdirat": "mkdir",
    "fchmod": "chmod", "fchmodat": "chmod", "fchmodat2": "chmod",
    "utimes": "utime", "futimesat": "utime", "utimensat": "utime",
    "ftruncate": "truncate", "fallocate": "truncate", "readlinkat": "readlink",
    "pread64": "read", "readv": "read", "preadv": "read", "preadv2": "read",
    "pwrite64": "write", "writev": "write", "pwritev": "write", "pwritev2": "write",
    "sendfile": "write", "copy_file_range": "write", "fdatasync": "fsync", "getdents64": "readdir",
}  # fmt: skip
READING = ("stat", "access", "readlink", "read", "readdir")  # verbs that change nothing
LOCKING_COMMANDS = (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38)  # the last two belong to open files (Linux)
_PATHS: dict[str, tuple[tuple[int | None, int], ...]] = {  # places of the folder's descriptor and of the path
    **dict.fromkeys(("openat", "openat2", "newfstatat", "statx", "faccessat", "faccessat2"), ((0, 1),)),
    **dict.fromkeys(("unlinkat", "mkdirat", "fchmodat", "fchmodat2", "futimesat", "utimensat"), ((0, 1),)),
    **dict.fromkeys(("renameat", "renameat2", "linkat"), ((0, 1), (2, 3))),
    **dict.fromkeys(("rename", "link"), ((None, 0), (None, 1))),
    "readlinkat": ((0, 1),), "symlink": ((None, 1),), "symlinkat": ((1, 2),),
}  # fmt: skip
_OPEN_FLAGS_AT = {"open": 1, "openat": 2}
_AT_FDCWD = -100
_AT_REMOVEDIR = 0x200
_RENAME_NOREPLACE = 1
_PAGE_BYTES = 4096
MAX_ADDRESS = 2**63 - 1 - _PAGE_BYTES  # the largest that `pread` takes; the rest belongs to the kernel
NAMES = numbers(platform.machine()) if platform.machine() in AUDIT_ARCH else {}


@dataclass(frozen=True)
class FileCall:
    """A call on a file: the verb, the absolute path, the new path of a rename or link, and the flags of an open."""

    verb: str
    path: str
    goal: str = ""
    flags: int = 0
    descriptor: int | None = None

    @property
    def modifies(self) -> bool:
        """Whether the call can change a file or a folder, or takes a lock."""
        if self.verb == "open":
            return bool(self.flags & (os.O_CREAT | os.O_TRUNC | os.O_ACCMODE))
        return self.verb not in READING

    @property
    def created(self) -> str:
        """The path that the call creates, and that must not exist before; empty if it does not work like that."""
        exclusive = os.O_CREAT | os.O_EXCL
        if self.verb == "mkdir" or (self.verb == "open" and self.flags & exclusive == exclusive):
            return self.path
        if self.verb == "link" or (self.verb == "rename" and self.flags & _RENAME_NOREPLACE):
            return self.goal
        return self.path if self.verb == "symlink" else ""

    @property
    def freed(self) -> str:
        """The path that does not exist any more after the call; empty if there is none."""
        return self.path if self.verb in ("unlink", "rmdir", "rename") else ""

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path, self.goal) if self.goal else (self.path,)


def read_call(held: Held) -> FileCall | None:
    """What a held call does; None if it names no file, or if its process has ended."""
    name = NAMES.get(held.number, "")
    with suppress(OSError, struct.error):  # the arguments of a call may be any numbers
        return _of_path(name, held) if name in PATH_CALLS else _of_descriptor(name, held)
    return None


def _of_path(name: str, held: Held) -> FileCall | None:
    verb, paths = VERBS.get(name, name), []
    for folder_at, path_at in _PATHS.get(name, ((None, 0),)):
        folder = _AT_FDCWD if folder_at is None else _signed(held.arguments[folder_at])
        if not held.arguments[path_at]:
            return _of_descriptor(name, held) if folder != _AT_FDCWD else None
        text = _text(held.thread, held.arguments[path_at])
        if not text:  # AT_EMPTY_PATH: the file of a descriptor
            return None if verb == "stat" else _of_descriptor(name, held)
        where = f"/proc/{held.thread}/" + ("cwd" if folder == _AT_FDCWD else f"fd/{folder}")
        paths.append(os.path.normpath(text if text.startswith("/") else os.path.join(os.readlink(where), text)))
    flags = _flags(name, held)
    if name == "unlinkat" and held.arguments[2] & _AT_REMOVEDIR:
        verb = "rmdir"
    return FileCall(verb, paths[0], paths[1] if len(paths) > 1 else "", flags)


def _flags(name: str, held: Held) -> int:
    if name == "creat":
        return os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    if name == "openat2":
        return int(struct.unpack("=Q", memory(held.thread, held.arguments[2], 8))[0])
    if name in _OPEN_FLAGS_AT:
        return held.arguments[_OPEN_FLAGS_AT[name]] & 0xFFFFFFFF
    return held.arguments[4] & 0xFFFFFFFF if name == "renameat2" else 0


def _of_descriptor(name: str, held: Held) -> FileCall | None:
    if name == "fcntl" and held.arguments[1] not in LOCKING_COMMANDS:
        return None
    descriptor = _signed(held.arguments[2 if name == "copy_file_range" else 0])
    path = os.readlink(f"/proc/{held.thread}/fd/{descriptor}")
    if not path.startswith("/"):  # a pipe or a socket
        return None
    verb = "lock" if name in ("flock", "fcntl") else VERBS.get(name, name)
    return FileCall(verb, path.removesuffix(" (deleted)"), flags=_lock_flags(name, held), descriptor=descriptor)


def _lock_flags(name: str, held: Held) -> int:
    """The operation of a lock, as flock has it."""
    if name == "flock":
        return held.arguments[1] & 0xFFFFFFFF
    if name != "fcntl":
        return 0
    kind = struct.unpack("=h", memory(held.thread, held.arguments[2], 2))[0]
    operation = {fcntl.F_RDLCK: fcntl.LOCK_SH, fcntl.F_WRLCK: fcntl.LOCK_EX}.get(kind, fcntl.LOCK_UN)
    return operation | (0 if held.arguments[1] in (fcntl.F_SETLKW, 38) else fcntl.LOCK_NB)


def _text(thread: int, address: int) -> str:
    """A path in the memory of a thread. It ends at the latest at the end of the second page."""
    data = b""
    while b"\0" not in data and len(data) < _PAGE_BYTES:
        part = memory(thread, address + len(data), min(256, _PAGE_BYTES - (address + len(data)) % _PAGE_BYTES))
        if not part:
            break
        data += part
    return data.partition(b"\0")[0].decode("utf-8", errors="surrogateescape")


def memory(thread: int, address: int, size_bytes: int) -> bytes:
    """Bytes from the memory of a thread. Ask `Listener.is_valid` afterwards whether they mean anything.

    Raises OSError if there is no memory at this address.
    """
    if address > MAX_ADDRESS:
        raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))
    descriptor = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        return os.pread(descriptor, size_bytes, address)
    finally:
        os.close(descriptor)


def _signed(argument: int) -> int:
    value = argument & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value
