"""From a stored pool to the accounts that selection works on.

Sources: POOL-001 to POOL-010; release 1.3.0, `dist/src/plugin/accounts.js` and `storage.js`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_impl.limits import FAMILIES, Family

Json = Any
STORAGE_VERSION = 3
NOWHERE = -1  # where a family stands in an empty pool


@dataclass
class Account:
    """One account. Its index is its place in the pool and is kept nowhere else."""

    label: str  # the refresh token, which names the account
    enabled: bool = True
    reset_times_ms: dict[str, float] = field(default_factory=dict)  # by quota key


@dataclass
class Pool:
    """Accounts in stored order, and where selection starts."""

    accounts: list[Account]
    active_index: int = 0
    active_index_by_family: dict[Family, int] = field(default_factory=lambda: dict.fromkeys(FAMILIES, NOWHERE))


def load_pool(stored: Json) -> Pool:
    """Build the pool from parsed JSON.

    Entries without a refresh token are left out (POOL-006) and leave no gap (POOL-007). A pool that is not an
    object with a list of accounts is empty (POOL-008).
    """
    entries = stored.get("accounts") if isinstance(stored, Mapping) else None
    listed = entries if isinstance(entries, list) else []
    accounts = [account for entry in listed if (account := _load_account(entry)) is not None]
    if not accounts:
        return Pool([])
    count = len(accounts)
    active = _index(stored.get("activeIndex"), 0) % count
    stored_families = stored.get("activeIndexByFamily")
    by_family = stored_families if isinstance(stored_families, Mapping) else {}
    return Pool(accounts, active, {family: _index(by_family.get(family), active) % count for family in FAMILIES})


def parse_pool_file(content: bytes | None) -> Json:
    """Parse a pool file; None where it is missing, not JSON or of an unknown version (POOL-010)."""
    try:
        stored = json.loads(content.decode("utf-8")) if content is not None else None
    except (ValueError, RecursionError):
        return None
    return stored if isinstance(stored, dict) and stored.get("version") == STORAGE_VERSION else None


def _load_account(entry: Json) -> Account | None:
    token = entry.get("refreshToken") if isinstance(entry, Mapping) else None
    if not isinstance(token, str) or not token:
        return None
    limits = entry.get("rateLimitResetTimes")
    return Account(
        label=token,
        enabled=entry.get("enabled") is not False,
        reset_times_ms=dict(limits) if isinstance(limits, Mapping) else {},
    )


def _index(value: Json, fallback: int) -> int:
    """A stored index: fractions are cut off, negative ones are 0, anything but a number is the fallback (POOL-005)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return fallback
    return max(0, math.floor(value))
