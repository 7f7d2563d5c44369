"""Mutants of the soft quota: the reference with one change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota, quota_group, reset_wait_ms
from tests.mutants.selection import selecting


class ReadsWrongly(Selector):
    """A selector that knows the strategy when it checks the soft quota."""

    strategy = ""

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        self.strategy = strategy
        return super().select(request, strategy, moment, **params)

    def fraction(self, account: Account, request: Request) -> Json:
        """The remaining fraction in the account's reading, or None without a reading."""
        quota = account.cached_quota
        group = quota.get(quota_group(request.family, request.model)) if isinstance(quota, Mapping) else None
        return group.get("remainingFraction") if isinstance(group, Mapping) else None


# By strategy


@selecting
class StickyIgnoresTheSoftQuota(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return self.strategy != "sticky" and super()._is_over(account, request, moment, soft)


@selecting
class RotationIgnoresTheSoftQuota(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return self.strategy != "round-robin" and super()._is_over(account, request, moment, soft)


@selecting
class HybridIgnoresTheSoftQuota(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return self.strategy != "hybrid" and super()._is_over(account, request, moment, soft)


@selecting
class OverQuotaRatherThanNone(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        accounts, over = self.pool.accounts, super()._is_over
        several = len(accounts) > 1  # with one account it is correct, so that it breaks only its own rule
        all_over = all(over(other, request, moment, soft) for other in accounts)
        return over(account, request, moment, soft) and not (several and all_over)


@selecting
class SoftQuotaBlocksGeminiCli(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return super()._is_over(account, replace(request, style="antigravity"), moment, soft)


# The threshold


@selecting
class ThresholdMustBeExceeded(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        higher = min(99.999, soft.threshold_percent + 1e-9) if soft.threshold_percent < 100 else 100
        return super()._is_over(account, request, moment, replace(soft, threshold_percent=higher))


@selecting
class HundredIsAThreshold(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return self.fraction(account, request) == 0 or super()._is_over(account, request, moment, soft)


# The reading


@selecting
class OldReadingCounts(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return super()._is_over(account, request, moment, replace(soft, cache_ttl_ms=float("inf")))


@selecting
class ReadingExpiresAtTheTtl(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return super()._is_over(account, request, moment, replace(soft, cache_ttl_ms=soft.cache_ttl_ms - 0.5))


@selecting
class ReadingCountsForAMinute(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        ttl_ms = 60_000 if soft == SoftQuota(soft.threshold_percent) else soft.cache_ttl_ms
        return super()._is_over(account, request, moment, replace(soft, cache_ttl_ms=ttl_ms))


@selecting
class UnknownQuotaIsUsedUp(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        known = self.fraction(account, request) is not None and account.cached_quota_updated_ms is not None
        is_off = soft.threshold_percent >= 100
        return super()._is_over(account, request, moment, soft) or not (known or is_off)


@selecting
class FractionNotClamped(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        fraction = self.fraction(account, request)
        is_negative = isinstance(fraction, float | int) and (1 - fraction) * 100 < soft.threshold_percent
        return not is_negative and super()._is_over(account, request, moment, soft)


# The group


@selecting
class GroupByFamilyAlone(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return super()._is_over(account, replace(request, model=None), moment, soft)


@selecting
class HighestGroupCounts(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        asked = [replace(request, model=model) for model in ("claude", "flash", "pro")]
        return any(super(ReadsWrongly, self)._is_over(account, each, moment, soft) for each in asked)


@selecting
class UsedShareInBinary(ReadsWrongly):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        fraction = self.fraction(account, request)
        in_binary = fraction is None or (1 - fraction) * 100 >= soft.threshold_percent
        return in_binary and super()._is_over(account, request, moment, soft)


# The wait


class WaitsWrongly(Selector):
    """A selector that computes another reset time of the quota."""

    def renewals_ms(self, request: Request, moment: Moment) -> list[float]:
        readings = [account.cached_quota for account in self.pool.accounts if account.enabled]
        waits = [reset_wait_ms(cached, request.family, request.model, moment.now_ms) for cached in readings]
        return [wait for wait in waits if wait is not None]


@selecting
class SoftQuotaAlwaysWaitedFor(WaitsWrongly):
    def soft_quota_wait_ms(self, request: Request, moment: Moment, soft: SoftQuota) -> float | None:
        return min(self.renewals_ms(request, moment), default=super().soft_quota_wait_ms(request, moment, soft))


@selecting
class LastRenewalWaitedFor(WaitsWrongly):
    def soft_quota_wait_ms(self, request: Request, moment: Moment, soft: SoftQuota) -> float | None:
        return super().soft_quota_wait_ms(request, moment, soft) and max(self.renewals_ms(request, moment))


@selecting
class UnknownRenewalIsNow(WaitsWrongly):
    def soft_quota_wait_ms(self, request: Request, moment: Moment, soft: SoftQuota) -> float | None:
        return super().soft_quota_wait_ms(request, moment, soft) or 0


@selecting
class GeminiWaitsForPro(WaitsWrongly):
    def soft_quota_wait_ms(self, request: Request, moment: Moment, soft: SoftQuota) -> float | None:
        model = request.model or ("pro" if request.family == "gemini" else None)
        return super().soft_quota_wait_ms(replace(request, model=model), moment, soft)
