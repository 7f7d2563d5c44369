"""The soft quota."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from conformance.json_type import Json
from reference_impl import soft_quota
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Pool
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import account, call, opened, select
from tests.fakes.blind.ports import Original, Section

section = Section("soft-quota")
OVER = 90


def read(label: str, remaining: Json = 0, updated_ms: Json = 1, group: str = "claude", **fields: Json) -> Json:
    """An account with a quota reading."""
    cached = {group: {"remainingFraction": remaining, **fields}}
    return account(label, cachedQuota=cached, cachedQuotaUpdatedAt=updated_ms)


def below(family: str = "claude", percent: float = OVER, **params: Json) -> Any:
    return select(family, soft_quota_threshold_percent=percent, **params)


def until_reset(**params: Json) -> Any:
    return call("soft_quota_wait", family="claude", soft_quota_threshold_percent=OVER, **params)


@section.port(opened(read("a", 1), account("b")), below(percent=0))
class ThresholdZeroIsOff(ReferenceAdapter):
    """Writes `threshold || 100`."""

    def _soft_quota(self, threshold_percent: float | None, cache_ttl_ms: float | None) -> SoftQuota:
        return super()._soft_quota(threshold_percent or None, cache_ttl_ms)


@section.port(opened(read("a"), account("b"), now_ms=2), below(soft_quota_cache_ttl_ms=0))
class TtlZeroIsDefault(ReferenceAdapter):
    """Writes `ttl || 600000`."""

    def _soft_quota(self, threshold_percent: float | None, cache_ttl_ms: float | None) -> SoftQuota:
        return super()._soft_quota(threshold_percent, cache_ttl_ms or None)


@section.patch(soft_quota, "is_over", opened(read("a", updated_ms=0), account("b")), below())
def read_at_zero_is_unread(original: Original, cached: Any, updated_ms: Any, *args: Any) -> bool:
    """Writes `if (!updatedAt)`, so that a reading at the time 0 does not count."""
    return bool(original(cached, updated_ms or None, *args))


@section.patch(soft_quota, "is_over", opened(read("a", 0), account("b")), below())
def nothing_left_is_unknown(original: Original, cached: Any, *args: Any) -> bool:
    """Writes `if (!remainingFraction)`, so that an account with nothing left is available."""
    group = soft_quota._reading(cached, args[2], args[3])
    return bool(group.get("remainingFraction")) and bool(original(cached, *args))


@section.patch(soft_quota, "quota_group", opened(read("a"), account("b")), below(model="antigravity-claude-sonnet"))
def group_by_the_first_word(original: Original, family: Any, model: str | None) -> str:
    """Tests whether the model begins with `claude`, not whether it contains it."""
    if model and not model.lower().startswith("claude"):
        return "gemini-flash" if "flash" in model.lower() else "gemini-pro"
    return str(original(family, model))


@section.patch(soft_quota, "quota_group", opened(read("a"), account("b")), below(model="claude-flash"))
def flash_before_claude(original: Original, family: Any, model: str | None) -> str:
    """Tests for `flash` before it tests for `claude`."""
    return "gemini-flash" if model and "flash" in model.lower() else str(original(family, model))


@section.patch(
    soft_quota, "quota_group", opened(read("a", group="gemini-pro"), account("b")), below(model="gemini-3-pro")
)
def family_before_the_model(original: Original, family: Any, model: str | None) -> str:
    """Reads the group of Claude for every request of the family, whatever the model."""
    return "claude" if family == "claude" else str(original(family, model))


def _resets(text: str) -> Any:
    return opened(read("a", resetTime=text), now_ms=1)


@section.patch(soft_quota, "reset_wait_ms", _resets("1970-01-01T05:00:00+02:00"), until_reset())
def time_zone_ignored(original: Original, cached: Any, family: Any, model: Any, now_ms: float) -> float | None:
    """Reads the reset time as UTC, whatever its offset."""
    return _changed(original, cached, (family, model, now_ms), lambda instant: instant.replace(tzinfo=UTC))


@section.patch(soft_quota, "reset_wait_ms", _resets("1970-01-01T00:00:01.500Z"), until_reset())
def fraction_of_a_second_lost(original: Original, cached: Any, family: Any, model: Any, now_ms: float) -> float | None:
    """Keeps the reset time in whole seconds."""
    return _changed(original, cached, (family, model, now_ms), lambda instant: instant.replace(microsecond=0))


@section.patch(soft_quota, "reset_wait_ms", _resets("2040-01-01T00:00:00Z"), until_reset())
def reset_before_2038(original: Original, cached: Any, family: Any, model: Any, now_ms: float) -> float | None:
    """Keeps the reset time in 31 bits of seconds."""
    latest = datetime.fromtimestamp(2**31 - 1, UTC)
    return _changed(original, cached, (family, model, now_ms), lambda instant: min(instant, latest))


@section.patch(soft_quota, "reset_wait_ms", _resets("1970-01-01T00:00:01.500Z"), until_reset())
def fraction_of_a_second_unparsed(original: Original, cached: Any, *args: Any) -> float | None:
    """Parses with the format of whole seconds, so that a time with a fraction is unknown."""
    reset = soft_quota._reading(cached, args[0], args[1]).get("resetTime")
    return None if isinstance(reset, str) and "." in reset else original(cached, *args)


def _changed(original: Original, cached: Any, args: tuple[Any, ...], change: Any) -> float | None:
    """The wait for a reading with another reset time."""
    family, model, _ = args
    group = soft_quota.quota_group(family, model)
    reading = soft_quota._reading(cached, family, model)
    try:
        instant = datetime.fromisoformat(str(reading.get("resetTime")))
    except ValueError:
        instant = None
    if instant is not None and instant.tzinfo is not None:
        cached = {**cached, group: {**reading, "resetTime": change(instant).isoformat()}}
    waited: float | None = original(cached, *args)
    return waited


_LATER = [read("a", resetTime="1970-01-01T02:00:00Z"), read("b", resetTime="1970-01-01T01:00:00Z")]


@section.patch(Selector, "soft_quota_wait_ms", opened(_LATER[0], {**_LATER[1], "enabled": False}), until_reset())
def disabled_accounts_reset_too(
    original: Original, self: Selector, request: Any, moment: Moment, soft: SoftQuota
) -> float | None:
    """Waits for the first reset of all accounts, disabled ones included."""
    waited: float | None = original(self, request, moment, soft)
    if not waited:
        return waited
    every = [
        soft_quota.reset_wait_ms(each.cached_quota, request.family, request.model, moment.now_ms)
        for each in self.pool.accounts
    ]
    return min(wait for wait in [waited, *every] if wait)


@section.port(opened(read("a"), account("b")), opened(read("a", 1), account("b")), below())
class ReadingsOfTheFirstSession(ReferenceAdapter):
    """Caches quota readings by token for the life of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.readings: dict[str, tuple[Json, Json]] = {}

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            if isinstance(each.cached_quota, Mapping):
                known = self.readings.setdefault(each.label, (each.cached_quota, each.cached_quota_updated_ms))
                each.cached_quota, each.cached_quota_updated_ms = known
        return loaded


