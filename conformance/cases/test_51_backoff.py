"""BACK: the backoff after a failure, by reason and number of consecutive failures."""

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import SUCCESS, other_events, rests
from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import advance, cool, label, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

QUOTA, RATE, SERVER, CAPACITY = "QUOTA_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "SERVER_ERROR", "MODEL_CAPACITY_EXHAUSTED"
REASONS = (QUOTA, RATE, SERVER, CAPACITY, "UNKNOWN")
FIRST_MS, SECOND_MS, THIRD_MS, LAST_MS = 60_000, 300_000, 1_800_000, 7_200_000  # QUOTA_EXHAUSTED, by number of failures
TTL_MS = 100_000
OTHER_FAILURES = [(RATE, None), (SERVER, None), (CAPACITY, None), ("UNKNOWN", None), (QUOTA, 5000)]


def fail(reason: str = QUOTA, retry_after_ms: float | None = None, *, index: int = 0, **params: Json) -> Call:
    """Return a call that reports a failed request with the account at this index, for Claude by default."""
    asked = {} if retry_after_ms is None else {"retry_after_ms": retry_after_ms}
    account = {"label": label(index), "family": "claude", "reason": reason}
    return Call("mark_rate_limited_with_reason", {**account, **asked, **params})


def waits(call: Call, wait_ms: float) -> Call:
    """Return the call with this expected backoff."""
    return call.gives({"backoff_ms": wait_ms})


def succeed(index: int = 0) -> Call:
    return Call("mark_success", {"label": label(index)})


@covers("BACK-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_quota_exhausted_waits_longer_each_time(judge: Judge, family: str) -> None:
    row = [waits(fail(family=family), wait) for wait in (FIRST_MS, SECOND_MS, THIRD_MS, LAST_MS)]
    judge.check(Scenario([open_pool(pool(1)), *row]))


@covers("BACK-002")
def test_failures_are_not_counted_in_a_byte(judge: Judge) -> None:
    """A count of 8 bits is 0 again after 256 failures."""
    judge.check(Scenario([open_pool(pool(1)), *[fail()] * 256, *[waits(fail(), LAST_MS)] * 4]))


@covers("BACK-002")
@property_case(more=st.integers(1, 40))
def test_quota_exhausted_waits_at_most_two_hours(judge: Judge, more: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[fail()] * 4, *[waits(fail(), LAST_MS)] * more]))


@covers("BACK-003")
@property_case(failures=st.integers(0, 12))
def test_rate_limit_exceeded_waits_30_s(judge: Judge, failures: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[fail(RATE)] * failures, waits(fail(RATE), 30_000)]))


@covers("BACK-004")
@property_case(failures=st.integers(0, 12))
def test_server_error_waits_20_s(judge: Judge, failures: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[fail(SERVER)] * failures, waits(fail(SERVER), 20_000)]))


@covers("BACK-005")
@pytest.mark.parametrize("reason", ["UNKNOWN", "quota_exhausted", "NO_SUCH_REASON", "", "constructor"])
def test_unknown_reason_waits_60_s(judge: Judge, reason: str) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[waits(fail(reason), 60_000)] * 3]))


@covers("BACK-006")
@pytest.mark.parametrize("draw", [0, 0.25, 0.75])
def test_capacity_exhausted_waits_15_s(judge: Judge, draw: float) -> None:
    judge.check(Scenario([open_pool(pool(1), random=[draw]), *[waits(fail(CAPACITY), 15_000)] * 3]))


@covers("BACK-007")
@property_case(step=st.integers(0, 15), failures=st.integers(0, 6))
def test_capacity_exhausted_adds_jitter(judge: Judge, step: int, failures: int) -> None:
    draw = step / 16  # a backoff of whole milliseconds, for targets that round
    calls = [*[fail()] * failures, waits(fail(CAPACITY), 30_000 + 30_000 * draw)]
    judge.check(Scenario([open_pool(pool(1), random=[draw]), *calls]))


