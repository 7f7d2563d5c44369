"""Every requirement is broken by the wrong implementation it names, and the cases see it."""

import json
from pathlib import Path

import pytest

from conformance.requirements import Requirement, load_catalogue
from conformance.requirements.catalogue import applies
from reference_impl.releases import RECOMMENDED
from tests.command import run_kit
from tests.mutants import target_word

CATALOGUE = load_catalogue()

# What a maintainer is told first about the mistakes that ports make most. Each names what is wrong, and little else.
SECTIONS = "STK,PID,RR,LIM"
EXPECTED = {
    "offset-on-every-call": {"PID-003"},
    "offset-for-both-families-at-once": {"PID-005"},
    "pid-read-before-fork": {"PID-010"},
    "offset-under-round-robin": {"RR-003"},
    "counts-from-one": {"PID-001", "PID-010"},
    "pid-ignored": {"PID-001", "PID-002", "PID-010"},
    "modulus-by-enabled-only": {"PID-007"},
    "flag-shared-by-families": {"PID-004"},
    "base-index-ignored": {"PID-001", "PID-006"},
}
# The same mistakes in real processes, by their own ids. Others may fail as well, as the ids fall.
IN_PROCESSES = {
    "offset-on-every-call": "PROC-004",
    "offset-for-both-families-at-once": "PROC-004",
    "pid-read-before-fork": "PROC-005",
    "offset-under-round-robin": "PROC-003",
    "counts-from-one": "PROC-001",
    "pid-ignored": "PROC-001",
    "modulus-by-enabled-only": "PROC-001",
    "flag-shared-by-families": "PROC-004",
    "base-index-ignored": "PROC-001",
    "offset-always-on": "PROC-002",
}


@pytest.mark.parametrize("requirement", list(CATALOGUE), ids=lambda requirement: requirement.id)
def test_the_wrong_implementation_fails_its_requirement(requirement: Requirement, tmp_path: Path) -> None:
    profile = RECOMMENDED if applies(requirement, RECOMMENDED) else requirement.releases[-1]
    failed = failures(requirement.mutant, tmp_path, "--profile", profile, "--only", requirement.id)
    assert failed == {requirement.id}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_common_mistake_fails_the_right_requirements(name: str, tmp_path: Path) -> None:
    assert failures(name, tmp_path, "--only", SECTIONS) == EXPECTED[name]


@pytest.mark.parametrize("name", IN_PROCESSES)
def test_a_common_mistake_shows_in_real_processes(name: str, tmp_path: Path) -> None:
    failed = failures(name, tmp_path, "--only", "PROC-001,PROC-002,PROC-003,PROC-004,PROC-005,PROC-006")
    assert IN_PROCESSES[name] in failed
    assert "PROC-006" not in failed  # which none of them breaks


def failures(wrong: str, folder: Path, *options: str) -> set[str]:
    """The requirements that fail. Anything but pass and fail is a mistake of this test."""
    report = folder / "report.json"
    run = run_kit("run", target_word(wrong), "--json", str(report), *options)
    assert report.exists(), run.stdout + run.stderr
    verdicts = {entry["id"]: entry["verdict"] for entry in json.loads(report.read_text())["requirements"]}
    assert set(verdicts.values()) <= {"pass", "fail"}, verdicts
    return {requirement for requirement, verdict in verdicts.items() if verdict == "fail"}
