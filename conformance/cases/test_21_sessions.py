"""SES: several sessions in one process. Each scenario begins and ends in session 0, as the next one expects."""

from collections.abc import Sequence

import pytest

from conformance.cases.events_kit import each_event
from conformance.cases.generated import claimed, comparable
from conformance.cases.kit import Judge, covers
from conformance.wire.calls import label, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

FIRST, SECOND, CLOSE = Call("use_session", {"session": 0}), Call("use_session", {"session": 1}), Call("close")


def both(first: Call, *calls: Call) -> Scenario:
    """Open the same pool in both sessions, then make the calls, from session 1."""
    return Scenario([FIRST, first, SECOND, first, *calls, FIRST])


def rotates(index: int) -> Call:
    return select(strategy="round-robin").gives(picks(index))


@covers("SES-001")
def test_session_has_its_own_rotation(judge: Judge) -> None:
    judge.check(both(open_pool(pool(3)), rotates(0), rotates(1), FIRST, rotates(0), SECOND, rotates(2)))


@covers("SES-002")
def test_session_has_its_own_current_accounts(judge: Judge) -> None:
    calls = [rotates(0), rotates(1), FIRST, select().gives(picks(0)), SECOND, select().gives(picks(1))]
    judge.check(both(open_pool(pool(3)), *calls))


@covers("SES-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_session_applies_pid_offset_once(judge: Judge, family: str) -> None:
    moved = select(family, offset=True).gives(picks(1))
    judge.check(both(open_pool(pool(3), pid=1), moved, moved, FIRST, moved, moved))


@covers("SES-003")
def test_session_opened_later_applies_pid_offset(judge: Judge) -> None:
    opened, moved = open_pool(pool(3), pid=1), select(offset=True).gives(picks(1))
    judge.check(Scenario([FIRST, opened, moved, SECOND, opened, moved, FIRST]))


@covers("SES-004")
def test_rate_limit_applies_to_its_session(judge: Judge) -> None:
    calls = [limit(0, 60_000), select().gives(picks(1)), FIRST, select().gives(picks(0))]
    judge.check(both(open_pool(pool(3)), *calls))


@covers("SES-005")
def test_close_affects_one_session(judge: Judge) -> None:
    calls = [CLOSE, FIRST, select().gives(picks(0)), SECOND, select().refuses("not_open")]
    judge.check(both(open_pool(pool(3)), *calls))


@covers("SES-005")
def test_open_affects_one_session(judge: Judge) -> None:
    calls = [rotates(0), open_pool(pool(2)), FIRST, rotates(0), rotates(1), rotates(2)]
    judge.check(both(open_pool(pool(3)), *calls))


@covers("SES-001")
def test_choosing_the_chosen_session_changes_nothing(judge: Judge) -> None:
    judge.check(Scenario([FIRST, open_pool(pool(3)), rotates(0), FIRST, rotates(1), FIRST, rotates(2)]))


@covers("SES-002")
@pytest.mark.parametrize("number", [2, 255, 256, 65_536, 2**31])
def test_each_number_is_a_session_of_its_own(judge: Judge, number: int) -> None:
    other = [Call("use_session", {"session": number}), open_pool(pool(2)), rotates(0), CLOSE]
    judge.check(Scenario([FIRST, open_pool(pool(3)), rotates(0), rotates(1), *other, FIRST, rotates(2)]))


PROBES = [
    *[select(family, strategy) for family in ("claude", "gemini") for strategy in ("round-robin", "hybrid", "sticky")],
    *[select(strategy="round-robin", soft_quota_threshold_percent=50)] * 2,
    Call("mark_rate_limited_with_reason", {"label": label(0), "family": "claude", "reason": "QUOTA_EXHAUSTED"}),
]


@covers("SES-006")
@each_event(but=["outcome", "tokens"])
def test_event_applies_to_its_session(judge: Judge, events: Sequence[Call]) -> None:
    """Health and tokens may belong to the process, as in the releases."""
    probes = claimed(PROBES, judge.capabilities)
    opened = [FIRST, open_pool(pool(3)), SECOND, open_pool(pool(3))]
    without, *asked = ([*opened, *events[:count], FIRST, *probes] for count in range(len(events) + 1))
    expected = comparable(judge.ask(without))[-len(probes) :]
    for calls in asked:
        judge.expect(expected, comparable(judge.ask(calls))[-len(probes) :], Scenario(calls), "answers of session 0")
