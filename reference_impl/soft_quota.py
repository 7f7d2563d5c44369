"""Soft quota: an account counts as unavailable before its quota is used up, according to a cached reading.

Sources: SOFT-*; release 1.6.0, `dist/src/plugin/accounts.js`, `isOverSoftQuotaThreshold`, `getMinWaitTimeForSoftQuota`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from reference_impl.javascript import to_number
from reference_impl.limits import Family
from reference_impl.profiles import Profile

AUTO_MINUTES = 10  # the shortest time for which a reading counts with "auto"
OFF_PERCENT = 100  # a threshold of 100 or more turns the soft quota off


@dataclass(frozen=True)
class SoftQuota:
    """The used percentage from which an account is unavailable, and how long a reading counts."""

    threshold_percent: float = OFF_PERCENT
    cache_ttl_ms: float = 600_000


def quota_group(family: Family, model: str | None) -> str:
    """Returns the group of a reading: by the name of the model, else by family (SOFT-004)."""
    if not model:
        return "claude" if family == "claude" else "gemini-pro"
    name = model.lower()
    if "claude" in name:
        return "claude"
    return "gemini-flash" if "flash" in name else "gemini-pro"


def cache_ttl_ms(ttl_minutes: float | Literal["auto"], refresh_interval_minutes: float) -> float:
    """Returns how long a reading counts: by default twice the refresh interval, at least 10 minutes (READ-001)."""
    minutes = max(2 * float(refresh_interval_minutes), AUTO_MINUTES) if ttl_minutes == "auto" else float(ttl_minutes)
    return minutes * 60 * 1000


def is_over(
    cached: Any,
    updated_ms: Any,
    soft: SoftQuota,
    family: Family,
    model: str | None,
    now_ms: float,
    profile: Profile,
) -> bool:
    """Returns whether the account has reached the threshold. False if the reading is missing or too old (SOFT-002)."""
    if soft.threshold_percent >= OFF_PERCENT or updated_ms is None or not isinstance(cached, Mapping):
        return False
    if now_ms - to_number(updated_ms) > soft.cache_ttl_ms:
        return False
    remaining = _reading(cached, family, model).get("remainingFraction")
    if remaining is None:
        return False
    if math.isnan(to_number(remaining)):
        return False
    left = max(0.0, min(1.0, to_number(remaining)))
    if profile.has("usage-in-binary"):
        return (1 - left) * 100 >= soft.threshold_percent
    from fractions import Fraction  # slow to import, and few processes need it

    # Exact decimals: 0.9 remaining is 10 % used, not 9.999999999999998 % (SOFT-014).
    return (1 - Fraction(str(left))) * 100 >= Fraction(str(soft.threshold_percent))


def reset_wait_ms(cached: Any, family: Family, model: str | None, now_ms: float) -> float | None:
    """Returns the time in milliseconds until the group's quota resets, at least 0; None if unknown (SOFT-016)."""
    reset = _reading(cached, family, model).get("resetTime")
    try:
        instant = datetime.fromisoformat(reset) if isinstance(reset, str) else None
    except ValueError:
        return None
    if instant is None:
        return None
    utc = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max(0, utc.timestamp() * 1000 - now_ms)


def _reading(cached: Any, family: Family, model: str | None) -> Mapping[str, Any]:
    group = cached.get(quota_group(family, model)) if isinstance(cached, Mapping) else None
    return group if isinstance(group, Mapping) else {}
