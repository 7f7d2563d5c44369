"""Checks whether the PID in a target's answer to `hello` is its own."""

import contextlib
import os
from pathlib import Path
from typing import Literal

import psutil

PidStatus = Literal["verified", "unverified", "false"]


def pid_status(hello_pid: int, started_pid: int, supervisor_pid: int | None) -> PidStatus:
    """Judge `hello_pid`, which the process `started_pid` below the supervisor reported.

    If `supervisor_pid` is None, both PIDs belong to another PID namespace.

    - "verified": the PID of the started process or of a descendant, here or in its own PID namespace.
    - "false": the PID of a running process that cannot be the target.
    - "unverified": anything else. For example, the PID may be right, but in a container that the kit cannot see.
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
        if supervisor_pid in ancestors:  # an orphan, or another target of the group
            return "verified" if os.getsid(hello_pid) == started_pid else "unverified"
        # PIDs in a container are small. Outside, small PIDs belong to init and to kernel threads, which have no
        # command line.
        return "unverified" if hello_pid == 1 or not named.cmdline() else "false"
    except (psutil.Error, OSError, ValueError, OverflowError):
        return "unverified"


def _with_descendants(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def _numbers(process: psutil.Process) -> list[int]:
    """The PIDs of the process in this PID namespace and in nested ones. Outside Linux there is only one."""
    with contextlib.suppress(OSError, ValueError):
        return numbers_in(Path(f"/proc/{process.pid}/status").read_text()) or [process.pid]
    return [process.pid]


def numbers_in(status: str) -> list[int]:
    """The PIDs in `/proc/PID/status`, one for each PID namespace of the process, the innermost last."""
    for line in status.splitlines():
        name, _, numbers = line.partition(":")
        if name == "NSpid":
            return [int(number) for number in numbers.split()]
    return []


def own_pid(process: psutil.Process) -> int:
    """The PID that the process itself sees. In a container it differs from the PID outside."""
    return _numbers(process)[-1]
