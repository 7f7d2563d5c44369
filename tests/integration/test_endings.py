"""However a command ends: one message, the right exit code, and reports that say what happened."""

import json
import os
import re
import shlex
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import run_judging, run_plan
from conformance.cli.faults import TRACEBACK_VARIABLE
from conformance.cli.main import main
from conformance.cli.profile import choose_profile
from conformance.json_type import Json
from conformance.reports.run import ChosenProfile
from conformance.targets.errors import AdapterFault
from reference_impl.releases import NEWEST
from tests.command import CHECKOUT
from tests.kit_runs import KIT, breaking

LIST = ["requirements", "list", "PID"]


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """With the kit as `$KIT`."""
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "KIT": KIT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("$KIT requirements list PID >/dev/full", 4, "cannot write what is printed or logged: No space left on device"),
        ("$KIT requirements show >/dev/full", 4, "cannot write what is printed or logged: No space left on device"),
        ("$KIT requirements show 2>/dev/full >/dev/full", 4, ""),
        ("$KIT run refrence 2>/dev/full", 2, ""),
        ("$KIT requirements list PID >&-", 0, ""),
        ("$KIT run refrence 2>&- >&- <&-", 2, ""),
        ("$KIT run reference --only PID-001 <&- >&-", 0, ""),
        ("mkdir gone; cd gone; rmdir ../gone; $KIT requirements list", 2, "the current folder does not exist any more"),
        ("$KIT run reference --only PID-001 --json /dev/full", 4, "cannot write what is printed or logged: No space"),
    ],
)
def test_output_that_cannot_be_written_is_told(
    tmp_path: Path, command: str, code: int, message: str, unbuffered: str
) -> None:
    ended = shell(command, tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.startswith(f"antigravity-conformance: {message}" if message else "")
    assert len(ended.stderr.splitlines()) == bool(message)


def test_what_a_locale_cannot_show_is_escaped(tmp_path: Path) -> None:
    ended = shell("$KIT run caf\u00e9; $KIT run \"$(printf '\\377')\"", tmp_path, PYTHONIOENCODING="ascii")
    assert "unknown target 'caf\\xe9'" in ended.stderr
    assert "unknown target '\\udcff'" in ended.stderr
    target = shlex.join(breaking("sticky-only")[1:])
    ended = shell(f"$KIT run --only STK-001 -- env WORD=caf\u00e9 {target}", CHECKOUT, PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "caf\\xe9" in ended.stdout


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("shown", ["", "1"])
def test_an_unforeseen_error_is_one_message_and_its_traceback_is_there_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shown: str
) -> None:
    monkeypatch.setattr("conformance.cli.requirements.main", raising(LookupError("no such thing")))
    monkeypatch.setenv(TRACEBACK_VARIABLE, shown)
    assert main(LIST) == 4
    said = capsys.readouterr().err
    assert "antigravity-conformance: a fault of this suite, not of the target: LookupError: no such thing" in said
    assert TRACEBACK_VARIABLE in said
    assert ("Traceback" in said) is bool(shown)


def reports(folder: Path) -> tuple[Json, ET.Element]:
    root = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - written by the kit
    return json.loads((folder / "report.json").read_text(encoding="utf-8")), root


@pytest.mark.parametrize(
    ("module", "place", "error", "code", "conclusion"),
    [
        (run_plan, "greet", AdapterFault("it wrote no JSON\x07"), 3, "no verdict: the adapter failed"),
        (run_plan, "greet", KeyboardInterrupt(), 130, "no verdict: the run was cut short"),
        (run_judging, "run_cases", LookupError("no such thing"), 4, "no verdict: a fault of the suite"),
    ],
    ids=["adapter", "Ctrl-C", "unforeseen"],
)
def test_a_run_that_judges_nothing_leaves_reports_that_say_why(
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
    (told,) = junit.iter("error")
    assert told.get("message") == conclusion
    assert [suite.get("errors") for suite in junit] == ["1"]


def test_an_interrupt_between_verdicts_leaves_what_was_judged_and_says_that_it_was_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_judging, "run_cases", raising(KeyboardInterrupt()))
    files = ["--json", str(tmp_path / "report.json"), "--junit", str(tmp_path / "junit.xml")]
    assert main(["run", "reference", "--only", "PID-001", *files]) == 130
    document, _ = reports(tmp_path)
    assert (document["exit_code"], document["complete"]) == (130, False)
    assert [entry["verdict"] for entry in document["requirements"]] == ["not run"]
    assert "THE RUN WAS CUT SHORT" in capsys.readouterr().out


def test_a_fault_while_the_run_is_judged_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(run_judging, "run_cases", raising(LookupError()))
    assert main(["run", "reference", "--only", "PID-001"]) == 4
    assert list(tmp_path.iterdir()) == []


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
def test_a_release_that_is_not_listed_is_judged_as_the_nearest_older_one(claimed: str, profile: str) -> None:
    chosen = choose_profile(None, claimed)
    assert chosen.name == profile
    assert claimed == profile or claimed in chosen.reason


@pytest.mark.parametrize("claimed", ["banana", "", "1.3", "v1.3.0", "1.3.0.1", "\u0661.2.3"])
def test_a_profile_that_is_no_release_is_the_adapters_fault(claimed: str) -> None:
    with pytest.raises(AdapterFault, match=rf"a release such as {re.escape(NEWEST)}, or 'recommended'") as caught:
        choose_profile(None, claimed)
    assert repr(claimed) in str(caught.value)
    assert choose_profile("1.3.0", claimed) == ChosenProfile("1.3.0", "asked for")
