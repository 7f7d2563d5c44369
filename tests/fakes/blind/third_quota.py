"""A third round of faults: soft quota and readings."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import soft_quota
from reference_impl.adapter import ReferenceAdapter
from reference_impl.selection import Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import (
    POOL_PATH,
    account,
    advance,
    call,
    changed_by_another,
    limit,
    opened,
    opened_home,
    pool,
    pool_file,
    saved,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("soft-quota")
readings = Section("readings")

USED = {"claude": {"remainingFraction": 0.05}}
FULL = {"claude": {"remainingFraction": 1}}


def read_account(label: str, quota: Json, updated_ms: float = 0, **fields: Json) -> Json:
    return account(label, cachedQuota=quota, cachedQuotaUpdatedAt=updated_ms, **fields)


def until(reset: str, fraction: float = 0) -> Json:
    return {"claude": {"remainingFraction": fraction, "resetTime": reset}}


def soft(family: str = "claude", percent: float = 90, **params: Json) -> Any:
    return select(family, soft_quota_threshold_percent=percent, **params)


def soft_wait(family: str = "claude", percent: float = 90, **params: Json) -> Any:
    return call("soft_quota_wait", family=family, soft_quota_threshold_percent=percent, **params)


def update(label: str, quota: Json) -> Any:
    return call("update_quota", label=label, quota=quota)


@section.patch(
    Selector,
    "soft_quota_wait_ms",
    opened(read_account("a", until("1970-01-01T01:00:00Z")), "b"),
    limit("b", 1000),
    soft_wait(),
)
def limited_accounts_are_out(original: Original, self: Selector, request: Any, moment: Any, quota: SoftQuota) -> Any:
    """Waits for the reset of the readings if the accounts below the threshold are rate-limited."""
    every = self.pool.accounts
    free = [each for each in every if not any(moment.now_ms < end for end in each.reset_times_ms.values())]
    over = [each for each in every if self._is_over(each, request, moment, quota)]
    if not any(each not in over for each in free) and over:
        self.pool.accounts = over
    waits = original(self, request, moment, quota)
    self.pool.accounts = every
    return waits


@section.port(
    opened(read_account("a", USED), "b"),
    soft(),
    call("reset_limits", family="claude"),
    advance(600_001),
    switch("b", False),
    soft(),
)
class OnceOverIsOver(ReferenceAdapter):
    """Remembers for each reading that it is over the threshold, until the next reading."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.over: dict[Any, bool] = {}
        return super().open(*args, **params)

    def new_selector(self, pool: Any) -> Selector:
        selector = super().new_selector(pool)
        decide = selector._is_over

        def remembered(account: Any, request: Any, moment: Any, quota: SoftQuota) -> bool:
            key = (account.label, account.cached_quota_updated_ms, request, quota)
            self.over[key] = self.over.get(key, False) or decide(account, request, moment, quota)
            return self.over[key]

        selector._is_over = remembered  # type: ignore[method-assign, assignment]
        return selector


@section.patch(
    soft_quota,
    "_reading",
    opened(read_account("a", {"gemini-pro": {"remainingFraction": 0}}), "b"),
    soft("gemini", model="gemini-3-flash"),
)
def flash_falls_back_to_pro(original: Original, cached: Any, family: Any, model: str | None) -> Any:
    """Uses the reading of gemini-pro for a flash model if there is none of gemini-flash."""
    return original(cached, family, model) or (original(cached, family, None) if family == "gemini" else {})


@readings.port(opened(account("a", enabled=False), "b"), update("a", USED), switch("a", True), soft())
class NoReadingOfDisabledAccounts(ReferenceAdapter):
    """Ignores a reading of a disabled account."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        if self._find(label).enabled:
            super().update_quota(label, quota)


@readings.port(opened("a", "b"), limit("a", 1000), update("a", FULL), select())
class FullReadingLiftsTheLimit(ReferenceAdapter):
    """Ends the rate limit of a family whose reading says that nothing is used."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        super().update_quota(label, quota)
        group = quota.get("claude")
        if isinstance(group, dict) and group.get("remainingFraction") == 1:
            self._find(label).reset_times_ms.pop("claude", None)


@readings.port(opened("a", "a", active=1), update("a", USED), soft())
class ReadingOfTheToken(ReferenceAdapter):
    """Stores a reading in all accounts with the refresh token, not only in the first one."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        super().update_quota(label, quota)
        found = self._find(label)
        for each in self._opened().pool.accounts:
            if each.label == label:
                each.cached_quota, each.cached_quota_updated_ms = found.cached_quota, found.cached_quota_updated_ms


@readings.port(
    opened_home(),
    update("a", USED),
    replace(call("request_save"), files={POOL_PATH: {"removed": True}}),
    replace(call("flush_save"), files={POOL_PATH: {"link": "antigravity-accounts.json"}}),
    replace(call("min_wait", family="claude"), files={POOL_PATH: {"removed": True}}),
    changed_by_another(saved(), pool("a", "b")),
    opened_home(),
    soft(),
    files=pool_file(pool("a", "b")),
)
class FailedSaveLosesTheReading(ReferenceAdapter):
    """Takes a new reading for saved before the file is written, also if that fails."""

    def store(self, home: str, merge: Callable[[bytes | None], Json]) -> None:
        accounts = self._opened().pool.accounts
        new = [each for each in accounts if each.has_new_reading]

        def merged(content: bytes | None) -> Json:
            for each in new:
                each.has_new_reading = True
            document = merge(content)
            for each in new:
                each.has_new_reading = False
            return document

        for each in new:
            each.has_new_reading = False
        super().store(home, merged)
