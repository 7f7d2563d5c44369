"""The kit's end of a gate: receives the held calls of one process, and lets them go, refuses or answers them."""

import errno
import fcntl
import os
import struct
from contextlib import suppress
from dataclasses import dataclass

_RECEIVE, _SEND, _IS_VALID, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082102, 0x40082104  # ioctl requests
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_CONTINUE = 1
_SAME_CORE = 1  # the process and the kit take turns on one core


@dataclass(frozen=True)
class Held:
    """A held call: its identity, the thread that made it, its number and its arguments."""

    identity: int
    thread: int
    number: int
    arguments: tuple[int, ...]


class Listener:
    """Has the held calls of one process and of its children."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.is_closed = False
        with suppress(OSError):  # Linux 6.6; without it, each call waits longer on a busy machine
            fcntl.ioctl(descriptor, _SET_FLAGS, _SAME_CORE)

    def receive(self) -> Held | None:
        """The next held call; None if its process has ended. Call it only when the descriptor is readable."""
        data = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(self.descriptor, _RECEIVE, data, True)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                return None
            raise
        identity, thread, _, number, _, _, *arguments = _NOTIFICATION.unpack(data)
        return Held(identity, thread, number, tuple(arguments))

    def is_valid(self, held: Held) -> bool:
        """Whether the call still waits. If not, what was read from the memory of its thread means nothing."""
        try:
            fcntl.ioctl(self.descriptor, _IS_VALID, struct.pack("=Q", held.identity))
        except OSError:
            return False
        return True

    def let_go(self, held: Held) -> None:
        """Let the system run the call."""
        self._respond(held, 0, 0, _CONTINUE)

    def refuse(self, held: Held, error: int) -> None:
        """Let the call fail with this error number. The system does not run it."""
        self._respond(held, 0, -error, 0)

    def answer(self, held: Held, value: int) -> None:
        """Let the call return this value. The system does not run it."""
        self._respond(held, value, 0, 0)

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            os.close(self.descriptor)

    def _respond(self, held: Held, value: int, error: int, flags: int) -> None:
        with suppress(FileNotFoundError):  # the process was killed
            fcntl.ioctl(self.descriptor, _SEND, _RESPONSE.pack(held.identity, value, error, flags))
