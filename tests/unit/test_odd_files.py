"""Odd files and names on the command line are wrong usage, not a fault of the suite."""

import json
from pathlib import Path

import pytest

from conformance.advice.installed import PACKAGE, find_installed
from conformance.cli.deviations import read_accepted
from conformance.cli.main import main
from conformance.reports.fuzz_report import FuzzReportError, read_fuzz_report
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import release_deviations
from conformance.targets.errors import UsageFault
from reference_impl.releases import NEWEST

DEEP = "[" * 200_000
LONG = "x" * 5000
MANY_DIGITS = "1.2." + "9" * 5000


@pytest.mark.parametrize(
    "command",
    [["replay", "FILE", "reference"], ["compare", "FILE", "FILE"], ["survey", "--from", "FILE"]],
    ids=lambda command: command[0],
)
def test_json_nested_too_deeply_is_wrong_usage(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep.json"
    file.write_text(DEEP, encoding="utf-8")
    assert main([str(file) if word == "FILE" else word for word in command]) == 2
    assert "JSON" in capsys.readouterr().err


def test_fuzz_report_nested_too_deeply_is_refused() -> None:
    with pytest.raises(FuzzReportError):
        read_fuzz_report(DEEP)


@pytest.mark.parametrize("command", [["config", "explain", LONG], ["compare", f"{LONG}.json", LONG]])
def test_name_that_is_too_long_is_wrong_usage(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert "a fault of this suite" not in capsys.readouterr().err


def test_message_clips_a_long_name(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", f"{LONG}.json", LONG])
    assert "is too long for the name of a file" in (said := capsys.readouterr().err)
    assert len(said) < 1000


def test_unknown_home_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A container may run with a user that has no entry, and without HOME."""
    monkeypatch.setenv("HOME", "~nobody-with-this-name")
    assert main(["config", "explain", str(tmp_path)]) == 2
    assert "set HOME" in capsys.readouterr().err


@pytest.mark.parametrize("package", [DEEP, json.dumps({"version": MANY_DIGITS})], ids=["deep", "many digits"])
def test_odd_package_file_names_no_release(package: str, tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "opencode" / "node_modules" / PACKAGE
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(package, encoding="utf-8")
    (tmp_path / "opencode.json").write_text(f'{{"plugin": ["{PACKAGE}@{MANY_DIGITS}"]}}', encoding="utf-8")
    found = find_installed(tmp_path, tmp_path, {})
    assert (found.release, found.found_in) == (NEWEST, None)


def file_of_deviations(file: Path, **change: str) -> str:
    """A file with the newest deviation of a release, changed."""
    deviation = release_deviations(load_catalogue())[0]
    kept = deviation.model_dump(mode="json", exclude={"since", "until", "still_in", "code"}, exclude_unset=True)
    file.write_text(json.dumps({"deviations": [{**kept, **change}]}), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("is_first", [True, False])
def test_own_deviation_replaces_that_of_a_release(tmp_path: Path, *, is_first: bool) -> None:
    """In any order: otherwise an entry that has expired would be hidden."""
    own = file_of_deviations(tmp_path / "own.json", expires="2020-01-01")
    given = f"{own},{NEWEST}" if is_first else f"{NEWEST},{own}"
    accepted = read_accepted(given, load_catalogue())
    assert [str(each.expires) for each in accepted.deviations if each.expires] == ["2020-01-01"]


def test_different_entries_with_one_id_are_refused(tmp_path: Path) -> None:
    one = file_of_deviations(tmp_path / "one.json")
    other = file_of_deviations(tmp_path / "other.json", reason="Another reason that somebody else wrote.")
    with pytest.raises(UsageFault, match="different entries with the id"):
        read_accepted(f"{one},{other}", load_catalogue())
    assert read_accepted(f"{one},{one}", load_catalogue()).deviations
