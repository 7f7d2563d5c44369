"""A fourth round of faults: soft quota."""

from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import account, advance, call, opened, rotate, select, switch
from tests.fakes.blind.ports import Original, Section

soft_quota = Section("soft-quota")

OVER = {"claude": {"remainingFraction": 0}, "gemini-pro": {"remainingFraction": 0}}


def used(label: str) -> Json:
    return account(label, cachedQuota=OVER, cachedQuotaUpdatedAt=0)


@soft_quota.patch(
    Selector,
    "_rotate",
    opened(used("a"), "b"),
    rotate("gemini", header_style="gemini-cli", soft_quota_threshold_percent=90),
)
def rotation_measures_the_second_style(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Any:
    """Applies the soft quota to gemini-cli where it rotates, and not where it keeps an account."""
    every = self.pool.accounts
    asked = replace(request, style="antigravity")
    over = [each for each in every if each.enabled and self._is_over(each, asked, moment, soft)]
    for each in over:
        each.enabled = False
    chosen = original(self, request, moment, soft)
    for each in over:
        each.enabled = True
    return chosen


@soft_quota.port(
    opened(
        account(
            "a",
            cachedQuota={"claude": {"remainingFraction": 0, "resetTime": "1970-01-01T01:00:00Z"}},
            cachedQuotaUpdatedAt=0,
        )
    ),
    advance(1000),
    call("soft_quota_wait", family="claude", soft_quota_threshold_percent=90, soft_quota_cache_ttl_ms=10),
)
class WaitHasTheDefaultTtl(ReferenceAdapter):
    """Does not pass the TTL of readings on to the wait."""

    def soft_quota_wait(self, *args: Any, soft_quota_cache_ttl_ms: float | None = None, **params: Any) -> Json:
        return super().soft_quota_wait(*args, **params)


@soft_quota.patch(
    Selector,
    "soft_quota_wait_ms",
    opened("a", "b"),
    switch("a", False),
    switch("b", False),
    call("soft_quota_wait", family="claude", soft_quota_threshold_percent=90),
)
def no_enabled_account_is_no_wait(original: Original, self: Selector, *args: Any) -> Any:
    """Waits for nothing if no account is enabled, whose reset times are unknown."""
    return original(self, *args) if any(each.enabled for each in self.pool.accounts) else 0


@soft_quota.patch(
    Selector,
    "_is_over",
    opened(account("a", cachedQuota=OVER, cachedQuotaUpdatedAt="0"), "b"),
    select(soft_quota_threshold_percent=90),
)
def text_time_is_unread(
    original: Original, self: Selector, account_: Account, request: Request, moment: Moment, soft: SoftQuota
) -> bool:
    """Accepts only a number as the time of a reading, where the releases convert text."""
    return not isinstance(account_.cached_quota_updated_ms, str) and bool(
        original(self, account_, request, moment, soft)
    )
