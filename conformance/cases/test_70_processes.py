"""PROC: real processes of the target, most of them started at the same moment, each with its own process id."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.cases.kit import Judge, covers
from conformance.processes.fitting import BASE_INDEX, FEW, WRONG_IN_LARGE_POOLS, Fit, fit_pool
from conformance.processes.fleet import Fleet, Member, Session
from conformance.targets.namespaces import UNSHARE, largest_pid
from conformance.wire.calls import limit, open_pool, picks, pool, select
from conformance.wire.scenario import UNJUDGED, Scenario

Json = Any
Expected = Callable[[Member], Sequence[Json]]  # what the selections of a process must answer
BOTH_FAMILIES_TWICE = ("claude", "claude", "gemini", "gemini")
ON = {"account_selection_strategy": "sticky", "pid_offset_enabled": True}
OFF = {"account_selection_strategy": "sticky", "pid_offset_enabled": False}
ROTATE = {"account_selection_strategy": "round-robin", "pid_offset_enabled": True}
HYBRID = {"account_selection_strategy": "hybrid", "pid_offset_enabled": True}
POOR_HEALTH = {"initial": 40}  # no account is a candidate
FAR_MS = 4_102_444_800_000  # the year 2100
DAY_MS = 86_400_000
QUOTA_KEYS = ("claude", "gemini-antigravity", "gemini-cli")
OFFSET_VARIABLE = "OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED"
SOME_PID = 1001  # chosen ids begin here: no number to be divided by 2, 3, 4 or 5


@pytest.fixture
def fleet(judge: Judge) -> Fleet:
    return judge.shared_fleet()


def fit_for(pids: Sequence[int], **how: Any) -> Fit:
    """The fitted pool; where no pool tells wrong ports apart, as with equal ids in containers, nothing is judged."""
    try:
        return fit_pool(pids, **how)
    except ValueError as error:
        pytest.skip(str(error))


def based(accounts: int | Sequence[Json]) -> Json:
    """A pool that does not start at its first account."""
    return pool(accounts, activeIndex=BASE_INDEX)


def check(
    judge: Judge, fleet: Fleet, sessions: Sequence[Session], expected: Callable[[Member], Sequence[Json]]
) -> None:
    """What each process selects, one after another; what is left over is not judged."""
    judged = [session.expecting(*expected(session.member)) for session in sessions]
    judge.check_sessions(judged, fleet.record)


def check_first(judge: Judge, fleet: Fleet, fit: Fit, sessions: Sequence[Session]) -> None:
    """The first account of each process is that of its own id."""
    check(judge, fleet, sessions, lambda member: [picks(fit.start(member.pid))])


# In one fleet, which all these cases share


@covers("PROC-001")
def test_each_process_picks_the_account_of_its_own_id(judge: Judge, fleet: Fleet) -> None:
    fit = fit_for(fleet.pids)
    accounts: list[Json] = [{"enabled": False} if index == fit.spare else {} for index in range(fit.accounts)]
    check_first(judge, fleet, fit, fleet.start_sessions(based(accounts), ON, ["claude"]))


@covers("PROC-002")
def test_without_the_offset_all_processes_pick_the_same_account(judge: Judge, fleet: Fleet) -> None:
    sessions = fleet.start_sessions(based(fit_for(fleet.pids).accounts), OFF, BOTH_FAMILIES_TWICE)
    check(judge, fleet, sessions, lambda _: [picks(BASE_INDEX)] * 4)


@covers("PROC-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_round_robin_gives_every_process_the_same_sequence(judge: Judge, fleet: Fleet, family: str) -> None:
    count = fit_for(fleet.pids).accounts
    sessions = fleet.start_sessions(based(count), ROTATE, [family] * (count + 1))
    sequence = [picks((BASE_INDEX + turn) % count) for turn in range(count + 1)]
    check(judge, fleet, sessions, lambda _: sequence)


@covers("PROC-004")
def test_each_process_applies_its_offset_once_per_family(judge: Judge, fleet: Fleet) -> None:
    """Judged on from whichever account the process started, so that a wrong start is PROC-001's alone."""
    sessions = fleet.start_sessions(based(fit_for(fleet.pids).accounts), ON, BOTH_FAMILIES_TWICE)
    first = {session.member: answered(session) or picks(BASE_INDEX) for session in sessions}
    check(judge, fleet, sessions, lambda member: [first[member]] * 4)


