"""Backoff after failures."""

import math
from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from reference_impl import backoff, events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import advance, call, fails, opened, select
from tests.fakes.blind.ports import Original, Section

section = Section("backoff")
HOUR_MS = 3_600_000
SUCCESS = call("mark_success", label="a")
Draw = Callable[[], float]


@section.patch(backoff, "backoff_ms", opened("a"), fails("a", retry_after_ms=25 * HOUR_MS))
def at_most_one_day(original: Original, reason: str, earlier: int, retry_after_ms: float | None, draw: Any) -> float:
    """Distrusts a retry-after of more than a day."""
    return float(original(reason, earlier, retry_after_ms and min(retry_after_ms, 24 * HOUR_MS), draw))


@section.patch(backoff, "backoff_ms", opened("a"), fails("a", retry_after_ms=2500))
def retry_after_in_seconds(
    original: Original, reason: str, earlier: int, retry_after_ms: float | None, draw: Any
) -> float:
    """Reads a retry-after in whole seconds, as the header has it."""
    return float(original(reason, earlier, retry_after_ms and math.ceil(retry_after_ms / 1000) * 1000, draw))


@section.patch(backoff, "backoff_ms", opened("a"), *[fails("a")] * 257)
def failures_of_8_bits(original: Original, reason: str, earlier: int, *args: Any) -> float:
    """Counts failures in a byte."""
    return float(original(reason, earlier & 0xFF, *args))


@section.patch(backoff, "backoff_ms", opened("a"), fails("a", "SERVER_ERROR "))
def reasons_trimmed(original: Original, reason: str, *args: Any) -> float:
    """Trims reasons."""
    return float(original(reason.strip(), *args))


@section.patch(backoff, "backoff_ms", opened("a"), fails("a", "server-error".upper()))
def dashes_in_reasons(original: Original, reason: str, *args: Any) -> float:
    """Accepts a dash for an underscore in a reason."""
    return float(original(reason.replace("-", "_"), *args))


@section.port(opened("a"), fails("a"), advance(1), fails("a", failure_ttl_ms=0))
class TtlZeroIsAnHour(ReferenceAdapter):
    """Writes `ttl || 3600000`."""

    def mark_rate_limited_with_reason(self, *args: Any, **params: Any) -> Json:
        return super().mark_rate_limited_with_reason(
            *args, **{**params, "failure_ttl_ms": params.get("failure_ttl_ms") or None}
        )


_DRAWS = [0.25, 0.75]


@section.patch(
    events,
    "mark_rate_limited_with_reason",
    opened("a", random=_DRAWS),
    fails("a", "SERVER_ERROR"),
    fails("a", "MODEL_CAPACITY_EXHAUSTED"),
)
def drawn_for_every_failure(
    original: Original,
    selector: Selector,
    account: Account,
    request: Any,
    reason: str,
    now_ms: float,
    draw: Draw,
    *args: Any,
) -> float:
    """Draws the jitter before it looks at the reason."""
    drawn = draw()
    return float(original(selector, account, request, reason, now_ms, lambda: drawn, *args))


@section.patch(backoff, "backoff_ms", opened("a", random=[0.12345]), fails("a", "MODEL_CAPACITY_EXHAUSTED"))
def jitter_in_whole_ms(original: Original, *args: Any) -> float:
    """Returns the backoff as an integer."""
    return int(original(*args))


@section.port(opened("a", "b"), fails("a"), SUCCESS, select())
class SuccessClearsLimits(ReferenceAdapter):
    """Takes a success for proof that the account has no limit any more."""

    def mark_success(self, label: str) -> None:
        super().mark_success(label)
        self._find(label).reset_times_ms.clear()


@section.port(opened("a"), fails("a"), fails("a"), SUCCESS, fails("a"))
class SuccessForgivesOneFailure(ReferenceAdapter):
    """Reduces the number of failures by one, so that two failures need two successes."""

    def mark_success(self, label: str) -> None:
        failures = self._find(label).failures
        super().mark_success(label)
        self._find(label).failures = max(0, failures - 1)


@section.patch(events, "mark_rate_limited_with_reason", opened("a"), fails("a"), advance(2 * HOUR_MS), fails("a"))
def failure_at_time_zero(original: Original, selector: Selector, account: Account, *args: Any) -> float:
    """Writes `if last_failure_ms`, so that a failure at the time 0 never expires."""
    account.last_failure_ms = account.last_failure_ms or None
    return float(original(selector, account, *args))


@section.patch(
    events,
    "mark_rate_limited_with_reason",
    opened("a", now_ms=2 * HOUR_MS),
    fails("a"),
    advance(-2 * HOUR_MS),
    fails("a"),
)
def clock_set_back_expires_failures(
    original: Original, selector: Selector, account: Account, request: Any, reason: str, now_ms: float, *args: Any
) -> float:
    """Compares the absolute age of the last failure with the TTL."""
    if account.last_failure_ms is not None and account.last_failure_ms - now_ms > HOUR_MS:
        account.failures = 0
    return float(original(selector, account, request, reason, now_ms, *args))


@section.patch(
    events,
    "mark_rate_limited_with_reason",
    opened("a"),
    fails("a"),
    SUCCESS,
    *[fails("a", "SERVER_ERROR")] * 3,
    fails("a"),
)
def other_reasons_count_up_to_the_second(
    original: Original, selector: Selector, account: Account, request: Any, reason: str, *args: Any
) -> float:
    """Limits the exponent of reasons with a fixed wait, and with it the number of failures."""
    wait_ms = float(original(selector, account, request, reason, *args))
    if reason != "QUOTA_EXHAUSTED":
        account.failures = min(account.failures, 2)
    return wait_ms


@section.patch(
    events, "mark_rate_limited_with_reason", opened("a"), fails("a", retry_after_ms=-1), select(), fails("a")
)
def negative_retry_after_is_no_failure(original: Original, selector: Selector, account: Account, *args: Any) -> float:
    """Does not count a failure whose retry-after is in the past."""
    failures = account.failures
    wait_ms = float(original(selector, account, *args))
    retry_after_ms = args[4] if len(args) > 4 else None
    if retry_after_ms is not None and retry_after_ms < 0:
        account.failures = failures
    return wait_ms
