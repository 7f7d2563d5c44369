"""The deviations of the releases: their counterexamples show them, and they explain all failures and nothing else."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from conformance.cases.findings import facts, of_call
from conformance.reports.events import Finding
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import Code, ReleaseDeviation, shipped_deviations
from conformance.targets import npm
from conformance.targets.checkout.quotes import Sources
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.files import ask
from conformance.wire.scenario import Scenario
from reference_impl.releases import NPM_VERSIONS, VERSIONS
from tests.support.command import run_kit
from tests.support.judging import Case, CountingJudge, judge_target, needs_processes, words

pytestmark = pytest.mark.exhaustive

CATALOGUE = load_catalogue()
OF_PROCESSES = {requirement.id for requirement in CATALOGUE if needs_processes(requirement)}


def deviating(version: str) -> set[str]:
    return {deviation.requirement for deviation in shipped_deviations(version, CATALOGUE)}


def of_scenarios(version: str) -> list[ReleaseDeviation]:
    """Those with a scenario. test_races_run.py judges the schedules of the others."""
    return [deviation for deviation in shipped_deviations(version, CATALOGUE) if not deviation.is_of_races]


@pytest.mark.parametrize("version", VERSIONS)
def test_reference_has_its_deviations_in_real_processes(version: str, tmp_path: Path) -> None:
    """The other rules are judged in one process by `tests/unit/test_reference_conforms.py`."""
    options = ("--strict", "--processes", "4", "--only", ",".join(OF_PROCESSES))
    assert verdicts(f"reference@{version}", "waived", 0, tmp_path, *options) == deviating(version) & OF_PROCESSES


@pytest.mark.needs_node
@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_release_fails_recommended_only_where_it_deviates(version: str, cases: Sequence[Case]) -> None:
    others = [requirement for requirement in CATALOGUE if requirement.id not in OF_PROCESSES]
    with closing(CountingJudge.of(resolve(f"npm:opencode-antigravity-auth@{version}", []))) as judge:
        failed = {id_ for id_, word in words(judge_target(cases, judge, others)).items() if word == "fail"}
    newer = {requirement.id for requirement in others if version not in requirement.releases}
    assert failed - newer == deviating(version) - OF_PROCESSES


# The rules of real processes that no release breaks are judged by the same cases as its own: see test_releases.py.
@pytest.mark.needs_node
@pytest.mark.parametrize("version", [version for version in NPM_VERSIONS if deviating(version) & OF_PROCESSES])
def test_processes_fail_recommended_where_they_deviate(version: str, tmp_path: Path) -> None:
    ids = deviating(version) & OF_PROCESSES
    options = ("--profile", "recommended", "--only", ",".join(sorted(ids)))
    assert verdicts(f"npm:opencode-antigravity-auth@{version}", "fail", 1, tmp_path, *options) == ids


def verdicts(target: str, verdict: str, exit_code: int, folder: Path, *options: str) -> set[str]:
    """The requirements with this verdict, of any level, in a run with this exit code."""
    report = folder / "report.json"
    run = run_kit("run", target, "--json", str(report), *options)
    assert run.returncode == exit_code, run.stdout + run.stderr
    return {e["id"] for e in json.loads(report.read_text())["requirements"] if e["verdict"] == verdict}


@pytest.mark.parametrize(
    ("word", "version"),
    [
        *((f"reference@{version}", version) for version in VERSIONS),
        *(
            pytest.param(f"npm:opencode-antigravity-auth@{version}", version, marks=pytest.mark.needs_node)
            for version in NPM_VERSIONS
        ),
    ],
)
def test_counterexample_shows_the_deviation_and_nothing_else(word: str, version: str) -> None:
    target = resolve(word, [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        for deviation in of_scenarios(version):
            scenario = Scenario.from_json(deviation.counterexample)
            findings = [facts(found) for found in run_scenario(group, scenario)]
            covered = [seen for seen in findings if deviation.waiver.covers([deviation.requirement], seen)]
            assert covered, f"{deviation.id}: not shown by its counterexample: {findings}"
            for seen in covered:
                another = {**seen, "actual": {"label": "nobody", "index": 77, "config": {}}}
                assert not deviation.waiver.covers([deviation.requirement], another), f"{deviation.id} covers any fault"


def test_the_reference_meets_the_counterexample_of_every_deviation() -> None:
    target = resolve("reference", [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        for version in VERSIONS:
            for deviation in of_scenarios(version):
                assert not run_scenario(group, Scenario.from_json(deviation.counterexample)), deviation.id


def run_scenario(group: Group, scenario: Scenario) -> list[Finding]:
    """Run the scenario on the first process of the group. Returns the unexpected answers."""
    answers = ask(scenario, group.connections[0].batch, group.folder)
    pairs = enumerate(zip(scenario.calls, answers, strict=True))
    return [of_call(scenario, position, answer) for position, (call, answer) in pairs if not call.accepts(answer)]


@pytest.mark.needs_node
@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_release_has_the_code_of_its_deviations(version: str) -> None:
    """Distinguishes a checkout with its own code from one that inherits the release's code."""
    sources = Sources(npm.install("opencode-antigravity-auth", version))
    for deviation in shipped_deviations(version, CATALOGUE):
        assert deviation.code != Code(), deviation.id
        _, missing = sources.all_with(deviation.code.present)
        repaired, _ = sources.all_with(deviation.code.absent)
        assert (missing, repaired) == ([], []), deviation.id
