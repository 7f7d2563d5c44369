"""Backoff: what counts as a consecutive failure, and for how long."""

from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.backoff import FAILURE_TTL_MS
from reference_impl.limits import Request, quota_key
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import advance, call, cool, fails, limit, opened, select
from tests.fakes.blind.ports import Original, Section

section = Section("backoff")


@section.port(
    opened("a"),
    fails("a", failure_ttl_ms=1000),
    advance(2000),
    fails("a", failure_ttl_ms=9000),
)
class TtlOfTheFailureBefore(ReferenceAdapter):
    """Stores at a failure when it will expire, with the TTL of that call, not of the next one."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        account = self._find(label)
        given_ms = params.get("failure_ttl_ms")
        ttl_ms = vars(account).get("ttl_ms", given_ms)
        vars(account)["ttl_ms"] = FAILURE_TTL_MS if given_ms is None else given_ms
        return super().mark_rate_limited_with_reason(label, *args, **{**params, "failure_ttl_ms": ttl_ms})


@section.port(
    opened("a", random=[0.0, 0.75]),
    fails("a", "MODEL_CAPACITY_EXHAUSTED", retry_after_ms=5000),
    fails("a", "MODEL_CAPACITY_EXHAUSTED"),
)
class DrawsWithRetryAfter(ReferenceAdapter):
    """Draws the random number also when the response has a retry-after."""

    def mark_rate_limited_with_reason(self, *args: Any, **params: Any) -> Json:
        asked = (params.get("retry_after_ms") or 0) > 0
        answer = super().mark_rate_limited_with_reason(*args, **params)
        if asked and params.get("reason") == "MODEL_CAPACITY_EXHAUSTED":
            next(self.draws)
        return answer


@section.port(
    opened("a", random=[0.0, 0.75]),
    fails("a", "SERVER_ERROR"),
    fails("a", "MODEL_CAPACITY_EXHAUSTED"),
)
class DrawsForEveryReason(ReferenceAdapter):
    """Computes the jitter before it looks at the reason, so each failure draws a random number."""

    def mark_rate_limited_with_reason(self, *args: Any, **params: Any) -> Json:
        answer = super().mark_rate_limited_with_reason(*args, **params)
        if params.get("reason") != "MODEL_CAPACITY_EXHAUSTED":
            next(self.draws)
        return answer


@section.patch(
    events,
    "mark_rate_limited_with_reason",
    opened("a"),
    limit("a", 50_000),
    fails("a", "RATE_LIMIT_EXCEEDED"),
    advance(30_000),
    select(),
)
def never_shortens_a_limit(
    original: Original, selector: Selector, account: Account, request: Request, *args: Any
) -> float:
    """Keeps a rate limit that ends later than the backoff."""
    key = quota_key(request.family, request.style, request.model)
    before_ms = account.reset_times_ms.get(key)
    wait_ms = float(original(selector, account, request, *args))
    if before_ms is not None:
        account.reset_times_ms[key] = max(before_ms, account.reset_times_ms[key])
    return wait_ms


@section.port(opened("a"), fails("a"), call("mark_used", label="a"), fails("a"))
class UseCountsAsSuccess(ReferenceAdapter):
    """Resets the consecutive failures when a request with the account has completed."""

    def mark_used(self, label: str) -> None:
        super().mark_used(label)
        self._find(label).failures = 0


@section.port(opened("a"), fails("a"), call("record_health", label="a", outcome="success"), fails("a"))
class HealthySuccessResetsFailures(ReferenceAdapter):
    """Resets the consecutive failures when a success is recorded in the health score."""

    def record_health(self, label: str, outcome: Any) -> Json:
        if outcome == "success":
            self._find(label).failures = 0
        return super().record_health(label, outcome)


@section.port(opened("a", "b"), fails("a"), call("remove", label="a"), fails("b"))
class CountByIndex(ReferenceAdapter):
    """Keeps the counts of failures in a list by index, which a removal does not shorten."""

    def remove(self, label: str) -> None:
        counts = [(each.failures, each.last_failure_ms) for each in self._opened().pool.accounts]
        super().remove(label)
        for each, (failures, last_ms) in zip(self._opened().pool.accounts, counts, strict=False):
            each.failures, each.last_failure_ms = failures, last_ms


@section.port(opened("a", "a"), fails("a"), call("remove", label="a"), fails("a"))
class CountByToken(ReferenceAdapter):
    """Keeps the counts of failures by refresh token: two accounts with one token share the count."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        answer = super().mark_rate_limited_with_reason(label, *args, **params)
        self._share(label)
        return answer

    def mark_success(self, label: str) -> None:
        super().mark_success(label)
        self._share(label)

    def _share(self, label: str) -> None:
        own = self._find(label)
        for each in self._opened().pool.accounts:
            if each.label == label:
                each.failures, each.last_failure_ms = own.failures, own.last_failure_ms


@section.port(opened("a"), cool("a", 1000), fails("a"))
class CooldownCountsAsFailure(ReferenceAdapter):
    """Counts a cooldown as a consecutive failure."""

    def mark_cooling_down(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_cooling_down(label, *args, **params)
        account = self._find(label)
        account.failures, account.last_failure_ms = account.failures + 1, self.now_ms


@section.port(
    opened("a"),
    fails("a"),
    advance(3_000_000),
    limit("a", 1000),
    advance(3_000_000),
    fails("a"),
)
class LimitRenewsTheTime(ReferenceAdapter):
    """Writes the time of the last failure also for a rate limit without a reason, which it does not count."""

    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, *args, **params)
        self._find(label).last_failure_ms = self.now_ms


@section.port(opened("a"), fails("a"), advance(3_600_001), fails("a"), fails("a"))
class FirstAfterTheTtlIsNotCounted(ReferenceAdapter):
    """Resets an expired count instead of counting the failure, so that the next one waits like a first failure too."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        account = self._find(label)
        ttl_ms = params.get("failure_ttl_ms")
        limit_ms = FAILURE_TTL_MS if ttl_ms is None else ttl_ms
        last_ms = account.last_failure_ms
        expired = last_ms is not None and self.now_ms - last_ms > limit_ms
        answer = super().mark_rate_limited_with_reason(label, *args, **params)
        if expired:
            account.failures = 0
        return answer