@covers("BACK-008")
def test_capacity_exhausted_draws_jitter_each_time(judge: Judge) -> None:
    calls = [waits(fail(CAPACITY), 37_500), waits(fail(CAPACITY), 52_500)]
    judge.check(Scenario([open_pool(pool(1), random=[0.25, 0.75]), *calls]))


@covers("BACK-008")
def test_two_accounts_draw_jitter_in_turn(judge: Judge) -> None:
    calls = [waits(fail(CAPACITY), 37_500), waits(fail(CAPACITY, index=1), 52_500), waits(fail(CAPACITY), 45_000)]
    judge.check(Scenario([open_pool(pool(2), random=[0.25, 0.75, 0.5]), *calls]))


@covers("BACK-008")
def test_only_its_own_failures_draw_jitter(judge: Judge) -> None:
    """Two failures with jitter, and between them an event without, use two random numbers in a row."""
    between = [
        *other_events(judge),
        *[[fail(*other)] for other in [*OTHER_FAILURES, (CAPACITY, 5000)] if other != (CAPACITY, None)],
    ]
    for calls in between:
        drawn = [waits(fail(CAPACITY), 37_500), *calls, waits(fail(CAPACITY), 52_500)]
        judge.check(Scenario([open_pool(pool(1), random=[0.25, 0.75, 0.5]), *drawn]))


@covers("BACK-009")
@pytest.mark.parametrize("reason", REASONS)
def test_retry_after_overrides_the_reason(judge: Judge, reason: str) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[waits(fail(reason, 12_345), 12_345)] * 3]))


@covers("BACK-010")
@pytest.mark.parametrize(("asked_ms", "wait_ms"), [(0.5, 2000), (1, 2000), (1999, 2000), (2000, 2000), (2001, 2001)])
def test_retry_after_is_at_least_2_s(judge: Judge, asked_ms: float, wait_ms: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), waits(fail(RATE, asked_ms), wait_ms)]))


@covers("BACK-011")
@property_case(seconds=st.integers(7_201, 2_592_000))  # from the longest backoff to 30 days
def test_retry_after_has_no_upper_bound(judge: Judge, seconds: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), waits(fail(RATE, seconds * 1000), seconds * 1000)]))


@covers("BACK-012")
@pytest.mark.parametrize("asked_ms", [0, -1, -60_000])
@pytest.mark.parametrize(("reason", "wait_ms"), [(QUOTA, 60_000), (RATE, 30_000), (SERVER, 20_000)])
def test_retry_after_of_zero_is_ignored(judge: Judge, asked_ms: int, reason: str, wait_ms: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), waits(fail(reason, asked_ms), wait_ms)]))


@covers("BACK-013")
@pytest.mark.parametrize("reason", [RATE, SERVER, CAPACITY, "UNKNOWN"])
def test_failure_with_another_reason_counts(judge: Judge, reason: str) -> None:
    judge.check(Scenario([open_pool(pool(1)), fail(reason), waits(fail(), SECOND_MS)]))


@covers("BACK-013")
def test_failure_of_resting_account_counts(judge: Judge) -> None:
    for begins, ends in rests(judge, 0):
        judge.check(Scenario([open_pool(pool(1)), *begins, waits(fail(), FIRST_MS), *ends, waits(fail(), SECOND_MS)]))


@covers("BACK-013")
def test_failure_with_retry_after_counts(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(1)), fail(QUOTA, 5000), waits(fail(), SECOND_MS)]))


@covers("BACK-014")
@property_case(failures=st.integers(1, 8))
def test_success_resets_consecutive_failures(judge: Judge, failures: int) -> None:
    anew = [waits(fail(), FIRST_MS), waits(fail(), SECOND_MS)]
    judge.check(Scenario([open_pool(pool(1)), *[fail()] * failures, succeed(), *anew]))


@covers("BACK-015")
def test_failures_of_other_account_do_not_count(judge: Judge) -> None:
    calls = [*[fail(index=1)] * 3, waits(fail(), FIRST_MS), waits(fail(index=1), LAST_MS)]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("BACK-015")
