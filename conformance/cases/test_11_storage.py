"""STO: the pool file."""

from collections.abc import Sequence

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, POOL_FILE, advance, label, labels, limit, picks, pool, raw, select, text
from conformance.wire.scenario import ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS})
LATER = NOW_MS + 60_000


def on_file(stored: Json, *calls: Call, opened: Call = OPEN_FILE) -> Scenario:
    """Return a session on a pool file."""
    return Scenario([opened, *calls], files={POOL_FILE: text(stored)})


def loads(stored: Json, *places: int) -> Scenario:
    """Return a scenario in which the accounts at these positions of a pool file are loaded."""
    return on_file(stored, opened=OPEN_FILE.gives({"accounts": labels(*places)}))


def rotate(family: str = "claude", style: str | None = None) -> Call:
    """Return a round-robin selection."""
    return select(family, "round-robin", style=style)


# The other header style is limited first, so that a target which checks both header styles passes too (LIM-004).
ONLY_ANTIGRAVITY_IS_LIMITED = (
    rotate("gemini", "gemini-cli").gives(picks(0)),
    limit(0, 1000, "gemini", header_style="gemini-cli"),
    rotate("gemini").gives(None),
)


@covers("STO-001")
@pytest.mark.parametrize("active", [3, 4, 5, 1000])
def test_active_index_beyond_last_means_last_account(judge: Judge, active: int) -> None:
    judge.check(on_file(pool(3, activeIndex=active), select().gives(picks(2))))


@covers("STO-001")
def test_active_index_counts_deduplicated_accounts(judge: Judge) -> None:
    """Three of four entries are left, so that the index 3 is beyond the last one."""
    stored = pool([{}, {"email": "one"}, {"email": "one"}, {}], activeIndex=3)
    judge.check(on_file(stored, select().gives({"label": label(3), "index": 2})))


@covers("STO-001")
@pytest.mark.parametrize(("active", "account"), [(-1, 0), (1.5, 1), ("2", 0), (None, 0)])
def test_malformed_active_index_in_file_falls_back(judge: Judge, active: object, account: int) -> None:
    judge.check(on_file(pool(3, activeIndex=active), select().gives(picks(account))))


@covers("STO-002")
@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        pytest.param([{"lastUsed": 5}, {"lastUsed": 9}, {"lastUsed": 7}], 1, id="used-last"),
        pytest.param([{"lastUsed": 5, "addedAt": 9}, {"lastUsed": 9, "addedAt": 5}], 1, id="use-before-adding"),
        pytest.param([{"lastUsed": 9, "addedAt": 5}, {"lastUsed": 5, "addedAt": 9}], 0, id="use-before-adding-first"),
        pytest.param([{"lastUsed": 5, "addedAt": 1}, {"lastUsed": 5, "addedAt": 2}], 1, id="added-last"),
        pytest.param([{"lastUsed": 5, "addedAt": 9}, {"lastUsed": 5, "addedAt": 7}], 0, id="added-last-first"),
        pytest.param([{"lastUsed": 5, "addedAt": 1}, {"lastUsed": 5, "addedAt": 1}], 0, id="the-first"),
        pytest.param([{"lastUsed": 0}, {"lastUsed": 1}], 1, id="never-used"),
    ],
)
def test_most_recently_used_account_of_email_is_kept(judge: Judge, fields: Sequence[Json], kept: int) -> None:
    judge.check(loads(pool([{"email": "one@test", **field} for field in fields]), kept))


DUPLICATES: list[tuple[Json, Json]] = [  # fields of the account that was used first and of the one used last
    ({}, {"enabled": False}),
    ({"enabled": False}, {}),
    ({}, {"coolingDownUntil": LATER}),
    ({}, {"rateLimitResetTimes": {"claude": LATER}}),
    ({}, {"verificationRequired": True}),
    ({"projectId": "one"}, {"projectId": "two"}),
    ({"managedProjectId": "one"}, {"managedProjectId": "two"}),
    ({"projectId": "one"}, {}),
    ({"cachedQuota": {}, "cachedQuotaUpdatedAt": LATER}, {}),
    ({"lastSwitchReason": "rotation"}, {"lastSwitchReason": "initial"}),
]


@covers("STO-002")
@pytest.mark.parametrize("last", [1, 0], ids=["second", "first"])
def test_other_fields_of_duplicates_do_not_count(judge: Judge, last: int) -> None:
    """Both accounts of a pair have one email. Either the first or the second was used last."""
    pairs = [pair if last else pair[::-1] for pair in DUPLICATES]
    fields = [
        {"email": f"{number}@test", "lastUsed": 9 if place == last else 5, **field}
        for number, pair in enumerate(pairs)
        for place, field in enumerate(pair)
    ]
    judge.check(loads(pool(fields), *range(last, len(fields), 2)))


