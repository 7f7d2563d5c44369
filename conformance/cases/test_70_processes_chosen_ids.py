"""PROC: real processes in PID namespaces, with the PIDs that a case names."""

from collections import Counter
from collections.abc import Sequence

import pytest

from conformance.cases.kit import Judge, covers
from conformance.cases.processes_kit import ON, answered, based, check_first
from conformance.processes.fitting import Fit
from conformance.processes.fleet import Fleet, Member
from conformance.targets.namespaces import UNSHARE, largest_pid

TUTORIAL_PIDS = (123, 456, 789)
FIRST_OF_A_ROW = 1001  # not divisible by 2, 3, 4 or 5
STEPS = range(4004, 4004 + 4 * 12, 12)  # PIDs that are multiples of 4, as on Windows, and equal modulo 3 and 12
CONTAINERS = 3


def row(judge: Judge) -> range:
    """Consecutive PIDs, one for each process."""
    return range(FIRST_OF_A_ROW, FIRST_OF_A_ROW + judge.processes)


def largest() -> tuple[int, int]:
    return largest_pid(), largest_pid() - 1


def with_chosen_pids(judge: Judge) -> Fleet:
    """Start one group for all cases that choose PIDs, because each start costs time."""
    pids = [*row(judge), *TUTORIAL_PIDS, *largest(), *STEPS]
    return Fleet.greet(judge.start_group([judge.launch()] * len(pids), pids=pids))


def in_containers(judge: Judge) -> Fleet:
    """Start each process in its own PID namespace."""
    judge.skip_without_namespaces()
    return Fleet.greet(judge.start_group([judge.launch().within(UNSHARE)] * CONTAINERS))


def members_with(fleet: Fleet, pids: Sequence[int]) -> list[Member]:
    """The processes with these PIDs. Skips the case if the target's own PIDs are not those of its commands."""
    members = [member for member in fleet.members if member.pid in pids]
    if [member.pid for member in members] != list(pids):
        pytest.skip("the command starts the target as a child, which has another PID than the chosen one")
    return members


def check_spread(judge: Judge, fleet: Fleet, pids: Sequence[int], accounts: int, expected: Sequence[int]) -> None:
    """Compare the sorted numbers of processes on each used account. PROC-001 judges which accounts these are."""
    transcripts = fleet.open_and_select(based(accounts), ON, ["claude"], members_with(fleet, pids))
    counts = Counter(account["label"] for transcript in transcripts if (account := answered(transcript)) is not None)
    what = f"processes on each account, of {len(pids)} with PIDs from {pids[0]} to {pids[-1]}"
    scenario = transcripts[0].scenario
    judge.expect(list(expected), sorted(counts.values()), scenario, what, observed=True, record=fleet.record)


@covers("PROC-020")
def test_consecutive_pids_reach_every_account_once(judge: Judge) -> None:
    pids = row(judge)
    check_spread(judge, judge.shared_fleet(with_chosen_pids), pids, len(pids), [1] * len(pids))


@covers("PROC-021")
def test_tutorial_pids_meet_on_one_of_three_accounts(judge: Judge) -> None:
    check_spread(judge, judge.shared_fleet(with_chosen_pids), TUTORIAL_PIDS, 3, [3])


@covers("PROC-024")
def test_largest_pid_counts_in_full(judge: Judge) -> None:
    fleet = judge.shared_fleet(with_chosen_pids)
    members = members_with(fleet, largest())
    check_first(judge, fleet, Fit(7, 0), fleet.open_and_select(based(7), ON, ["claude"], members))


@covers("PROC-021")
@pytest.mark.parametrize("accounts", [3, 12])
def test_pids_equal_modulo_n_meet_on_one_account(judge: Judge, accounts: int) -> None:
    check_spread(judge, judge.shared_fleet(with_chosen_pids), STEPS, accounts, [len(STEPS)])


@covers("PROC-022")
@pytest.mark.parametrize("accounts", [4, 8])
def test_multiples_of_4_reach_a_quarter_of_accounts(judge: Judge, accounts: int) -> None:
    of_each = Counter(pid % accounts for pid in STEPS)
    check_spread(judge, judge.shared_fleet(with_chosen_pids), STEPS, accounts, sorted(of_each.values()))


@covers("PROC-023")
def test_pid_1_in_every_container_selects_alike(judge: Judge) -> None:
    fleet = judge.shared_fleet(in_containers)
    members = members_with(fleet, [1] * CONTAINERS)
    check_first(judge, fleet, Fit(3, 0), fleet.open_and_select(based(3), ON, ["claude"], members))
