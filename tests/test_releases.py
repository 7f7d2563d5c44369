"""The published releases, judged for real; and the reference held to them on generated scenarios."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.cases.findings import Finding, of_call
from conformance.cases.judge import replace_text, write_files
from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import RELEASES
from conformance.requirements.deviations import shipped_deviations
from conformance.targets.connection import Connection, Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Result
from conformance.wire.scenario import ROOT, Call, Scenario
from tests.command import run_kit
from tests.generate import scenarios

CATALOGUE = load_catalogue()
pytestmark = [pytest.mark.needs_node]

# Every requirement that a release breaks; each is a deviation of that release, with its evidence.
BROKEN = {
    "1.2.8": {"POOL-007", "POOL-009", "LAY-004"},
    "1.3.0": {"POOL-007", "POOL-009", "CFG-009", "ENV-021", "ENV-024", "LAY-004", "LAY-005"},
    "1.4.3": {"POOL-007", "POOL-009", "CFG-009", "ENV-021", "LAY-003", "LAY-004", "LAY-005"},
    "1.6.0": {"POOL-007", "CFG-009", "ENV-008", "LAY-003", "LAY-004", "LAY-005"},
}


@pytest.mark.parametrize("version", RELEASES)
def test_a_release_conforms_but_for_its_deviations(version: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = run_kit("run", f"npm:opencode-antigravity-auth@{version}", "--json", str(report), "--strict")
    assert run.returncode == 0, run.stdout + run.stderr
    verdicts = {entry["id"]: entry["verdict"] for entry in json.loads(report.read_text())["requirements"]}
    assert {requirement for requirement, verdict in verdicts.items() if verdict == "waived"} == BROKEN[version]
    assert {requirement for requirement, verdict in verdicts.items() if verdict == "not claimed"} == {"PID-010"}


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Connection, Connection]]:
    """The reference and release 1.3.0, which it describes."""
    targets = [resolve(word, []) for word in ("reference", "npm:opencode-antigravity-auth@1.3.0")]
    with Group([Launch(t.argv, t.environment, t.word) for t in targets], timeout_s=60) as group:
        yield group.connections[0], group.connections[1]


@settings(max_examples=1000, derandomize=True, database=None, deadline=None)
@given(calls=scenarios())
def test_the_reference_answers_as_release_1_3_0(pair: tuple[Connection, Connection], calls: list[Call]) -> None:
    asked = [(call.method, dict(call.params)) for call in calls]
    reference, release = ([show(answer) for answer in connection.batch(asked)] for connection in pair)
    assert reference == release


def show(answer: Any) -> Any:
    """What both must agree on: results; of a snapshot, cursor and indices. A release drops limits that have ended."""
    if not isinstance(answer, Result) or not isinstance(answer.value, dict) or "cursor" not in answer.value:
        return answer
    accounts = [{key: account[key] for key in ("label", "index")} for account in answer.value["accounts"]]
    return {**answer.value, "accounts": accounts}


@pytest.mark.parametrize("version", RELEASES)
def test_each_deviation_is_shown_by_its_counterexample_and_covers_no_other_fault(version: str) -> None:
    target = resolve(f"npm:opencode-antigravity-auth@{version}", [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        for deviation in shipped_deviations(version, CATALOGUE):
            scenario = Scenario.from_json(deviation.counterexample)
            findings = [found.facts() for found in run_scenario(group, scenario)]
            covered = [facts for facts in findings if deviation.covers([deviation.requirement], facts)]
            assert covered, f"{deviation.id}: not shown by its counterexample: {findings}"
            for facts in covered:
                another = {**facts, "actual": {"label": "nobody", "index": 77, "config": {}}}
                assert not deviation.covers([deviation.requirement], another), f"{deviation.id} covers any fault"


def test_the_reference_meets_the_counterexample_of_every_deviation() -> None:
    target = resolve("reference", [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        for version in RELEASES:
            for deviation in shipped_deviations(version, CATALOGUE):
                assert not run_scenario(group, Scenario.from_json(deviation.counterexample)), deviation.id


def run_scenario(group: Group, scenario: Scenario) -> list[Finding]:
    """Ask the first process of the group; what it did not answer as expected."""
    with tempfile.TemporaryDirectory(dir=group.folder) as root:
        write_files(Path(root), scenario.files)
        calls = [(call.method, replace_text(dict(call.params), ROOT, root)) for call in scenario.calls]
        answers = group.connections[0].batch(calls)
    pairs = enumerate(zip(scenario.calls, answers, strict=True))
    return [of_call(scenario, position, answer) for position, (call, answer) in pairs if not call.accepts(answer)]