@covers("PROC-004")
def test_one_familys_offset_leaves_the_other_where_it_was(judge: Judge, fleet: Fleet) -> None:
    stored = based(fit_for(fleet.pids).accounts)
    fleet.prepare(stored, OFF)
    fleet.load(OFF)
    sessions = fleet.select(stored, ["gemini"], before=[select(offset=True)])
    check(judge, fleet, sessions, lambda _: [UNJUDGED, picks(BASE_INDEX)])


@covers("PROC-005")
def test_a_forked_child_starts_on_the_account_of_its_own_id(judge: Judge, fleet: Fleet) -> None:
    fit = fit_for(fleet.pids)
    stored, asked = based(fit.accounts), select(offset=True)
    fork = ("fork", {"calls": [asked.to_json()]})
    answers = fleet.ask([("open", {"pool": stored}), fork, (asked.method, dict(asked.params))])
    for member, (opened, forked, own) in zip(fleet.members, answers, strict=True):
        pid, selected = shown_fork(forked)
        judge.expect(True, pid not in (None, member.pid), Scenario([]), "the child has an id of its own", observed=True)
        calls = [open_pool(stored, pid), asked]
        judge.expect(picks(fit.start(pid)), selected, Scenario(calls), "account of the forked child", observed=True)
        parent = Session(member, Scenario([open_pool(stored, member.pid), asked]), [opened, own])
        check_first(judge, fleet, fit, [parent])


@covers("PROC-006")
def test_every_process_uses_the_only_account(judge: Judge, fleet: Fleet) -> None:
    sessions = fleet.start_sessions(pool(1), ON, BOTH_FAMILIES_TWICE)
    check(judge, fleet, sessions, lambda _: [picks(0)] * 4)


@covers("PROC-007")
def test_processes_share_accounts_where_there_are_fewer(judge: Judge) -> None:
    fleet = judge.shared_fleet(least=3)
    check_first(judge, fleet, Fit(2, 0), fleet.start_sessions(based(2), ON, ["claude"]))


@covers("PROC-008")
def test_the_whole_of_a_pool_with_more_accounts_than_processes_is_used(judge: Judge, fleet: Fleet) -> None:
    more = max(FEW, len(fleet.pids)) + 1
    fit = fit_for(fleet.pids, wrong_starts=WRONG_IN_LARGE_POOLS, least=more)
    check_first(judge, fleet, fit, fleet.start_sessions(based(fit.accounts), ON, ["claude"]))


def landing(fleet: Fleet, fit: Fit, stored: Json) -> tuple[Json, Expected]:
    """A pool in which the account of the first process is stored so, and what each then selects, twice."""
    taken = fit.start(fleet.pids[0])
    others = [index for index in range(fit.accounts) if index != taken]
    next_in_rotation = others[BASE_INDEX % len(others)]

    def expected(member: Member) -> list[Json]:
        start = fit.start(member.pid)
        return [picks(next_in_rotation if start == taken else start)] * 2

    return based([stored if index == taken else {} for index in range(fit.accounts)]), expected


@covers("PROC-009")
def test_processes_leave_a_disabled_landing_place(judge: Judge, fleet: Fleet) -> None:
    """Of two accounts, so that a deviation can be told from other faults by the account that is answered."""
    stored, expected = landing(fleet, Fit(2, 0), {"enabled": False})
    check(judge, fleet, fleet.start_sessions(stored, ON, ["claude", "claude"]), expected)


@covers("PROC-010")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_processes_leave_a_limited_landing_place(judge: Judge, fleet: Fleet, family: str) -> None:
    limited = {"rateLimitResetTimes": dict.fromkeys(QUOTA_KEYS, FAR_MS)}
    stored, expected = landing(fleet, fit_for(fleet.pids), limited)
    check(judge, fleet, fleet.start_sessions(stored, ON, [family, family]), expected)


