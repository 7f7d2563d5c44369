"""Notices that somebody ended or stopped a process of the kit while it judged: most likely the target."""

import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

INTERRUPTED = 2  # exit code of pytest; the kit interrupts it only when it has no use for the result
LOST = "lost"  # file in the folder of an engine: one of its workers ended before it was told to
LOOK_S = 1.0  # between two looks for stopped processes
# The system sends these for a fault of the process itself, so they are faults of the kit.
OWN_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGSYS)


def wait_for(engines: Sequence["subprocess.Popen[bytes]"]) -> list[int]:
    """Wait until all have ended; return their exit codes, -SIGSTOP for one that was stopped.

    A stopped process would stay for ever, so it is killed, as is a stopped worker of an engine. It must be stopped at
    two looks: after Ctrl-Z and `fg`, this process may run again a moment before the others.
    """
    stopped: set[int] = set()
    killed: set[int] = set()
    while running := [engine for engine in engines if engine.poll() is None]:
        with suppress(subprocess.TimeoutExpired):
            running[0].wait(LOOK_S)
        before, stopped = stopped, set()
        for process in (member for engine in running for member in _with_workers(engine)):
            with suppress(psutil.Error):
                if process.status() == psutil.STATUS_STOPPED:
                    stopped.add(process.pid)
                    if process.pid in before:
                        killed.add(process.pid)
                        process.kill()
    return [-signal.SIGSTOP if engine.pid in killed else engine.returncode for engine in engines]


def _with_workers(engine: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    with suppress(psutil.Error):
        process = psutil.Process(engine.pid)
        return [process, *process.children()]
    return []


def interference(codes: Iterable[int], folders: Iterable[Path], target: str) -> str | None:
    """What happened to a process of the kit, for the verdicts that are missing. None if all ended on their own."""
    what = next(filter(None, map(_ending, codes)), None)
    if what is None and any((folder / LOST).exists() for folder in folders):
        what = "ended or stopped by a signal"
    if what is None:
        return None
    return (
        f"a process of the kit, which judges {target}, was {what}. If neither you nor the system did that, the target "
        "did: a target may only send signals to processes that it started"
    )


def _ending(code: int) -> str | None:
    if code == INTERRUPTED:
        return "interrupted by SIGINT"
    if code >= 0 or -code in OWN_FAULTS:
        return None
    if code == -signal.SIGSTOP:
        return "stopped by SIGSTOP"
    with suppress(ValueError):
        return f"ended by {signal.Signals(-code).name}"
    return f"ended by signal {-code}"
