"""TOK: tokens. The result of a consumption shows the tokens before it."""

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import TOKENS, other_events
from conformance.cases.hybrid_kit import consume, refund
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import advance, open_pool, pool, remove, select
from conformance.wire.scenario import Call, Scenario

HOUR_MS = 3_600_000


def took(left: float) -> Json:
    return {"consumed": True, "tokens": left}


def refused(left: float) -> Json:
    return {"consumed": False, "tokens": left}


def holds(tokens: float) -> Json:
    return {"tokens": tokens}


@covers("TOK-001")
def test_bucket_starts_with_50_tokens(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(1)), consume(0, 50).gives(took(0))]))


@covers("TOK-002")
@property_case(ms=st.integers(0, 390_000))
def test_bucket_refills_in_fractions(judge: Judge, ms: int) -> None:
    calls = [open_pool(pool(1)), consume(0, 40), advance(ms), consume(0, 1)]
    left = (values(judge.ask(calls))[-1] or {"tokens": -1})["tokens"]
    # Rounded, since the order of multiplication and division is not specified.
    judge.expect(round(9 + ms / 10_000, 6), round(left, 6), Scenario(calls), "tokens left")


@covers("TOK-002")
@pytest.mark.parametrize("ms", [10_000, 9_999])
def test_bucket_refills_one_token_in_ten_seconds(judge: Judge, ms: int) -> None:
    answer = took(0) if ms == 10_000 else {"consumed": False}
    judge.check(Scenario([open_pool(pool(1)), consume(0, 40), advance(ms), consume(0, 11).gives(answer)]))


@covers("TOK-002")
def test_fractions_are_kept_between_changes(judge: Judge) -> None:
    calls = [consume(0, 49), advance(5000), consume(0, 1), advance(5000), consume(0, 1).gives(took(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("TOK-002")
@pytest.mark.parametrize("back_ms", [1, 60_000, HOUR_MS])
def test_refill_restarts_after_clock_was_set_back(judge: Judge, back_ms: int) -> None:
    """The refill counts from the last change, although an earlier one has a later time."""
    tokens = {"initial_tokens": 1000, "max_tokens": 1000}
    calls = [
        open_pool(pool(1), tokens=tokens),
        consume(0, 100),
        advance(-back_ms),
        consume(0, 100),
        advance(60_000),
        consume(0, 1),
    ]
    *_, low, _, after = [(answer or {}).get("tokens", 0) for answer in values(judge.ask(calls))]
    judge.expect(round(low + 5, 6), round(after, 6), Scenario(calls), "tokens left")


@covers("TOK-003")
@pytest.mark.parametrize("taken", [0, 1, 20, 49.5])
def test_consuming_too_many_tokens_is_refused(judge: Judge, taken: float) -> None:
    left = 50 - taken
    calls = [consume(0, taken), consume(0, left + 0.5).gives(refused(left)), consume(0, left).gives(took(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls, consume(0, 0.5).gives(refused(0))]))


@covers("TOK-003")
@pytest.mark.parametrize("initial", [10, 50, 60])
def test_refusal_does_not_start_the_refill(judge: Judge, initial: float) -> None:
    """An unused bucket stays unused (TOK-008), also above the maximum (TOK-009)."""
    calls = [consume(0, 100).gives(refused(initial)), advance(HOUR_MS), consume(0, 100).gives(refused(initial))]
    judge.check(
        Scenario([open_pool(pool(1), tokens={"initial_tokens": initial}), *calls, consume(0, initial).gives(took(0))])
    )


@covers("TOK-004")
@pytest.mark.parametrize(("taken", "given_back"), [(1, 5), (1, 1), (10, 100)])
def test_refund_stops_at_maximum(judge: Judge, taken: float, given_back: float) -> None:
    calls = [consume(0, taken), refund(0, given_back).gives(holds(50)), consume(0, 50).gives(took(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("TOK-005")
@pytest.mark.parametrize(("amount", "left"), [(None, 49), (1, 49), (0.5, 49.5), (20, 30), (0, 50)])
def test_requested_amount_is_consumed(judge: Judge, amount: float | None, left: float) -> None:
    judge.check(Scenario([open_pool(pool(1)), consume(0, amount).gives(took(left))]))


@covers("TOK-006")
@pytest.mark.parametrize(("amount", "then"), [(None, 31), (1, 31), (0.5, 30.5), (15, 45), (0, 30)])
def test_refunded_amount_is_added(judge: Judge, amount: float | None, then: float) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[consume(0)] * 20, refund(0, amount).gives(holds(then))]))


@covers("TOK-007")
def test_refill_stops_at_maximum(judge: Judge) -> None:
    calls = [consume(0, 10), advance(HOUR_MS), consume(0, 1).gives(took(49))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("TOK-008")
def test_unused_bucket_does_not_refill(judge: Judge) -> None:
    calls = [advance(HOUR_MS), consume(0, 1).gives(took(9)), advance(HOUR_MS), consume(0, 1).gives(took(49))]
    judge.check(Scenario([open_pool(pool(1), tokens={"initial_tokens": 10}), *calls]))


@covers("TOK-009")
def test_maximum_does_not_cap_initial_tokens(judge: Judge) -> None:
    opened = open_pool(pool(1), tokens={"initial_tokens": 50, "max_tokens": 10})
    judge.check(Scenario([opened, consume(0, 45).gives(took(5))]))


@covers("TOK-010")
@pytest.mark.parametrize(
    ("settings", "calls", "left"),
    [
        ({"initial_tokens": 3}, [consume(0, 1)], 2),
        ({"max_tokens": 60}, [consume(0, 1), advance(HOUR_MS), consume(0, 1)], 59),
        ({"max_tokens": 20, "initial_tokens": 20}, [consume(0, 1), advance(HOUR_MS), consume(0, 1)], 19),
        ({"regeneration_rate_per_minute": 60}, [consume(0, 40), advance(5000), consume(0, 1)], 14),
        ({"regeneration_rate_per_minute": 0.5}, [consume(0, 40), advance(120_000), consume(0, 1)], 10),
    ],
)
def test_configured_token_settings_take_effect(judge: Judge, settings: Json, calls: list[Call], left: float) -> None:
    *before, last = calls
    judge.check(Scenario([open_pool(pool(1), tokens=settings), *before, last.gives(took(left))]))


@covers("TOK-011")
def test_consumption_affects_one_account(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), consume(1, 30), consume(0, 1).gives(took(49))]))


@covers("TOK-012")
def test_selection_consumes_no_token(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[select(strategy="hybrid")] * 3, consume(0, 1).gives(took(49))]))


