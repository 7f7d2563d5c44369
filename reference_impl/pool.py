"""Builds the accounts of a session from a stored pool. `storage` reads pool files.

Sources: POOL-*; releases 1.2.8 to 1.6.0, `dist/src/plugin/accounts.js`, constructor.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.json_type import Json
from reference_impl.javascript import QuirkFailure, is_truthy, to_number
from reference_impl.limits import FAMILIES, Family
from reference_impl.profiles import Profile

VERIFICATION = ("verificationRequired", "verificationRequiredAt", "verificationRequiredReason", "verificationUrl")
EXACT = 2**53 - 1  # beyond it, JavaScript has no integers of their own
NOWHERE = -1  # the index of a family that has no account


@dataclass
class Account:
    """One account. Times are milliseconds since 1970."""

    label: str  # the refresh token
    index: int
    enabled: bool = True
    last_used_ms: float = 0
    reset_times_ms: dict[str, float] = field(default_factory=dict)  # by quota key
    cooling_down_until_ms: float | None = None
    touched_ms: dict[str, float] = field(default_factory=dict)  # by quota key, in this session
    failures: int = 0  # consecutive
    last_failure_ms: float | None = None
    cached_quota: Json = None
    cached_quota_updated_ms: Json = None
    has_new_reading: bool = False  # `cached_quota` is of this session
    cooldown_reason: Json = None
    verification: Mapping[str, Json] = field(default_factory=dict)  # the stored keys in VERIFICATION
    stored: Mapping[str, Json] = field(
        default_factory=dict
    )  # the entry as it was read, for keys that only saving needs


@dataclass
class Pool:
    """Accounts in stored order, and the indices at which selection starts."""

    accounts: list[Account]
    active_index: int = 0
    active_index_by_family: dict[Family, int] = field(default_factory=lambda: dict.fromkeys(FAMILIES, NOWHERE))


def load_pool(stored: Json, profile: Profile) -> Pool:
    """Builds the pool from parsed JSON.

    Entries that are not objects or have no refresh token are skipped (POOL-006, POOL-012) and leave no gap in the
    indices (POOL-007). Anything but an object with a list of accounts is an empty pool (POOL-008, POOL-012). Raises
    QuirkFailure for a malformed pool if the profile says so.
    """
    entries = stored.get("accounts") if isinstance(stored, Mapping) else None
    if profile.has("malformed-pool-fatal") and _is_fatal(stored, entries):
        # the releases' wording, which their known deviation matches
        raise QuirkFailure("Cannot read properties of a null entry or a missing list of accounts")
    accounts: list[Account] = []
    for position, entry in enumerate(entries if isinstance(entries, list) else []):
        index = position if profile.has("index-is-stored-position") else len(accounts)
        account = load_account(entry, index, profile)
        if account is not None:
            accounts.append(account)
    if not accounts:
        return Pool([])
    count = len(accounts)
    active = int(whole(stored.get("activeIndex"), 0) % count)
    families = stored.get("activeIndexByFamily")
    by_family = families if isinstance(families, Mapping) else {}
    current = {family: int(whole(by_family.get(family), active) % count) for family in FAMILIES}
    return Pool(accounts, active, current)


def _is_fatal(stored: Json, entries: Json) -> bool:
    """Releases fail on a null entry, and if `accounts` is missing, null, or no list but of a length above 0."""
    if isinstance(entries, list):
        return None in entries
    if isinstance(entries, Mapping):
        return to_number(entries.get("length")) > 0
    return is_truthy(stored) and (entries is None or (isinstance(entries, str) and entries != ""))


def load_account(entry: Json, index: int, profile: Profile) -> Account | None:
    """Reads one entry; None if it is not an account."""
    token = entry.get("refreshToken") if isinstance(entry, Mapping) else None
    if not isinstance(token, str) or not token:
        return None
    time_of = _coerced if profile.has("stored-times-coerced") else _number
    limits = entry.get("rateLimitResetTimes")
    resets = {key: time_of(value) for key, value in limits.items()} if isinstance(limits, Mapping) else {}
    cooling = time_of(entry["coolingDownUntil"]) if "coolingDownUntil" in entry else None
    return Account(
        label=token,
        index=index,
        enabled=entry.get("enabled") is not False,
        last_used_ms=whole(entry.get("lastUsed"), 0),
        reset_times_ms={key: value for key, value in resets.items() if value is not None},
        cooling_down_until_ms=cooling,
        cached_quota=entry.get("cachedQuota"),
        cached_quota_updated_ms=entry.get("cachedQuotaUpdatedAt"),
        cooldown_reason=entry.get("cooldownReason"),
        verification={key: entry[key] for key in VERIFICATION if key in entry},
        stored=entry,
    )


def _number(value: Json) -> float | None:
    """Returns a stored time if it is a number, else None (POOL-011). A file can hold numbers beyond binary64."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def _coerced(value: Json) -> float | None:
    return to_number(value)


def whole(value: Json, fallback: float) -> float:
    """Reads a stored index or time: rounded down, at least 0, or the fallback if it is not a number (POOL-005)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return fallback
    whole = math.floor(value)
    return max(0, whole if abs(whole) <= EXACT else float(value))
