"""A second round of faults: limits, backoff and cooldowns."""

from typing import Any

from conformance.json_type import Json
from reference_impl import backoff, events, limits
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request, quota_key
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    advance,
    call,
    cool,
    fails,
    limit,
    opened,
    select,
)
from tests.fakes.blind.ports import Original, Section

section = Section("limits")
failures = Section("backoff")
cooldowns = Section("cooldown")


# Limits


@section.port(
    opened("a"),
    limit("a", 9000, "gemini", model="pro"),
    limit("a", 1000, "gemini"),
    advance(1000),
    select("gemini", model="pro"),
)
class BaseLimitClearsModels(ReferenceAdapter):
    """Drops the limits of single models when all models of the style are limited."""

    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, *args, **params)
        if params.get("family") == "gemini" and not params.get("model"):
            style = params.get("header_style", "antigravity")
            ends = self._find(label).reset_times_ms
            for key in [key for key in ends if key.startswith(quota_key("gemini", style) + ":")]:
                del ends[key]


@section.patch(limits, "forget_ended", opened("a"), limit("a", 1000), advance(1000), select(), advance(-1), select())
def limit_forgotten_a_moment_late(original: Original, ends: dict[str, float], now_ms: float) -> None:
    """Writes `>` where it deletes limits that have ended, so that one that ends now may return."""
    for key in [key for key, end_ms in ends.items() if now_ms > end_ms]:
        del ends[key]


@section.port(opened("a", "b"), limit("a", 500.5, "gemini"), advance(500), select("gemini"))
class DurationTruncated(ReferenceAdapter):
    """Truncates the duration of a limit to whole milliseconds."""

    def mark_rate_limited(self, label: str, retry_after_ms: float, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, int(retry_after_ms), *args, **params)


# Backoff


@failures.port(opened("a"), fails("a"), advance(3_600_001), fails("a"))
class TtlFromTheEndOfTheBackoff(ReferenceAdapter):
    """Counts the age of a failure from the end of its backoff."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        result = super().mark_rate_limited_with_reason(label, *args, **params)
        self._find(label).last_failure_ms = self.now_ms + result["backoff_ms"]
        return result


@failures.patch(events, "mark_rate_limited_with_reason", opened("a"), *[fails("a")] * 3, advance(4e6), fails("a"))
def expired_failures_are_halved(original: Original, selector: Selector, account: Account, *args: Any) -> float:
    """Halves the failures that are older than the TTL instead of forgetting them."""
    before = account.failures
    wait_ms = float(original(selector, account, *args))
    if account.failures == 1 and before > 1:
        account.failures = before // 2 + 1
        if args[1] == "QUOTA_EXHAUSTED" and not (len(args) > 4 and args[4]):
            wait_ms = backoff.QUOTA_EXHAUSTED_MS[min(before // 2, 3)]
            events.mark_rate_limited(account, args[0], wait_ms, args[2])
    return wait_ms


@failures.patch(
    events,
    "mark_rate_limited_with_reason",
    opened("a"),
    fails("a"),
    fails("a"),
    advance(4e6),
    fails("a", "SERVER_ERROR"),
    fails("a"),
)
def only_quota_failures_expire(
    original: Original, selector: Selector, account: Account, request: Request, reason: str, now: float, *args: Any
) -> float:
    """Looks at the age of failures only where their number decides."""
    if reason != "QUOTA_EXHAUSTED":
        account.last_failure_ms = now
    return float(original(selector, account, request, reason, now, *args))


_CAPACITY = "MODEL_CAPACITY_EXHAUSTED"


@failures.port(opened("a", "b", random=[0.1, 0.9]), fails("a", _CAPACITY), fails("b", _CAPACITY))
class DrawsByAccount(ReferenceAdapter):
    """Has a generator of random numbers for each account, all with the same seed."""

    def open(self, **params: Any) -> Json:  # type: ignore[override]
        self.list = list(params.get("random") or [0.5])
        self.drawn: dict[str, int] = {}
        return super().open(**params)

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        self.draws = self._of(label)
        return super().mark_rate_limited_with_reason(label, *args, **params)

    def _of(self, label: str) -> Any:
        while True:
            number = self.drawn.get(label, 0)
            self.drawn[label] = number + 1
            yield self.list[number % len(self.list)]


@failures.patch(backoff, "backoff_ms", opened("a"), fails("a", retry_after_ms=0.5))
def retry_after_below_one_is_none(original: Original, reason: str, count: int, after: float | None, draw: Any) -> float:
    """Truncates a retry-after before it compares it with 0."""
    if after is not None and 0 < after < 1:
        return float(original(reason, count, None, 0.5 if draw is None else draw))
    return float(original(reason, count, after, draw))


@failures.patch(
    events,
    "mark_rate_limited_with_reason",
    opened("a"),
    fails("a"),
    advance(3e6),
    fails("a", retry_after_ms=5000),
    advance(3e6),
    fails("a"),
)
def retry_after_leaves_the_time_of_failure(
    original: Original, selector: Selector, account: Account, *args: Any
) -> float:
    """Returns early with a retry-after: counts the failure and keeps the time of the one before."""
    before = account.last_failure_ms
    wait_ms = float(original(selector, account, *args))
    if len(args) > 4 and args[4] and args[4] > 0 and before is not None:
        account.last_failure_ms = before
    return wait_ms


# Cooldowns


@cooldowns.port(opened("a", "b"), limit("a", 1000), cool("a", 5000), advance(1000), select())
class LimitedAccountTakesNoCooldown(ReferenceAdapter):
    """Ignores a cooldown of an account that is rate-limited already."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        ends = self._find(label).reset_times_ms.values()
        if not any(self.now_ms < end for end in ends):
            super().mark_cooling_down(label, cooldown_ms, reason)


@cooldowns.port(opened("a", "b"), cool("a", 5000, ""), select())
class CooldownNeedsAReason(ReferenceAdapter):
    """Writes `if reason` where it asks whether an account is cooling down."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        if reason or self._find(label) is None:
            super().mark_cooling_down(label, cooldown_ms, reason)


@cooldowns.patch(
    Selector,
    "_hybrid_unavailable",
    opened("a"),
    cool("a", 1000),
    advance(1000),
    call("select", family="claude", strategy="hybrid"),
    call("snapshot"),
)
def hybrid_candidate_a_moment_late(
    original: Original, self: Selector, account: Account, request: Request, moment: Any, soft: Any
) -> bool:
    """Writes `<=` where hybrid compares the clock with the end of a cooldown."""
    ends_now = account.cooling_down_until_ms == moment.now_ms
    return ends_now or bool(original(self, account, request, moment, soft))
