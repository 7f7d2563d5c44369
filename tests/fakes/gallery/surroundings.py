"""Adapters that are correct on the wire, or slow, and harm what is around them. What each takes is bounded."""

import contextlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.wire.serve import Wire
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool_file import POOL_FILE
from tests.fakes.gallery.processes import sleep_on
from tests.fakes.gallery.serving import Asked, asked_lines, in_batches, lines, port, process, write

MIB = 1024**2
DEEP = 3000
JUST_BELOW_S = 4.0  # this row has --timeout 5


def temporary() -> Path:
    """The temporary folder of this adapter alone: the kit's, never the machine's."""
    folder, home = Path(os.environ["TMPDIR"]), Path(os.environ["HOME"])
    assert (folder.name, home.name) == ("temporary", "home"), "not started by the kit"
    assert folder.parent == home.parent
    return folder


@in_batches
def leaves_deep_folders(asked: Asked) -> bytes:
    """Makes folders in its temporary folder that are nested 3,000 levels deep."""
    if asked.number == 1:
        here = os.getcwd()
        os.chdir(temporary())
        for _ in range(DEEP):
            os.mkdir("d")
            os.chdir("d")
        os.chdir(here)
    return asked.answer


@in_batches
def leaves_unreadable_folders(asked: Asked) -> bytes:
    """Makes folders in its temporary folder that nobody may read, and makes the folder itself unreadable."""
    if asked.number == 1:
        locked = temporary() / "a" / "b"
        locked.mkdir(parents=True)
        (locked / "file").write_text("x")
        for path in (locked, locked.parent, temporary()):
            path.chmod(0)
    return asked.answer


@in_batches
def leaves_many_files(asked: Asked) -> bytes:
    """Leaves 20,000 files in its temporary folder."""
    if asked.number == 1:
        for number in range(20_000):
            (temporary() / str(number)).touch()
    return asked.answer


@in_batches
def leaves_a_large_file(asked: Asked) -> bytes:
    """Leaves a file of 100 MiB in its temporary folder."""
    if asked.number == 1:
        (temporary() / "large").write_bytes(bytes(100 * MIB))
    return asked.answer


@in_batches
def leaves_links_and_pipes(asked: Asked) -> bytes:
    """Leaves links to folders of the machine, links to themselves, and named pipes in its temporary folder."""
    if asked.number == 1:
        folder = temporary()
        (folder / "root").symlink_to("/")
        (folder / "loop").symlink_to(folder / "loop")
        (folder / "up").symlink_to("..")
        os.mkfifo(folder / "pipe")
        (folder / ("n" * 255)).touch()
        os.mknod(os.fsencode(folder) + b"/\xff\n\x1b[31m")
    return asked.answer


@in_batches
def deletes_its_folders(asked: Asked) -> bytes:
    """Deletes its home and its temporary folder in each batch."""
    for folder in (temporary(), Path(os.environ["HOME"])):
        shutil.rmtree(folder, ignore_errors=True)
    return asked.answer


@in_batches
def deletes_the_folder_of_the_kit(asked: Asked) -> bytes:
    """Deletes the folder that its home and its temporary folder are in."""
    shutil.rmtree(temporary().parent, ignore_errors=True)
    return asked.answer


@in_batches
def empties_every_folder_of_the_kit(asked: Asked) -> bytes:
    """Deletes what is in every folder of the kit, its log of events too, if `make gallery` made them."""
    root = temporary().parents[1]
    if root.parent.name.startswith("gallery-"):
        for folder in root.glob("antigravity-conformance-*/*"):
            shutil.rmtree(folder, ignore_errors=True) if folder.is_dir() else folder.unlink(missing_ok=True)
    return asked.answer


@in_batches
def writes_in_the_log_of_the_kit(asked: Asked) -> bytes:
    """Appends a line to the log of events in the folder of the kit, if `make gallery` made it."""
    root = temporary().parents[1]
    if root.parent.name.startswith("gallery-"):
        for log in root.glob("antigravity-conformance-*/events.jsonl"):
            with log.open("a", encoding="utf-8") as file:
                file.write("hello\n")
    return asked.answer


@in_batches
def locks_its_folders(asked: Asked) -> bytes:
    """Takes away all permissions of the folder that its home is in."""
    with contextlib.suppress(OSError):
        temporary().parent.chmod(0)
    return asked.answer


@lines
def changes_its_folder(asked: Asked) -> bytes:
    """Changes its working directory to the root."""
    os.chdir("/")
    return asked.answer


