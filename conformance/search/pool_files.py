"""Decodes bytes into pool files: of any version, and those that a session saves over.

`Stored` holds the accounts of a saved file as places and records, so that a change by others is a change of bytes.
"""

import json

from conformance.json_type import Json
from conformance.search.pools import (
    ABSENT,
    INDICES,
    INSTANTS,
    NO_ACCOUNTS,
    account_of,
    clock_of,
    namer,
    present,
    shifted,
)
from conformance.search.source import Table, table
from conformance.wire.calls import NOW_MS

Stored = tuple[tuple[int, bytes], ...]  # place, which decides the label, and record

BEYOND = float("inf")  # written as 1e999, which JSON allows and binary64 does not hold
ONE = "ann.lee@x.org"
EMAILS: Table[Json] = table(
    *[ABSENT] * 4, *[ONE] * 12, *["two"] * 6, ONE.upper(), "", None, 1, "1", True, [], {},
    *[f"{ONE} ", "annlee@x.org", "ann.lee+1@x.org"] * 4, "Ann.lee@x.org",
)  # fmt: skip
# A fingerprint has a `userAgent`, because the releases from 1.4.3 on cannot open a pool with one that lacks it.
# Fields that selection does not read, and numbers that binary64 does not hold, by the last byte of an account.
EXTRAS: Table[dict[str, Json]] = table(
    *[{}] * 4,
    {"projectId": "p1"},
    *[{"projectId": "p2", "managedProjectId": "m1"}] * 3,
    *[{"fingerprint": {"userAgent": "d1"}}] * 2,
    {"fingerprint": {"userAgent": "d2"}, "mine": 1},
    *[{"mine": [0]}] * 2,
    {"mine": {"a": [1, None]}},
    {"lastUsed": BEYOND},
    {"lastUsed": 10**21},
    {"lastUsed": 10**21 + 1},  # binary64 cannot tell it from the one before
    {"addedAt": BEYOND},
    {"coolingDownUntil": BEYOND},
    {"rateLimitResetTimes": {"claude": BEYOND}},
    {"cachedQuotaUpdatedAt": BEYOND},
    {"cachedQuota": {"claude": {"remainingFraction": BEYOND}}},
)

VERSIONS: Table[Json] = table(
    *[3] * 5, *[4] * 6, *[2] * 6, *[1] * 6, 3.0, 5, 5, 5, 5, 5, *["3", True] * 3, 5, *[None] * 6
)
ODD_USES: Table[Json] = table(
    *[0, 5, 10, 10.5, 0, 5, 10, "5", "10", "", "soon", None, True, {}, -1] * 2, NOW_MS, NOW_MS - 1, BEYOND, 1e300, 1e300
)
FILE_TOKENS: Table[Json] = table(*[ABSENT] * 12, "", "", "mango", None)
OLD_QUOTAS = table("claude", "gemini", "gemini-cli")
LIMITED_FLAGS: Table[Json] = table(True, True, True, False, 1, "", None)
IS_ENTRY = table(*[True] * 11, False)
NULL_FIRST: Table[Json] = table(None, None, None, *NO_ACCOUNTS[::40])
FILE_STARTS: Table[Json] = table(0, 1, 2, 3, 4, 1, 2, ABSENT)
LISTS: Table[Json] = table(*[ABSENT] * 40, None, {}, "ab")
CUTS = table(*[0] * 15, 1, 2, 20)
FAMILIES_STORED: Table[Json] = table(*[ABSENT] * 16, None, [], 5)


def pool_file(head: bytes, given: tuple[bytes, ...]) -> tuple[str, list[str]]:
    """A pool file of any version, mostly readable, and all tokens in it, loaded or not."""
    version, name = VERSIONS[head[4]], namer(head)
    entries = [
        _filed(record, name(place), version) if IS_ENTRY[record[15]] else NULL_FIRST[record[14]]
        for place, record in enumerate(given)
    ]
    families = {family: FILE_STARTS[head[at]] for family, at in (("claude", 2), ("gemini", 3))}
    document: dict[str, Json] = {"version": version, "activeIndex": FILE_STARTS[head[1]]}
    document["activeIndexByFamily"] = present(families)
    if document["activeIndex"] is ABSENT:
        document["activeIndex"] = INDICES[head[8]]
    document["accounts"] = entries if LISTS[head[5]] is ABSENT else LISTS[head[5]]
    if FAMILIES_STORED[head[6]] is not ABSENT:
        document["activeIndexByFamily"] = FAMILIES_STORED[head[6]]
    text = to_text(document, clock_of(head))
    tokens = [entry.get("refreshToken") for entry in entries if isinstance(entry, dict)]
    return text[: len(text) - CUTS[head[7]]], [token for token in tokens if isinstance(token, str)]


def to_text(document: Json, now_ms: float) -> str:
    """The text of a pool file, with its times near the start of the session."""
    text = json.dumps(document if now_ms == NOW_MS else shifted(document, now_ms - NOW_MS))
    return text.replace("Infinity", "1e999") if "Infinity" in text else text


