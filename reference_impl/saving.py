"""Merges a session into the pool file, which other sessions may have changed since it was read.

Sources: STO-013 to STO-026, PROC-015, PROC-018; releases 1.2.8 to 1.6.0, `dist/src/plugin/accounts.js`, `saveToDisk`,
and `storage.js`, `saveAccounts`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from conformance.json_type import Json
from reference_impl.javascript import is_truthy
from reference_impl.limits import FAMILIES, Family
from reference_impl.pool import VERIFICATION, Account, load_account, whole
from reference_impl.profiles import Profile
from reference_impl.storage import migrate, newest_by_email, parse, time_of, without_infinities

Time = TypeVar("Time", float, tuple[float, str])  # a time, or a time with its reason


@dataclass(frozen=True)
class SessionState:
    """The state to save.

    `before` holds the accounts as they were when the session last read or wrote the file, by label. `current` is the
    index of each family. `opened` is the content of the file when a session was last opened.
    """

    accounts: Sequence[Account]
    before: Mapping[str, Account]
    current: Mapping[Family, int]
    read_ms: float = 0  # when the session read the file
    opened: bytes | None = None


def remember(accounts: Sequence[Account]) -> dict[str, Account]:
    """Copies the accounts, by label."""
    return {
        account.label: Account(**{**vars(account), "reset_times_ms": dict(account.reset_times_ms)})
        for account in accounts
    }


def saved_document(session: SessionState, content: bytes | None, profile: Profile, now_ms: float) -> Json:
    """Returns the new content of the pool file, whose content is `content` now.

    The session's changes are written; everything else in the file stays. If the file is missing or cannot be read, a
    new file is written. None means that nothing is written, because a later version has written the file (STO-024).
    """
    if not profile.has("save-overwrites-later-version") and _is_later(content, profile):
        return None
    in_file = _accounts_in(content, now_ms, profile, session.opened)
    kept = dict(in_file or {})
    for account in session.accounts:
        label = account.label
        if label in kept:
            kept[label] = _merged(account, session, kept[label], profile)
        elif in_file is None or profile.has("save-never-removes-accounts"):
            entry = {} if profile.has("save-never-removes-accounts") else account.stored
            kept[label] = _own(account, entry, session.read_ms, profile)
    if not profile.has("save-never-removes-accounts"):
        for label in session.before.keys() - {account.label for account in session.accounts}:
            kept.pop(label, None)
    families = {family: _place(session, family, list(kept), profile) for family in FAMILIES}
    return without_infinities(
        {
            "version": profile.pool_version,
            "accounts": list(kept.values()),
            "activeIndex": families["claude"],
            "activeIndexByFamily": families,
        }
    )


def _is_later(content: bytes | None, profile: Profile) -> bool:
    document = parse(content)
    version = document.get("version") if isinstance(document, dict) else None
    return isinstance(version, int | float) and not isinstance(version, bool) and version > profile.pool_version


def _accounts_in(
    content: bytes | None, now_ms: float, profile: Profile, opened: bytes | None
) -> dict[str, dict[str, Json]] | None:
    """Returns the accounts of a file of any version, by token; None if it has no list of accounts."""
    document = parse(content)
    entries = document.get("accounts") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return None
    entries = [entry for entry in entries if isinstance(entry, Mapping)]
    if (version := document.get("version")) in (1, 2) and not isinstance(version, bool):
        entries = [migrate(entry, version, now_ms) for entry in entries]
    elif version != 3 or not profile.has("save-keeps-duplicates-of-version-3"):
        entries = newest_by_email(entries, profile)
    elif content == opened:  # opening it has written it as version 4, and without infinities
        entries = newest_by_email([without_infinities(entry) for entry in entries], profile)
    return {entry["refreshToken"]: dict(entry) for entry in entries if is_truthy(entry.get("refreshToken"))}


def _own(account: Account, entry: Mapping[str, Json], read_ms: float, profile: Profile) -> dict[str, Json]:
    """Writes the session's account over an entry."""
    saved = {
        **entry,
        **{key: account.stored[key] for key in ("email", "addedAt", "lastSwitchReason") if key in account.stored},
        "refreshToken": account.label,
        "lastUsed": account.last_used_ms,
        "rateLimitResetTimes": account.reset_times_ms,
        "coolingDownUntil": account.cooling_down_until_ms,
        "cooldownReason": None if account.cooling_down_until_ms is None else account.cooldown_reason,
    }
    if profile.knows("enabled"):
        saved["enabled"] = account.enabled
    if profile.has("save-overwrites-cooldown-and-email"):
        saved |= {"email": account.stored.get("email"), "addedAt": whole(account.stored.get("addedAt"), read_ms)}
    if profile.knows("verification"):
        saved = {key: value for key, value in saved.items() if key not in VERIFICATION}
        saved |= account.verification
    if profile.has("save-overwrites-quota-readings") or (
        account.has_new_reading and time_of(entry, "cachedQuotaUpdatedAt") <= account.cached_quota_updated_ms
    ):
        saved |= {"cachedQuota": account.cached_quota or None, "cachedQuotaUpdatedAt": account.cached_quota_updated_ms}
    return {key: value for key, value in saved.items() if value is not None}