@in_batches
def deletes_the_working_directory(asked: Asked) -> bytes:
    """Deletes the working directory that the kit was started in, if `make gallery` made it."""
    with contextlib.suppress(OSError):
        folder = Path.cwd()
        if (folder / "made-by-the-gallery").exists():
            shutil.rmtree(folder)
    return asked.answer


@port
class WritesThePoolFileInPlace(ReferenceAdapter):
    """Saves by writing the pool file in place, in two halves, without a lock."""

    def save(self) -> None:
        selector = self._opened()
        if self.home is None:
            return super().save()
        path = Path(self.home) / POOL_FILE
        content = json.dumps(self.saved(selector, path.read_bytes() if path.exists() else None)).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            time.sleep(0.01)
            file.write(content[len(content) // 2 :])
        return None


@port
class SavesNothing(ReferenceAdapter):
    """Answers `save` and writes nothing."""

    def save(self) -> None:
        if self.home is None:
            super().save()


@port
class SavesGarbage(ReferenceAdapter):
    """Saves 1 MiB of bytes that are no JSON."""

    def save(self) -> None:
        super().save()
        (Path(str(self.home)) / POOL_FILE).write_bytes(b"\xff\x00" * (MIB // 2))


@port
class SavesAFolder(ReferenceAdapter):
    """Makes a folder in the place of the pool file."""

    def save(self) -> None:
        super().save()
        path = Path(str(self.home)) / POOL_FILE
        path.unlink()
        path.mkdir()


@in_batches
def floods_standard_error(asked: Asked) -> bytes:
    """Writes 2 MiB to standard error in each batch."""
    for _ in range(32):
        sys.stderr.write("e" * 65535 + "\n")
    sys.stderr.flush()
    return asked.answer


@in_batches
def floods_standard_error_for_ever(asked: Asked) -> bytes:
    """Writes to standard error without end in the first batch."""
    while True:
        os.write(2, b"e" * 65536)


@process
def holds_much_memory(wire: Wire) -> None:
    """Holds 300 MiB."""
    held = b"m" * (300 * MIB)
    for asked in asked_lines(wire):
        write(wire, asked.answer)
    del held


@port
class TakesMemoryWithoutEnd(ReferenceAdapter):
    """Takes memory without end in `snapshot`, up to 3 GiB."""

    def snapshot(self) -> Json:
        held: list[bytes] = []
        while len(held) < 3 * 1024:
            held.append(b"m" * MIB)
            time.sleep(0.0002)
        sleep_on()
        return super().snapshot()


@in_batches
def burns_cpu(asked: Asked) -> bytes:
    """Computes for 200 ms in each batch."""
    end_s = time.process_time() + 0.2
    while time.process_time() < end_s:
        pass
    return asked.answer


@in_batches
def burns_cpu_for_ever(asked: Asked) -> bytes:
    """Computes without end in the first batch."""
    while True:
        pass


@in_batches
def hangs_in_the_first_batch(asked: Asked) -> bytes:
    """Gives no answer to the first batch."""
    sleep_on()
    return b""


@in_batches
def hangs_in_every_fifth_batch(asked: Asked) -> bytes:
    """Each process gives no answer to its fifth batch."""
    if asked.number >= 5:
        sleep_on()
    return asked.answer


@port
class HangsInOneMethod(ReferenceAdapter):
    """Gives no answer to `mark_rate_limited`."""

    def mark_rate_limited(self, *args: Any, **params: Any) -> None:
        sleep_on()


@process
def hangs_on_close(wire: Wire) -> None:
    """Gives no answer to `close` in a batch, and stays when its standard input ends."""
    for asked in asked_lines(wire):
        if asked.is_batch and b'"close"' in asked.line:
            sleep_on()
        write(wire, asked.answer)
    sleep_on()


@in_batches
def sleeps_just_below_the_limit(asked: Asked) -> bytes:
    """Sleeps 4 seconds in each batch, where the limit is 5 seconds."""
    time.sleep(JUST_BELOW_S)
    return asked.answer


@process
def starts_slowly(wire: Wire) -> None:
    """Needs 3 seconds to start, where the limit of an answer is 10."""
    time.sleep(3)
    for asked in asked_lines(wire):
        write(wire, asked.answer)


@process
def starts_too_slowly(wire: Wire) -> None:
    """Needs a minute to start, where the limit of an answer is 10 seconds."""
    time.sleep(60)
    for asked in asked_lines(wire):
        write(wire, asked.answer)


@process
def opens_many_files(wire: Wire) -> None:
    """Opens 500 files and never closes one."""
    held = [open(os.devnull, "rb") for _ in range(500)]  # noqa: SIM115
    for asked in asked_lines(wire):
        write(wire, asked.answer)
    del held