def _filed(record: bytes, name: str, version: Json) -> dict[str, Json]:
    fields = {
        "refreshToken": FILE_TOKENS[record[14]],
        "email": EMAILS[record[11]],
        "lastUsed": ODD_USES[record[8]],
        "addedAt": ODD_USES[record[12]],
    }
    account = account_of(record[:11] + bytes(5), name) | present(fields) | EXTRAS[record[13]]
    if version == 1:
        account |= {"isRateLimited": LIMITED_FLAGS[record[0]], "rateLimitResetTime": INSTANTS[record[1]]}
    elif version == 2:
        account["rateLimitResetTimes"] = {OLD_QUOTAS[record[1]]: INSTANTS[record[2]]}
    return account


# A file to save over. Every time in it is a number.

SAVED_REASONS = ("auth-failure", "network-error", None, "")
SAVED_EMAILS: Table[Json] = table(*[ABSENT] * 12, ONE, "two", ONE.upper(), "three")
# What others change: bytes of one account, or the list of accounts, or the file itself.
FIELDS = {
    "everything": slice(0, 16),
    "limits": slice(0, 7),
    "cooldown": slice(7, 8),
    "use": slice(8, 9),
    "enabled": slice(9, 10),
    "readings": slice(10, 14),
    "email": slice(14, 15),
    "extras": slice(15, 16),
}
CHANGES = table(
    *FIELDS,
    *(
        "readings",
        "enabled",
        "enabled",
        "readings",
        "extras",
        "extras",
        "extras",
        "email",
        "removed",
        "removed",
        "added",
        "reversed",
        "reversed",
        "gone",
    ),
    *("version 1", "version 2", "version 4", "version 5", "cut"),
)
MOST_STORED = 12
AS_READ = (
    *("cachedQuota", "cachedQuotaUpdatedAt", "verificationRequired", "verificationRequiredAt"),
    *("verificationRequiredReason", "verificationUrl"),
)


def stored_of(given: tuple[bytes, ...]) -> Stored:
    """The accounts of a file to save over."""
    return tuple(enumerate(given))


def saved_file(head: bytes, starts: bytes, stored: Stored, *, version: int = 3, now_ms: float) -> str:
    """The text of the file. `head` decides the labels, `starts` the active indices."""
    name = namer(head)
    accounts = [_saved(record, name(place)) for place, record in stored]
    if version == 1:
        accounts = [{**account, "isRateLimited": True, "rateLimitResetTime": now_ms + 1000} for account in accounts]
    families = {key: FILE_STARTS[starts[at]] for key, at in (("claude", 2), ("gemini", 3))}
    document = {"version": version, "accounts": accounts, "activeIndex": starts[1] % 4}
    return to_text({**document, "activeIndexByFamily": present(families)}, now_ms)


def tokens_of(head: bytes, stored: Stored) -> list[str]:
    """The tokens in the file."""
    name = namer(head)
    return [name(place) for place, _ in stored]


def change_of_others(head: bytes, record: bytes, stored: Stored, now_ms: float) -> tuple[str, Stored]:
    """The file after a change by others, and its accounts."""
    change, fresh = CHANGES[record[13]], record[3:13] + record[3:9]
    place = record[2] % len(stored) if stored else 0
    version, cut = 3, 0
    if change in FIELDS and stored:
        number, old = stored[place]
        part = FIELDS[change]
        stored = (*stored[:place], (number, old[: part.start] + fresh[part] + old[part.stop :]), *stored[place + 1 :])
    elif change == "removed":
        stored = stored[:place] + stored[place + 1 :]
    elif change == "added" and len(stored) < MOST_STORED:
        number = 1 + max((number for number, _ in stored), default=-1)
        stored = (*stored[:place], (number, fresh), *stored[place:])
    elif change == "reversed":
        stored = stored[::-1]
    elif change == "gone":
        stored = ()
    elif change.startswith("version"):
        version = int(change[-1])
    elif change == "cut":
        cut = 1 + record[3] % 64
    text = saved_file(head, record[3:13], stored, version=version, now_ms=now_ms)
    return text[: len(text) - cut], stored


def _saved(record: bytes, name: str) -> dict[str, Json]:
    read = account_of(record[:14] + bytes(2), name)
    account: dict[str, Json] = {"refreshToken": name, "addedAt": NOW_MS - record[14] % 3, "lastUsed": 0}
    limits = read.get("rateLimitResetTimes", {})
    if kept := {key: end for key, end in limits.items() if _is_time(end)}:
        account["rateLimitResetTimes"] = kept
    account |= {key: read[key] for key in ("coolingDownUntil", "lastUsed") if _is_time(read.get(key))}
    account |= {key: read[key] for key in AS_READ if key in read}
    if isinstance(read.get("enabled"), bool):
        account["enabled"] = read["enabled"]
    if (email := SAVED_EMAILS[record[14]]) is not ABSENT:
        account["email"] = email
    account |= EXTRAS[record[15]]
    if "coolingDownUntil" in account and (reason := SAVED_REASONS[record[7] % 4]) is not None:
        account["cooldownReason"] = reason
    return account


def _is_time(value: Json) -> bool:
    return type(value) in (int, float) and 0 <= value < 1e15
