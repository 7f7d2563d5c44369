"""Soft quota: an account is left before its quota is used up, as far as a cached reading tells.

Sources: SOFT-*; release 1.6.0, `dist/src/plugin/accounts.js`, `isOverSoftQuotaThreshold`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference_impl.javascript import to_number
from reference_impl.limits import Family


@dataclass(frozen=True)
class SoftQuota:
    """From which used percentage on an account is left, and how long a reading counts."""

    threshold_percent: float = 100
    cache_ttl_ms: float = 600_000


def quota_group(family: Family, model: str | None) -> str:
    """The group that a reading is kept for: by the model's name, else by family (SOFT-004)."""
    if not model:
        return "claude" if family == "claude" else "gemini-pro"
    name = model.lower()
    if "claude" in name:
        return "claude"
    return "gemini-flash" if "flash" in name else "gemini-pro"


def is_over(cached: Any, updated_ms: Any, soft: SoftQuota, family: Family, model: str | None, now_ms: float) -> bool:
    """Is the account at or above the threshold? What is not known, or known too long, is no reason (SOFT-002)."""
    if soft.threshold_percent >= 100 or not isinstance(cached, Mapping) or updated_ms is None:
        return False
    if now_ms - to_number(updated_ms) > soft.cache_ttl_ms:
        return False
    group = cached.get(quota_group(family, model))
    remaining = group.get("remainingFraction") if isinstance(group, Mapping) else None
    if remaining is None:
        return False
    used_percent = (1 - max(0, min(1, to_number(remaining)))) * 100
    return used_percent >= soft.threshold_percent
