"""What to do about a command that cannot be started."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

FIRST_LINE_BYTES = 128


def advise(argv: Sequence[str], folder: Path) -> str:
    """The next step, in one line. `folder` is where the command was to start."""
    word = argv[0]
    path = folder / word
    if os.sep not in word:
        if path.is_file():
            return f"{word} is a file in {folder}: write ./{word}"
        return f"there is no program {word!r} on the PATH: install it, or check its spelling"
    if not path.exists():
        return f"there is no file {path}: build it first, or check its spelling"
    if path.is_dir():
        return f"{path} is a folder: name the program in it"
    if not os.access(path, os.X_OK):
        return (
            f"{path} is not a program: name the one that is built from it, or the one that runs it, as in "
            f"`-- node {shlex.quote(word)}`"
        )
    return _advise_on_program(path)


def _advise_on_program(path: Path) -> str:
    """It is there and may be run, and the system cannot."""
    first = _first_line(path)
    if first.startswith(b"#!"):
        if first.endswith(b"\r"):
            return "its first line ends with a carriage return, which becomes part of the interpreter's name: remove it"
        return f"the interpreter in its first line, {first.decode(errors='replace')}, may be missing"
    if first.isascii() and b"\0" not in first:
        return "the interpreter in its first line is missing: begin the file with a line such as #!/usr/bin/env python3"
    return "the program may be for another system"


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(FIRST_LINE_BYTES).rstrip(b"\n")
    except OSError:
        return b""
