"""STK: strategy sticky."""

from conformance.cases.kit import Judge, covers
from conformance.wire.calls import advance, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Scenario


@covers("STK-001")
def test_the_account_is_kept_from_call_to_call(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *[select().gives(picks(1))] * 5]))


@covers("STK-002")
def test_a_limited_account_is_left_for_good(judge: Judge) -> None:
    calls = [select().gives(picks(0)), limit(0, 60_000), *[select().gives(picks(1))] * 3]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("STK-002")
def test_moves_go_round_the_accounts_that_can_be_used(judge: Judge) -> None:
    # Turn 2 of the available [0, 1], then turn 3 of the available [0].
    calls = [limit(2, 60_000), select().gives(picks(0)), limit(1, 60_000), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(3, activeIndex=2)), *calls]))


@covers("STK-003")
def test_the_old_account_is_not_returned_to(judge: Judge) -> None:
    calls = [limit(0, 1000), select().gives(picks(1)), advance(1001), *[select().gives(picks(1))] * 2]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("STK-004")
def test_a_move_of_one_family_leaves_the_other(judge: Judge) -> None:
    calls = [select(), select("gemini"), limit(0, 60_000), select().gives(picks(1))]
    judge.check(Scenario([open_pool(pool(3)), *calls, select("gemini").gives(picks(0))]))
