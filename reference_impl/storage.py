"""Reads a pool file of any version into a stored pool of the current format.

Sources: POOL-009, POOL-010, STO-*; releases 1.2.8 to 1.6.0, `dist/src/plugin/storage.js`, `loadAccounts`.
"""

import json
import math
from collections.abc import Mapping
from typing import NoReturn

from conformance.json_type import Json
from reference_impl.javascript import is_greater, is_truthy
from reference_impl.profiles import Profile

_KEPT_BY_MIGRATION = (
    "email",
    "refreshToken",
    "projectId",
    "managedProjectId",
    "addedAt",
    "lastUsed",
    "lastSwitchReason",
)
_LONGEST_EXACT_NUMBER = 16  # digits; longer integers are read as binary64, as JavaScript does
_BEYOND_EXACT = 2**53


def parse_pool_file(content: bytes | None, profile: Profile, now_ms: float) -> Json:
    """Returns the stored pool; None if the file is missing, is not JSON or has an unknown version (POOL-010)."""
    document = parse(content)
    if not isinstance(document, dict) or not isinstance(document.get("accounts"), list):
        return None
    version, entries = document.get("version"), document["accounts"]
    if isinstance(version, bool) or version not in ((1, 2, 3) if profile.has("version-4-unknown") else (1, 2, 3, 4)):
        return None
    families = None if profile.has("family-index-lost-in-the-file") else document.get("activeIndexByFamily")
    if version in (1, 2):
        if None in entries and profile.has("null-entry-voids-old-file"):
            return None
        entries = [migrate(entry, version, now_ms) if isinstance(entry, Mapping) else entry for entry in entries]
        families = None
    accounts = newest_by_email([entry for entry in entries if _is_account(entry, profile)], profile)
    active = document.get("activeIndex")
    if not profile.has("active-index-not-remapped") and accounts:
        active = _follow(active, entries, accounts)
        if isinstance(families, Mapping):
            families = {family: _follow(index, entries, accounts) for family, index in families.items()}
    return {
        "accounts": accounts,
        "activeIndex": _clamped(active, len(accounts)),
        "activeIndexByFamily": families,
    }


def _follow(index: Json, entries: list[Json], accounts: list[dict[str, Json]]) -> Json:
    """Returns the new place of the account that an index names, after some entries were skipped (STO-012).

    A duplicate is replaced by the account with the same email, an entry that is not an account by the next account.
    """
    if isinstance(index, bool) or not isinstance(index, int | float) or not 0 <= index < len(entries):
        return index
    place = math.floor(index)
    email = _email(entries[place]) if isinstance(entries[place], Mapping) else None
    left = {id(account) for account in accounts}
    for position, account in enumerate(accounts):
        if account is entries[place] or (email is not None and _email(account) == email):
            return position
    return sum(id(entry) in left for entry in entries[:place])


def parse(content: bytes | None) -> Json:
    if content is None:
        return None
    try:
        text = content.decode("utf-8", errors="replace")
        return json.loads(text, parse_int=_number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _number(digits: str) -> float:
    """Returns the number that binary64 has for these digits, as an integer if it is one that binary64 has exactly."""
    exact = int(digits) if len(digits) <= _LONGEST_EXACT_NUMBER else _BEYOND_EXACT
    return exact if abs(exact) < _BEYOND_EXACT else float(digits)


def _refuse(word: str) -> NoReturn:
    """Python's parser accepts NaN and Infinity, which are not JSON."""
    raise ValueError(f"{word} is not JSON")


def _is_account(entry: Json, profile: Profile) -> bool:
    """Entries without a token are skipped before anything is counted or compared (STO-009)."""
    token = entry.get("refreshToken") if isinstance(entry, Mapping) else None
    return isinstance(token, str) and (token != "" or profile.has("empty-token-displaces-account"))


def newest_by_email(accounts: list[dict[str, Json]], profile: Profile) -> list[dict[str, Json]]:
    """Keeps, of accounts with the same email, the last used, then the last added, then the first (STO-002)."""
    newest: dict[Json, dict[str, Json]] = {}
    for account in accounts:
        email = _email(account)
        if email is not None and (email not in newest or _is_newer(account, newest[email], profile)):
            newest[email] = account
    return [account for account in accounts if newest.get(_email(account), account) is account]


def _email(account: Mapping[str, Json]) -> Json:
    """Returns a key for the email; None if there is none, and for a list or an object, which equals no other."""
    email = account.get("email")
    return None if isinstance(email, dict | list) or not is_truthy(email) else (type(email) is bool, email)


def _is_newer(account: Mapping[str, Json], other: Mapping[str, Json], profile: Profile) -> bool:
    if not profile.has("stored-times-coerced"):
        return (time_of(account, "lastUsed"), time_of(account, "addedAt")) > (
            time_of(other, "lastUsed"),
            time_of(other, "addedAt"),
        )
    (used, added), (other_used, other_added) = (
        [each.get(key) if is_truthy(each.get(key)) else 0 for key in ("lastUsed", "addedAt")]
        for each in (account, other)
    )
    return is_greater(used, other_used) or (_is_same(used, other_used) and is_greater(added, other_added))


def time_of(account: Mapping[str, Json], key: str) -> float:
    """Returns a stored time; 0 if it is not a number (STO-010). A file can hold numbers beyond binary64."""
    value = account.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if math.isfinite(value) else 0


def _is_same(one: Json, other: Json) -> bool:
    """JavaScript's strict equality: no conversion, and a list or an object equals only itself."""
    if isinstance(one, dict | list):
        return one is other
    return (type(one) is bool) == (type(other) is bool) and bool(one == other)


def migrate(entry: Mapping[str, Json], version: float, now_ms: float) -> dict[str, Json]:
    """Converts an account of version 1 or 2. Limits that still run get the current quota keys (STO-004, STO-005)."""
    limits = entry.get("rateLimitResetTimes")
    if version == 1:
        reset = entry.get("rateLimitResetTime") if is_truthy(entry.get("isRateLimited")) else None
        limits = {"claude": reset, "gemini": reset}
    kept = {
        today: limits[then]
        for then, today in (("claude", "claude"), ("gemini", "gemini-antigravity"))
        if isinstance(limits, Mapping) and is_truthy(limits.get(then)) and is_greater(limits[then], now_ms)
    }
    return {key: entry[key] for key in _KEPT_BY_MIGRATION if key in entry} | {"rateLimitResetTimes": kept}


def without_infinities(value: Json) -> Json:
    """Returns the document with null for each number that JSON cannot express, as JavaScript writes it.

    Python reads `1e999` as infinity and writes `Infinity`, which no reader accepts.
    """
    if isinstance(value, Mapping):
        return {key: without_infinities(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_infinities(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _clamped(index: Json, count: int) -> float:
    """Limits an index to the last account (STO-001). For a parsed pool it wraps around instead."""
    if isinstance(index, bool) or not isinstance(index, int | float) or not math.isfinite(index) or not count:
        return 0
    return max(0, min(index, count - 1))
