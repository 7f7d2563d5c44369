"""What a target leaves in the folder of a scenario neither blocks the kit nor leads it elsewhere."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.wire.answers import Answer, Result
from conformance.wire.errors import AdapterFault
from conformance.wire.files import MAX_FILE_BYTES, ask, read_file
from conformance.wire.scenario import READ_FILE, ROOT, Call, Scenario

PLACE = "home/pool.json"
SAVE = Call("save", {"path": f"{ROOT}/{PLACE}"})
READ = Call(READ_FILE, {"path": PLACE})
WRITE = Call("save", {"path": f"{ROOT}/{PLACE}"}, files={PLACE: {"text": "{}"}})
LARGE_BYTES = 1 << 36


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def endless_link(path: Path) -> None:
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    path.mkdir()


def link_out(path: Path) -> None:
    path.symlink_to("/etc/none")


def asked(make: Callable[[Path], None], *calls: Call) -> list[Answer]:
    """The answers to the calls of a target that makes something of a path when it is first asked."""

    def send(placed: Sequence[tuple[str, Json]]) -> list[Answer]:
        for _, params in placed:
            path = Path(params["path"])
            if not os.path.lexists(path):
                make(path)
        return [Result(None) for _ in placed]

    return ask(Scenario(calls, {}), send)


@pytest.mark.parametrize("make", [pipe, device, endless_link, folder])
def test_what_is_no_file_reads_as_none(make: Callable[[Path], None]) -> None:
    assert asked(make, SAVE, READ) == [Result(None), Result(None)]


@pytest.mark.parametrize("make", [pipe, device, endless_link, folder, link_out])
def test_obstacle_to_writing_blames_the_target(make: Callable[[Path], None]) -> None:
    with pytest.raises(AdapterFault, match=rf"has made its folder unusable; {PLACE} cannot be replaced"):
        asked(make, SAVE, WRITE)


def test_lost_folder_is_a_fault_of_the_target(tmp_path: Path) -> None:
    with pytest.raises(AdapterFault, match="removed the folder that contains its home"):
        ask(Scenario([SAVE], {}), lambda _: [], within=tmp_path / "lost")


def test_link_inside_the_folder_is_written_through() -> None:
    """As by another process of the target, which does not know the link either."""

    def link(path: Path) -> None:
        path.symlink_to("other.json")

    read = Call(READ_FILE, {"path": "home/other.json"})
    assert asked(link, SAVE, WRITE, read)[2].value["json"] == {}  # type: ignore[union-attr]


def test_huge_file_is_read_in_part(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(LARGE_BYTES)
    value = read_file(tmp_path / "huge").value
    assert value["text"].endswith(" [and more bytes]")
    assert len(value["text"]) < MAX_FILE_BYTES + 100