def _merged(account: Account, session: SessionState, entry: dict[str, Json], profile: Profile) -> dict[str, Json]:
    """Merges the session's account and the file's entry."""
    before = session.before[account.label]
    has, mine = profile.has, account.reset_times_ms
    theirs = load_account(entry, 0, profile) or before
    used_ms = max(time_of(entry, "lastUsed"), account.last_used_ms)
    if has("stored-times-coerced") and entry.get("lastUsed") == math.inf:
        used_ms = math.inf
    result = replace(account, last_used_ms=used_ms)
    if has("save-overwrites-rate-limits"):
        stored = entry.get("rateLimitResetTimes")
        result.reset_times_ms = {**(stored if isinstance(stored, Mapping) else {}), **mine}
    else:
        ends = {
            key: _changed(mine.get(key), before.reset_times_ms.get(key), theirs.reset_times_ms.get(key))
            for key in {**theirs.reset_times_ms, **mine}
        }
        result.reset_times_ms = {key: end for key, end in ends.items() if end is not None}
    if not has("save-overwrites-cooldown-and-email"):
        result.stored = entry
        cooldown = _changed(*map(_cooldown, (account, before, theirs)))
        result.cooling_down_until_ms, reason = cooldown or (None, "")
        result.cooldown_reason = reason or None
    if not has("save-overwrites-enabled") and account.enabled == before.enabled:
        result.enabled = theirs.enabled
    if not has("save-overwrites-enabled") and account.verification == before.verification:
        result.verification = theirs.verification
    return _own(result, entry, session.read_ms, profile)


def _cooldown(account: Account) -> tuple[float, str] | None:
    """The end of the cooldown and its reason."""
    until_ms, reason = account.cooling_down_until_ms, account.cooldown_reason
    return None if until_ms is None else (until_ms, reason if isinstance(reason, str) else "")


def _changed(mine: Time | None, before: Time | None, theirs: Time | None) -> Time | None:
    """Returns the time that changed, or the later one if both changed. None means no time."""
    if mine == before:
        return theirs
    if theirs == before:
        return mine
    return max((time for time in (mine, theirs) if time is not None), default=None)


def _place(session: SessionState, family: Family, labels: Sequence[str], profile: Profile) -> int:
    """Returns the index of the family's account in the file. If the account is gone: that of the next account, or 0."""
    index = max(0, session.current[family])
    if profile.has("saved-index-not-remapped"):
        return index
    left = (account.label for account in session.accounts[index:])
    return next((labels.index(label) for label in left if label in labels), 0)
