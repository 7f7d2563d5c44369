"""Decodes bytes into pools: one record for each account, and the other content of a pool file."""

import json

from conformance.json_type import Json
from conformance.search.source import PLAIN, Table, table
from conformance.wire.calls import NOW_MS, label

ABSENT: Json = object()

INSTANTS: Table[Json] = table(
    *[NOW_MS + 1000, NOW_MS + 1000, NOW_MS + 60_000, NOW_MS + 3_600_000, NOW_MS, NOW_MS - 1, NOW_MS + 1] * 3,
    *[None, True, f"{NOW_MS + 1000}", "0x1", " 9e12 ", "soon", "", [], [NOW_MS + 5], {}, -1, 1e300],
)
QUOTAS = table("claude", "gemini-antigravity", "gemini-cli", "claude", "gemini-antigravity:m1", "gemini-cli:m1")
LIMITS = table(0, 0, 0, 1, 1, 2, 3)
COOLING: Table[Json] = table(*[ABSENT] * 11, *INSTANTS[::18])
USED: Table[Json] = table(
    *[ABSENT] * 6, 0, NOW_MS, NOW_MS - 1, NOW_MS - 100_000, NOW_MS - 100_000, NOW_MS - 1_000_000, NOW_MS - 5_000_000,
    *[-1, 1.5, "x", None, NOW_MS + 60_000],
)  # fmt: skip
ENABLED: Table[Json] = table(*[ABSENT] * 13, True, False, False, False, None)
TOKENS: Table[Json] = table(*[ABSENT] * 60, "", None, 5, "mango")  # the last is the token of the first account
READINGS = table("", "", "claude", "gemini-pro", "gemini-flash", "all", "all", "all")
FRACTIONS: Table[Json] = table(*[0.9] * 6, 0.8, 0.1, 0.5, 0.05, 0, 1, 0.1, 0.99, 0.2, 1.5, -1, None, ABSENT)
RENEWALS: Table[Json] = table(
    ABSENT, "2023-11-14T22:13:21.500Z", "2023-11-14T22:13:20.000Z", "2023-11-15T00:00:00Z", "soon", "", None
)  # NOW_MS is the second entry
READ_AT: Table[Json] = table(
    NOW_MS, NOW_MS, NOW_MS, NOW_MS - 600_000, NOW_MS - 600_001, NOW_MS - 60_000, ABSENT, None, 0
)
NO_ACCOUNTS: Table[Json] = table(None, None, None, "x", 5, True, [], {}, {"refreshToken": None})
IS_ACCOUNT = table(*[True] * 63, False)
INDICES: Table[Json] = table(0, 1, 2, 3, 0, 1, 2, 4, 5, -1, 0.5, 1.7, 9, None, "1", True, [], 1e300)
STARTS: Table[Json] = table(*[ABSENT] * 8, *INDICES[::20])


def pool_of(head: bytes, given: tuple[bytes, ...]) -> dict[str, Json]:
    """A parsed pool: mostly valid accounts, and some with values that no release stores."""
    accounts = [
        account_of(record, place) if IS_ACCOUNT[record[15]] else NO_ACCOUNTS[record[14]]
        for place, record in enumerate(given)
    ]
    stored: dict[str, Json] = {"version": 3, "accounts": accounts, "activeIndex": INDICES[head[1]]}
    families = {family: STARTS[head[at]] for family, at in (("claude", 2), ("gemini", 3))}
    stored["activeIndexByFamily"] = _present(families)
    return stored


def account_of(record: bytes, place: int) -> dict[str, Json]:
    """One stored account."""
    account: dict[str, Json] = {"refreshToken": label(place)}
    if record == PLAIN:
        return account
    count = LIMITS[record[0]]
    if count:
        pairs = ((record[1], record[2]), (record[3], record[4]), (record[5], record[6]))
        account["rateLimitResetTimes"] = {QUOTAS[quota]: INSTANTS[end] for quota, end in pairs[:count]}
    group = READINGS[record[10]]
    if group:
        reading = _present({"remainingFraction": FRACTIONS[record[11]], "resetTime": RENEWALS[record[12]]})
        groups = ("claude", "gemini-pro", "gemini-flash") if group == "all" else (group,)
        account["cachedQuota"] = dict.fromkeys(groups, reading)
        if (read_at := READ_AT[record[13]]) is not ABSENT:
            account["cachedQuotaUpdatedAt"] = read_at
    fields = {
        "coolingDownUntil": COOLING[record[7]],
        "lastUsed": USED[record[8]],
        "enabled": ENABLED[record[9]],
        "refreshToken": TOKENS[record[14]],
    }
    return account | _present(fields)


