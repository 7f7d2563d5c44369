"""Reading a config file from disk: the one place of the config that looks at the machine."""

from pathlib import Path


def read_file(path: str) -> bytes | None:
    """The content; None where there is no file that can be read: missing, a folder, a loop of links."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError):  # ValueError: a path that holds a null character
        return None
