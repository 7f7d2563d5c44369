"""The runner's ends of the three pipes of a target. They never block, and their buffers are bounded."""

import fcntl
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from conformance.targets.errors import UsageFault
from conformance.texts import safe
from conformance.wire.framing import MAX_LINE_BYTES

READ_BYTES = 64 * 1024
AHEAD_BYTES = 256 * 1024  # of a line that is not awaited
PIPE_BYTES = 1 << 20  # for answers: with a large pipe, a long line needs few context switches
TAIL_BYTES = 64 * 1024
SHOWN_LINES = 20
SHOWN_BYTES = 4 * 1024


class Stream:
    """The runner's end of one pipe."""

    event = selectors.EVENT_READ

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.ended = self.closed = False

    @property
    def wanted(self) -> bool:
        """Whether there is anything to do when the pipe is ready."""
        return not self.ended

    def close(self) -> None:
        if not self.closed:
            self.ended = self.closed = True
            os.close(self.descriptor)

    def _read(self) -> bytes:
        """Read once. Returns no bytes if there is no data yet, or at the end of the pipe, which sets `ended`."""
        if not self.wanted:
            return b""
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        self.ended = not data
        return data


class Input(Stream):
    """Standard input of the target. It accepts any amount of data and writes as much as the pipe can take."""

    event = selectors.EVENT_WRITE

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._waiting: deque[memoryview] = deque()
        self.is_broken = False  # True after the target closed its end

    @property
    def wanted(self) -> bool:
        return not self.ended and bool(self._waiting)

    def put(self, line: bytes) -> None:
        self._waiting.append(memoryview(line))

    def write(self) -> None:
        """Write what fits. If the target no longer reads, the kit notices it when the answer is missing."""
        while self.wanted:
            try:
                written = os.write(self.descriptor, self._waiting[0])
            except BlockingIOError:
                return
            except OSError:
                self.ended = self.is_broken = True
                return
            self._waiting[0] = self._waiting[0][written:]
            if not self._waiting[0]:
                self._waiting.popleft()


class Output(Stream):
    """Standard output of the target, split into lines. Reading stops while more than about one line is buffered.

    While no answer is awaited, only the beginning of a long line is read: many processes could fill the memory.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._data = bytearray()
        self._searched_bytes = 0
        self.received_bytes = 0
        self.is_awaited = False

    @property
    def wanted(self) -> bool:
        return not self.ended and not self.full and (self.is_awaited or len(self._data) < AHEAD_BYTES)

    @property
    def full(self) -> bool:
        return len(self._data) > MAX_LINE_BYTES

    @property
    def has_rest(self) -> bool:
        """Whether a line or a part of one is buffered."""
        return bool(self._data)

    @property
    def has_line(self) -> bool:
        return b"\n" in self._data

    @property
    def unfinished(self) -> bytes:
        """The buffered data, if it has no complete line."""
        return b"" if b"\n" in self._data else bytes(self._data)

    def read(self) -> bool:
        """Read once. Returns False if there is no data."""
        data = self._read()
        self._data += data
        self.received_bytes += len(data)
        return bool(data)

    def take_line(self) -> bytes | None:
        """The next line with its newline, or None if it is incomplete."""
        end = self._data.find(b"\n", self._searched_bytes)
        if end < 0:
            self._searched_bytes = len(self._data)
            return None
        line = bytes(self._data[: end + 1])
        del self._data[: end + 1]
        self._searched_bytes = 0
        return line


class Errors(Stream):
    """Standard error of the target. It is read all the time, so that it never blocks. Only its end is kept."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._tail = bytearray()
        self._line = b""

    def read(self) -> list[bytes] | None:
        """Read once and return the complete lines, or None if there is no data."""
        data = self._read()
        if not data:
            return None
        self._tail += data
        del self._tail[:-TAIL_BYTES]
        *lines, rest = (self._line + data).split(b"\n")
        self._line = rest[-TAIL_BYTES:]
        return lines

    def shown(self) -> str:
        """The last lines, for a message; empty if there are none."""
        text = bytes(self._tail[-SHOWN_BYTES:]).decode("utf-8", errors="replace").rstrip()
        lines = [safe(line, SHOWN_BYTES) for line in text.splitlines()]
        return "\n".join(f"    {line}" for line in lines[-SHOWN_LINES:])


def open_pipes(count: int) -> tuple[tuple[Input, Output, Errors], tuple[int, int, int]]:
    """Open three pipes; return the runner's ends and the target's ends.

    Raises UsageFault if too many files are open.
    """
    opened: list[int] = []
    try:
        for _ in range(3):
            opened += os.pipe()
    except OSError as error:
        for descriptor in opened:
            os.close(descriptor)
        raise UsageFault(
            f"cannot open the pipes of {count} processes: {error.strerror}. Each takes three descriptors; "
            f"raise the limit with `ulimit -n {3 * count + 256}` or use fewer processes"
        ) from error
    stdin, our_stdin, our_stdout, stdout, our_stderr, stderr = opened
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # the user's limit may be reached
            fcntl.fcntl(our_stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return (Input(our_stdin), Output(our_stdout), Errors(our_stderr)), (stdin, stdout, stderr)


class Loop:
    """Waits for all pipes of a group at once, so that no target blocks while the kit waits for another one."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._watched: set[Stream] = set()

    def watch(self, stream: Stream, handler: Callable[[], object]) -> None:
        """Start or stop watching the stream, as `wanted` says. Call this after anything that may change `wanted`."""
        if stream.wanted and stream not in self._watched:
            self._selector.register(stream.descriptor, stream.event, handler)
            self._watched.add(stream)
        elif not stream.wanted and stream in self._watched:
            self._selector.unregister(stream.descriptor)
            self._watched.remove(stream)

    def watch_socket(self, watched: socket.socket | int, handler: Callable[[], object]) -> None:
        """Watch this socket or descriptor until `forget`, or until the loop is closed."""
        self._selector.register(watched, selectors.EVENT_READ, handler)

    def forget(self, watched: socket.socket | int) -> None:
        self._selector.unregister(watched)

    def pump(self, timeout_s: float) -> None:
        """Wait until a stream is ready, then call the handlers of all that are ready."""
        for key, _ in self._selector.select(max(0.0, timeout_s)):
            key.data()

    def close(self) -> None:
        self._selector.close()
