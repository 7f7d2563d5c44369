"""STK: the sticky strategy."""

import pytest

from conformance.cases.kit import Judge, covers
from conformance.wire.calls import advance, cool, label, limit, limit_family, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

FAMILY = pytest.mark.parametrize("family", ["claude", "gemini"])


@covers("STK-001")
def test_sticky_returns_the_same_account(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *[select().gives(picks(1))] * 20]))


@covers("STK-002")
@FAMILY
def test_limited_account_is_replaced(judge: Judge, family: str) -> None:
    calls = [select(family).gives(picks(0)), *limit_family(0, 60_000, family), *[select(family).gives(picks(1))] * 12]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("STK-002")
def test_moves_rotate_over_available_accounts(judge: Judge) -> None:
    # Cursor 2 over the available accounts [0, 1], then cursor 3 over [0].
    calls = [limit(2, 60_000), select().gives(picks(0)), limit(1, 60_000), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(3, activeIndex=2)), *calls]))


@covers("STK-003")
@FAMILY
def test_sticky_does_not_return_to_old_account(judge: Judge, family: str) -> None:
    limited = limit_family(0, 1000, family)
    kept = select(family).gives(picks(1))
    calls = [*limited, kept, advance(1001), *[kept] * 12]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("STK-004")
def test_move_of_one_family_leaves_the_other(judge: Judge) -> None:
    calls = [select(), select("gemini"), limit(0, 60_000), select().gives(picks(1))]
    judge.check(Scenario([open_pool(pool(3)), *calls, select("gemini").gives(picks(0))]))


@covers("STK-005")
@pytest.mark.parametrize(
    "event",
    [
        limit(1, 1000),
        limit(1, 0),
        cool(1, 1000),
        Call("mark_used", {"label": label(1)}),
        Call("mark_success", {"label": label(1)}),
        Call("mark_rate_limited_with_reason", {"label": label(1), "family": "claude", "reason": "SERVER_ERROR"}),
        Call("record_health", {"label": label(1), "outcome": "success"}),
        Call("refund_token", {"label": label(1)}),
        Call("set_enabled", {"label": label(1), "enabled": True}),
    ],
    ids=lambda event: f"{event.method} {event.params.get('retry_after_ms', '')}".strip(),
)
def test_events_of_other_account_leave_current_one(judge: Judge, event: Call) -> None:
    kept = [select().gives(picks(0)), select("gemini").gives(picks(0))]
    judge.check(Scenario([open_pool(pool(3)), *kept, event, *kept, advance(1000), *kept]))