@covers("STO-002")
def test_kept_account_keeps_its_position(judge: Judge) -> None:
    emails_and_uses = [("one", 1), ("two", 9), ("one", 5), ("three", 0), ("two", 2)]
    judge.check(loads(pool([{"email": email, "lastUsed": used} for email, used in emails_and_uses]), 1, 2, 3))


@covers("STO-002")
@pytest.mark.parametrize("other", ["One@test", " one@test", "one@test ", "o.ne@test", "one+a@test", "one@test\t"])
def test_emails_are_compared_exactly(judge: Judge, other: str) -> None:
    judge.check(loads(pool([{"email": "one@test"}, {"email": other}]), 0, 1))


@covers("STO-003")
@pytest.mark.parametrize("field", [{}, {"email": None}, {"email": ""}], ids=["missing", "null", "empty"])
def test_accounts_without_an_email_are_all_kept(judge: Judge, field: Json) -> None:
    judge.check(loads(pool([field, {"email": "one"}, field, field]), 0, 1, 2, 3))


@covers("STO-004")
def test_version_1_limit_applies_to_both_families(judge: Judge) -> None:
    stored = pool([{"isRateLimited": True, "rateLimitResetTime": LATER}], version=1)
    judge.check(on_file(stored, rotate().gives(None), *ONLY_ANTIGRAVITY_IS_LIMITED))


@covers("STO-004")
@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"isRateLimited": False, "rateLimitResetTime": LATER}, id="not-limited"),
        pytest.param({"rateLimitResetTime": LATER}, id="no-flag"),
        pytest.param({"isRateLimited": True, "rateLimitResetTime": NOW_MS}, id="ended"),
        pytest.param({"isRateLimited": True}, id="no-time"),
    ],
)
def test_version_1_without_limit_has_no_limit(judge: Judge, field: Json) -> None:
    judge.check(on_file(pool([field], version=1), rotate().gives(picks(0)), rotate("gemini").gives(picks(0))))


@covers("STO-005")
def test_version_2_gemini_limit_applies_to_antigravity(judge: Judge) -> None:
    stored = pool([{"rateLimitResetTimes": {"gemini": LATER}}], version=2)
    judge.check(on_file(stored, rotate().gives(picks(0)), *ONLY_ANTIGRAVITY_IS_LIMITED))


@covers("STO-005")
def test_version_2_claude_limit_applies_to_claude(judge: Judge) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": LATER, "gemini": NOW_MS}}], version=2)
    judge.check(on_file(stored, rotate().gives(None), rotate("gemini").gives(picks(0))))


@covers("STO-005")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_version_2_limit_ending_now_is_not_migrated(judge: Judge, family: str) -> None:
    """So it does not return when the clock is set back before the first question (LIM-010)."""
    stored = pool([{"rateLimitResetTimes": {family: NOW_MS}}], version=2)
    judge.check(on_file(stored, advance(-1), rotate(family).gives(picks(0))))


@covers("STO-006")
@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"rateLimitResetTimes": {"claude": LATER}}, id="limit"),
        pytest.param({"coolingDownUntil": LATER}, id="cooldown"),
    ],
)
def test_limits_and_cooldowns_of_file_last_until_end(judge: Judge, field: Json) -> None:
    ends = Call("advance", {"ms": LATER - NOW_MS})
    judge.check(on_file(pool([field]), rotate().gives(None), ends, rotate().gives(picks(0))))


@covers("STO-007")
def test_version_4_file_is_read(judge: Judge) -> None:
    opened = OPEN_FILE.gives({"accounts": labels(0, 1)})
    judge.check(on_file(pool(2, version=4, activeIndex=1), select().gives(picks(1)), opened=opened))


@covers("STO-008")
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("entry", [None, "b", 5, [], {}, {"refreshToken": None}, {"refreshToken": 5}], ids=repr)
def test_malformed_entry_is_skipped_alone(judge: Judge, version: int, entry: object) -> None:
    first, last = pool(2)["accounts"]
    judge.check(loads({**pool(0, version=version), "accounts": [first, entry, last]}, 0, 1))


@covers("STO-007")
@pytest.mark.parametrize("entry", [None, "b", {"refreshToken": None}], ids=repr)
def test_malformed_entry_of_version_4_is_skipped_alone(judge: Judge, entry: object) -> None:
    first, last = pool(2)["accounts"]
    judge.check(loads({**pool(0, version=4), "accounts": [first, entry, last]}, 0, 1))


