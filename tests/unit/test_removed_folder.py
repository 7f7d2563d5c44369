"""The supervisor removes the folder of a group, whatever a target has made of it, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.targets.supervisor.ending import remove_folder


def test_link_in_place_of_folder_keeps_its_target(tmp_path: Path) -> None:
    """A target may have replaced its folder by a link to a folder of the user."""
    folder, owned = tmp_path / "folder", tmp_path / "owned"
    (owned / "inner").mkdir(parents=True)
    (owned / "inner" / "file").touch()
    (owned / "file").touch()
    folder.symlink_to(owned)
    remove_folder(str(folder))
    assert not folder.is_symlink()
    assert sorted(path.name for path in owned.rglob("*")) == ["file", "file", "inner"]


def lone_file(folder: Path) -> None:
    folder.touch()


def loose_link(folder: Path) -> None:
    folder.symlink_to(folder.with_name("none"))


def link_inside(folder: Path) -> None:
    folder.mkdir()
    (folder / "link").symlink_to("/")


@pytest.mark.parametrize("make", [lone_file, loose_link, link_inside])
def test_what_is_in_place_of_folder_is_removed(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "folder")
    remove_folder(str(tmp_path / "folder"))
    assert list(tmp_path.iterdir()) == []
