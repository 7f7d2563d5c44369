"""What a target may see of the user's environment: next to nothing, and no folder of the user's."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def private_environment(
    folder: Path, passed_names: Sequence[str], source: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The complete environment of a target; every folder it names exists, below `folder`.

    `passed_names` are taken from `source`, where they are set. Those that point to folders of the user's are
    replaced even if they are named: a target under test never writes into somebody's home.
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
