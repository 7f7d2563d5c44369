"""The criterion of a recommendation, and the settings and agents that it compares."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.advice.cases import cases_of, shortage
from conformance.advice.criterion import best_of, best_over, is_better
from conformance.advice.recommend import Case, alternatives_to, offset_spreads
from conformance.cli import situation_text
from conformance.json_type import Json
from conformance.simulation.measures import NAMES, Measures
from conformance.simulation.model import Agents, Limits, Load, Pids, Settings, Situation, agents_of
from conformance.simulation.outcome import Outcome


def outcome(name: str, goodput: float, rejections: float, keys: int = 1) -> Outcome:
    plain = dict.fromkeys(NAMES, 0.0)
    runs = [Measures(**{**plain, "goodput": goodput + n % 2, "rejections": rejections + n % 2}) for n in range(30)]
    return Outcome(Settings(name, {f"key {number}": 1 for number in range(keys)}), tuple(runs))


@pytest.mark.parametrize(
    ("others", "best"),
    [
        ([("b", 120, 5)], "b"),
        ([("b", 104, 5)], "now"),
        ([("b", 104, 2)], "b"),
        ([("b", 120, 40)], "b"),
        ([("b", 100, 4.5)], "now"),
        ([("b", 90, 0)], "now"),
        ([("b", 120, 9), ("c", 116, 1)], "c"),
        ([("b", 120, 9), ("c", 110, 1)], "b"),
        ([("b", 122, 1, 2), ("c", 120, 1.9, 1)], "c"),
        ([("b", 118, 1, 2), ("c", 120, 1, 2)], "c"),
    ],
)
def test_criterion_orders_settings(others: list[tuple[Any, ...]], best: str) -> None:
    """Answers, then 429s, then keys to change; what is small keeps the settings as now."""
    outcomes = [outcome("now", 100, 5, 0), *(outcome(*each) for each in others)]
    assert best_of(outcomes).settings.name == best


def test_difference_within_interval_does_not_count() -> None:
    """The mean of b is 20 % higher, but only because of a few runs."""
    now = outcome("now", 100, 5, 0)
    few = tuple(replace(run, goodput=700 if place < 1 else 100) for place, run in enumerate(now.runs))
    other = Outcome(Settings("b", {"key": 1}), few)
    assert not is_better(other, now)
    assert best_of([now, other]).settings.name == "now"


def test_unknown_limit_gets_setting_that_loses_least() -> None:
    """b is the best with one kind of limit and c with the other; d loses 10 % at most, and now more."""
    cases = [
        [outcome("now", 50, 0, 0), outcome("b", 100, 0), outcome("c", 50, 0), outcome("d", 90, 0)],
        [outcome("now", 50, 0, 0), outcome("b", 50, 0), outcome("c", 100, 0), outcome("d", 90, 0)],
    ]
    situation = Situation()
    assert best_over([Case("", situation, tuple(each)) for each in cases]).name == "d"


def test_offset_is_no_alternative_for_one_pid() -> None:
    config: dict[str, Json] = {"account_selection_strategy": "hybrid", "pid_offset_enabled": False}
    names = {kind: [each.name for each in alternatives_to(config, agents_of(kind, 8))] for kind in ("server", "jobs")}
    assert names == {
        "server": ["as now", "sticky", "round-robin"],
        "jobs": ["as now", "sticky", "sticky+offset", "round-robin"],
    }


def test_names_tell_mode_in_force() -> None:
    """With balance in force, the plain names are those with cache_first."""
    config: dict[str, Json] = {
        "account_selection_strategy": "sticky",
        "pid_offset_enabled": False,
        "scheduling_mode": "performance_first",
    }
    found = {each.name: each.config["scheduling_mode"] for each in alternatives_to(config, agents_of("server", 8))}
    assert found == {
        "as now": "performance_first",
        "sticky": "cache_first",
        "round-robin": "cache_first",
        "hybrid": "cache_first",
        "round-robin+balance": "balance",
        "hybrid+balance": "balance",
    }


@pytest.mark.parametrize(
    ("agents", "spreads"),
    [
        (agents_of("server", 8), False),
        (agents_of("terminals", 8), True),
        (agents_of("containers", 8), False),
        (replace(agents_of("containers", 8), pool="shared"), False),
        (replace(agents_of("containers", 8), pool="shared", gap_s=20), True),
        (replace(agents_of("containers", 8), gap_s=20), False),
        (replace(agents_of("jobs", 8), pids=Pids(given=(7, 7))), False),
    ],
)
def test_offset_spreads_equal_pids_only_by_stored_index(agents: Agents, spreads: bool) -> None:
    assert offset_spreads(agents) is spreads


@pytest.mark.parametrize(
    ("kind", "changed", "expected"),
    [
        ("server", {}, "8 in one process, a random PID"),
        ("server", {"processes": 4}, "8 in 4 processes: PIDs 7 to 22 apart, all started at once, one pool file"),
        ("terminals", {}, "8 in 8 processes: PIDs 7 to 22 apart, one started every 20 s, one pool file"),
        ("containers", {}, "8 in 8 processes: equal PIDs, all started at once, a pool file each"),
        ("containers", {"pool": "shared"}, "8 in 8 processes: equal PIDs, all started at once, one pool file"),
        (
            "containers",
            {"pids": Pids("random")},
            "8 in 8 processes: random PIDs, all started at once, a pool file each",
        ),
        (
            "jobs",
            {"pids": Pids("equal"), "restart_s": 60.0},
            "8 in 8 processes: equal PIDs, all started at once, each started again every 60 s, a pool file each",
        ),
        (
            "jobs",
            {"pids": Pids(given=(5, 9)), "gap_s": 1.5},
            "8 in 8 processes: PIDs 5,9 in turn, one started every 1.5 s, a pool file each",
        ),
    ],
)
def test_line_of_agents_follows_the_case(kind: str, changed: dict[str, Any], expected: str) -> None:
    assert situation_text.agents(replace(agents_of(kind, 8), **changed)) == expected


def test_shortage_is_told() -> None:
    """Eight agents ask for 34 requests a minute, and for 5 requests at once."""
    agents = agents_of("server", 8)
    for limits, short in (
        (Limits(4, per_minute=6), True),
        (Limits(4, per_minute=9), False),
        (Limits(4, projects=2, per_minute=9), True),
        (Limits(4, at_once=1), True),
        (Limits(4, at_once=2), False),
        (Limits(4, per_window=300), True),
    ):
        assert bool(shortage(Situation(agents, limits))) is short, limits


def test_named_limit_is_the_only_case() -> None:
    assert list(cases_of(Limits(4, at_once=3), 8, Load())) == ["your limit"]
    both = cases_of(Limits(4), 8, Load())
    assert [(each.per_minute, each.at_once) for each in both.values()] == [(12, None), (None, 2)]


@pytest.mark.parametrize(("minutes", "said"), [(1, "; 1 minute"), (5, "; 5 minutes")])
def test_one_minute_is_singular(minutes: int, said: str) -> None:
    assert situation_text.load(replace(Load(), minutes=minutes)).endswith(said)
