"""From the bytes of a pool file to a stored pool of today's shape.

Sources: POOL-009, POOL-010, STO-*; releases 1.2.8 to 1.6.0, `dist/src/plugin/storage.js`, `loadAccounts`.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from reference_impl.profiles import Profile

Json = Any
_KEPT_BY_MIGRATION = (
    "email",
    "refreshToken",
    "projectId",
    "managedProjectId",
    "addedAt",
    "lastUsed",
    "lastSwitchReason",
)


def parse_pool_file(content: bytes | None, profile: Profile, now_ms: float) -> Json:
    """The stored pool; None where the file is missing, no JSON, or of an unknown version (POOL-010)."""
    try:
        document = json.loads(content.decode("utf-8", errors="replace")) if content is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("accounts"), list):
        return None
    version = document.get("version")
    versions = (1, 2, 3) if profile.has("version-4-unknown") else (1, 2, 3, 4)
    if isinstance(version, bool) or version not in versions:
        return None
    accounts = document["accounts"]
    if version in (1, 2):
        if not all(isinstance(entry, Mapping) for entry in accounts):
            return None  # the migration gives up on the whole file (STO-004)
        accounts = [_migrate(entry, version, now_ms) for entry in accounts]
        document = {**document, "activeIndexByFamily": None}
    accounts = newest_by_email([e for e in accounts if isinstance(e, dict) and isinstance(e.get("refreshToken"), str)])
    families = None if profile.has("family-index-lost-in-the-file") else document.get("activeIndexByFamily")
    active = _clamped(document.get("activeIndex"), len(accounts))
    return {"accounts": accounts, "activeIndex": active, "activeIndexByFamily": families}


def newest_by_email(accounts: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Of accounts with one email the one used last, then the one added last, then the first (STO-002)."""
    newest: dict[str, int] = {}
    for position, account in enumerate(accounts):
        email = account.get("email")
        if not email:
            continue
        best = newest.get(email)
        if best is None or _age_key(account) > _age_key(accounts[best]):
            newest[email] = position
    return [a for position, a in enumerate(accounts) if not a.get("email") or newest[a["email"]] == position]


def _age_key(account: Mapping[str, Json]) -> tuple[float, float]:
    return account.get("lastUsed") or 0, account.get("addedAt") or 0


def _migrate(entry: Mapping[str, Json], version: int, now_ms: float) -> dict[str, Json]:
    """An account of version 1 or 2 in today's shape: limits that still run get today's quota keys (STO-003)."""
    limits = entry.get("rateLimitResetTimes") or {}
    if version == 1:
        reset = entry.get("rateLimitResetTime") if entry.get("isRateLimited") else None
        limits = {"claude": reset, "gemini": reset}
    kept = {
        today: limits[then]
        for then, today in (("claude", "claude"), ("gemini", "gemini-antigravity"))
        if limits.get(then) and limits[then] > now_ms
    }
    return {key: entry[key] for key in _KEPT_BY_MIGRATION if key in entry} | {"rateLimitResetTimes": kept}


def _clamped(index: Json, count: int) -> float:
    """An index beyond the last account is the last one (STO-001): a file differs in this from a parsed pool."""
    if isinstance(index, bool) or not isinstance(index, int | float) or not math.isfinite(index) or not count:
        return 0
    return max(0, min(index, count - 1))
