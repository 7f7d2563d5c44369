"""The environment of a target: few variables of the user, and none of the user's folders."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

USUAL_TEMPORARY = "/tmp"  # noqa: S108 - only compared, never written to
MEMORY = "/dev/shm"  # noqa: S108 - mkdtemp creates a folder in it
MIN_MEMORY_BYTES = 1024**3


def temporary_root() -> str:
    """The parent of a group's folder: in memory, unless the user sets another one or memory is short.

    A run creates a thousand folders, and on some disks it takes milliseconds to remove one.
    """
    usual = tempfile.gettempdir()
    if sys.platform == "linux" and usual == USUAL_TEMPORARY:
        with suppress(OSError):
            found = os.statvfs(MEMORY)
            has_room = found.f_bavail * found.f_frsize >= MIN_MEMORY_BYTES
            if has_room and not found.f_flag & os.ST_NOEXEC and os.access(MEMORY, os.W_OK | os.X_OK):
                return MEMORY
    return usual


def private_environment(
    folder: Path, passed_names: Sequence[str], source: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The complete environment of a target. All folders in it are below `folder` and exist.

    `passed_names` are copied from `source` if they are set there. Variables with folders of the user are always
    replaced, even if they are in `passed_names`, so that a target never writes into the user's home.
    """
    home = folder / "home"
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_RUNTIME_DIR": folder / "runtime",
        "APPDATA": home / "AppData" / "Roaming",
        "LOCALAPPDATA": home / "AppData" / "Local",
        "TMPDIR": folder / "temporary",
        "TEMP": folder / "temporary",
        "TMP": folder / "temporary",
    }
    for path in folders.values():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "PATH": source.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        **{name: source[name] for name in passed_names if name in source},
        **{name: str(path) for name, path in folders.items()},
    }
