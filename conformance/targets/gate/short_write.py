"""Writes the first half of what a held call writes, with the position of the process's own open file."""

import ctypes
import functools
import os
import struct
from contextlib import suppress

from conformance.targets.gate.calls import NAMES, memory
from conformance.targets.gate.listener import Held

PIDFD_GETFD = 438  # on every architecture


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
    """Write half, at least one byte. Returns the number of bytes; None if the call is no plain write."""
    name = NAMES.get(held.number)
    if name in ("write", "pwrite64"):
        address, size_bytes = held.arguments[1], held.arguments[2]
    elif name == "writev" and held.arguments[2]:
        address, size_bytes = struct.unpack("=QQ", memory(held.thread, held.arguments[1], 16))
    else:
        return None
    data = memory(held.thread, address, max(1, size_bytes // 2))
    descriptor = _same_file(held)
    try:
        return os.pwrite(descriptor, data, held.arguments[3]) if name == "pwrite64" else os.write(descriptor, data)
    finally:
        os.close(descriptor)


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