@covers("PROC-011")
def test_hybrid_selects_candidates_alike_in_every_process(judge: Judge, fleet: Fleet) -> None:
    count = fit_for(fleet.pids).accounts
    sessions = fleet.start_sessions(pool(count), HYBRID, ["claude"] * count)
    check(judge, fleet, sessions, lambda _: [picks(index) for index in range(count)])


@covers("PROC-012")
def test_hybrid_without_a_candidate_starts_on_the_account_of_the_id(judge: Judge, fleet: Fleet) -> None:
    fit = fit_for(fleet.pids)
    stored = based(fit.accounts)
    fleet.prepare(stored, HYBRID)
    fleet.load(HYBRID)
    check_first(judge, fleet, fit, fleet.select(stored, ["claude"], health=POOR_HEALTH))


@covers("PROC-013")
@pytest.mark.parametrize(
    ("user", "project", "offset"),
    [(ON, None, True), (OFF, {"pid_offset_enabled": True}, True), (ON, {"pid_offset_enabled": False}, False)],
    ids=["user", "project", "project over user"],
)
def test_the_config_file_reaches_every_process(
    judge: Judge, fleet: Fleet, user: Json, project: Json, offset: bool
) -> None:
    fit = fit_for(fleet.pids)
    stored = based(fit.accounts)
    whole = None if project is None else {**user, **project}  # releases fill a file up with defaults (LAY-003)
    fleet.prepare(stored, user, whole)
    fleet.load({**ON, "pid_offset_enabled": offset})
    sessions = fleet.select(stored, ["claude"])
    check(judge, fleet, sessions, lambda member: [picks(fit.start(member.pid) if offset else BASE_INDEX)])


@covers("PROC-014")
@pytest.mark.parametrize("value", ["1", "true"])
def test_the_variable_reaches_every_process(judge: Judge, fleet: Fleet, value: str) -> None:
    fit = fit_for(fleet.pids)
    stored = based(fit.accounts)
    fleet.prepare(stored, OFF)
    fleet.load(ON, {OFFSET_VARIABLE: value})
    check_first(judge, fleet, fit, fleet.select(stored, ["claude"]))


@covers("PROC-015")
def test_what_other_processes_have_stored_is_kept(judge: Judge, fleet: Fleet) -> None:
    """Each limits an account of its own and saves, when all have read the file; one account is left for the next."""
    count = len(fleet.members)
    stored = pool(count + 1)
    fleet.start_sessions(stored, OFF, [])
    for index, member in enumerate(fleet.members):
        call = limit(index, DAY_MS)
        fleet.ask([(call.method, dict(call.params)), ("save", {})], [member])
    reader = fleet.members[0]
    (session,) = fleet.select(stored, ["claude"], members=[reader])
    check(judge, fleet, [session], lambda _: [picks(count)])


# Started in other ways, and ended


@covers("PROC-016")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_however_python_starts_the_process_its_own_id_counts(judge: Judge, method: str) -> None:
    with judge.start_group([judge.launch(start_method=method)] * judge.processes) as group:
        fleet = Fleet.greet(group)
        fit = fit_for(fleet.pids)
        check_first(judge, fleet, fit, fleet.start_sessions(based(fit.accounts), ON, ["claude"]))


@covers("PROC-017")
def test_processes_that_are_started_one_after_another(judge: Judge) -> None:
    """Each has selected before the next is there. The pool can only be fitted once all are."""
    with judge.start_group([]) as group:
        fleet = Fleet(group)
        for _ in range(judge.processes):
            member = fleet.add(group.start(judge.launch(), judge.processes))
            fleet.prepare(based(3), ON)
            fleet.load(ON, members=[member])
            session = fleet.select(based(3), ["claude"], members=[member])
            check_first(judge, fleet, Fit(3, 0), session)
        fit = fit_for(fleet.pids)
        fleet.prepare(based(fit.accounts), ON)
        for member in fleet.members:
            check_first(judge, fleet, fit, fleet.select(based(fit.accounts), ["claude"], members=[member]))


