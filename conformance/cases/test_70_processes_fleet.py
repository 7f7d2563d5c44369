"""PROC: real processes that start at the same moment, each with its own PID. All cases share one fleet."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.cases.kit import Judge, covers
from conformance.cases.processes_kit import ON, answered, based, check, check_first, fit_pool_for, together
from conformance.json_type import Json
from conformance.processes.fitting import BASE_INDEX, FEW, FORK_POOLS, WRONG_IN_LARGE_POOLS, Fit
from conformance.processes.fleet import Fleet, Member, Transcript
from conformance.wire.calls import limit, open_pool, picks, pool, select
from conformance.wire.scenario import UNJUDGED, Scenario

Expected = Callable[[Member], Sequence[Json]]  # the expected results of a process's selections
OFFSET_VARIABLE = "OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED"
QUOTA_KEYS = ("claude", "gemini-antigravity", "gemini-cli")
DAY_MS = 86_400_000
FAR_MS = 4_102_444_800_000  # the year 2100
POOR_HEALTH = {"initial": 40}  # no account is a candidate
HYBRID = {"account_selection_strategy": "hybrid", "pid_offset_enabled": True}
ROTATE = {"account_selection_strategy": "round-robin", "pid_offset_enabled": True}
OFF = {"account_selection_strategy": "sticky", "pid_offset_enabled": False}
BOTH_FAMILIES_TWICE = ("claude", "claude", "gemini", "gemini")


@pytest.fixture
def fleet(judge: Judge) -> Fleet:
    return judge.shared_fleet(together)


@covers("PROC-001")
def test_each_process_selects_by_its_own_pid(judge: Judge, fleet: Fleet) -> None:
    fit = fit_pool_for(fleet.pids)
    accounts: list[Json] = [{"enabled": False} if index == fit.spare else {} for index in range(fit.accounts)]
    check_first(judge, fleet, fit, fleet.open_and_select(based(accounts), ON, ["claude"]))


@covers("PROC-002")
def test_offset_off_gives_all_processes_one_account(judge: Judge, fleet: Fleet) -> None:
    transcripts = fleet.open_and_select(based(fit_pool_for(fleet.pids).accounts), OFF, BOTH_FAMILIES_TWICE)
    check(judge, fleet, transcripts, lambda _: [picks(BASE_INDEX)] * 4)


@covers("PROC-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_round_robin_gives_every_process_one_sequence(judge: Judge, fleet: Fleet, family: str) -> None:
    count = fit_pool_for(fleet.pids).accounts
    transcripts = fleet.open_and_select(based(count), ROTATE, [family] * (count + 1))
    sequence = [picks((BASE_INDEX + turn) % count) for turn in range(count + 1)]
    check(judge, fleet, transcripts, lambda _: sequence)


@covers("PROC-004")
def test_each_process_applies_its_offset_once_per_family(judge: Judge, fleet: Fleet) -> None:
    """Any first account is accepted, because PROC-001 judges it. The later ones must follow from it."""
    transcripts = fleet.open_and_select(based(fit_pool_for(fleet.pids).accounts), ON, BOTH_FAMILIES_TWICE)
    first = {transcript.member: answered(transcript) or picks(BASE_INDEX) for transcript in transcripts}
    check(judge, fleet, transcripts, lambda member: [first[member]] * 4)


@covers("PROC-004")
def test_offset_of_one_family_leaves_the_other(judge: Judge, fleet: Fleet) -> None:
    stored = based(fit_pool_for(fleet.pids).accounts)
    fleet.prepare(stored, OFF)
    fleet.load(OFF)
    transcripts = fleet.select(stored, ["gemini"], before=[select(offset=True)])
    check(judge, fleet, transcripts, lambda _: [UNJUDGED, picks(BASE_INDEX)])


@covers("PROC-005")
@pytest.mark.parametrize("count", FORK_POOLS)
def test_forked_child_selects_by_its_own_pid(judge: Judge, fleet: Fleet, count: int) -> None:
    """Each process has selected in an earlier session, so a PID that it keeps from then on is wrong in the child."""
    fit = Fit(count, 0)
    stored, asked = based(fit.accounts), select(offset=True)
    open_again, ask = ("open", {"pool": stored}), (asked.method, dict(asked.params))
    answers = fleet.ask([open_again, ask, open_again, ("fork", {"calls": [asked.to_json()]}), ask])
    for member, (_, _, opened, forked, own) in zip(fleet.members, answers, strict=True):
        pid, selected = shown_fork(forked)
        judge.expect(True, pid not in (None, member.pid), Scenario([]), "the child has a PID of its own", observed=True)
        calls = [open_pool(stored, pid), asked]
        judge.expect(picks(fit.start(pid)), selected, Scenario(calls), "account of the forked child", observed=True)
        parent = Transcript(member, Scenario([open_pool(stored, member.pid), asked]), [opened, own])
        check_first(judge, fleet, fit, [parent])


@covers("PROC-005")
@pytest.mark.parametrize("count", FORK_POOLS)
def test_forked_child_does_not_apply_the_offset_again(judge: Judge, fleet: Fleet, count: int) -> None:
    """The parent has applied the offset to gemini before it forks, so the child keeps the account of the parent.

    Another child applies the offset to claude, with its own PID.
    """
    stored, asked, other = based(count), select("gemini", offset=True), select(offset=True)
    own, *forks = (
        (asked.method, dict(asked.params)), *[("fork", {"calls": [each.to_json()]}) for each in (asked, other)]
    )  # fmt: skip
    answers = fleet.ask([("open", {"pool": stored}), own, *forks])
    for member, (_, before, forked, forked_again) in zip(fleet.members, answers, strict=True):
        _, selected = shown_fork(forked)
        calls = [open_pool(stored, member.pid), asked, asked]
        kept = getattr(before, "value", None)
        judge.expect(kept, selected, Scenario(calls), "account of the forked child", observed=True)
        pid, selected = shown_fork(forked_again)
        calls, start = [open_pool(stored, pid), other], Fit(count, 0).start(pid)
        judge.expect(picks(start), selected, Scenario(calls), "account of the other family", observed=True)


@covers("PROC-006")
def test_every_process_uses_the_only_account(judge: Judge, fleet: Fleet) -> None:
    transcripts = fleet.open_and_select(pool(1), ON, BOTH_FAMILIES_TWICE)
    check(judge, fleet, transcripts, lambda _: [picks(0)] * 4)


@covers("PROC-007")
def test_processes_share_two_accounts(judge: Judge, fleet: Fleet) -> None:
    while len(fleet.members) <= 2:
        fleet.start(judge.launch())
    check_first(judge, fleet, Fit(2, 0), fleet.open_and_select(based(2), ON, ["claude"]))


@covers("PROC-008")
def test_every_account_of_a_large_pool_counts(judge: Judge, fleet: Fleet) -> None:
    more = max(FEW, len(fleet.pids)) + 1
    fit = fit_pool_for(fleet.pids, wrong_starts=WRONG_IN_LARGE_POOLS, least=more)
    check_first(judge, fleet, fit, fleet.open_and_select(based(fit.accounts), ON, ["claude"]))


def landing(fit: Fit, stored: Json, taken: int) -> tuple[Json, Expected]:
    """Return two selections of each process from a pool whose account `taken` has these stored fields."""
    others = [index for index in range(fit.accounts) if index != taken]
    next_in_rotation = others[BASE_INDEX % len(others)]

    def expected(member: Member) -> list[Json]:
        start = fit.start(member.pid)
        return [picks(next_in_rotation if start == taken else start)] * 2

    return based([stored if index == taken else {} for index in range(fit.accounts)]), expected


@covers("PROC-009")
def test_processes_leave_a_disabled_landing_place(judge: Judge, fleet: Fleet) -> None:
    """With two accounts, the selected account tells a deviation from other faults."""
    fit = Fit(2, 0)
    stored, expected = landing(fit, {"enabled": False}, fit.start(fleet.pids[0]))
    check(judge, fleet, fleet.open_and_select(stored, ON, ["claude", "claude"]), expected)


@covers("PROC-010")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_processes_leave_a_limited_landing_place(judge: Judge, fleet: Fleet, family: str) -> None:
    limited = {"rateLimitResetTimes": dict.fromkeys(QUOTA_KEYS, FAR_MS)}
    fit = fit_pool_for(fleet.pids)
    for taken in sorted({fit.start(pid) for pid in fleet.pids}):  # a port may be wrong with only one of them
        stored, expected = landing(fit, limited, taken)
        check(judge, fleet, fleet.open_and_select(stored, ON, [family, family]), expected)


@covers("PROC-011")
def test_hybrid_selects_candidates_alike_in_every_process(judge: Judge, fleet: Fleet) -> None:
    count = fit_pool_for(fleet.pids).accounts
    transcripts = fleet.open_and_select(pool(count), HYBRID, ["claude"] * count)
    check(judge, fleet, transcripts, lambda _: [picks(index) for index in range(count)])


@covers("PROC-012")
def test_hybrid_without_candidate_selects_by_pid(judge: Judge, fleet: Fleet) -> None:
    fit = fit_pool_for(fleet.pids)
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
    fit = fit_pool_for(fleet.pids)
    stored = based(fit.accounts)
    whole = None if project is None else {**user, **project}  # whole, because of defaults: LAY-003
    fleet.prepare(stored, user, whole)
    fleet.load({**ON, "pid_offset_enabled": offset})
    transcripts = fleet.select(stored, ["claude"])
    check(judge, fleet, transcripts, lambda member: [picks(fit.start(member.pid) if offset else BASE_INDEX)])


@covers("PROC-014")
@pytest.mark.parametrize("value", ["1", "true"])
def test_the_variable_reaches_every_process(judge: Judge, fleet: Fleet, value: str) -> None:
    fit = fit_pool_for(fleet.pids)
    stored = based(fit.accounts)
    fleet.prepare(stored, OFF)
    fleet.load(ON, {OFFSET_VARIABLE: value})
    check_first(judge, fleet, fit, fleet.select(stored, ["claude"]))


@covers("PROC-015")
def test_save_keeps_limits_of_other_processes(judge: Judge, fleet: Fleet) -> None:
    """After all processes have read the file, each limits its own account and saves. One account stays available."""
    count = len(fleet.members)
    stored = pool(count + 1)
    fleet.open_and_select(stored, OFF, [])
    for index, member in enumerate(fleet.members):
        call = limit(index, DAY_MS)
        fleet.ask([(call.method, dict(call.params)), ("save", {})], [member])
    reader = fleet.members[0]
    (transcript,) = fleet.select(stored, ["claude"], members=[reader])
    check(judge, fleet, [transcript], lambda _: [picks(count)])


def shown_fork(answer: Any) -> tuple[Any, Json]:
    """Return the PID of the forked child, and its selections."""
    forked = getattr(answer, "value", None) or {"pid": None, "answers": [{}]}
    return forked["pid"], forked["answers"][0].get("result")
