"""Writes the first half of what a held call writes, with the position of the process's own open file."""

import ctypes
import functools
import os
import stat
import struct
from contextlib import suppress

from conformance.targets.gate.calls import NAMES, memory
from conformance.targets.gate.listener import Held

PIDFD_GETFD = 438  # on every architecture
MAX_BYTES = 64 * 1024**2  # a call may name any size


@functools.cache
def is_supported() -> bool:
    """Whether the system lets the kit use an open file of another process. Docker's default profile does not."""
    pidfd = os.pidfd_open(os.getpid())
    try:
        descriptor = ctypes.CDLL(None).syscall(PIDFD_GETFD, pidfd, pidfd, 0)
    finally:
        os.close(pidfd)
    if descriptor >= 0:
        os.close(descriptor)
    return bool(descriptor >= 0)


def write_half(held: Held) -> int | None:
    """Write half, at least one byte. Returns the number of bytes; None if the call cannot be cut in half.

    So it is with a call that is no plain write, or would fail: the system then gives the answer.
    """
    with suppress(OSError, struct.error):
        address, size_bytes = _extent(held)
        if size_bytes == 0:
            return None
        data = memory(held.thread, address, min(max(1, size_bytes // 2), MAX_BYTES))
        descriptor = _same_file(held)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # writing to a pipe may wait for a reader
                return None
            is_placed = NAMES.get(held.number) == "pwrite64"
            return os.pwrite(descriptor, data, held.arguments[3]) if is_placed else os.write(descriptor, data)
        finally:
            os.close(descriptor)
    return None


def _extent(held: Held) -> tuple[int, int]:
    """The address and the size of what the call writes first; no bytes if it is no plain write."""
    name = NAMES.get(held.number)
    if name in ("write", "pwrite64"):
        return held.arguments[1], held.arguments[2]
    if name == "writev" and held.arguments[2]:
        address, size_bytes = struct.unpack("=QQ", memory(held.thread, held.arguments[1], 16))
        return address, size_bytes
    return 0, 0


def _same_file(held: Held) -> int:
    """A descriptor of the same open file, so that its position moves."""
    pidfd = os.pidfd_open(_process_of(held.thread))
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor: int = libc.syscall(PIDFD_GETFD, pidfd, held.arguments[0] & 0xFFFFFFFF, 0)
    finally:
        os.close(pidfd)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
    return descriptor


def _process_of(thread: int) -> int:
    with suppress(OSError), open(f"/proc/{thread}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("Tgid:"):
                return int(line.split()[1])
    return thread
