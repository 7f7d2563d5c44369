"""One line on a terminal that shows the progress of a run."""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self, TextIO

from conformance.texts import printable

FIRST_S = 2.0  # shorter commands show nothing
LOOK_S = 0.5
COLUMNS = 79  # of a wider terminal too
_ERASE = "\r\x1b[K"


class Progress:
    """Shows a line and keeps it up to date. A context manager.

    Shows nothing if the stream is not a terminal, or if the terminal cannot erase a line (TERM=dumb).
    """

    def __init__(self, line: Callable[[], str], stream: TextIO) -> None:
        self._line, self._stream = line, stream
        self._over = threading.Event()
        can_erase = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._thread = threading.Thread(target=self._show, daemon=True) if can_erase else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._write(_ERASE)

    def _show(self) -> None:
        wait_s = FIRST_S
        while not self._over.wait(wait_s):
            self._write(_ERASE + fitted(self._line(), columns_of(self._stream)))
            wait_s = LOOK_S

    def note(self, text: str) -> None:
        """Print a line above the progress line, on any stream."""
        self._write(f"{_ERASE if self._thread is not None else ''}{printable(text)}\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._over.set()  # the terminal was closed


def columns_of(stream: TextIO) -> int:
    """The columns of a progress line: one less than the terminal has, which would break a full line in two."""
    with suppress(OSError, ValueError):  # a stream without a file, or not of a terminal
        if columns := os.get_terminal_size(stream.fileno()).columns:  # some terminals say 0
            return min(COLUMNS, columns - 1)
    return COLUMNS


def fitted(line: str, columns: int) -> str:
    """The start of the line that fits. Escaped characters are longer than before."""
    return printable(line).replace("\n", " ")[:columns]


class Stage:
    """What a command does at present, as a line for `Progress`. `show` replaces it."""

    def __init__(self, text: str = "starting the target") -> None:
        self._line: Callable[[], str] = lambda: text

    def __call__(self) -> str:
        return f"{self._line()} ..."

    def show(self, line: Callable[[], str]) -> None:
        self._line = line


def progress_line(events: bytes, planned: int = 0, running: Sequence[str] = ()) -> str:
    """The progress of a run with this log: how many cases of how many, failures, and the running cases."""
    cases, failed = events.count(b'{"event":"case",'), events.count(b'"outcome":"fail"')
    of_all = f"{cases} of {planned} cases" if planned else f"{cases} cases judged"
    now = "; ".join(name.partition("::test_")[2].replace("_", " ") or name for name in running)
    return of_all + (f", {failed} failed" if failed else "") + (f": {now}" if now else "") + " ..."