@section.patch(soft_quota, "is_over", opened(read("a", updated_ms=700_000), account("b"), now_ms=1), below())
def future_reading_is_old(
    original: Original,
    cached: Any,
    updated_ms: Any,
    soft: SoftQuota,
    family: Any,
    model: Any,
    now_ms: float,
    *args: Any,
) -> bool:
    """Compares the absolute age of a reading with the TTL."""
    is_time = isinstance(updated_ms, int | float) and not isinstance(updated_ms, bool)
    if is_time and updated_ms - now_ms > soft.cache_ttl_ms:
        return False
    return bool(original(cached, updated_ms, soft, family, model, now_ms, *args))


@section.patch(soft_quota, "is_over", opened(read("a", 0.105), account("b"), now_ms=1), below())
def usage_rounded(original: Original, cached: Any, updated_ms: Any, soft: SoftQuota, *args: Any) -> bool:
    """Rounds the used percentage, as its display does."""
    reading = soft_quota._reading(cached, args[0], args[1])
    left = reading.get("remainingFraction")
    if isinstance(left, float) and 0 < left < 1:
        group = soft_quota.quota_group(args[0], args[1])
        cached = {**cached, group: {**reading, "remainingFraction": round(1 - int((1 - left) * 100 + 0.5) / 100, 2)}}
    return bool(original(cached, updated_ms, soft, *args))


@section.patch(soft_quota, "is_over", opened(read("a", 0.095), account("b"), now_ms=1), below(percent=90.6))
def whole_threshold(original: Original, cached: Any, updated_ms: Any, soft: SoftQuota, *args: Any) -> bool:
    """Reads the threshold as an integer."""
    return bool(original(cached, updated_ms, replace(soft, threshold_percent=int(soft.threshold_percent)), *args))


@section.patch(soft_quota, "is_over", opened(read("a", "0"), account("b"), now_ms=1), below())
def text_is_unknown(original: Original, cached: Any, *args: Any) -> bool:
    """Accepts only numbers as remaining fraction, where the releases convert text."""
    left = soft_quota._reading(cached, args[2], args[3]).get("remainingFraction")
    return not isinstance(left, str) and bool(original(cached, *args))
