"""Runs a scenario: writes its files into a temporary folder, sends the calls, and shows the folder as `{root}`."""

import base64
import errno
import itertools
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from conformance.json_type import Json
from conformance.wire.answers import Answer, Raised, Result
from conformance.wire.errors import AdapterFault
from conformance.wire.scenario import READ_FILE, ROOT, Call, Scenario

# Some file systems need milliseconds to remove a folder. Scenarios do not wait for it; only the end of the run does.
_REMOVERS = ThreadPoolExecutor(4, "remover")
MAX_FILE_BYTES = 1024**2  # a target may have written a file that no memory can hold
FULL = (errno.ENOSPC, errno.EDQUOT)  # not the fault of the target
Send = Callable[[Sequence[tuple[str, Json]]], list[Answer]]  # calls, as method and parameters


def ask(scenario: Scenario, send: Send, within: Path | None = None) -> list[Answer]:
    """The answers to the scenario. Its files are in a new folder, inside `within` if given."""
    calls = [(call.method, dict(call.params)) for call in scenario.calls]
    kit_reads = any(call.method == READ_FILE for call in scenario.calls)
    if not (scenario.files or kit_reads) and ROOT not in repr(calls):
        return send(calls)  # most scenarios use no files
    with temporary_folder(within) as root:
        write_files(Path(root), scenario.files)
        placed = [(method, replace_text(params, ROOT, root)) for method, params in calls]
        answers: list[Answer] = []
        for begin, end in itertools.pairwise([*begins(scenario.calls), len(calls)]):
            with _of_the_target(root):
                write_files(Path(root), scenario.calls[begin].files)
            method, params = calls[begin]
            answers += [read_file(Path(root, params["path"]))] if method == READ_FILE else send(placed[begin:end])
        return [place_free(answer, root) for answer in answers]


def begins(calls: Sequence[Call]) -> Iterator[int]:
    """Where parts of a scenario begin: the kit itself reads or writes files there. The first call begins one too."""
    previous = READ_FILE
    for number, call in enumerate(calls):
        if call.files or READ_FILE in (call.method, previous):
            yield number
        previous = call.method


def read_file(path: Path) -> Result:
    """The mode of a file, with its content as `json` or, if it is not JSON, as `text`; null if there is no file."""
    try:
        with open(_regular(path, os.O_RDONLY), "rb") as file:
            content, mode = file.read(MAX_FILE_BYTES + 1), os.fstat(file.fileno()).st_mode
    except OSError:
        return Result(None)
    text = content.decode("utf-8", errors="replace")
    if len(content) > MAX_FILE_BYTES:
        text = f"{text[:MAX_FILE_BYTES]} [and more bytes]"
    read: dict[str, Json] = {"text": text}
    with suppress(ValueError, RecursionError):
        read = {"json": json.loads(text, parse_constant=_refuse)}
    return Result({"mode": f"{mode & 0o777:o}", **read})


def _refuse(word: str) -> NoReturn:
    """Python's parser accepts NaN and Infinity, which are not JSON."""
    raise ValueError(f"{word} is not JSON")


def _regular(path: Path, flags: int) -> int:
    """Open a regular file. A target may have put a pipe in its place, which waits for ever, or an endless device."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return descriptor


@contextmanager
def _of_the_target(root: str) -> Iterator[None]:
    """After the first call, what prevents the kit from writing a file is what the target has put there."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise
        place = str(error.filename).removeprefix(root).lstrip("/")
        raise AdapterFault(
            f"the target has made its folder unusable; {place} cannot be replaced, as another process would: "
            f"{error.strerror}"
        ) from error


@contextmanager
def temporary_folder(within: Path | None) -> Iterator[str]:
    """The folder of a scenario, with an empty home and project folder. It is removed in the background."""
    try:
        root = tempfile.mkdtemp(dir=within)
    except FileNotFoundError as error:
        if within is None:
            raise
        raise AdapterFault(
            "the target removed the folder that contains its home; a target must write only below its home"
        ) from error
    for name in ("home", "project"):
        (Path(root) / name).mkdir()
    try:
        yield root
    finally:
        _REMOVERS.submit(shutil.rmtree, root, ignore_errors=True)


def write_files(root: Path, files: Mapping[str, Mapping[str, Json]]) -> None:
    """Write the files of a scenario. Existing files are overwritten."""
    for name, content in files.items():
        path = root / name
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
            raise OSError(errno.EXDEV, "a link in it leads out of the folder", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.get("removed"):
            path.unlink(missing_ok=True)
        elif content.get("folder"):
            path.mkdir()
            os.utime(path, (0, 0))  # so that a folder which serves as a lock is long stale
        elif "hard_link" in content:
            path.hardlink_to(path.parent / content["hard_link"])
        elif "link" in content:
            path.symlink_to(content["link"])
        elif "base64" in content:
            _overwrite(path, base64.b64decode(content["base64"]))
        else:
            _overwrite(path, content["text"].encode("utf-8"))


def _overwrite(path: Path, content: bytes) -> None:
    with open(_regular(path, os.O_WRONLY | os.O_CREAT), "wb") as file:
        file.truncate()  # only now, when it is known to be a file
        file.write(content)


def replace_text(value: Json, old: str, new: str) -> Json:
    """The value with `old` replaced by `new` in every string."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: replace_text(item, old, new) for key, item in value.items()}
    return [replace_text(item, old, new) for item in value] if isinstance(value, list) else value


def place_free(answer: Answer, root: str) -> Answer:
    """The answer with the path of the scenario's folder replaced by `{root}`."""
    if isinstance(answer, Result):
        return Result(replace_text(answer.value, root, ROOT))
    return Raised(answer.message.replace(root, ROOT)) if isinstance(answer, Raised) else answer
