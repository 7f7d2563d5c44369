"""HEA: health. A final success returns the score; effects of defaults are compared with an earlier score."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import OUTCOMES, other_events, rests
from conformance.cases.hybrid_kit import record
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import advance, cool, limit, open_pool, pool, remove, select
from conformance.wire.scenario import Call, Scenario

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
HALF_AN_HOUR_MS = 30 * MINUTE_MS
SUCCESS, RATE_LIMIT, FAILURE = record(0, "success"), record(0, "rate_limit"), record(0, "failure")


def is_at(score: float) -> Json:
    return {"score": score}


def scores(judge: Judge, calls: Sequence[Call]) -> list[float]:
    """Return the score after each outcome. An invalid score counts as 0, so that the comparison fails."""
    answers = zip(calls, values(judge.ask(calls)), strict=True)
    return [answer["score"] if answer else 0 for call, answer in answers if call.method == "record_health"]


def changes(judge: Judge, outcome: str, points: float) -> None:
    """Expect that an outcome adds this number of points."""
    calls = [open_pool(pool(1)), SUCCESS, record(0, outcome)]
    before, after = scores(judge, calls)
    judge.expect(before + points, after, Scenario(calls), f"score after {outcome}")


@covers("HEA-001")
def test_success_adds_1_point(judge: Judge) -> None:
    changes(judge, "success", 1)


@covers("HEA-002")
def test_rate_limit_subtracts_10_points(judge: Judge) -> None:
    changes(judge, "rate_limit", -10)


@covers("HEA-003")
def test_failure_subtracts_20_points(judge: Judge) -> None:
    changes(judge, "failure", -20)


@covers("HEA-004")
@property_case(ms=st.integers(0, 24 * HOUR_MS))
def test_health_recovers_in_whole_points(judge: Judge, ms: int) -> None:
    recovers(judge, ms, ms // HALF_AN_HOUR_MS)


@covers("HEA-004")
def test_health_recovers_while_account_rests(judge: Judge) -> None:
    for begins, ends in rests(judge, 0):
        calls = [*begins, advance(HOUR_MS), *ends, record(0, "success").gives(is_at(53))]
        judge.check(Scenario([open_pool(pool(1)), record(0, "failure"), *calls]))


@covers("HEA-004")
@pytest.mark.parametrize("points", [1, 2, 3, 5, 7, 40])
def test_health_recovers_on_the_exact_millisecond(judge: Judge, points: int) -> None:
    recovers(judge, points * HALF_AN_HOUR_MS - 1, points - 1)
    recovers(judge, points * HALF_AN_HOUR_MS, points)


def recovers(judge: Judge, ms: int, points: int) -> None:
    """Expect that this number of points recovers in this time, after three failures."""
    calls = [open_pool(pool(1)), *[FAILURE] * 3, advance(ms), RATE_LIMIT]
    *_, low, after = scores(judge, calls)
    judge.expect(max(0, low + points - 10), after, Scenario(calls), "score after the rate limit")


@covers("HEA-005")
def test_initial_score_is_70(judge: Judge) -> None:
    calls = [open_pool(pool(1)), SUCCESS, SUCCESS]
    first, second = scores(judge, calls)
    judge.expect(70, first - (second - first), Scenario(calls), "score before the first success")


@covers("HEA-006")
@pytest.mark.parametrize("loss", [RATE_LIMIT, FAILURE])
def test_health_stops_at_0(judge: Judge, loss: Call) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[loss] * 9, loss.gives(is_at(0)), SUCCESS.gives(is_at(1))]))


@covers("HEA-007")
def test_success_stops_at_maximum(judge: Judge) -> None:
    calls = [*[SUCCESS] * 40, SUCCESS.gives(is_at(100)), RATE_LIMIT.gives(is_at(90))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("HEA-008")
def test_recovery_stops_at_maximum(judge: Judge) -> None:
    calls = [FAILURE, advance(100 * HOUR_MS), RATE_LIMIT.gives(is_at(90))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("HEA-009")
@pytest.mark.parametrize("ms", [HALF_AN_HOUR_MS, 10 * HOUR_MS])
def test_initial_score_does_not_recover(judge: Judge, ms: int) -> None:
    unchanged_by(judge, [advance(ms)])


@covers("HEA-010")
def test_maximum_does_not_cap_initial_score(judge: Judge) -> None:
    opened = open_pool(pool(1), health={"initial": 100, "max_score": 60})
    judge.check(Scenario([opened, RATE_LIMIT.gives(is_at(60))]))  # 100 - 10, capped when the outcome is recorded


@covers("HEA-011")
@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({"success_reward": 0}, SUCCESS),
        ({"rate_limit_penalty": 0}, RATE_LIMIT),
        ({"failure_penalty": 0}, FAILURE),
        ({"initial": 0}, RATE_LIMIT),
        ({"initial": 0}, FAILURE),
    ],
)
def test_outcome_without_effect_restarts_recovery(judge: Judge, settings: Json, outcome: Call) -> None:
    """Outcomes that leave the score as it is. The first one starts the recovery."""
    again = [advance(HALF_AN_HOUR_MS - MINUTE_MS), outcome]
    calls = [open_pool(pool(1), health=settings), outcome, *again, *again, advance(HALF_AN_HOUR_MS), SUCCESS]
    *kept, last = scores(judge, calls)
    reward = settings.get("success_reward", 1)
    judge.expect([kept[0]] * 3 + [kept[0] + 1 + reward], [*kept, last], Scenario(calls), "scores after the outcomes")


@covers("HEA-011")
@pytest.mark.parametrize("back_ms", [1, HALF_AN_HOUR_MS, 5 * HOUR_MS])
def test_recovery_restarts_after_clock_was_set_back(judge: Judge, back_ms: int) -> None:
    """Recovery counts from the last outcome, although an earlier one has a later time."""
    calls = [open_pool(pool(1)), FAILURE, advance(-back_ms), FAILURE, advance(HALF_AN_HOUR_MS), SUCCESS]
    *_, low, after = scores(judge, calls)
    judge.expect(low + 2, after, Scenario(calls), "score after the success")


@covers("HEA-011")
def test_outcome_restarts_recovery(judge: Judge) -> None:
    almost = advance(HALF_AN_HOUR_MS - MINUTE_MS)
    calls = [open_pool(pool(1)), FAILURE, almost, SUCCESS, almost, SUCCESS]
    _, first, second = scores(judge, calls)
    judge.expect(first + 1, second, Scenario(calls), "score after the second success")


@covers("HEA-012")
@pytest.mark.parametrize(
    ("settings", "calls", "score"),
    [
        ({"initial": 30}, [SUCCESS], 31),
        ({"initial": 0}, [SUCCESS], 1),
        ({"success_reward": 5}, [SUCCESS], 75),
        ({"success_reward": 0}, [SUCCESS], 70),
        ({"rate_limit_penalty": -1}, [RATE_LIMIT], 69),
        ({"failure_penalty": -50}, [FAILURE], 20),
        ({"max_score": 75}, [SUCCESS] * 9, 75),
        ({"recovery_rate_per_hour": 10}, [FAILURE, advance(HOUR_MS), SUCCESS], 61),
        ({"recovery_rate_per_hour": 0}, [FAILURE, advance(HOUR_MS), SUCCESS], 51),
    ],
)
def test_configured_health_settings_take_effect(judge: Judge, settings: Json, calls: list[Call], score: float) -> None:
    *before, last = calls
    judge.check(Scenario([open_pool(pool(1), health=settings), *before, last.gives(is_at(score))]))


@covers("HEA-013")
def test_outcome_affects_one_account(judge: Judge) -> None:
    unchanged_by(judge, [record(1, "failure")])


@covers("HEA-014")
@pytest.mark.parametrize(
    "event", [select(strategy="hybrid"), limit(0, 1000), cool(0, 1000, "auth-failure")], ids=lambda event: event.method
)
def test_other_calls_do_not_change_health(judge: Judge, event: Call) -> None:
    unchanged_by(judge, [event])


@covers("HEA-015")
def test_new_session_resets_health(judge: Judge) -> None:
    unchanged_by(judge, [FAILURE, open_pool(pool(2))])


def unchanged_by(judge: Judge, events: Sequence[Call]) -> None:
    """Expect that the first success returns the same score with and without these events."""
    opened = open_pool(pool(2))
    calls = [opened, *events, SUCCESS]
    without, after = scores(judge, [opened, SUCCESS])[-1], scores(judge, calls)[-1]
    judge.expect(without, after, Scenario(calls), "score after the success")


@covers("HEA-016")
@pytest.mark.parametrize("removed", [0, 2])
def test_removal_keeps_health_of_other_account(judge: Judge, removed: int) -> None:
    calls = [*[record(1, "failure")] * 2, remove(removed), record(1, "success").gives(is_at(31))]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("HEA-016")
@pytest.mark.parametrize(("lowered", "heir"), [(0, 1), (1, 2)])
def test_removal_passes_health_to_no_account(judge: Judge, lowered: int, heir: int) -> None:
    calls = [record(lowered, "failure"), remove(0), record(heir, "success").gives(is_at(71))]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("HEA-017")
@pytest.mark.parametrize("back_ms", [1, HALF_AN_HOUR_MS, HOUR_MS, 24 * HOUR_MS])
def test_clock_set_back_does_not_change_health(judge: Judge, back_ms: int) -> None:
    calls = [open_pool(pool(1)), FAILURE, advance(-back_ms), SUCCESS]
    judge.check(Scenario([*calls[:-1], SUCCESS.gives(is_at(51))]))


@covers("HEA-014")
def test_events_of_account_do_not_change_health(judge: Judge) -> None:
    for event in other_events(judge, OUTCOMES):
        low, high = record(0, "failure").gives(is_at(50)), record(0, "success").gives(is_at(51))
        judge.check(Scenario([open_pool(pool(1)), *event, *event, low, *event, high]))
