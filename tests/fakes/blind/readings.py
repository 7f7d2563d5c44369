"""Quota readings, and a second round of faults in the soft quota."""

import math
import re
from collections.abc import Mapping
from typing import Any

from conformance.json_type import Json
from reference_impl import soft_quota
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import account, advance, call, opened, select
from tests.fakes.blind.ports import Original, Section

soft = Section("soft-quota")
section = Section("readings")
LITTLE = {"claude": {"remainingFraction": 0.05}}


def read(label: str, group: str = "claude", updated: Json = 0, **fields: Json) -> Json:
    return account(label, cachedQuota={group: fields}, cachedQuotaUpdatedAt=updated)


def measured(strategy: str = "sticky", **params: Json) -> Any:
    return select("claude", strategy, soft_quota_threshold_percent=90, **params)


def soft_wait(**params: Json) -> Any:
    return call("soft_quota_wait", family="claude", soft_quota_threshold_percent=90, **params)


def update(label: str, quota: Json) -> Any:
    return call("update_quota", label=label, quota=quota)


# Soft quota


_PAST = read("a", remainingFraction=0, resetTime="1970-01-01T00:00:01Z")
_FUTURE = read("b", remainingFraction=0, resetTime="1970-01-01T00:01:00Z")


@soft.patch(soft_quota, "reset_wait_ms", opened(_PAST, _FUTURE, now_ms=2000), soft_wait())
def past_resets_ignored(original: Original, *args: Any) -> float | None:
    """Ignores reset times in the past, and waits for the next one in the future."""
    wait_ms: float | None = original(*args)
    return wait_ms or None


@soft.patch(
    Selector,
    "_rotate",
    opened(read("a", remainingFraction=0), "b", now_ms=700_000),
    measured("round-robin", soft_quota_cache_ttl_ms=9e6),
)
def rotation_has_the_default_ttl(
    original: Original, self: Selector, request: Request, moment: Moment, limit: SoftQuota
) -> Account | None:
    """Does not pass the TTL on to the rotation."""
    chosen: Account | None = original(self, request, moment, SoftQuota(limit.threshold_percent))
    return chosen


@soft.patch(soft_quota, "is_over", opened(read("a", remainingFraction=5), "b"), measured())
def percent_accepted(original: Original, cached: Any, *args: Any) -> bool:
    """Reads a remaining fraction above 1 as a percentage."""
    if isinstance(cached, Mapping):
        cached = {group: _as_fraction(reading) for group, reading in cached.items()}
    return bool(original(cached, *args))


def _as_fraction(reading: Any) -> Any:
    left = reading.get("remainingFraction") if isinstance(reading, Mapping) else None
    if isinstance(left, int | float) and not isinstance(left, bool) and left > 1:
        return {**reading, "remainingFraction": left / 100}
    return reading


@soft.patch(soft_quota, "reset_wait_ms", opened(read("a", remainingFraction=0, resetTime=5000)), soft_wait())
def number_is_a_reset_time(original: Original, cached: Any, family: Any, model: Any, now_ms: float) -> float | None:
    """Accepts milliseconds as reset time."""
    reset = soft_quota._reading(cached, family, model).get("resetTime")
    if isinstance(reset, int | float) and not isinstance(reset, bool):
        return max(0, reset - now_ms)
    wait_ms: float | None = original(cached, family, model, now_ms)
    return wait_ms


_FLASH = read("a", "gemini-flash", remainingFraction=0)


@soft.patch(
    soft_quota,
    "quota_group",
    opened(_FLASH, "b"),
    select("gemini", soft_quota_threshold_percent=90, model="g-3-flashlight"),
)
def flash_is_a_word(original: Original, family: Any, model: str | None) -> str:
    """Matches `flash` only as a whole word of the model name."""
    group = str(original(family, model))
    whole = model and re.search(r"(^|[-_. /])flash($|[-_. /0-9])", model.lower())
    return "gemini-pro" if group == "gemini-flash" and not whole else group


