"""PROC: processes that are started in other ways, restarted and killed."""

import pytest

from conformance.cases.kit import Judge, covers
from conformance.cases.processes_kit import ON, based, check, check_first, fit_pool_for
from conformance.processes.fitting import Fit
from conformance.processes.fleet import Fleet
from conformance.wire.calls import picks, pool


@covers("PROC-016")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_however_python_starts_the_process_its_own_id_counts(judge: Judge, method: str) -> None:
    with judge.start_group([judge.launch(start_method=method)] * judge.processes) as group:
        fleet = Fleet.greet(group)
        fit = fit_pool_for(fleet.pids)
        check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude"]))


@covers("PROC-017")
def test_processes_that_are_started_one_after_another(judge: Judge) -> None:
    """Each has selected before the next is there. The pool can only be fitted once all are."""
    with judge.start_group([]) as group:
        fleet = Fleet(group)
        for _ in range(judge.processes):
            member = fleet.add(group.start(judge.launch(), judge.processes))
            fleet.prepare(based(3), ON)
            fleet.load(ON, members=[member])
            transcript = fleet.select(based(3), ["claude"], members=[member])
            check_first(judge, fleet, Fit(3, 0), transcript)
        fit = fit_pool_for(fleet.pids)
        fleet.prepare(based(fit.accounts), ON)
        for member in fleet.members:
            check_first(judge, fleet, fit, fleet.select(based(fit.accounts), ["claude"], members=[member]))


@covers("PROC-017")
def test_processes_with_a_home_each_that_begin_at_one_moment(judge: Judge) -> None:
    launches = [judge.launch(f"homes/{number}") for number in range(judge.processes)]
    with judge.start_group(launches, held=True) as group:
        fleet = Fleet.greet(group)
        fit = fit_pool_for(fleet.pids)
        check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude"]))


@covers("PROC-018")
def test_a_process_that_restarts_adds_its_offset_to_what_was_stored(judge: Judge) -> None:
    launches = [judge.launch(f"homes/{number}") for number in range(judge.processes)]
    with judge.start_group(launches) as group:
        fleet = Fleet.greet(group)
        fit = fit_pool_for(fleet.pids)
        stored = based(fit.accounts)
        starts = {member: fit.start(member.pid) for member in fleet.members}
        check_first(judge, fleet, fit, fleet.open_and_select(stored, ON, ["claude", "gemini"]))
        fleet.ask([("save", {})])
        fleet.restart()
        fleet.load(ON)
        left = {member: pool(fit.accounts, activeIndex=start) for member, start in starts.items()}
        transcripts = [
            fleet.select(left[member], ["claude", "gemini"], members=[member])[0] for member in fleet.members
        ]
        check(judge, fleet, transcripts, lambda member: [picks((starts[member] + member.pid) % fit.accounts)] * 2)


@covers("PROC-019")
def test_processes_killed_in_the_middle_leave_the_others_alone(judge: Judge) -> None:
    """All that start where the first does are killed while they select: each of the others has another account."""
    with judge.start_group([judge.launch()] * judge.processes) as group:
        fleet = Fleet.greet(group)
        fit = fit_pool_for(fleet.pids)
        stored, families = based(fit.accounts), ["claude"] * 4
        check_first(judge, fleet, fit, fleet.open_and_select(stored, ON, ["claude"]))
        victims = [member for member in fleet.members if fit.start(member.pid) == fit.start(fleet.pids[0])]
        others = [member for member in fleet.members if member not in victims]
        for at_work in (fleet.go_on(families, kill=victims), fleet.go_on(families, members=others)):
            check(judge, fleet, at_work, lambda member: [picks(fit.start(member.pid))] * len(families))
        late = fleet.add(group.start(judge.launch(), len(fleet.members) + 1))
        fleet.load(ON, members=[late])
        check_first(judge, fleet, fit, fleet.select(stored, ["claude"], members=[late]))
