"""SES: several sessions in one process. Each scenario begins and ends in session 0, as the next one expects."""

import pytest

from conformance.cases.events_kit import OUTCOMES, SELECTIONS, TOKENS, other_events, require_verification, switch
from conformance.cases.generated import claimed
from conformance.cases.kit import Judge, covers
from conformance.wire.calls import cool, label, limit, open_pool, picks, pool, remove, select
from conformance.wire.scenario import Call, Scenario

FIRST, SECOND, CLOSE = Call("use_session", {"session": 0}), Call("use_session", {"session": 1}), Call("close")

UNUSED = Call("snapshot").gives({"accounts": [{"last_used_ms": 0}] * 2})
STAY = [
    *[select(family, model=model).gives(picks(0)) for family in ("claude", "gemini") for model in (None, "m")],
    *[select(family, "round-robin").gives(picks(index)) for family in ("claude", "gemini") for index in (0, 1)],
]
FIRST_FAILURE = Call(
    "mark_rate_limited_with_reason", {"label": label(0), "family": "claude", "reason": "QUOTA_EXHAUSTED"}
).gives({"backoff_ms": 60_000})


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
def test_sessions_share_the_pid(judge: Judge) -> None:
    """The PID is that of the last `open`, in whichever session."""
    first, last = (open_pool(pool(3), pid=pid) for pid in (1, 2))
    judge.check(Scenario([SECOND, first, FIRST, last, SECOND, select(offset=True).gives(picks(2)), CLOSE, FIRST]))


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


@covers("SES-005")
def test_many_sessions_go_on(judge: Judge) -> None:
    """Sessions that were opened long ago, and more of them than a small cache holds."""
    use = [Call("use_session", {"session": number}) for number in range(20)]
    opened = [call for each in use for call in (each, open_pool(pool(3)), rotates(0))]
    again = [call for each in use for call in (each, rotates(1), CLOSE)]
    judge.check(Scenario([*opened, *again, FIRST]))


@covers("SES-006")
def test_event_affects_its_session_only(judge: Judge) -> None:
    """An event in session 1 changes nothing that session 0 shows. SES-004 judges limits, SES-001 rotations."""
    lasting = [cool(0), switch(0, on=False), require_verification(0), remove(0)]
    further = [[call] for call in claimed(lasting, judge.capabilities)]
    for event in [*other_events(judge, OUTCOMES, TOKENS, SELECTIONS, "limit", "failure"), *further]:
        judge.check(
            both(open_pool(pool(2)), *event, FIRST, *claimed([UNUSED, *STAY, FIRST_FAILURE], judge.capabilities))
        )


@covers("SES-006")
def test_failures_count_in_their_session_only(judge: Judge) -> None:
    judge.check(both(open_pool(pool(2)), FIRST_FAILURE, FIRST, FIRST_FAILURE))


@covers("SES-006")
def test_use_counts_in_its_session_only(judge: Judge) -> None:
    judge.check(both(open_pool(pool(2)), select(strategy="hybrid"), FIRST, UNUSED))
