"""The lab: hypotheses are data, verdicts follow the intervals, and an interrupted run goes on where it was."""

import itertools
import json
import random
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.simulation.experiment import seeds_of, simulate
from conformance.simulation.measures import Estimate
from conformance.simulation.model import STRATEGIES, Pids
from conformance.simulation.run import run_measures
from tests.support.command import CHECKOUT
from tools.lab import decide, factorial, page, plan, results
from tools.lab.results import Results

DOCUMENT, PLUGIN, FACTORIAL = (
    json.loads((CHECKOUT / data).read_text(encoding="utf-8"))
    for data in (page.DATA, page.PLUGIN_DATA, page.FACTORIAL_DATA)
)


def test_page_is_made_from_data() -> None:
    assert (CHECKOUT / page.PAGE).read_text(encoding="utf-8") == page.render(DOCUMENT, PLUGIN, FACTORIAL), (
        "run `make docs`"
    )


def test_every_hypothesis_is_decided() -> None:
    """The stored results are those of hypotheses.toml: run `make lab` after a change."""
    wanted = {each.id: (each.claim, [(cell.kind, cell.limit) for cell in each.cells]) for each in plan.hypotheses()}
    found = {
        row["id"]: (row["claim"], [(cell["kind"], cell["limit"]) for cell in row["cells"]])
        for row in DOCUMENT["hypotheses"]
    }
    assert found == wanted
    assert len(wanted) >= 12
    assert any("tutorial" in each.source for each in plan.hypotheses())


@pytest.mark.parametrize(
    ("direction", "mean", "half", "holds"),
    [
        ("lower", -2, 1, True),
        ("lower", -2, 3, False),
        ("lower", 2, 1, False),
        ("higher", 2, 1, True),
        ("higher", 1, 1, False),
        ("equal", 0.2, 0.5, True),
        ("equal", 0.2, 0.9, False),
    ],
)
def test_cell_holds_by_whole_interval(direction: str, mean: float, half: float, holds: bool) -> None:
    assert decide.cell_holds(direction, 1.0, Estimate(mean, half)) is holds


def test_verdict_over_cells() -> None:
    assert [decide.verdict(each) for each in ([True, True], [True, False], [False])] == [
        "holds",
        "holds only if",
        "does not hold",
    ]


def test_stored_verdicts_follow_stored_cells() -> None:
    for row in DOCUMENT["hypotheses"]:
        assert row["verdict"] == decide.verdict([cell["holds"] for cell in row["cells"]]), row["id"]


