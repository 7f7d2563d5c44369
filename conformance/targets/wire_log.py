"""Logs all messages between the kit and targets, one per line, to debug an adapter."""

import os
from pathlib import Path
from typing import Literal

Direction = Literal["-->", "<--", "!!"]


class WireLog:
    """Appends to one file, which several workers may share.

    `-->` marks a line to a target, `<--` a line from it, and `!!` a line of its standard error or an event of its
    process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o644)

    def write(self, direction: Direction, name: str, pid: int, text: str | bytes) -> None:
        """Append one line. Line ends and bytes that are not UTF-8 are escaped; other text is unchanged."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", errors="backslashreplace")
        text = text.rstrip("\n").replace("\r", "\\r").replace("\n", "\\n")
        line = f"{direction:3} {name} {pid}  {text}\n"
        os.write(self._descriptor, line.encode("utf-8", errors="backslashreplace"))  # one write: lines stay whole

    def close(self) -> None:
        """Close the file. Nothing can be written afterwards."""
        os.close(self._descriptor)
