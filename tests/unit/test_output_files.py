"""Output files and folders are checked before the work, and none is left empty without a word."""

from pathlib import Path

import pytest

from conformance.cli import races
from conformance.cli.main import main
from conformance.cli.outputs import prepare_folder
from conformance.targets.errors import UsageFault


@pytest.mark.parametrize("command", ["races", "fuzz"])
def test_folder_that_cannot_be_written_is_refused_first(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a target: a unit test starts no process."""
    (tmp_path / "file").touch()
    assert main([command, "reference", "--out", str(tmp_path / "file/found")]) == 2
    assert "cannot write into --out" in capsys.readouterr().err


def test_checked_folder_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    prepare_folder("--out", tmp_path / "kept")
    prepare_folder("--out", tmp_path / "new/inner")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_folder_may_not_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageFault, match="expected a folder"):
        prepare_folder("--out", tmp_path / "file")


def test_page_and_picture_without_content_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(races, "why_not", lambda: "no gate here")
    page, picture = tmp_path / "a.html", tmp_path / "a.svg"
    assert main(["races", "reference", "--html", str(page), "--svg", str(picture)]) == 5
    assert list(tmp_path.iterdir()) == []
    assert "was not written: nothing was judged" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--seed", "a"], "--seed is for drawn schedules"),
        (["--samples", "9", "--preemptions", "1"], "--preemptions is for all orders"),
        (["--processes", "3", "--preemptions", "1"], "--preemptions is for all orders"),
    ],
)
def test_races_option_without_effect_is_refused(
    given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["races", "reference", *given]) == 2
    assert message in capsys.readouterr().err
