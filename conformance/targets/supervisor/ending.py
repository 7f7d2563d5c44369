"""Ends processes, and removes their folder."""

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
    """The processes of these sessions. On macOS, launchd adopts orphans, but their session still identifies them."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in sessions:
                found.append(process)
    return found


def remove_folder(folder: str) -> None:
    """Remove the folder, even if a process removed its permissions or nested folders beyond the system's path limit.

    A process may have put a file or a link in its place. What a link names belongs to somebody else.
    """
    if os.path.islink(folder) or os.path.isfile(folder):
        with contextlib.suppress(OSError):
            os.unlink(folder)
        return
    for _ in range(REMOVAL_ATTEMPTS):  # a child of a killed runner may still write there
        with contextlib.suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        _remove_piece_by_piece(folder)
        time.sleep(REMOVAL_PAUSE_S)


def _remove_piece_by_piece(folder: str) -> None:
    """Make every folder accessible, and move it to the top before reading it, so that no path becomes too long."""
    waiting, number = [folder], 0
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(OSError):
            os.chmod(current, 0o700)
            for entry in list(os.scandir(current)):
                if entry.is_dir(follow_symlinks=False):
                    number += 1
                    moved = f"{folder}.{number}"
                    os.chmod(entry.path, 0o700)
                    os.rename(entry.path, moved)
                    waiting.append(moved)
                else:
                    os.unlink(entry.path)
            os.rmdir(current)