def test_success_of_other_account_resets_nothing(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), fail(), succeed(1), waits(fail(), SECOND_MS)]))


@covers("BACK-016")
def test_failures_of_all_quotas_count_together(judge: Judge) -> None:
    gemini = fail(family="gemini", header_style="gemini-cli", model="gemini-x")
    row = [waits(fail(), FIRST_MS), waits(gemini, SECOND_MS), waits(fail(family="gemini"), THIRD_MS)]
    judge.check(Scenario([open_pool(pool(1)), *row]))


@covers("BACK-017")
def test_limit_without_reason_is_no_failure(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[limit(0, 1000)] * 2, waits(fail(), FIRST_MS)]))


@covers("BACK-025")
def test_only_failures_and_successes_are_counted(judge: Judge) -> None:
    ended = [cool(0, 10), advance(10), select("gemini"), select("gemini", "round-robin")]
    for event in [*other_events(judge, "failure", SUCCESS, "reset"), ended]:
        judge.check(Scenario([open_pool(pool(1)), *event, waits(fail(), FIRST_MS), *event, waits(fail(), SECOND_MS)]))


@covers("BACK-018")
@pytest.mark.parametrize("elapsed_ms", [3_600_001, 86_400_000])
def test_failures_do_not_expire(judge: Judge, elapsed_ms: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), fail(), advance(elapsed_ms), waits(fail(), SECOND_MS)]))


@covers("BACK-019")
@property_case(failures=st.integers(1, 6), ttl_ms=st.integers(1, 7_200_000), late_ms=st.integers(1, 1000))
def test_failures_expire_after_ttl(judge: Judge, failures: int, ttl_ms: int, late_ms: int) -> None:
    anew = [waits(fail(failure_ttl_ms=ttl_ms), wait) for wait in (FIRST_MS, SECOND_MS)]
    row = [fail(failure_ttl_ms=ttl_ms)] * failures
    judge.check(Scenario([open_pool(pool(1)), *row, advance(ttl_ms + late_ms), *anew]))


@covers("BACK-019")
@pytest.mark.parametrize(("reason", "asked_ms"), OTHER_FAILURES)
def test_any_failure_after_ttl_is_the_first(judge: Judge, reason: str, asked_ms: float | None) -> None:
    late = [advance(TTL_MS + 1), fail(reason, asked_ms, failure_ttl_ms=TTL_MS)]
    calls = [*[fail(failure_ttl_ms=TTL_MS)] * 3, *late, waits(fail(failure_ttl_ms=TTL_MS), SECOND_MS)]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("BACK-020")
@property_case(ttl_ms=st.integers(1, 7_200_000))
def test_failure_exactly_at_ttl_counts(judge: Judge, ttl_ms: int) -> None:
    calls = [fail(failure_ttl_ms=ttl_ms), advance(ttl_ms), waits(fail(failure_ttl_ms=ttl_ms), SECOND_MS)]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("BACK-021")
def test_ttl_counts_from_last_failure(judge: Judge) -> None:
    again = [advance(TTL_MS - 1), fail(failure_ttl_ms=TTL_MS)]
    last = [advance(TTL_MS - 1), waits(fail(failure_ttl_ms=TTL_MS), LAST_MS)]
    judge.check(Scenario([open_pool(pool(1)), fail(failure_ttl_ms=TTL_MS), *again * 2, *last]))


@covers("BACK-021")
@pytest.mark.parametrize(("reason", "asked_ms"), OTHER_FAILURES)
def test_ttl_counts_from_a_failure_of_any_kind(judge: Judge, reason: str, asked_ms: float | None) -> None:
    again = [advance(TTL_MS - 1), fail(reason, asked_ms, failure_ttl_ms=TTL_MS)]
    last = [advance(TTL_MS - 1), waits(fail(failure_ttl_ms=TTL_MS), THIRD_MS)]
    judge.check(Scenario([open_pool(pool(1)), fail(failure_ttl_ms=TTL_MS), *again, *last]))


