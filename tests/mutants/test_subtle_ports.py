"""Ports that are wrong only where one does not look first fail the rule that they break."""

import json
from pathlib import Path

import pytest

from tests.command import run_kit

SECTIONS = "POOL,STK,PID,RR"


@pytest.mark.parametrize(
    ("port", "requirement"),
    [
        ("SortsByLabel", "POOL-001"),
        ("PidIn27Bits", "PID-001"),
        ("PidSigned", "PID-001"),
        ("OffsetInSmallPools", "PID-002"),
        ("OffsetFromTheActiveIndex", "PID-006"),
        ("OffsetAgainOnceBothHaveMoved", "PID-003"),
        ("WornOutAtTheSixthCall", "STK-001"),
        ("NothingForGeminiWithTheOffset", "PID-004"),
        ("CursorOfItsOwnForStickySwitches", "RR-006"),
    ],
)
def test_a_subtle_port_fails_the_rule_that_it_breaks(port: str, requirement: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = run_kit("run", f"python:tests.fakes.subtle:{port}", "--strict", "--only", SECTIONS, "--json", str(report))
    assert run.returncode == 1, run.stdout + run.stderr
    verdicts = {entry["id"]: entry["verdict"] for entry in json.loads(report.read_text())["requirements"]}
    assert verdicts[requirement] == "fail"
