"""Is the process id that a target names in `hello` its own?"""

import contextlib
import os
from pathlib import Path
from typing import Literal

import psutil

PidStatus = Literal["verified", "unverified", "false"]


def pid_status(hello_pid: int, started_pid: int, supervisor_pid: int | None) -> PidStatus:
    """Judge `hello_pid`, named by what was started as `started_pid` below the supervisor.

    Without a supervisor's pid both are numbers of a namespace, whose processes have other numbers here.

    "verified": the process that was started or a descendant of it, by its number here or in its own PID
    namespace. "false": a live process that cannot be the target. "unverified": all else; a target in a
    container that somebody else runs is out of sight and no liar.
    """
    if hello_pid == started_pid:
        return "verified"
    if supervisor_pid is None:
        return "unverified"
    if any(hello_pid in _numbers(process) for process in _with_descendants(started_pid)):
        return "verified"
    try:
        named = psutil.Process(hello_pid)
        ancestors = [parent.pid for parent in named.parents()]
        if supervisor_pid in ancestors:  # an orphan, or another process of the group
            return "verified" if os.getsid(hello_pid) == started_pid else "unverified"
        # Numbers in a container are small. Outside, those are 1 and kernel threads, without a command line.
        return "unverified" if hello_pid == 1 or not named.cmdline() else "false"
    except (psutil.Error, OSError, ValueError, OverflowError):
        return "unverified"


def _with_descendants(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def _numbers(process: psutil.Process) -> list[int]:
    """Its pid in our namespace and in each one nested in ours (Linux; elsewhere there is only one)."""
    with contextlib.suppress(OSError, ValueError):
        return numbers_in(Path(f"/proc/{process.pid}/status").read_text()) or [process.pid]
    return [process.pid]


def numbers_in(status: str) -> list[int]:
    """The numbers that a process has in its PID namespaces, the innermost last, by its `/proc/PID/status`."""
    for line in status.splitlines():
        name, _, numbers = line.partition(":")
        if name == "NSpid":
            return [int(number) for number in numbers.split()]
    return []


def own_pid(process: psutil.Process) -> int:
    """The process id that the process itself sees: in a container it is not the one that we see."""
    return _numbers(process)[-1]