@covers("BACK-021")
def test_ttl_counts_from_no_other_event(judge: Judge) -> None:
    for event in other_events(judge, "failure", SUCCESS, "reset"):
        late = [advance(TTL_MS - 1), *event, advance(2), waits(fail(failure_ttl_ms=TTL_MS), FIRST_MS)]
        judge.check(Scenario([open_pool(pool(1)), fail(failure_ttl_ms=TTL_MS), *late]))


@covers("BACK-019")
@pytest.mark.parametrize(("first_ms", "second_ms", "wait_ms"), [(1000, 9000, SECOND_MS), (9000, 1000, FIRST_MS)])
def test_ttl_of_the_later_failure_decides(judge: Judge, first_ms: int, second_ms: int, wait_ms: int) -> None:
    calls = [fail(failure_ttl_ms=first_ms), advance(5000), waits(fail(failure_ttl_ms=second_ms), wait_ms)]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("BACK-019")
@pytest.mark.parametrize("now_ms", [-TTL_MS, -1, 0, 1, 2**31, 2**32])
def test_failures_expire_at_any_time_of_day(judge: Judge, now_ms: int) -> None:
    """A time of 0 is a time like any other, and times need more than 32 bits."""
    calls = [
        waits(fail(failure_ttl_ms=TTL_MS), FIRST_MS),
        advance(TTL_MS + 1),
        waits(fail(failure_ttl_ms=TTL_MS), FIRST_MS),
    ]
    judge.check(Scenario([open_pool(pool(1), now_ms=now_ms), *calls]))


@covers("BACK-022")
@pytest.mark.parametrize(("elapsed_ms", "wait_ms"), [(3_600_000, SECOND_MS), (3_600_001, FIRST_MS)])
def test_default_failure_ttl_is_one_hour(judge: Judge, elapsed_ms: int, wait_ms: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), fail(), advance(elapsed_ms), waits(fail(), wait_ms)]))


@covers("BACK-023")
@pytest.mark.parametrize(
    ("failure", "wait_ms"),
    [(fail(), FIRST_MS), (fail(RATE), 30_000), (fail(SERVER), 20_000), (fail("UNKNOWN"), 60_000)],
    ids=["quota", "rate", "server", "unknown"],
)
def test_limit_lasts_for_returned_backoff(judge: Judge, failure: Call, wait_ms: int) -> None:
    calls = [waits(failure, wait_ms), advance(wait_ms - 1), select().gives(None), advance(1), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("BACK-023")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
@pytest.mark.parametrize("asked_ms", [None, 5000])
def test_each_strategy_waits_for_backoff(judge: Judge, strategy: str, asked_ms: int | None) -> None:
    wait_ms, asked = asked_ms or FIRST_MS, select(strategy=strategy)
    calls = [fail(QUOTA, asked_ms), advance(wait_ms - 1), asked.gives(None), advance(1), asked.gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("BACK-023")
@property_case(asked_ms=st.integers(1, 10_000_000))
def test_limit_lasts_for_retry_after(judge: Judge, asked_ms: int) -> None:
    wait_ms = max(asked_ms, 2000)
    calls = [advance(wait_ms - 1), select().gives(None), advance(1), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), fail(RATE, asked_ms), *calls]))


@covers("BACK-024")
@pytest.mark.parametrize("style", ["antigravity", "gemini-cli"])
def test_backoff_limits_one_style_and_model(judge: Judge, style: str) -> None:
    other = "gemini-cli" if style == "antigravity" else "antigravity"
    calls = [
        fail(family="gemini", header_style=style, model="gemini-x"),
        select("gemini", style=style, model="gemini-y").gives(picks(0)),
        select("gemini", style=other, model="gemini-x").gives(picks(0)),
        select().gives(picks(0)),
        select("gemini", style=style, model="gemini-x").gives(None),
    ]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("BACK-024")
def test_claude_backoff_leaves_gemini(judge: Judge) -> None:
    judge.check(
        Scenario([open_pool(pool(1)), fail(model="claude-x"), select("gemini").gives(picks(0)), select().gives(None)])
    )