@soft.patch(
    Selector,
    "_is_over",
    opened(read("a", remainingFraction=0), "b"),
    measured(soft_quota_cache_ttl_ms=-1),
    advance(-5),
    measured(),
)
def negative_ttl_is_unlimited(
    original: Original, self: Selector, account: Account, request: Request, moment: Moment, limit: SoftQuota
) -> bool:
    """Takes a negative TTL for "no limit"."""
    endless = SoftQuota(limit.threshold_percent, math.inf) if limit.cache_ttl_ms < 0 else limit
    return bool(original(self, account, request, moment, endless))


# Readings


@section.port(call("soft_quota_ttl", soft_quota_cache_ttl_minutes=1.5))
class WholeMinutes(ReferenceAdapter):
    """Truncates a configured time to whole minutes."""

    def soft_quota_ttl(
        self, soft_quota_cache_ttl_minutes: Any = "auto", quota_refresh_interval_minutes: float = 15
    ) -> Json:
        minutes = soft_quota_cache_ttl_minutes
        if not isinstance(minutes, str):
            minutes = int(minutes)
        return super().soft_quota_ttl(minutes, quota_refresh_interval_minutes)


@section.port(call("soft_quota_ttl", quota_refresh_interval_minutes=0))
class IntervalZeroIsTheDefault(ReferenceAdapter):
    """Writes `interval or 15`."""

    def soft_quota_ttl(
        self, soft_quota_cache_ttl_minutes: Any = "auto", quota_refresh_interval_minutes: float = 15
    ) -> Json:
        return super().soft_quota_ttl(soft_quota_cache_ttl_minutes, quota_refresh_interval_minutes or 15)


@section.port(call("soft_quota_ttl", soft_quota_cache_ttl_minutes=5, quota_refresh_interval_minutes=15))
class AtLeastTheInterval(ReferenceAdapter):
    """Keeps readings at least until the next refresh, whatever is configured."""

    def soft_quota_ttl(
        self, soft_quota_cache_ttl_minutes: Any = "auto", quota_refresh_interval_minutes: float = 15
    ) -> Json:
        minutes = soft_quota_cache_ttl_minutes
        if not isinstance(minutes, str):
            minutes = max(minutes, quota_refresh_interval_minutes)
        return super().soft_quota_ttl(minutes, quota_refresh_interval_minutes)


@section.port(
    opened("a", "b"), update("a", LITTLE), advance(400_000), update("a", LITTLE), advance(400_000), measured()
)
class EqualReadingIsNotNew(ReferenceAdapter):
    """Ignores a reading that equals the one it has, and so its time."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        if self._find(label).cached_quota != quota:
            super().update_quota(label, quota)


@section.port(opened("a", "b"), update("a", LITTLE), update("a", {}), measured())
class EmptyReadingIgnored(ReferenceAdapter):
    """Writes `if quota`, so that a reading without groups leaves the old one."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        if quota or self._find(label) is None:
            super().update_quota(label, quota)


@section.port(opened(read("a", updated=1000, remainingFraction=0.5), "b", now_ms=900), update("a", LITTLE), measured())
class EarlierReadingIgnored(ReferenceAdapter):
    """Ignores a reading that is earlier than the stored one, as after a clock change."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        known = self._find(label).cached_quota_updated_ms
        if not isinstance(known, int | float) or known <= self.now_ms:
            super().update_quota(label, quota)


@section.port(
    opened("a"),
    update("a", {"claude": {"resetTime": "x"}}),
    measured(),
    update("a", LITTLE),
    update("a", {"claude": {}}),
    measured(),
)
class GroupKeepsItsFraction(ReferenceAdapter):
    """Merges each group of a new reading into the old group."""

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        known = self._find(label).cached_quota
        old = known if isinstance(known, Mapping) else {}
        merged = {group: _joined(old.get(group), reading) for group, reading in quota.items()}
        super().update_quota(label, merged)


def _joined(old: Any, reading: Any) -> Any:
    return {**old, **reading} if isinstance(old, Mapping) and isinstance(reading, Mapping) else reading