@covers("STO-008")
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("token", [None, 7], ids=repr)
def test_malformed_entry_displaces_no_account(judge: Judge, version: int, token: Json) -> None:
    malformed = {"email": "one", "refreshToken": token, "lastUsed": 9}
    judge.check(loads(pool([{"email": "one"}, malformed], version=version), 0))


@covers("STO-009")
def test_empty_token_displaces_no_account(judge: Judge) -> None:
    judge.check(loads(pool([{"email": "one"}, {"email": "one", "refreshToken": "", "lastUsed": 9}]), 0))


@covers("STO-010")
@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        pytest.param([{"lastUsed": 1}, {"lastUsed": "9"}], 0, id="text"),
        pytest.param([{"lastUsed": "10"}, {"lastUsed": "9"}], 0, id="two-texts"),
        pytest.param([{"lastUsed": 0}, {"lastUsed": True}], 0, id="true"),
        pytest.param([{"lastUsed": "soon"}, {"lastUsed": 9}], 1, id="word"),
    ],
)
def test_invalid_last_use_counts_as_0(judge: Judge, fields: Sequence[Json], kept: int) -> None:
    judge.check(loads(pool([{"email": "one", **field} for field in fields]), kept))


@covers("STO-011")
@pytest.mark.parametrize("version", [1, 2, 3])
def test_files_of_versions_1_to_3_are_read(judge: Judge, version: int) -> None:
    opened = OPEN_FILE.gives({"accounts": labels(0, 1, 2)})
    judge.check(on_file(pool(3, version=version, activeIndex=1), select().gives(picks(1)), opened=opened))


@covers("STO-011")
def test_large_file_is_read(judge: Judge) -> None:
    fields: list[Json] = [{"fingerprint": {"userAgent": "x" * 300_000}}, *[{}] * 300]
    opened = OPEN_FILE.gives({"accounts": labels(*range(301))})
    judge.check(on_file(pool(fields, activeIndex=300), select().gives(picks(300)), opened=opened))


@covers("STO-029")
@pytest.mark.parametrize("version", [1, 2])
def test_old_file_has_no_later_fields(judge: Judge, version: int) -> None:
    later: Json = {"enabled": False, "coolingDownUntil": LATER}
    stored = pool([later, {}], version=version, activeIndexByFamily={"claude": 1, "gemini": 1})
    judge.check(on_file(stored, select().gives(picks(0)), select("gemini").gives(picks(0)), rotate().gives(picks(0))))


@covers("STO-030")
@pytest.mark.parametrize("byte", [b"\xff", b"\xc3", b"\xed\xa0\x80"], ids=["never", "cut", "surrogate"])
def test_invalid_utf_8_does_not_void_the_file(judge: Judge, byte: bytes) -> None:
    content = text(pool([{"email": "@"}, {}]))["text"].encode().replace(b"@", byte)
    judge.check(Scenario([OPEN_FILE.gives({"accounts": labels(0, 1)})], files={POOL_FILE: raw(content)}))


@covers("STO-012")
@pytest.mark.parametrize("active", [1, 2, 3])
def test_selection_starts_at_active_account_of_file(judge: Judge, active: int) -> None:
    stored = pool([{"email": "one"}, {"email": "one", "lastUsed": 9}, {}, {}], activeIndex=active)
    judge.check(on_file(stored, select().gives({"label": label(active), "index": active - 1})))


@covers("STO-012")
def test_active_duplicate_means_kept_account(judge: Judge) -> None:
    stored = pool([{}, {"email": "one"}, {}, {"email": "one", "lastUsed": 9}], activeIndex=1)
    judge.check(on_file(stored, select().gives({"label": label(3), "index": 2})))


@covers("STO-012")
def test_families_keep_accounts_when_entry_is_skipped(judge: Judge) -> None:
    fields: list[Json] = [{"email": "one"}, {"email": "one", "lastUsed": 9}, {}, {}]
    stored = pool(fields, activeIndex=0, activeIndexByFamily={"claude": 3, "gemini": 2})
    judge.check(on_file(stored, select().gives({"label": label(3)}), select("gemini").gives({"label": label(2)})))


@covers("STO-012")
@pytest.mark.parametrize("version", [1, 2, 3])
def test_malformed_entries_do_not_shift_active_account(judge: Judge, version: int) -> None:
    first, *others = pool(4)["accounts"]
    for active in (2, 3):
        stored = {**pool(0, version=version, activeIndex=active), "accounts": [first, "no account", *others]}
        judge.check(on_file(stored, select().gives(picks(active - 1))))
