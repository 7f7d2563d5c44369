"""One line on a terminal that shows the progress of a run."""

import threading
from collections.abc import Callable
from typing import Self, TextIO

LOOK_S = 0.5
_ERASE = "\r\x1b[K"


class Progress:
    """Shows a line and keeps it up to date. A context manager. Shows nothing if the stream is not a terminal."""

    def __init__(self, line: Callable[[], str], stream: TextIO) -> None:
        self._line, self._stream = line, stream
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True) if stream.isatty() else None

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
        while not self._over.wait(LOOK_S):
            self._write(_ERASE + self._line())

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._over.set()  # the terminal was closed


def progress_line(events: bytes) -> str:
    """The progress of a run with this log."""
    cases, failed = events.count(b'{"event":"case",'), events.count(b'"outcome":"fail"')
    return f"{cases} cases judged" + (f", {failed} failed" if failed else "") + " ..."