@covers("TOK-013")
def test_new_session_resets_tokens(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(1)), consume(0, 30), open_pool(pool(1)), consume(0, 1).gives(took(49))]))


@covers("TOK-014")
@pytest.mark.parametrize("removed", [0, 2])
def test_removal_keeps_tokens_of_other_account(judge: Judge, removed: int) -> None:
    judge.check(Scenario([open_pool(pool(3)), consume(1, 30), remove(removed), consume(1, 1).gives(took(19))]))


@covers("TOK-014")
@pytest.mark.parametrize(("emptied", "heir"), [(0, 1), (1, 2)])
def test_removal_passes_tokens_to_no_account(judge: Judge, emptied: int, heir: int) -> None:
    calls = [consume(emptied, 30), remove(0), consume(heir, 1).gives(took(49))]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("TOK-015")
@pytest.mark.parametrize("back_ms", [1, 60_000, HOUR_MS])
def test_clock_set_back_does_not_change_tokens(judge: Judge, back_ms: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), consume(0, 10), advance(-back_ms), consume(0, 1).gives(took(39))]))
    refilled = [consume(0, 30), advance(60_000), refund(0, 14).gives(holds(40)), advance(-back_ms)]
    judge.check(Scenario([open_pool(pool(1)), *refilled, consume(0, 1).gives(took(39))]))


@covers("TOK-016")
def test_other_calls_do_not_change_a_bucket(judge: Judge) -> None:
    taken = [consume(0, 10).gives({"tokens": 50 - 10 * count}) for count in (1, 2)]
    for event in other_events(judge, TOKENS):
        returned = [*event, refund(0, 5).gives(holds(35)), consume(0, 5).gives(took(30))]
        judge.check(Scenario([open_pool(pool(1)), *event, taken[0], *event, taken[1], *returned]))
