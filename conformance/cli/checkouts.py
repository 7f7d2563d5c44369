"""The git commit of a folder that is judged."""

import shutil
import subprocess
from pathlib import Path

from conformance.reports.board import Checkout

_BOUND_S = 60


def checkout_of(folder: Path) -> Checkout | None:
    """The commit of the folder, or None without git or without a commit."""
    if (output := _git(folder, "log", "-1", "--no-show-signature", "--format=%H %cs")) is None or not output.strip():
        return None
    commit, _, date = output.strip().partition(" ")
    status = _git(folder, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all")
    return Checkout(commit=commit, date=date, changed=bool(status and status.strip()))


def _git(folder: Path, *words: str) -> str | None:
    if (git := shutil.which("git")) is None or not folder.is_dir():
        return None
    settings = ["-c", "core.fsmonitor=false", "-c", "safe.directory=*"]  # in CI, another user often owns the folder
    try:
        done = subprocess.run(
            [git, "--no-optional-locks", *settings, "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_BOUND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else None
