"""The simulation is held to release 1.6.0: its selections call by call, and the source of its request loop."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.simulation.deciders import ReferenceProcesses, WireProcesses
from conformance.simulation.experiment import Decider, Task, run_all
from conformance.simulation.loop_data import document
from conformance.simulation.model import Agents, Limits, Load, Pids, Situation, agents_of, setting
from conformance.simulation.run import run
from conformance.targets import npm
from conformance.targets.resolve import resolve
from reference_impl.profiles import profile
from tests.integration.test_supervisor import needs_namespaces

RELEASE = "1.6.0"
WORD = f"npm:{npm.parse(f'npm:opencode-antigravity-auth@{RELEASE}')[0]}@{RELEASE}"
FEW = (5000, 5001, 5002, 6000, 6004, 7011, 8456, 9789)
MANY = (*range(5000, 5024), *range(6000, 6080, 4), *range(7011, 27011, 1000))  # consecutive, with strides
WORDS = ("sticky", "sticky+offset", "round-robin", "hybrid+offset")
LIMITS = (
    Limits(4),
    Limits(3, per_minute=6),
    Limits(5, at_once=2),
    Limits(7, per_window=20, retry_after="none"),
    Limits(4, projects=2, tokens_per_minute=60_000),
)
POINTS = [pytest.param(word, limits, id=f"{word}-{place}") for word in WORDS for place, limits in enumerate(LIMITS)]


@pytest.fixture(
    scope="module",
    params=[pytest.param(FEW, id="8"), pytest.param(MANY, id="64", marks=pytest.mark.exhaustive)],
)
def real(request: pytest.FixtureRequest) -> Iterator[WireProcesses]:
    """Real processes of the release that have the PIDs, not ones that are told."""
    with WireProcesses(resolve(WORD, []), timeout_s=120, pids=request.param) as processes:
        yield processes


@needs_namespaces
@pytest.mark.needs_node
@pytest.mark.parametrize(("word", "limits"), POINTS)
def test_selections_equal_those_of_real_processes(real: WireProcesses, word: str, limits: Limits) -> None:
    """Every selection of every process, with its time, at 20 points. The processes save to one pool file."""
    pids = tuple(real.pids)
    agents = Agents(len(pids), len(pids), Pids(given=pids), gap_s=0.5)
    situation = Situation(agents, limits, Load(minutes=1, latency_s=3))
    config = Decider(resolve(f"reference@{RELEASE}", []), RELEASE).config(setting(word).config)
    expected = run(situation, config, "1", ReferenceProcesses(profile(RELEASE))).selections
    assert run(situation, config, "1", real).selections == expected
    assert sum(map(len, expected)) > len(pids)
    assert all(expected)


@pytest.mark.needs_node
def test_told_pids_and_restarts_equal_reference() -> None:
    """Processes that are told their PIDs, and load the pool again after a restart."""
    situation = Situation(replace(agents_of("terminals", 3), restart_s=15), Limits(3, per_minute=4), Load(minutes=1))
    config = Decider(resolve(f"reference@{RELEASE}", []), RELEASE).config(setting("sticky+offset").config)
    expected = run(situation, config, "1", ReferenceProcesses(profile(RELEASE)))
    with WireProcesses(resolve(WORD, []), timeout_s=120) as processes:
        found = run(situation, config, "1", processes)
    assert (found.selections, found.requests) == (expected.selections, expected.requests)


@pytest.mark.needs_node
def test_sources_of_request_loop_are_exact() -> None:
    """Each constant and step of loop.toml quotes the line of the release that it names."""
    folder = npm.install("opencode-antigravity-auth", RELEASE)
    package = next(path for path in (folder, *folder.glob("node_modules/*")) if (path / "dist/src/plugin.js").is_file())
    rows: dict[str, Json] = {**document()["constants"], **{step["name"]: step for step in document()["steps"]}}
    for name, row in rows.items():
        assert row["line"] in lines(package / row.get("file", document()["file"]), row["quote"]), name


def lines(file: Path, quote: str) -> list[int]:
    """The numbers of the lines with the quote."""
    return [number for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if quote in line]


def test_workers_do_not_change_result() -> None:
    decider = Decider(resolve(f"reference@{RELEASE}", []), RELEASE)
    situation = Situation(agents_of("terminals", 4), Limits(3, at_once=1), Load(minutes=1))
    tasks = [Task(situation, setting(word), seed) for word in ("sticky", "hybrid") for seed in "abcde"]
    assert run_all(decider, tasks, 1) == run_all(decider, tasks, 2)
