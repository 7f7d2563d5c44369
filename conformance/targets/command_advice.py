"""What to do about a command that cannot be started."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path


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
    return "the program may be for another system, or the interpreter in its first line may be missing"