@covers("PROC-017")
def test_processes_with_a_home_each_that_begin_at_one_moment(judge: Judge) -> None:
    launches = [judge.launch(f"homes/{number}") for number in range(judge.processes)]
    with judge.start_group(launches, held=True) as group:
        fleet = Fleet.greet(group)
        fit = fit_for(fleet.pids)
        check_first(judge, fleet, fit, fleet.start_sessions(based(fit.accounts), ON, ["claude"]))


@covers("PROC-018")
def test_a_process_that_restarts_adds_its_offset_to_what_was_stored(judge: Judge) -> None:
    launches = [judge.launch(f"homes/{number}") for number in range(judge.processes)]
    with judge.start_group(launches) as group:
        fleet = Fleet.greet(group)
        fit = fit_for(fleet.pids)
        stored = based(fit.accounts)
        starts = {member: fit.start(member.pid) for member in fleet.members}
        check_first(judge, fleet, fit, fleet.start_sessions(stored, ON, ["claude", "gemini"]))
        fleet.ask([("save", {})])
        fleet.restart()
        fleet.load(ON)
        left = {member: pool(fit.accounts, activeIndex=start) for member, start in starts.items()}
        sessions = [fleet.select(left[member], ["claude", "gemini"], members=[member])[0] for member in fleet.members]
        check(judge, fleet, sessions, lambda member: [picks((starts[member] + member.pid) % fit.accounts)] * 2)


@covers("PROC-019")
def test_processes_killed_in_the_middle_leave_the_others_alone(judge: Judge) -> None:
    """All that start where the first does are killed while they select: each of the others has another account."""
    with judge.start_group([judge.launch()] * judge.processes) as group:
        fleet = Fleet.greet(group)
        fit = fit_for(fleet.pids)
        stored, families = based(fit.accounts), ["claude"] * 4
        check_first(judge, fleet, fit, fleet.start_sessions(stored, ON, ["claude"]))
        victims = [member for member in fleet.members if fit.start(member.pid) == fit.start(fleet.pids[0])]
        others = [member for member in fleet.members if member not in victims]
        for at_work in (fleet.go_on(families, kill=victims), fleet.go_on(families, members=others)):
            check(judge, fleet, at_work, lambda member: [picks(fit.start(member.pid))] * len(families))
        late = fleet.add(group.start(judge.launch(), len(fleet.members) + 1))
        fleet.load(ON, members=[late])
        check_first(judge, fleet, fit, fleet.select(stored, ["claude"], members=[late]))


# On chosen ids


def check_spread(judge: Judge, pids: Sequence[int], accounts: int, expected: Sequence[int]) -> None:
    """How many processes start on each account that any starts on, the fewest first; which these are is PROC-001's."""
    with judge.start_group([judge.launch()] * len(pids), pids=pids) as group:
        fleet = chosen(Fleet.greet(group), pids)
        sessions = fleet.start_sessions(based(accounts), ON, ["claude"])
        counts = Counter(account["label"] for session in sessions if (account := answered(session)) is not None)
        what = f"processes on each account, of {len(pids)} with ids from {pids[0]} to {pids[-1]}"
        scenario = sessions[0].scenario
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
        check_first(judge, fleet, Fit(3, 0), fleet.start_sessions(based(3), ON, ["claude"]))


@covers("PROC-024")
def test_the_largest_id_counts_in_full(judge: Judge) -> None:
    judge.skip_without_namespaces()
    pids = [largest_pid(), largest_pid() - 1]
    with judge.start_group([judge.launch()] * 2, pids=pids) as group:
        fleet = chosen(Fleet.greet(group), pids)
        check_first(judge, fleet, Fit(7, 0), fleet.start_sessions(based(7), ON, ["claude"]))


def answered(session: Session) -> Json:
    """The account that the session selected first; None where there is none."""
    return getattr(session.answers[1], "value", None)


def shown_fork(answer: Any) -> tuple[Any, Json]:
    """The id of the forked child, and what it selected."""
    forked = getattr(answer, "value", None) or {"pid": None, "answers": [{}]}
    return forked["pid"], forked["answers"][0].get("result")
