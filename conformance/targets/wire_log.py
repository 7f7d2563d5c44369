"""A readable record of what was said, one line a message, for whoever wonders what an adapter was asked."""

import os
from pathlib import Path
from typing import Literal

Direction = Literal["-->", "<--", "!!"]


class WireLog:
    """Appends to one file, which several workers may share.

    `-->` was sent to a target, `<--` came from it, `!!` is what it wrote to standard error or what became of
    its process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o644)

    def write(self, direction: Direction, name: str, pid: int, text: str | bytes) -> None:
        """Append one line. `text` is kept as it is, apart from line ends and what is not UTF-8."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", errors="backslashreplace")
        text = text.rstrip("\n").replace("\r", "\\r").replace("\n", "\\n")
        line = f"{direction:3} {name} {pid}  {text}\n"
        os.write(self._descriptor, line.encode("utf-8", errors="backslashreplace"))  # one write: lines stay whole

    def close(self) -> None:
        """Close the file; a log that is closed takes no more lines."""
        os.close(self._descriptor)