VERSIONS: Table[Json] = table(*[3] * 14, *[4] * 8, *[2] * 7, *[1] * 7, 3.0, 5, "3", True, None)
EMAILS: Table[Json] = table(*[ABSENT] * 2, *["one"] * 6, *["two"] * 3, "One", "", None, 1, True, [], {})
ODD_USES: Table[Json] = table(0, 5, 10, 10.5, 0, 5, 10, "5", "10", "", "soon", None, True, {}, -1)
FILE_TOKENS: Table[Json] = table(*[ABSENT] * 12, "", "", "mango", None)
OLD_QUOTAS = table("claude", "gemini", "gemini-cli")
LIMITED_FLAGS: Table[Json] = table(True, True, True, False, 1, "", None)
IS_ENTRY = table(*[True] * 11, False)
NULL_FIRST: Table[Json] = table(None, None, None, *NO_ACCOUNTS[::40])
FILE_STARTS: Table[Json] = table(0, 1, 2, 3, 4, 1, 2, ABSENT)
SAVED_REASONS = table("auth-failure", "network-error", "")
LISTS: Table[Json] = table(*[ABSENT] * 40, None, {}, "ab")
CUTS = table(*[0] * 40, 1, 2, 20)
FAMILIES_STORED: Table[Json] = table(*[ABSENT] * 16, None, [], 5)


def pool_file(head: bytes, given: tuple[bytes, ...]) -> tuple[str, list[str]]:
    """A pool file of any version, mostly readable, and all tokens in it, loaded or not."""
    version = VERSIONS[head[4]]
    entries = [
        _filed(record, place, version) if IS_ENTRY[record[15]] else NULL_FIRST[record[14]]
        for place, record in enumerate(given)
    ]
    families = {family: FILE_STARTS[head[at]] for family, at in (("claude", 2), ("gemini", 3))}
    document: dict[str, Json] = {"version": version, "activeIndex": FILE_STARTS[head[1]]}
    document["activeIndexByFamily"] = _present(families)
    if document["activeIndex"] is ABSENT:
        document["activeIndex"] = INDICES[head[8]]
    document["accounts"] = entries if LISTS[head[5]] is ABSENT else LISTS[head[5]]
    if FAMILIES_STORED[head[6]] is not ABSENT:
        document["activeIndexByFamily"] = FAMILIES_STORED[head[6]]
    text = json.dumps(document)
    tokens = [entry.get("refreshToken") for entry in entries if isinstance(entry, dict)]
    return text[: len(text) - CUTS[head[7]]], [token for token in tokens if isinstance(token, str)]


def plain_file(head: bytes, given: tuple[bytes, ...]) -> tuple[str, list[str]]:
    """A pool file of version 3 in which every time is a number, and the tokens in it. Saving needs such a file."""
    accounts = [_with_numbers(account_of(record[:10] + bytes(6), place)) for place, record in enumerate(given)]
    for account, record in zip(accounts, given, strict=True):
        if SAVED_REASONS[record[13]] and "coolingDownUntil" in account:
            account["cooldownReason"] = SAVED_REASONS[record[13]]
    starts = {key: FILE_STARTS[head[at]] for key, at in (("claude", 2), ("gemini", 3))}
    document = {"version": 3, "accounts": accounts, "activeIndex": head[1] % 4}
    return json.dumps({**document, "activeIndexByFamily": _present(starts)}), [a["refreshToken"] for a in accounts]


def _with_numbers(account: dict[str, Json]) -> dict[str, Json]:
    limits = account.get("rateLimitResetTimes", {})
    kept = {"rateLimitResetTimes": {key: end for key, end in limits.items() if _is_number(end)}} if limits else {}
    times = {key: account[key] for key in ("coolingDownUntil", "lastUsed") if _is_number(account.get(key))}
    enabled = {"enabled": account["enabled"]} if isinstance(account.get("enabled"), bool) else {}
    return {"refreshToken": account["refreshToken"], "addedAt": NOW_MS, "lastUsed": 0, **kept, **times, **enabled}


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15


def _filed(record: bytes, place: int, version: Json) -> dict[str, Json]:
    fields = {
        "refreshToken": FILE_TOKENS[record[14]],
        "email": EMAILS[record[11]],
        "lastUsed": ODD_USES[record[8]],
        "addedAt": ODD_USES[record[12]],
    }
    account = account_of(record[:10] + bytes(6), place) | _present(fields)
    if version == 1:
        account |= {"isRateLimited": LIMITED_FLAGS[record[0]], "rateLimitResetTime": INSTANTS[record[1]]}
    elif version == 2:
        account["rateLimitResetTimes"] = {OLD_QUOTAS[record[1]]: INSTANTS[record[2]]}
    return account


def _present(fields: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if value is not ABSENT}
