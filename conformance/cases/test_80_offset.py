"""Properties of the PID offset and of rotation, over generated sessions."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from hypothesis import strategies as st

from conformance.cases.generated import (
    ANY_SESSION,
    FAMILY,
    OTHER,
    PIDS,
    Row,
    claimed,
    comparable,
    count_of,
    events_of,
    is_sticky,
    opened,
    pools,
    same_accounts,
    sessions,
    usable_at,
    with_offset,
)
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import label, open_pool, select
from conformance.wire.scenario import Call, Scenario

RR = "round-robin"
FREE = sessions(kinds=["select", "select", "advance", "outcome"])  # every account is available


def is_no_rotation(call: Call) -> bool:
    """Is the call not a round-robin selection? RR-003 judges those."""
    return bool(call.params.get("strategy") != RR)


@covers("PID-001")
@property_case(session=sessions(blocked=True), pid=PIDS, turns=st.integers(2**24, 2**28))
def test_only_pid_modulo_n_counts(judge: Judge, session: Row, pid: int, turns: int) -> None:
    """Two PIDs that are equal modulo n give the same session."""
    events = [with_offset(event, is_no_rotation) for event in events_of(session, judge.capabilities)]
    near = pid % count_of(session)
    further = near + turns * count_of(session)
    same_accounts(
        judge, [opened(session, near), *events], [opened(session, further), *events], "accounts of the other process"
    )


@covers("PID-007")
@property_case(session=sessions(disabled=True, kinds=["select", "advance"]), pid=st.integers(0, 2**22))
def test_only_pid_modulo_n_counts_with_disabled_accounts(judge: Judge, session: Row, pid: int) -> None:
    events = [with_offset(event, is_no_rotation) for event in events_of(session, judge.capabilities)]
    further = pid + count_of(session)
    same_accounts(
        judge, [opened(session, pid), *events], [opened(session, further), *events], "accounts of the other process"
    )


@covers("PID-002")
@property_case(stored=pools(), pids=st.lists(PIDS, min_size=2, max_size=20), family=FAMILY)
def test_processes_spread_by_pid_modulo_n(judge: Judge, stored: Json, pids: list[int], family: str) -> None:
    """Remainders decide how many processes share an account. PID-001 and PID-006 judge which account it is."""
    calls = [call for pid in pids for call in (open_pool(stored, pid=pid), select(family, offset=True))]
    used = Counter(answer["label"] for answer in values(judge.ask(calls))[1::2] if answer)
    remainders = Counter(pid % len(stored["accounts"]) for pid in pids)
    judge.expect(sorted(remainders.values()), sorted(used.values()), Scenario(calls), "processes by account")


@covers("PID-003")
@property_case(
    session=sessions(kinds=[*["select"] * 6, "limit", "advance"], strategies=["sticky", "sticky", RR], shortest=6),
    pid=PIDS,
)
def test_offset_has_no_effect_after_first_selection(judge: Judge, session: Row, pid: int) -> None:
    """After a family's first sticky selection, the offset may be on or off. Round-robin never uses it (RR-003)."""
    once: list[Call] = []
    always: list[Call] = []
    moved: set[str] = set()
    for event in events_of(session, judge.capabilities):
        family = event.params.get("family", "")
        is_first = event.method == "select" and is_sticky(event) and family not in moved
        once.append(with_offset(event) if is_first else event)
        moved |= {family} if is_first else set()
        always.append(with_offset(event) if family in moved and event.params.get("strategy") != RR else event)
    same_accounts(
        judge, [opened(session, pid), *once], [opened(session, pid), *always], "accounts with the offset left on"
    )


@covers("PID-004")
@property_case(session=FREE, pid=PIDS, family=FAMILY)
def test_offset_does_not_depend_on_other_family(judge: Judge, session: Row, pid: int, family: str) -> None:
    events = [with_offset(e, is_sticky) for e in events_of(session, judge.capabilities)]
    alone_or_not(judge, opened(session, pid), family, events, offset=True)


@covers("PID-005")
@property_case(session=FREE, pid=PIDS, family=FAMILY)
def test_offset_of_other_family_has_no_effect(judge: Judge, session: Row, pid: int, family: str) -> None:
    events = [with_offset(e, is_sticky) for e in events_of(session, judge.capabilities)]
    alone_or_not(judge, opened(session, pid), family, events, offset=False)


