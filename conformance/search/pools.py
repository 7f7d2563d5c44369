"""Decodes bytes into parsed pools: one record for each account. `pool_files` decodes them into files.

A byte chooses from a table by its high bits. Where all bytes are taken, the low bits of one choose something rarer.
"""

from collections.abc import Callable

from conformance.json_type import Json
from conformance.search.source import PLAIN, Table, table
from conformance.wire.calls import NOW_MS, label

ABSENT: Json = object()
IN_MONTHS_MS = 90 * 86_400_000
AFTER_2038_MS = 2_208_988_800_000  # 2040

INSTANTS: Table[Json] = table(
    *[NOW_MS + 1000, NOW_MS + 1000, NOW_MS + 60_000, NOW_MS + 3_600_000, NOW_MS, NOW_MS - 1, NOW_MS + 1] * 3,
    *[None, True, f"{NOW_MS + 1000}", "0x1", " 9e12 ", "soon", "", [], [NOW_MS + 5], {}, -1, 1e300, 0],
    *[NOW_MS + IN_MONTHS_MS, NOW_MS + IN_MONTHS_MS, AFTER_2038_MS, NOW_MS + 999.5],
)
QUOTAS = table(
    *["claude", "gemini-antigravity", "gemini-cli", "claude", "gemini-antigravity:m1", "gemini-cli:m1"] * 3,
    *[
        "gemini-antigravity:m1-preview",
        "gemini-cli:M1",
        "gemini-cli:m 1",
        "gemini-antigravity:m1:x",
        "Claude",
        "gemini",
    ],
    *["claude:m1", "gemini-cli "],
)
LIMITS = table(0, 0, 0, 1, 1, 2, 3)
COOLING: Table[Json] = table(*[ABSENT] * 12, *INSTANTS[::18], -1, 0)
USED: Table[Json] = table(
    *[ABSENT] * 6, 0, NOW_MS, NOW_MS - 1, NOW_MS - 100_000, NOW_MS - 100_000, NOW_MS - 1_000_000, NOW_MS - 5_000_000,
    *[-1, 1.5, "x", None, NOW_MS + 60_000, NOW_MS - IN_MONTHS_MS, NOW_MS - 1, AFTER_2038_MS, 1e300],
)  # fmt: skip
ENABLED: Table[Json] = table(*[ABSENT] * 26, *[True, False, False, False, None] * 2, 0, "")
# Byte 9 of a record decides whether the account has one of these, and byte 8 which one.
VERIFICATIONS: tuple[dict[str, Json], ...] = (
    {"verificationRequired": True, "enabled": False},
    {"verificationRequired": True, "verificationRequiredAt": NOW_MS, "verificationRequiredReason": "stored"},
    {"verificationRequired": True, "verificationUrl": "https://example.com/stored"},
    {"verificationRequired": False},
    {"verificationRequired": "true", "enabled": False},
    {"verificationRequired": 1, "verificationUrl": " ", "enabled": False},
    {"verificationRequired": None, "verificationRequiredReason": ""},
    {"verificationRequiredAt": "soon", "verificationUrl": 5},
)
TOKENS: Table[Json] = table(*[ABSENT] * 60, "", None, 5, "mango")  # the last is the token of the first account
GROUPS = ("claude", "gemini-pro", "gemini-flash")
READINGS = table(*["", "", "claude", "gemini-pro", "gemini-flash", "all", "all", "all"] * 2, "Claude", "other")
FRACTIONS: Table[Json] = table(
    *[0.9] * 6, 0.8, 0.1, 0.5, 0.05, 0, 1, 0.1, 0.99, 0.2, 1.5, -1, None, ABSENT, "0.5", "x", 0.667, 1e-9
)
RENEWALS: Table[Json] = table(
    *[ABSENT, "2023-11-14T22:13:21.500Z", "2023-11-14T22:13:20.000Z", "2023-11-15T00:00:00Z", "soon", "", None] * 2,
    *["2023-11-14T22:13:21.500", "2023-11-15", "2023-11-15T02:00:00+02:00", "2040-01-01T00:00:00Z", 1_700_000_060_000],
)  # NOW_MS is the third entry
READ_AT: Table[Json] = table(
    *[NOW_MS, NOW_MS, NOW_MS, NOW_MS - 600_000, NOW_MS - 600_001, NOW_MS - 60_000, ABSENT, None, 0] * 2,
    *[NOW_MS + 60_000, NOW_MS + 1, NOW_MS - 1, -1, NOW_MS - 0.5, NOW_MS - IN_MONTHS_MS, AFTER_2038_MS, "x", 1e300],
)
# Labels that a port could confuse: they differ in case, in spaces, dots and colons, or one begins with another.
ALIKE = ("mango", "Mango", "mango ", "mango.x", "man", "mango:1", " mango", "mangó", "mango-preview", "m", "MANGO")
EMAILS_OF_PARSED: tuple[Json, ...] = (ABSENT,) * 12 + ("one", "one", "One", "")
NO_LISTS: Table[Json] = table(
    None, {}, {"length": 1}, {"length": "1"}, {"length": 0}, {"0": {"refreshToken": "a"}}, "a", "", 1, True
)
MANY = 300  # accounts, to count past 8 bits
NO_ACCOUNTS: Table[Json] = table(None, None, None, "x", 5, True, [], *[{}] * 9, {"refreshToken": None})
IS_ACCOUNT = table(*[True] * 63, False)
INDICES: Table[Json] = table(0, 1, 2, 3, 0, 1, 2, 4, 5, -1, 0.5, 1.7, 9, None, "1", True, [], 1e300)
STARTS: Table[Json] = table(*[ABSENT] * 8, *INDICES[::20], 1e300)


