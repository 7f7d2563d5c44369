"""Starts a command many times, as its users do, and reads the PIDs."""

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from conformance.targets.errors import AdapterFault, UsageFault
from conformance.targets.group import Group, Launch
from conformance.targets.pids import own_pid

LOOK_S = 0.03
QUIET_LOOKS = 3  # consecutive ones without a change: the process has started all its children
REST_BOUND_S = 30.0
NO_TIMEOUT_S = 1.0  # these processes receive no calls
_AT_REST = "SITtZ"  # states of a Linux thread: sleeping, idle, stopped, traced, dead

Tree = list[psutil.Process]


@dataclass(frozen=True)
class Starts:
    """The PIDs in the order of the starts, as each process sees its own PID."""

    pids: tuple[int, ...]
    read: dict[str, int]  # by names of the processes, such as "sh > node": how many PIDs were read from them
    ended: int  # processes that ended too early; the PID of the started command is used for them
    busy: bool  # some processes were still busy after REST_BOUND_S
    said: str  # standard error of the first process that had ended


@dataclass(frozen=True)
class Pace:
    """When the next process starts: when the previous one is idle, after `gap_s`, or (`at_once`) immediately."""

    at_once: bool = False
    gap_s: float | None = None


def start_many(
    command: Sequence[str],
    count: int,
    pace: Pace,
    *,
    name: str | None = None,
    pass_environment: Sequence[str] = (),
    on_start: Callable[[int], object] = lambda _number: None,
) -> Starts:
    """Start the command `count` times, read the PIDs, and end all processes.

    A wrapper such as `sh -c` or `npm run` is not an agent. So the PID of a process with a single child is that of the
    child, and so on, or that of the last descendant with the given `name`. Raises AdapterFault if the command cannot
    start or fails every time, UsageFault if no process has that name or too many files are open.
    """
    launch = Launch(list(command), name=command[0])
    found: list[tuple[int, str]] = []
    busy = False
    said = ""
    with Group([], timeout_s=NO_TIMEOUT_S, pass_environment=pass_environment) as group:
        supervisor = psutil.Process(group.supervisor_pid)
        for number in range(1, count + 1):
            connection = group.start(launch, count)
            on_start(number)
            if pace.gap_s is not None:
                time.sleep(pace.gap_s if number < count else 0)
            elif not pace.at_once and not busy:  # wait only once for processes that never become idle
                busy = not _rests(partial(_tree, connection.pid, supervisor))
                found.append(_read(connection.pid, supervisor, name))
        if later := group.connections[len(found) :]:
            busy = busy or not _rests(lambda: _living(supervisor.children(recursive=True)))
            found += [_read(connection.pid, supervisor, name) for connection in later]
        first_ended = next((place for place, (_, whose) in enumerate(found) if not whose), None)
        if first_ended is not None:
            said = group.connections[first_ended].standard_error()
        if not any(whose for _, whose in found):
            codes = {group.wait_for_exit(connection) for connection in group.connections}
            if 0 not in codes:
                raise AdapterFault(_failed_every_time(command[0], min(codes), said))
    whose = Counter(names for _, names in found if names)
    return Starts(tuple(pid for pid, _ in found), dict(whose), count - whose.total(), busy, said)


def _failed_every_time(name: str, code: int, said: str) -> str:
    ending = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    tail = f"\n  The end of its standard error:\n{said}" if said else ""
    return (
        f"{name} {ending} before its PID could be read, and so did every other process; expected a command "
        f"that runs until it is ended, or ends with code 0{tail}"
    )


def _tree(pid: int, supervisor: psutil.Process) -> Tree:
    """The process started as `pid` and its descendants, parents first. If it has ended: the ones it left behind."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if tree := _living([process]):
            return tree + _living(process.children(recursive=True))
    left: Tree = []
    for orphan in _living(supervisor.children()):
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(orphan.pid) == pid:
                left += [orphan, *_living(orphan.children(recursive=True))]
    return left


def _living(processes: Tree) -> Tree:
    living = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
    return living


def _read(started_pid: int, supervisor: psutil.Process, name: str | None) -> tuple[int, str]:
    """The PID that the process itself sees, and the names from the root to the process. No names if all have ended."""
    tree = _tree(started_pid, supervisor)
    with contextlib.suppress(psutil.Error):
        lines = [_line(process, tree) for process in tree]
        if name is not None:
            named = [line for line in lines if name in (_name(line[-1]), _program(line[-1]))]
            if not named and lines:
                raise UsageFault(
                    f"--read {name}: no started process has this name; found: "
                    + ", ".join(sorted({_name(process) for process in tree}))
                )
            lines = named and [max(named, key=len)]
        elif lines:
            lines = [_only_children(lines)]
        if lines:
            return own_pid(lines[0][-1]), " > ".join(map(_name, lines[0]))
    return started_pid, ""


def _line(process: psutil.Process, tree: Tree) -> Tree:
    """The path from the root of the tree down to the process."""
    line, ppid = [process], process.ppid()
    for ancestor in reversed(tree):  # parents come before their children
        if ancestor.pid == ppid:
            line, ppid = [ancestor, *line], ancestor.ppid()
    return line


def _only_children(lines: Sequence[Tree]) -> Tree:
    """The longest path from the first root in which each process has exactly one child."""
    line = lines[0]
    while True:
        below = [longer for longer in lines if longer[:-1] == line]
        if len(below) != 1:
            return line
        line = below[0]


def _name(process: psutil.Process) -> str:
    """The name that `ps` shows. Some runtimes rename their main thread, so the program's name is used for those."""
    name = process.name()
    return _program(process) if "MainThread" in name else name


def _program(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return Path(process.exe()).name
    return process.name()


def _rests(tree: Callable[[], Tree]) -> bool:
    """Wait until no process of the tree works or changes any more. False after REST_BOUND_S.

    A process that waits for a core counts as busy, so a busy machine only makes this slower.
    """
    deadline_s = time.monotonic() + REST_BOUND_S
    before: Any = None
    quiet = 0
    while quiet < QUIET_LOOKS:
        if time.monotonic() > deadline_s:
            return False
        seen = _look(tree())
        quiet = quiet + 1 if seen is not None and seen == before else 0
        before = seen
        if seen == []:
            return True
        time.sleep(LOOK_S)
    return True


def _look(tree: Tree) -> list[Any] | None:
    """Values that change when a process works. None if a process is busy or has just ended."""
    seen = []
    try:
        for process in tree:
            if not _is_at_rest(process):
                return None
            times = process.cpu_times()
            seen.append((process.pid, times.user, times.system, process.num_threads()))
    except (psutil.Error, OSError):
        return None
    return seen


def _is_at_rest(process: psutil.Process) -> bool:
    if sys.platform != "linux":
        return process.status() in (psutil.STATUS_SLEEPING, psutil.STATUS_IDLE, psutil.STATUS_STOPPED)
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    return all((thread / "stat").read_text().rpartition(")")[2].split()[0] in _AT_REST for thread in threads)
