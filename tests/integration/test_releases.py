"""The published releases, judged for real; and the reference held to them on generated scenarios."""

import json
from pathlib import Path

import pytest

from conformance.reports.discrepancy import describe_discrepancy
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import shipped_deviations
from conformance.search.differential import DifferentialRunner
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from reference_impl.releases import NPM_VERSIONS, VERSIONS
from tests.command import run_kit

# Every requirement that a release breaks; each is a deviation of that release, with its evidence.
IN_EVERY_RELEASE = {
    *("POOL-007", "POOL-011", "POOL-012", "STO-008", "STO-009", "STO-010", "STO-012"),
    *("STO-013", "STO-015", "STO-016", "STO-018", "STO-019"),
    *("WAIT-008", "WAIT-009", "REM-010", "REM-012", "LAY-004"),
}
SINCE_1_3_0 = {
    *("HYB-006", "HYB-008", "HEA-016", "HEA-017", "TOK-014", "TOK-015", "WAIT-015", "CFG-009", "LAY-005"),
    "STO-014",
}
SINCE_1_3_2 = {"WAIT-011", "LAY-003"} | SINCE_1_3_0
DISABLED_ACCOUNTS_KEPT = {"ENA-003", "ENA-005", "ENA-007", "PROC-009"}
BROKEN = {
    "1.2.8": {"POOL-009"},
    "1.3.0": {"POOL-009", "ENV-021", "ENV-024"} | SINCE_1_3_0,
    "1.3.2": {"POOL-009", "ENV-021", "LAY-024"} | DISABLED_ACCOUNTS_KEPT | SINCE_1_3_2,
    "1.4.3": {"POOL-009", "ENV-021", "LAY-024"} | DISABLED_ACCOUNTS_KEPT | SINCE_1_3_2,
    "1.4.5": {"POOL-009", "ENV-021", "LAY-024", "SOFT-014"} | DISABLED_ACCOUNTS_KEPT | SINCE_1_3_2,
    "1.5.5": {"STO-017", "ENV-021", "LAY-024", "SOFT-014"} | SINCE_1_3_2,
    "1.6.0": {"STO-017", "ENV-008", "ENV-026", "ENV-027", "SOFT-014"} | SINCE_1_3_2,
}
NOT_CLAIMED = {"PID-010", "PROC-005", "PROC-016"}  # a fork, which Python alone can claim


@pytest.mark.parametrize("version", VERSIONS)
def test_the_deviations_are_those_that_the_release_breaks(version: str) -> None:
    """`reference@VERSION` is run against them: test_release_deviations.py."""
    deviating = {deviation.requirement for deviation in shipped_deviations(version, load_catalogue())}
    assert deviating == BROKEN[version] | IN_EVERY_RELEASE


@pytest.mark.needs_node
@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_a_release_conforms_but_for_its_deviations(version: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = run_kit("run", f"npm:opencode-antigravity-auth@{version}", "--json", str(report), "--strict")
    assert run.returncode == 0, run.stdout + run.stderr
    entries = json.loads(report.read_text())["requirements"]
    assert {entry["id"] for entry in entries if entry["verdict"] == "waived"} == BROKEN[version] | IN_EVERY_RELEASE
    assert {entry["id"] for entry in entries if entry["verdict"] == "not claimed"} == NOT_CLAIMED


@pytest.mark.needs_node
@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_the_reference_answers_as_the_release_does(version: str) -> None:
    """A sample, the same each time; `make soak` asks a million calls."""
    target = resolve(f"npm:opencode-antigravity-auth@{version}", [])
    with DifferentialRunner(target, Oracle(flip_quirks(version)), timeout_s=60) as runner:
        capabilities = greet(target, timeout_s=60).hello.capabilities
        search = Search(runner, capabilities, "sample", Bounds(calls=30_000, discrepancies=1))
        found = [
            line for discrepancy in search.run() for line in describe_discrepancy(discrepancy.to_json(target.word))
        ]
    assert not found, "\n".join(found)
