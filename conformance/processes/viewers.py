"""Recognises `opencode attach`: a process that shows a session of a server, and selects no account."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath

import psutil

OPENCODE = re.compile(r"opencode(\.exe|\.js|-\w+)?")


def is_viewer(command: Sequence[str]) -> bool:
    """Whether the command is `opencode attach`, also if a runtime such as node or bun runs it."""
    names = [PurePath(word).name for word in command]
    place = next((at for at, name in enumerate(names[:3]) if OPENCODE.fullmatch(name)), None)
    words = [] if place is None else [word for word in command[place + 1 :] if not word.startswith("-")]
    return words[:1] == ["attach"]


def command_of(pid: int) -> list[str]:
    """The words of the command of a process; none if there is no such process or it belongs to another user."""
    with suppress(psutil.Error, ValueError, OverflowError):
        return psutil.Process(pid).cmdline()
    return []
