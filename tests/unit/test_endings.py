"""A fault during a command gives one message, an exit code and reports. Also: the profile for a claimed version."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import run_plan
from conformance.cli.faults import TRACEBACK_VARIABLE
from conformance.cli.main import main
from conformance.cli.profile import choose_profile
from conformance.json_type import Json
from conformance.reports.run import ChosenProfile
from conformance.targets.errors import AdapterFault
from reference_impl.releases import NEWEST

LIST = ["requirements", "list", "PID"]


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("shown", ["", "1"])
def test_unexpected_error_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shown: str
) -> None:
    monkeypatch.setattr("conformance.cli.requirements.main", raising(LookupError("no such thing")))
    monkeypatch.setenv(TRACEBACK_VARIABLE, shown)
    assert main(LIST) == 4
    said = capsys.readouterr().err
    assert "antigravity-conformance: a fault of this suite, not of the target: LookupError: no such thing" in said
    assert TRACEBACK_VARIABLE in said
    assert ("Traceback" in said) is bool(shown)


def test_removed_current_folder_is_no_suite_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Such as by a target that cleans up in its first call, before the engine starts."""

    def lose(*_: Any) -> None:
        tmp_path.joinpath("lost").rmdir()
        Path.cwd()

    tmp_path.joinpath("lost").mkdir()
    monkeypatch.chdir(tmp_path / "lost")
    monkeypatch.setattr("conformance.cli.requirements.main", lose)
    assert main(LIST) == 3
    assert capsys.readouterr().err.startswith("antigravity-conformance: the current folder was removed")


def reports(folder: Path) -> tuple[Json, ET.Element]:
    root = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - written by the kit
    return json.loads((folder / "report.json").read_text(encoding="utf-8")), root


@pytest.mark.parametrize(
    ("module", "place", "error", "code", "conclusion"),
    [
        (run_plan, "greet", AdapterFault("it wrote no JSON\x07"), 3, "no verdict: the adapter failed"),
        (run_plan, "greet", KeyboardInterrupt(), 130, "no verdict: the run was cut short"),
        (run_plan, "greet", LookupError("no such thing"), 4, "no verdict: a fault of the suite"),
    ],
    ids=["adapter", "Ctrl-C", "unforeseen"],
)
def test_failed_run_writes_reports_with_the_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    place: str,
    error: BaseException,
    code: int,
    conclusion: str,
) -> None:
    monkeypatch.setattr(module, place, raising(error))
    files = ["--json", str(tmp_path / "report.json"), "--junit", str(tmp_path / "junit.xml")]
    assert main(["run", "reference", "--only", "PID-001", *files]) == code
    document, junit = reports(tmp_path)
    assert (document["exit_code"], document["complete"], document["requirements"]) == (code, False, [])
    assert document["conclusion"] == conclusion
    assert str(error) in document["observed"]["fault"]
    (entry,) = junit.iter("error")
    assert entry.get("message") == conclusion
    assert [suite.get("errors") for suite in junit] == ["1"]


@pytest.mark.parametrize(
    ("claimed", "profile"),
    [
        ("1.3.0", "1.3.0"),
        ("1.3.7", "1.3.2"),
        ("1.10.0", NEWEST),
        ("9.0.0+build.7", NEWEST),
        ("1.4.3-beta.1", "1.3.2"),
        ("1.4.4-beta.1", "1.4.3"),
        ("1.5.2", "1.5.5"),
        ("0.9.0", "1.2.8"),
    ],
)
def test_unlisted_release_is_judged_as_nearest_older(claimed: str, profile: str) -> None:
    chosen = choose_profile(None, claimed)
    assert chosen.name == profile
    assert claimed == profile or claimed in chosen.reason


@pytest.mark.parametrize("claimed", ["banana", "", "1.3", "v1.3.0", "1.3.0.1", "\u0661.2.3"])
def test_claimed_profile_must_be_a_release(claimed: str) -> None:
    with pytest.raises(AdapterFault, match=rf"a release such as {re.escape(NEWEST)}, or 'recommended'") as caught:
        choose_profile(None, claimed)
    assert repr(claimed) in str(caught.value)
    assert choose_profile("1.3.0", claimed) == ChosenProfile("1.3.0", "chosen with --profile")
