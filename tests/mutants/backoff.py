"""Mutants of backoff: the reference with one change."""

from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.backoff import FAILURE_TTL_MS, QUOTA_EXHAUSTED_MS
from reference_impl.limits import FAMILIES, STYLES, Family, HeaderStyle, quota_key

QUOTA, CAPACITY = "QUOTA_EXHAUSTED", "MODEL_CAPACITY_EXHAUSTED"


class FailsWrongly(ReferenceAdapter):
    """Handles a failure differently: `instead` may change the parameters or the account before the call."""

    def mark_rate_limited_with_reason(
        self,
        label: str,
        family: Family,
        reason: str,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
        retry_after_ms: float | None = None,
        failure_ttl_ms: float | None = None,
    ) -> Json:
        asked = {
            "label": label,
            "family": family,
            "reason": reason,
            "header_style": header_style,
            "model": model,
            "retry_after_ms": retry_after_ms,
            "failure_ttl_ms": failure_ttl_ms,
        }
        return super().mark_rate_limited_with_reason(**self.instead(asked))

    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        return asked

    def failures(self, asked: dict[str, Any]) -> int:
        """The number of consecutive failures so far."""
        return self._find(asked["label"]).failures


class BacksOffWrongly(FailsWrongly):
    """Replaces the backoff for `reason` by `wait` if no retry-after is given."""

    reason = QUOTA

    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["reason"] != self.reason or (asked["retry_after_ms"] or 0) > 0:
            return asked
        return asked | {"retry_after_ms": self.wait(self.failures(asked))}

    def wait(self, failures: int) -> float:
        raise NotImplementedError


# By reason


class QuotaBackoffDoubles(BacksOffWrongly):
    def wait(self, failures: int) -> float:
        return 60_000 * float(2**failures)


class QuotaBackoffStartsOver(BacksOffWrongly):
    def wait(self, failures: int) -> float:
        return QUOTA_EXHAUSTED_MS[failures % len(QUOTA_EXHAUSTED_MS)]


class RateBackoffGrows(BacksOffWrongly):
    reason = "RATE_LIMIT_EXCEEDED"

    def wait(self, failures: int) -> float:
        return 30_000 * (failures + 1)


class ServerErrorAsRateLimit(BacksOffWrongly):
    reason = "SERVER_ERROR"

    def wait(self, failures: int) -> float:
        return 30_000


class UnknownReasonAsQuota(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = asked["reason"] in {QUOTA, CAPACITY, "RATE_LIMIT_EXCEEDED", "SERVER_ERROR"}
        return asked if known else asked | {"reason": QUOTA}


class CapacityWaitsLonger(ReferenceAdapter):
    """The reference itself: the backoff has a random part, as in every release after 1.3.0."""


class CapacityWithoutADraw(BacksOffWrongly):
    reason = CAPACITY

    def wait(self, failures: int) -> float:
        return 45_000


class CapacityDrawKept(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        return super().open(*args, **(params | {"random": (params.get("random") or [0.5])[:1]}))


# Retry-after


class RetryAfterIgnored(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        return asked | {"retry_after_ms": None}


class RetryAfterWithoutAFloor(FailsWrongly):
    def mark_rate_limited_with_reason(self, label: str, family: Family, *args: Any, **params: Any) -> Json:
        answer = super().mark_rate_limited_with_reason(label, family, *args, **params)
        asked_ms = params.get("retry_after_ms") or 0
        return {"backoff_ms": asked_ms} if asked_ms > 0 else answer


class RetryAfterCapped(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        return asked | {"retry_after_ms": min(asked["retry_after_ms"] or 0, QUOTA_EXHAUSTED_MS[-1])}


class ZeroRetryAfterIsTwoSeconds(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        given = asked["retry_after_ms"] is not None
        return asked | {"retry_after_ms": max(asked["retry_after_ms"], 1)} if given else asked


# Consecutive failures


class OnlyQuotaFailuresCount(FailsWrongly):
    def mark_rate_limited_with_reason(self, label: str, family: Family, reason: str, *args: Any, **params: Any) -> Json:
        before = self._find(label).failures
        answer = super().mark_rate_limited_with_reason(label, family, reason, *args, **params)
        if reason != QUOTA:
            self._find(label).failures = before
        return answer


class SuccessChangesNothing(ReferenceAdapter):
    def mark_success(self, label: str) -> None:
        self._find(label)


class RowSharedByAccounts(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        accounts = self._opened().pool.accounts
        most = max(account.failures for account in accounts)
        for account in accounts:
            account.failures = most
        return asked


class RowPerQuota(FailsWrongly):
    def open(self, *args: Any, **params: Any) -> Json:
        self.rows: dict[tuple[str, str], int] = {}
        return super().open(*args, **params)

    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        row = (asked["label"], quota_key(asked["family"], asked["header_style"], asked["model"]))
        self._find(asked["label"]).failures = self.rows.get(row, 0)
        self.rows[row] = self.rows.get(row, 0) + 1
        return asked


class PlainLimitsCountAsFailures(ReferenceAdapter):
    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, *args, **params)
        self._find(label).failures += 1


# Time


class OldFailuresForgotten(ReferenceAdapter):
    """The reference itself: failures expire, as in every release after 1.3.0."""


class FailuresNeverExpire(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._find(asked["label"]).last_failure_ms = None
        return asked


class FailuresExpireAtTheTtl(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        ttl_ms = FAILURE_TTL_MS if asked["failure_ttl_ms"] is None else asked["failure_ttl_ms"]
        return asked | {"failure_ttl_ms": ttl_ms - 0.5}


class TtlFromTheFirstFailure(FailsWrongly):
    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        first_ms = self._find(label).last_failure_ms
        answer = super().mark_rate_limited_with_reason(label, *args, **params)
        if self._find(label).failures > 1:
            self._find(label).last_failure_ms = first_ms
        return answer


class FailuresCountForAMinute(FailsWrongly):
    def instead(self, asked: dict[str, Any]) -> dict[str, Any]:
        return asked | {"failure_ttl_ms": asked["failure_ttl_ms"] or 60_000}


# What is limited


class BackoffToldButNotKept(ReferenceAdapter):
    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        before = dict(self._find(label).reset_times_ms)
        answer = super().mark_rate_limited_with_reason(label, *args, **params)
        self._find(label).reset_times_ms = before
        return answer


class BackoffLimitsEveryStyle(ReferenceAdapter):
    def mark_rate_limited_with_reason(self, label: str, family: Family, *args: Any, **params: Any) -> Json:
        answer = super().mark_rate_limited_with_reason(label, family, *args, **params)
        limits = self._find(label).reset_times_ms
        every = {quota_key(each, style) for each in FAMILIES if each == family for style in STYLES}
        limits.update(dict.fromkeys(every, self.now_ms + answer["backoff_ms"]))
        return answer


class CooldownIsAFailure(ReferenceAdapter):
    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms, reason)
        self._find(label).failures += 1
