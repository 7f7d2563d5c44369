"""The output files of a run. They are checked before the run, so that no result is lost."""

from collections.abc import Mapping
from pathlib import Path

from conformance.targets.errors import UsageFault


def prepare_outputs(written: Mapping[str, Path | None], read: Mapping[str, Path | None]) -> None:
    """Empty the output files, so that old content is not mistaken for the result of this run.

    Raises UsageFault if a file cannot be written, or if two options name the same file.
    """
    places: dict[Path, str] = {}
    for option, path in (*written.items(), *read.items()):
        if path is not None and (other := places.setdefault(path.resolve(), option)) != option:
            raise UsageFault(f"{other} and {option} both name {path}; give each its own file")
    for path in written.values():
        if path is not None:
            _empty(path)


def _empty(path: Path) -> None:
    try:
        if path.resolve().is_fifo():  # opening a pipe would wait for a reader
            raise UsageFault(f"cannot write {path}: it is a pipe; expected a file")
        path.write_bytes(b"")
    except OSError as error:
        raise UsageFault(
            f"cannot write {path}: {error.strerror}; expected a file in a folder that exists and may be written"
        ) from error


def write_report(path: Path | None, text: str) -> None:
    """Write a report. Lone surrogates, as in paths that are not UTF-8, are escaped."""
    if path is not None:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