def test_interrupted_lab_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored is not simulated again, and half a line at the end is."""
    short = replace(plan.situation("jobs", "at once", 2, 2), load=replace(plan.LOAD, minutes=1))
    pairs = [(short, each) for each in plan.lookup_settings()[:2]]
    file = tmp_path / "results.jsonl"
    first = Results(file, plan.RELEASE, 2)
    first.simulate(pairs)
    lines = file.read_text().splitlines()
    file.write_text(f"{lines[0]}\n{lines[1][:50]}")
    again = Results(file, plan.RELEASE, 2)
    assert len(again.known) == 1
    simulated: list[str] = []
    plain = results.simulate_group

    def noted(work: Json) -> Json:
        simulated.extend(work[1])
        return plain(work)

    monkeypatch.setattr(results, "simulate_group", noted)
    again.simulate(pairs)
    assert len(simulated) == 1
    assert Results(file, plan.RELEASE, 2).known == first.known


def test_factorial_has_every_combination() -> None:
    """3 strategies, offset, 64 numbers of agents, 9 of accounts, 4 patterns of PIDs, 3 loads and 2 limits."""
    cells = [tuple(cell.values()) for cell in factorial.cells()]
    assert len(set(cells)) == len(cells) == 3 * 2 * 64 * 9 * 4 * 3 * 2


def test_reduced_cells_give_equal_results() -> None:
    """The factorial simulates cells once that must be equal. Here each is simulated as it is."""
    draws = random.Random("cells")  # noqa: S311 - a test needs no secret numbers
    cells = [cell for cell in factorial.cells(range(1, 9)) if factorial.reduced(cell) != factorial.pair(cell)]
    some = [*draws.sample(cells, 24), *draws.sample([cell for cell in cells if cell["accounts"] == 1], 8)]
    assert {cell["strategy"] for cell in some if cell["accounts"] == 1} == set(STRATEGIES)
    assert {cell["strategy"] for cell in some if cell["offset"]} == set(STRATEGIES)
    decider = Results(Path("none"), plan.RELEASE, 1).decider
    with decider.processes() as processes:
        for cell in some:
            whole, reduced = (
                run_measures(situation, decider.config(settings.config), "1", processes)
                for situation, settings in (factorial.pair(cell), factorial.reduced(cell))
            )
            assert whole == reduced, cell


def test_group_differs_only_in_pids_and_offset() -> None:
    """`run_alike` relies on this, and on the offset of the first pair of a group."""
    groups = factorial.groups(Results(Path("none"), plan.RELEASE, 1), (1, 5))
    assert {len(group) for group in groups} == {1, 1 + len(factorial.PIDS)}
    assert len(groups) * 32 == 21_888  # of 64 numbers of agents, as the page says
    for pairs in map(list, map(dict.values, groups)):
        plain = {
            (replace(situation, agents=replace(situation.agents, pids=Pids())), settings.name.removesuffix("+offset"))
            for situation, settings in pairs
        }
        assert len(plain) == 1
        assert len(pairs) == 1 or pairs[0][1].config["pid_offset_enabled"]


def test_factorial_continues_and_equals_simulation(tmp_path: Path) -> None:
    """A slice that was interrupted ends with the same bytes, and its rows are what `simulate` gives."""
    arguments = ["--agents", "some", "--seeds", "10", "--every", "500"]
    factorial.run(arguments, tmp_path, None)
    rows, kept = tmp_path / "factorial-rows.jsonl", tmp_path / "factorial.jsonl"
    first, lines = rows.read_bytes(), kept.read_text().splitlines()
    kept.write_text("\n".join([*lines[:2], lines[2][:50]]))
    factorial.run(arguments, tmp_path, None)
    assert rows.read_bytes() == first
    cell = json.loads(first.splitlines()[-1])
    decider = Results(kept, plan.RELEASE, 10).decider
    situation, settings = factorial.pair(cell)
    (outcome,) = simulate(decider, situation, [settings], seeds_of("lab", 10))
    assert cell["goodput"] == [round(outcome.estimate("goodput").mean, 3), round(outcome.estimate("goodput").half, 3)]


def row_of(strategy: str, agents: int, goodput: float, rejections: float, **cell: Json) -> Json:
    plain = {"offset": False, "accounts": 2, "limit": "at once", "load": "light", "pids": "equal"}
    return (
        plain | {"strategy": strategy, "agents": agents, "goodput": [goodput, 0], "rejections": [rejections, 0]} | cell
    )


def test_summary_counts_where_settings_are_best() -> None:
    """Few 429s help only settings that answer; one agent, one account and an idle offset are left out."""
    pools = [
        [("sticky", 100, 9), ("sticky+offset", 96, 1), ("round-robin", 90, 0), ("hybrid", 100, 1.5)],
        [("sticky", 100, 2), ("sticky+offset", 100, 4), ("round-robin", 10, 0), ("hybrid", 100, 3.5)],
    ]
    rows = [
        row_of(name.split("+")[0], agents, answered, rejected, offset="+" in name)
        for agents, pool in enumerate(pools, 2)
        for name, answered, rejected in pool
    ]
    left_out = [
        row_of("hybrid", 2, 999, 0, offset=True),
        row_of("sticky", 1, 9, 9),
        row_of("sticky", 2, 9, 9, accounts=1),
    ]
    (found,) = factorial.summary(sorted([*rows, *left_out], key=itemgetter("strategy")))
    assert found == {
        "limit": "at once",
        "load": "light",
        "pids": "equal",
        "settings": {
            "sticky": {"best": 0.5, "rejections": 5.5},
            "sticky+offset": {"best": 0.5, "rejections": 2.5},
            "round-robin": {"best": 0, "rejections": 0},
            "hybrid": {"best": 0.5, "rejections": 2.5},
        },
    }


def test_stored_factorial_has_every_kind() -> None:
    kinds = {(row["limit"], row["load"], row["pids"]) for row in FACTORIAL["rows"]}
    assert kinds == set(itertools.product(factorial.LIMITS, factorial.LOADS, factorial.PIDS))


def test_other_code_is_simulated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored belongs to the version of the model that simulated it."""
    pair = plan.situation("jobs", "at once", 2, 2), plan.lookup_settings()[0]
    before = Results(tmp_path / "results.jsonl", plan.RELEASE, 2).key(pair)
    monkeypatch.setattr(results, "code_digest", lambda: "another model")
    assert Results(tmp_path / "results.jsonl", plan.RELEASE, 2).key(pair) != before


def test_limit_is_kept_by_even_spread() -> None:
    """Eight agents ask for 33 requests a minute: four accounts get 12 each, eight get 6."""
    found = [plan.situation("jobs", "a minute", 8, accounts).limits.per_minute for accounts in (4, 8)]
    assert found == [12, 6]