def pool_of(head: bytes, given: tuple[bytes, ...]) -> dict[str, Json]:
    """A parsed pool: mostly valid accounts, and some with values that no release stores."""
    if given and head[5] == 255 and head[6] >= 192:
        given = (given * MANY)[:MANY]
    name = namer(head)
    accounts = [
        account_of(record, name(place)) if IS_ACCOUNT[record[15]] else NO_ACCOUNTS[record[14]]
        for place, record in enumerate(given)
    ]
    stored: dict[str, Json] = {"version": 3, "accounts": accounts, "activeIndex": INDICES[head[1]]}
    if head[5] == 254 and head[6] >= 192:
        stored["accounts"] = NO_LISTS[head[7]]
    families = {family: STARTS[head[at]] for family, at in (("claude", 2), ("gemini", 3))}
    stored["activeIndexByFamily"] = present(families)
    by_ms = clock_of(head) - NOW_MS
    return shifted(stored, by_ms) if by_ms else stored


def namer(head: bytes) -> Callable[[int], str]:
    """The labels of a session, by place."""
    return label if head[13] % 16 < 14 else _alike


def _alike(place: int) -> str:
    return ALIKE[place] if place < len(ALIKE) else label(place)


# The time at which a session starts, by the low bits of byte 8 of the head: times of day, dates, and 2040.
CLOCKS: tuple[float, ...] = (
    *[NOW_MS] * 22,
    *[NOW_MS + 23_400_000, NOW_MS + IN_MONTHS_MS, AFTER_2038_MS, NOW_MS + 0.5, NOW_MS - 80_123, 86_399_999, 1, 0],
    *[2**31 - 1, 4_102_444_800_000],
)


def clock_of(head: bytes) -> float:
    """The time at which the session starts."""
    return CLOCKS[head[8] % 32]


def shifted(value: Json, by_ms: float) -> Json:
    """The value with each time moved that is near NOW_MS."""
    if isinstance(value, dict):
        # A number is no date. ECMAScript leaves open what it means, and V8 takes a small one as a year.
        return {key: item if key == "resetTime" else shifted(item, by_ms) for key, item in value.items()}
    if isinstance(value, list):
        return [shifted(item, by_ms) for item in value]
    is_time = type(value) in (int, float) and abs(value - NOW_MS) < 1e10
    return max(0, value + by_ms) if is_time else value


def account_of(record: bytes, name: str) -> dict[str, Json]:
    """One stored account."""
    account: dict[str, Json] = {"refreshToken": name}
    if record == PLAIN:
        return account
    count = LIMITS[record[0]]
    if count:
        pairs = ((record[1], record[2]), (record[3], record[4]), (record[5], record[6]))
        account["rateLimitResetTimes"] = {QUOTAS[quota]: INSTANTS[end] for quota, end in pairs[:count]}
    group = READINGS[record[10]]
    if group:
        reading = present({"remainingFraction": FRACTIONS[record[11]], "resetTime": RENEWALS[record[12]]})
        groups = GROUPS if group == "all" else (group,)
        account["cachedQuota"] = dict.fromkeys(groups, reading)
        if (read_at := READ_AT[record[13]]) is not ABSENT:
            account["cachedQuotaUpdatedAt"] = read_at
    if record[9] % 5 == 4:
        account |= VERIFICATIONS[record[8] % 8]
    fields = {
        "coolingDownUntil": COOLING[record[7]],
        "lastUsed": USED[record[8]],
        "enabled": ENABLED[record[9]],
        "refreshToken": TOKENS[record[14]],
        "email": EMAILS_OF_PARSED[record[15] % 16],
    }
    return account | present(fields)


def present(fields: dict[str, Json]) -> dict[str, Json]:
    """The fields that have a value."""
    return {key: value for key, value in fields.items() if value is not ABSENT}
