"""PROC: processes that are started by `multiprocess`, restarted and killed."""

from dataclasses import replace
from itertools import cycle, islice

import pytest

from conformance.cases.kit import Judge, covers
from conformance.cases.processes_kit import ON, based, check, check_first, fit_pool_for, in_turn, together
from conformance.processes.fitting import BASE_INDEX, WRONG_STARTS, Fit
from conformance.processes.fleet import Fleet
from conformance.wire.calls import picks, pool

START_METHODS = ("fork", "spawn", "forkserver")
FEWEST_A_METHOD = 2  # a pool can be fitted to two PIDs, but not to one


def by_python(judge: Judge) -> Fleet:
    """Start children of Python programs, with every start method for a share of the processes."""
    count = max(judge.processes, FEWEST_A_METHOD * len(START_METHODS))
    methods = islice(cycle(START_METHODS), count)
    return Fleet.greet(judge.start_group([judge.launch(start_method=method) for method in methods]))


@covers("PROC-016")
@pytest.mark.parametrize("method", START_METHODS)
def test_python_child_uses_its_own_pid(judge: Judge, method: str) -> None:
    """The PID of the child counts, not that of the program that started it."""
    fleet = judge.shared_fleet(by_python)
    members = fleet.members[START_METHODS.index(method) :: len(START_METHODS)]
    program = {member.pid: member.connection.pid for member in members}
    wrong_starts = {**WRONG_STARTS, "pid-of-the-program": lambda pid, n: (BASE_INDEX + program[pid] % n) % n}
    fit = fit_pool_for([member.pid for member in members], wrong_starts=wrong_starts)
    check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude"], members))


@covers("PROC-017")
def test_processes_with_homes_apart_start_together(judge: Judge) -> None:
    fleet = judge.shared_fleet(together)
    fleet.use_homes(lambda member: f"homes/{member.number}")
    fit = fit_pool_for(fleet.pids)
    check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude"]))


@covers("PROC-018")
def test_restarted_process_adds_offset_to_stored_index(judge: Judge) -> None:
    fleet = judge.shared_fleet(together)
    fleet.use_homes(lambda member: f"restarted/{member.number}")
    fit = fit_pool_for(fleet.pids)
    starts = {member: fit.start(member.pid) for member in fleet.members}
    check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude", "gemini"]))
    fleet.ask([("save", {})])
    judge.shared_fleet(in_turn)
    fleet.use_homes(lambda member: f"restarted/{member.number}")
    fleet.load(ON)
    left = {member: pool(fit.accounts, activeIndex=start) for member, start in starts.items()}
    transcripts = [fleet.select(left[member], ["claude", "gemini"], members=[member])[0] for member in fleet.members]
    check(judge, fleet, transcripts, lambda member: [picks((starts[member] + member.pid) % fit.accounts)] * 2)


@covers("PROC-017")
def test_processes_started_in_turn_use_own_pids(judge: Judge) -> None:
    """Each process selects from three accounts when it starts, then from a pool fitted to all PIDs."""
    fleet = judge.shared_fleet(in_turn)
    assert fleet.restarted is not None
    check_first(judge, fleet.restarted, Fit(3, 0), fleet.restarted.transcripts)
    fit = fit_pool_for(fleet.pids)
    for member in fleet.members:
        check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude"], [member]))


@covers("PROC-019")
def test_killed_processes_leave_the_others_alone(judge: Judge) -> None:
    """Kill the processes with the same first account as the first process, while they select. The others must go on."""
    fleet = judge.shared_fleet(in_turn)
    fit = fit_pool_for(fleet.pids)
    stored, families = based(fit.accounts), ["claude"] * 4
    check_first(judge, fleet, fit, fleet.open_and_select(stored, ON, ["claude"]))
    victims = [member for member in fleet.members if fit.start(member.pid) == fit.start(fleet.pids[0])]
    others = [member for member in fleet.members if member not in victims]
    for at_work in (fleet.go_on(families, kill=victims), fleet.go_on(families, members=others)):
        check(judge, fleet, at_work, lambda member: [picks(fit.start(member.pid))] * len(families))
    late = fleet.start(judge.launch())
    fleet.load(ON, members=[late])
    check_first(judge, fleet, fit, fleet.select(stored, ["claude"], members=[late]))


@covers("PROC-025")
def test_inherited_variable_has_no_effect(judge: Judge) -> None:
    """The process inherits variables that switch the offset on and lead to folders without a user file."""
    inherited = {"OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED": "1"}
    inherited |= dict.fromkeys(["OPENCODE_CONFIG_DIR", "XDG_CONFIG_HOME", "APPDATA"], "/nonexistent")
    launch = judge.launch()
    launch = replace(launch, environment={**launch.environment, **inherited})
    fleet = Fleet.greet(judge.start_group([launch]))
    fleet.record.note(1, fleet.pids[0], f"inherits {', '.join(f'{name}={value}' for name, value in inherited.items())}")
    accounts = next(count for count in range(BASE_INDEX + 2, 100) if fleet.pids[0] % count)
    transcripts = fleet.open_and_select(based(accounts), {"account_selection_strategy": "sticky"}, ["claude"])
    check(judge, fleet, transcripts, lambda _: [picks(BASE_INDEX)])
    transcripts = fleet.open_and_select(based(accounts), ON, ["claude"])
    check(judge, fleet, transcripts, lambda member: [picks((BASE_INDEX + member.pid) % accounts)])