@covers("STK-004")
@property_case(session=sessions(kinds=["select", "select", "limit", "advance", "outcome"]), family=FAMILY)
def test_calls_of_other_family_have_no_effect(judge: Judge, session: Row, family: str) -> None:
    """The other family has rate limits too, and moves."""
    alone_or_not(judge, opened(session), family, events_of(session, judge.capabilities), offset=False)


def alone_or_not(judge: Judge, start: Call, family: str, events: Sequence[Call], *, offset: bool) -> None:
    """Expect that a sticky family gets the same accounts with and without the calls of the other family."""
    own = select(family, offset=offset)
    others = [event for event in events if event.params.get("family", OTHER[family]) != family]
    together = [start, *(call for event in others for call in (event, own))]
    alone = [call for call in together if call.params.get("family", family) == family]
    answers = comparable(judge.ask([*together, *alone]))
    parts = (together, answers[: len(together)]), (alone, answers[len(together) :])
    one, two = ([a for call, a in zip(calls, part, strict=True) if call == own] for calls, part in parts)
    judge.expect(two, one, Scenario([*together, *alone]), f"accounts of {family} beside the other family")


@covers("PID-006")
@property_case(stored=pools(), pid=PIDS, steps=st.integers(1, 6), base=st.integers(0, 6), family=FAMILY)
def test_rotating_accounts_and_index_changes_nothing(
    judge: Judge, stored: Json, pid: int, steps: int, base: int, family: str
) -> None:
    """If the accounts and the stored index are rotated by the same number of steps, the same accounts are selected."""
    count = len(stored["accounts"])
    turn, at = steps % count, base % count
    turned = stored["accounts"][turn:] + stored["accounts"][:turn]
    calls = []
    for accounts, index in ((stored["accounts"], at), (turned, (at - turn) % count)):
        one = {**stored, "accounts": accounts, "activeIndex": index, "activeIndexByFamily": {family: index}}
        calls += [open_pool(one, pid=pid), select(family), select(family, offset=True), select(family)]
    answers = values(judge.ask(calls))
    first, second = ([answer and answer["label"] for answer in part] for part in (answers[1:4], answers[5:]))
    judge.expect(first, second, Scenario(calls), "accounts of the rotated list")


@covers("PID-009")
@property_case(calls=ANY_SESSION, pid=PIDS)
def test_session_without_offset_does_not_depend_on_pid(judge: Judge, calls: Json, pid: int) -> None:
    """With the offset off, no result of any session depends on the PID."""
    asked = claimed([Call(method, params) for method, params in calls], judge.capabilities)
    plain = [without(call, "pid_offset_enabled") for call in asked]
    others = [dataclasses.replace(c, params={**c.params, "pid": pid}) if c.method == "open" else c for c in plain]
    answers = comparable(judge.ask([*plain, *others]))
    judge.expect(
        answers[: len(plain)], answers[len(plain) :], Scenario([*plain, *others]), "answers of the other process"
    )


def without(call: Call, *names: str) -> Call:
    return dataclasses.replace(call, params={key: value for key, value in call.params.items() if key not in names})


@covers("RR-003")
@property_case(session=sessions(strategies=[RR], blocked=True), pid=PIDS, other=PIDS)
def test_rotation_in_session_does_not_depend_on_pid(judge: Judge, session: Row, pid: int, other: int) -> None:
    """Neither the PID nor the offset affects round-robin, whatever else happens in the session."""
    events = events_of(session, judge.capabilities)
    with_it = [with_offset(event) for event in events]
    same_accounts(
        judge, [opened(session, pid), *events], [opened(session, other), *with_it], "accounts with the offset on"
    )


@covers("RR-002")
@property_case(session=sessions(blocked=True), family=FAMILY, rounds=st.integers(1, 3))
def test_requests_spread_evenly_over_available_accounts(judge: Judge, session: Row, family: str, rounds: int) -> None:
    events = events_of(session, judge.capabilities)
    *_, usable = usable_at(session, events)
    free = sorted(name for index in range(count_of(session)) if f"{family} {(name := label(index))}" in usable)
    requests = [select(family, RR)] * (len(free) * rounds)
    calls = [opened(session), *events, *requests]
    used = Counter(answer["label"] for answer in values(judge.ask(calls))[len(calls) - len(requests) :] if answer)
    judge.expect(dict.fromkeys(free, rounds), dict(used), Scenario(calls), "requests by account")
