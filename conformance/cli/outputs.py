"""The files that a run writes: looked at before it, so that no run is lost for want of one."""

from collections.abc import Mapping
from pathlib import Path

from conformance.targets.errors import UsageFault


def prepare_outputs(written: Mapping[str, Path | None], read: Mapping[str, Path | None]) -> None:
    """Empty the files, by option, that are written: what an earlier run left is never taken for a part of this one.

    Raises UsageFault for one that cannot be written, or that stands for two.
    """
    places: dict[Path, str] = {}
    for option, path in (*written.items(), *read.items()):
        if path is not None and (other := places.setdefault(path.resolve(), option)) != option:
            raise UsageFault(f"{other} and {option} both name {path}; give each a file of its own")
    for path in written.values():
        if path is not None:
            _empty(path)


def _empty(path: Path) -> None:
    try:
        if path.resolve().is_fifo():  # opening it would wait for a reader, for ever
            raise UsageFault(f"cannot write {path}: it is a pipe; expected a file")
        path.write_bytes(b"")
    except OSError as error:
        raise UsageFault(
            f"cannot write {path}: {error.strerror}; expected a file in a folder that exists and may be written"
        ) from error


def write_report(path: Path | None, text: str) -> None:
    """Half a character, as in a path that is no UTF-8, is escaped."""
    if path is not None:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
