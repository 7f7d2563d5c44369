"""PROC: real processes in PID namespaces, with the ids that a case names."""

from collections import Counter
from collections.abc import Sequence

import pytest

from conformance.cases.kit import Judge, covers
from conformance.cases.processes_kit import ON, answered, based, check_first
from conformance.processes.fitting import Fit
from conformance.processes.fleet import Fleet
from conformance.targets.namespaces import UNSHARE, largest_pid

SOME_PID = 1001  # chosen ids begin here: no number to be divided by 2, 3, 4 or 5


def check_spread(judge: Judge, pids: Sequence[int], accounts: int, expected: Sequence[int]) -> None:
    """How many processes start on each account that any starts on, the fewest first; which these are is PROC-001's."""
    with judge.start_group([judge.launch()] * len(pids), pids=pids) as group:
        fleet = chosen(Fleet.greet(group), pids)
        transcripts = fleet.open_and_select(based(accounts), ON, ["claude"])
        counts = Counter(
            account["label"] for transcript in transcripts if (account := answered(transcript)) is not None
        )
        what = f"processes on each account, of {len(pids)} with ids from {pids[0]} to {pids[-1]}"
        scenario = transcripts[0].scenario
        judge.expect(list(expected), sorted(counts.values()), scenario, what, observed=True, record=fleet.record)


def chosen(fleet: Fleet, pids: Sequence[int]) -> Fleet:
    """The fleet, if the target itself has the ids that its commands were started with."""
    if fleet.pids != tuple(pids):
        pytest.skip("the command starts the target as a child, which has another id than the one that was chosen")
    return fleet


@covers("PROC-020")
def test_consecutive_ids_reach_every_account_once(judge: Judge) -> None:
    count = judge.processes
    check_spread(judge, range(SOME_PID, SOME_PID + count), count, [1] * count)


@covers("PROC-021")
@pytest.mark.parametrize("accounts", [3, 7])
def test_ids_as_far_apart_as_there_are_accounts_meet_on_one(judge: Judge, accounts: int) -> None:
    pids = [SOME_PID + accounts * turn for turn in range(judge.processes)]
    check_spread(judge, pids, accounts, [len(pids)])


@covers("PROC-021")
def test_the_processes_of_the_tutorial_meet_on_one_of_three_accounts(judge: Judge) -> None:
    check_spread(judge, [123, 456, 789], 3, [3])


@covers("PROC-022")
@pytest.mark.parametrize("accounts", [4, 8])
def test_multiples_of_4_reach_a_quarter_of_the_accounts(judge: Judge, accounts: int) -> None:
    pids = [4 * (SOME_PID + turn) for turn in range(judge.processes)]
    of_each = Counter(pid % accounts for pid in pids)
    check_spread(judge, pids, accounts, sorted(of_each.values()))


@covers("PROC-023")
def test_processes_in_containers_of_their_own_have_one_id_and_one_account(judge: Judge) -> None:
    judge.skip_without_namespaces()
    launch = judge.launch()
    contained = [launch.within(UNSHARE)] * judge.processes
    with judge.start_group(contained) as group:
        fleet = chosen(Fleet.greet(group), [1] * judge.processes)
        check_first(judge, fleet, Fit(3, 0), fleet.open_and_select(based(3), ON, ["claude"]))


@covers("PROC-024")
def test_the_largest_id_counts_in_full(judge: Judge) -> None:
    judge.skip_without_namespaces()
    pids = [largest_pid(), largest_pid() - 1]
    with judge.start_group([judge.launch()] * 2, pids=pids) as group:
        fleet = chosen(Fleet.greet(group), pids)
        check_first(judge, fleet, Fit(7, 0), fleet.open_and_select(based(7), ON, ["claude"]))
