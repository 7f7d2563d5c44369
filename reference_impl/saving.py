"""From a session to the pool file that it leaves.

Sources: PROC-015, PROC-018; releases 1.2.8 to 1.6.0, `dist/src/plugin/accounts.js`, `saveToDisk`, and `storage.js`,
`saveAccounts`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reference_impl.javascript import is_truthy
from reference_impl.limits import FAMILIES, Family
from reference_impl.pool import Account
from reference_impl.profiles import Profile
from reference_impl.storage import migrate, newest_by_email, parse, time_of

Json = Any


def saved_document(
    accounts: Sequence[Account], current: Mapping[Family, int], content: bytes | None, profile: Profile, now_ms: float
) -> Json:
    """What a session leaves in the pool file that holds `content` now, which other processes may have written.

    Their accounts and limits are kept; of all else the session's own values are written. As in every release, an
    account that the session has removed or a limit that it has forgotten is there again, for the file still had it.
    """
    kept = _accounts_in(content, now_ms, profile)
    for account in accounts:
        kept[account.label] = _saved_account(account, kept.get(account.label, {}), profile)
    families = {family: max(0, current[family]) for family in FAMILIES}
    return {
        "version": 3 if profile.has("version-4-unknown") else 4,
        "accounts": list(kept.values()),
        "activeIndex": families["claude"],
        "activeIndexByFamily": families,
    }


def _accounts_in(content: bytes | None, now_ms: float, profile: Profile) -> dict[str, dict[str, Json]]:
    """The accounts of the file by their tokens, whatever its version."""
    document = parse(content)
    entries = document.get("accounts") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return {}
    entries = [entry for entry in entries if isinstance(entry, Mapping)]
    if (version := document.get("version")) in (1, 2) and not isinstance(version, bool):
        entries = [migrate(entry, version, now_ms) for entry in entries]
    else:
        entries = newest_by_email(entries, profile)
    return {entry["refreshToken"]: dict(entry) for entry in entries if is_truthy(entry.get("refreshToken"))}


def _saved_account(account: Account, before: Mapping[str, Json], profile: Profile) -> dict[str, Json]:
    limits = before.get("rateLimitResetTimes")
    saved = {
        **before,
        **{key: account.stored[key] for key in ("email", "addedAt", "lastSwitchReason") if key in account.stored},
        "refreshToken": account.label,
        "lastUsed": max(time_of(before, "lastUsed"), account.last_used_ms),
        "rateLimitResetTimes": {**(limits if isinstance(limits, Mapping) else {}), **account.reset_times_ms},
        "coolingDownUntil": account.cooling_down_until_ms,
        "cooldownReason": None if account.cooling_down_until_ms is None else account.cooldown_reason,
    }
    if profile.knows("enabled"):
        saved["enabled"] = account.enabled
    return {key: value for key, value in saved.items() if value is not None}
