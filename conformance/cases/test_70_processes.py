"""PROC: real processes of the target, started at the same moment, on one pool and config."""

from collections.abc import Iterator

import pytest

from conformance.cases.kit import Judge, covers
from conformance.processes.fitting import BASE_INDEX, Fit, fit_pool
from conformance.processes.fleet import Fleet
from conformance.wire.calls import pool
from conformance.wire.scenario import Scenario

BOTH_FAMILIES_TWICE = ("claude", "claude", "gemini", "gemini")
ON = {"account_selection_strategy": "sticky", "pid_offset_enabled": True}
OFF = {"account_selection_strategy": "sticky", "pid_offset_enabled": False}
ROTATE = {"account_selection_strategy": "round-robin", "pid_offset_enabled": True}


@pytest.fixture
def fleet(judge: Judge) -> Iterator[Fleet]:
    with judge.start_group() as group:
        yield Fleet.greet(group)


def compare(judge: Judge, fleet: Fleet, expected: list[list[int]], chosen: list[list[int | None]]) -> None:
    """Compare by process id, which makes the report readable."""
    wanted = {str(pid): accounts for pid, accounts in zip(fleet.pids, expected, strict=True)}
    given = {str(pid): accounts for pid, accounts in zip(fleet.pids, chosen, strict=True)}
    judge.expect(wanted, given, Scenario([]), "accounts selected, by process id", observed=True)


def fit_for(fleet: Fleet) -> Fit:
    """The fitted pool; where no pool tells wrong ports apart, as with equal ids in containers, nothing is judged."""
    try:
        return fit_pool(fleet.pids)
    except ValueError as error:
        pytest.skip(str(error))


def fitted(fleet: Fleet) -> tuple[Fit, list[list[int | None]]]:
    """Every process selects with the offset on, from a pool fitted to the process ids."""
    fit = fit_for(fleet)
    accounts = [{"enabled": index != fit.spare} for index in range(fit.accounts)]
    return fit, fleet.select_all(pool(accounts, activeIndex=BASE_INDEX), ON, BOTH_FAMILIES_TWICE)


@covers("PROC-001")
def test_each_process_picks_the_account_of_its_own_id(judge: Judge, fleet: Fleet) -> None:
    fit, chosen = fitted(fleet)
    compare(judge, fleet, [[fit.start(pid)] for pid in fleet.pids], [accounts[:1] for accounts in chosen])


@covers("PROC-002")
def test_without_the_offset_all_processes_pick_the_same_account(judge: Judge, fleet: Fleet) -> None:
    stored = pool(fit_for(fleet).accounts, activeIndex=BASE_INDEX)
    chosen = fleet.select_all(stored, OFF, BOTH_FAMILIES_TWICE)
    compare(judge, fleet, [[BASE_INDEX] * 4 for _ in fleet.pids], chosen)


@covers("PROC-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_round_robin_gives_every_process_the_same_sequence(judge: Judge, fleet: Fleet, family: str) -> None:
    count = fit_for(fleet).accounts
    chosen = fleet.select_all(pool(count, activeIndex=BASE_INDEX), ROTATE, [family] * (count + 1))
    sequence = [(BASE_INDEX + turn) % count for turn in range(count + 1)]
    compare(judge, fleet, [sequence for _ in fleet.pids], chosen)


@covers("PROC-004")
def test_each_process_applies_its_offset_once_per_family(judge: Judge, fleet: Fleet) -> None:
    """Judged on from whichever account the process started, so that a wrong start is PROC-001's alone."""
    _, chosen = fitted(fleet)
    expected = [[-1 if accounts[0] is None else accounts[0]] * 4 for accounts in chosen]  # none is no account
    compare(judge, fleet, expected, chosen)
