"""Ends processes, and removes the folder that they had."""

import contextlib
import os
import shutil
import time

import psutil

KILL_BOUND_S = 60.0
REMOVAL_ATTEMPTS = 20
REMOVAL_PAUSE_S = 0.05


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()


def of_sessions(sessions: list[int]) -> list[psutil.Process]:
    """Where orphans go to launchd (macOS), those that stayed in their session can still be told by it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in sessions:
                found.append(process)
    return found


def remove_folder(folder: str) -> None:
    """Remove the folder, also where a process took away the permissions to do so."""
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with contextlib.suppress(OSError):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
    for _ in range(REMOVAL_ATTEMPTS):  # the engine of a runner that was killed may still be writing there
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(REMOVAL_PAUSE_S)
