"""A run names the common cause of several failures, and the release that shares the failures of a port."""

import json
from pathlib import Path

import pytest

from conformance.json_type import Json
from tests.support.command import run_kit

PORT = "python:tests.fakes.groundless:"
UNFITTED = ("--profile", "recommended", "--processes", "2")


def judge(folder: Path, target: str, *options: str) -> tuple[Json, str, int]:
    report = folder / "report.json"
    finished = run_kit("run", target, "--json", str(report), *options)
    return json.loads(report.read_text()), " ".join(finished.stdout.split()), finished.returncode


def test_pool_file_elsewhere_causes_process_failures(tmp_path: Path) -> None:
    rules = "STO-001,STO-011,POOL-002,PROC-001,PROC-006"
    report, text, code = judge(tmp_path, f"{PORT}PoolFileElsewhere", "--only", rules, *UNFITTED)
    assert code == report["exit_code"] == 1
    found = {entry["id"]: (entry["verdict"], entry.get("follows_from")) for entry in report["requirements"]}
    assert found == {
        "POOL-002": ("pass", None),
        "STO-001": ("fail", "reads-the-pool-file"),
        "STO-011": ("fail", None),
        "PROC-001": ("fail", "reads-the-pool-file"),
        "PROC-006": ("fail", "reads-the-pool-file"),
    }
    (cause,) = report["causes"]
    assert cause["finding"]["actual"] == {"accounts": []}
    assert "CAUSE reads-the-pool-file: The target reads `.config/opencode/antigravity-accounts.json`" in text
    assert "3 failures follow from it: PROC-001, PROC-006, STO-001" in text


def test_target_without_failures_names_no_cause(tmp_path: Path) -> None:
    report, text, code = judge(tmp_path, "reference", "--only", "STO-001,POOL-002")
    assert (code, report["causes"]) == (0, [])
    assert "CAUSE" not in text


@pytest.mark.exhaustive
def test_names_of_deviations_are_accepted(tmp_path: Path) -> None:
    """The reference has no deviation of a release. Those of a whole release are never stale; a single one is."""
    only = ("--only", "HEA-016")
    for given, expected in (("1.6.0", 0), ("health-by-index", 6), ("healthy", 2)):
        finished = run_kit("run", "reference", *only, "--deviations", given)
        assert finished.returncode == expected, finished.stdout + finished.stderr
    finished = run_kit("run", "reference@1.6.0", *only, "--profile", "recommended")
    told = " ".join(finished.stdout.split())
    assert finished.returncode == 1
    assert "1 of 1 failure is what release 1.6.0 does too: HEA-016 (health-by-index)" in told
    for given in ("1.6.0", "health-by-index"):
        options = ("--profile", "recommended", "--deviations", given)
        assert run_kit("run", "reference@1.6.0", *only, *options).returncode == 0
