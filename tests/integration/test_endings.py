"""Every end of a command prints at most one message and gives the right exit code."""

import json
import os
import shlex
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import run_judging
from conformance.cli.main import main
from conformance.json_type import Json
from conformance.targets.namespaces import why_not
from tests.support.command import CHECKOUT
from tests.support.kit_runs import KIT, breaking
from tests.support.tiers import sampled, sampled_rows


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command with the kit as `$KIT`."""
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
    sampled_rows(
        [
            ("$KIT requirements list PID >/dev/full", 4, "cannot write output, a log or a temporary file: No space"),
            ("$KIT requirements show >/dev/full", 4, "cannot write output, a log or a temporary file: No space"),
            ("$KIT requirements show 2>/dev/full >/dev/full", 4, ""),
            ("$KIT run refrence 2>/dev/full", 2, ""),
            ("$KIT requirements list PID >&-", 0, ""),
            ("$KIT run refrence 2>&- >&- <&-", 2, ""),
            ("$KIT run reference --only PID-001 <&- >&-", 0, ""),
            (
                "mkdir gone; cd gone; rmdir ../gone; $KIT requirements list",
                2,
                "the current folder does not exist any more",
            ),
            ("$KIT run reference --only PID-001 --json /dev/full", 4, "cannot write output, a log or a temporary file"),
        ]
    ),
)
def test_output_that_cannot_be_written_is_reported(
    tmp_path: Path, command: str, code: int, message: str, unbuffered: str
) -> None:
    ended = shell(command, tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.startswith(f"antigravity-conformance: {message}" if message else "")
    assert len(ended.stderr.splitlines()) == bool(message)


@pytest.mark.parametrize("size", sampled(["60k", "4k", "20k", "140k"]))
def test_full_temporary_folder_gives_a_short_message(tmp_path: Path, size: str) -> None:
    """It is full before the run, in the middle of an event, or while processes work, depending on the size."""
    if reason := why_not():
        pytest.skip(reason)
    mounted = f"mount -t tmpfs -o size={size} none {tmp_path} && TMPDIR={tmp_path} $KIT run reference --only PID,PROC"
    ended = shell(f"unshare --user --map-root-user --mount sh -c {shlex.quote(mounted)}", CHECKOUT)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "TMPDIR" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert "INTERNALERROR" not in ended.stderr
    assert len((ended.stdout + ended.stderr).splitlines()) <= 60


def test_characters_outside_the_locale_are_escaped(tmp_path: Path) -> None:
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


def reports(folder: Path) -> tuple[Json, ET.Element]:
    root = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - written by the kit
    return json.loads((folder / "report.json").read_text(encoding="utf-8")), root


def test_interrupted_run_reports_what_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_judging, "run_cases", raising(KeyboardInterrupt()))
    files = ["--json", str(tmp_path / "report.json"), "--junit", str(tmp_path / "junit.xml")]
    assert main(["run", "reference", "--only", "PID-001", *files]) == 130
    document, _ = reports(tmp_path)
    assert (document["exit_code"], document["complete"]) == (130, False)
    assert [entry["verdict"] for entry in document["requirements"]] == ["not run"]
    assert "THE RUN WAS CUT SHORT" in capsys.readouterr().out


def test_fault_while_judging_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(run_judging, "run_cases", raising(LookupError()))
    assert main(["run", "reference", "--only", "PID-001"]) == 4
    assert list(tmp_path.iterdir()) == []
