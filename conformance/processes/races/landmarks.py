"""Landmarks: kinds of file calls that every target makes when it saves, whatever else it calls.

A stored schedule names landmarks instead of numbers of calls. So one schedule holds for every target.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.processes.races.folder import POOL, Names
from conformance.processes.races.racing import Race
from conformance.targets.gate.calls import FileCall


def _replaces(race: Race, call: FileCall) -> bool:
    """Whether the call changes the content of the pool file, or what its name stands for."""
    if _pool(race) not in call.paths:
        return False
    if call.verb == "open":
        creates = bool(call.flags & os.O_CREAT) and not os.path.lexists(call.path)
        return creates or bool(call.flags & os.O_TRUNC)
    return call.verb in ("write", "truncate", "rename", "link", "symlink", "unlink")


def _frees_a_lock(race: Race, call: FileCall) -> bool:
    return bool(call.freed) and Names(str(race.home)).place(call.freed, 0) in race.locks


def _pool(race: Race) -> str:
    return str(race.home / POOL)


LANDMARKS: Mapping[str, Callable[[Race, FileCall], bool]] = {
    "names the pool file": lambda race, call: _pool(race) in call.paths,
    "opens the pool file": lambda race, call: call.verb == "open" and not call.modifies and call.path == _pool(race),
    "reads the pool file": lambda race, call: call.verb == "read" and call.path == _pool(race),
    "changes the pool file": _replaces,
    "removes a lock": _frees_a_lock,
    "writes a file": lambda _, call: call.verb == "write",
}


@dataclass(frozen=True)
class Turn:
    """One process runs up to a landmark, or until it ends or waits for a lock."""

    process: int
    before: str = ""  # a landmark: stop before this call
    after: str = ""  # a landmark: stop after this call


class Turns:
    """Picks the processes as the turns say. After the last turn, the same process goes on. For one run."""

    def __init__(self, race: Race, turns: Sequence[Turn]) -> None:
        self._race, self._left = race, list(turns)
        self._is_past = False  # the running process has made the call after which it stops

    def __call__(self, runnable: Sequence[int], current: int | None) -> int:
        while self._left:
            turn = self._left[0]
            if turn.process in runnable and not self._has_arrived(turn):
                call = pending(self._race, turn.process)
                self._is_past = bool(turn.after) and LANDMARKS[turn.after](self._race, call)
                return turn.process
            self._left.pop(0)
            self._is_past = False
        return runnable[0] if current is None else current

    def _has_arrived(self, turn: Turn) -> bool:
        if turn.before:
            return LANDMARKS[turn.before](self._race, pending(self._race, turn.process))
        return self._is_past


class Passed:
    """Picks the only process, and notes the numbers of its calls at one landmark."""

    def __init__(self, race: Race, landmark: str) -> None:
        self.numbers: list[int] = []
        self._race, self._landmark, self._made = race, landmark, 0

    def __call__(self, runnable: Sequence[int], _: int | None) -> int:
        if LANDMARKS[self._landmark](self._race, pending(self._race, runnable[0])):
            self.numbers.append(self._made)
        self._made += 1
        return runnable[0]


def pending(race: Race, process: int) -> FileCall:
    """The held call of a process."""
    return race.processes[process].waiting[0][1]
