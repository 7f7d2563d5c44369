"""The home folder of a race may have anything in it."""

import os
import socket
from pathlib import Path

import pytest

from conformance.processes.races import folder
from conformance.processes.races.folder import POOL, lay_out, pool_in, read_files, shorten
from conformance.processes.races.model import FileState
from conformance.processes.races.states import MAX_OLD_VERSION, Learned, states
from conformance.processes.races.stored import from_json
from conformance.requirements.races import RULES
from conformance.targets.errors import AdapterFault

STORED = {"state": "present", "rule": "RACE-001", "schedule": [[1, 1]], "trace": []}


def test_pipes_and_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To open a pipe would wait for ever. Here the wait would end, because the test holds the pipe open."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    os.mkfifo("pipe")
    descriptor = os.open("pipe", os.O_RDWR | os.O_NONBLOCK)
    opened: list[str] = []
    monkeypatch.setattr(folder, "open", lambda path, *_: opened.append(path), raising=False)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        found = read_files(home)
    os.close(descriptor)
    assert {place: file.kind for place, file in found.items()} == {"pipe": "other", "socket": "other"}
    assert opened == []
    lay_out(home, {**found, "file": FileState("file", 0o600, b"text")})
    assert os.listdir(home) == ["file"]


@pytest.mark.parametrize(("size", "count"), [(200, 1), (1, 6)])
def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, count: int) -> None:
    monkeypatch.setattr(folder, "MAX_BYTES", 100)
    monkeypatch.setattr(folder, "MAX_FILES", 5)
    for number in range(count):
        (tmp_path / str(number)).write_bytes(b"x" * size)
    with pytest.raises(AdapterFault, match="in its home folder"):
        read_files(tmp_path)


def test_largest_file_is_read_in_part(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(AdapterFault, match="more than 8 MiB"):
        read_files(tmp_path)


def test_file_that_vanishes_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "walk", lambda home: [(str(home), [], ["gone"])])
    assert read_files(tmp_path) == {}


def test_removed_home_is_a_fault_of_the_target(tmp_path: Path) -> None:
    with pytest.raises(AdapterFault, match="has made its home folder unusable; it cannot be read or replaced"):
        lay_out(tmp_path / "home", {})


def test_fault_names_no_folder_of_the_run(tmp_path: Path) -> None:
    """Otherwise two reports of the same target differ."""
    with pytest.raises(AdapterFault) as fault:
        lay_out(tmp_path, {"link": FileState("link", 0o777, b"x" * 5000)})
    assert str(tmp_path) not in str(fault.value)


def test_names_of_files_are_printable() -> None:
    assert shorten("a\n\x1b[31m\udcff") == r"~/a\n\x1b[31m\udcff"


def test_pool_file_behind_a_link() -> None:
    linked = {POOL: FileState("link", 0o777, b"data"), ".config/opencode/data": FileState("file", 0o600, b"x")}
    assert pool_in(linked) == b"x"


def test_any_version_gives_few_states() -> None:
    found = {state.name for state in states(Learned(10**12, {}), "/home")}
    assert {name for name in found if name.startswith("version")} == {
        f"version-{number + 1}" for number in range(MAX_OLD_VERSION)
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "RACE-999"}, "there is no rule 'RACE-999'"),
        ({"format": 2}, "expected the format 1, got 2"),
        ({"processes": 2.0}, "expected a number of processes"),
    ],
)
def test_foreign_race_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_json(STORED | change, RULES)
