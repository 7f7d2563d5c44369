"""Reads config files: the only module of the config that reads the machine."""

from pathlib import Path


def read_file(path: str) -> bytes | None:
    """Returns the content; None if the file cannot be read: it is missing, a folder or a loop of links."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError):  # ValueError: a path with a null character
        return None
