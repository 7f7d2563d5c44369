"""The output files of a run. They are checked before the run, so that no result is lost."""

import tempfile
from collections.abc import Mapping
from contextlib import suppress
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


def prepare_folder(option: str, path: Path | None) -> None:
    """Check a folder into which files are written later, if any. An empty new folder is not kept.

    Raises UsageFault if nothing can be written there.
    """
    if path is None:
        return
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UsageFault(
            f"cannot write into {option} {path}: {error.strerror}; expected a folder that may be written"
        ) from error
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()


def leave_out(written: Mapping[str, Path | None], why: str) -> list[str]:
    """Remove emptied output files for which there is no content, and say why."""
    left_out = []
    for option, path in written.items():
        if path is not None:
            if path.is_file() and not path.is_symlink():
                path.unlink()
            left_out.append(f"{option} {path} was not written: {why}")
    return left_out


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
