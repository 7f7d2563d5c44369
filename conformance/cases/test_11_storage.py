"""STO: the pool file."""

from collections.abc import Sequence

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, POOL_FILE, label, labels, limit, picks, pool, select, text
from conformance.wire.scenario import ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS})
LATER = NOW_MS + 60_000


def on_file(stored: Json, *calls: Call, opened: Call = OPEN_FILE) -> Scenario:
    """A session on a pool file."""
    return Scenario([opened, *calls], files={POOL_FILE: text(stored)})


def loads(stored: Json, *places: int) -> Scenario:
    """A pool file of which the accounts at these places are left."""
    return on_file(stored, opened=OPEN_FILE.gives({"accounts": labels(*places)}))


def rotate(family: str = "claude", style: str | None = None) -> Call:
    """Ask for any account that can be used."""
    return select(family, "round-robin", style=style)


# The other style is limited before the question, so that a target which asks for both styles answers it too (LIM-004).
ONLY_ANTIGRAVITY_IS_LIMITED = (
    rotate("gemini", "gemini-cli").gives(picks(0)),
    limit(0, 1000, "gemini", header_style="gemini-cli"),
    rotate("gemini").gives(None),
)


@covers("STO-001")
@pytest.mark.parametrize("active", [3, 4, 5, 1000])
def test_an_active_index_beyond_the_accounts_means_the_last_one(judge: Judge, active: int) -> None:
    judge.check(on_file(pool(3, activeIndex=active), select().gives(picks(2))))


@covers("STO-001")
def test_the_accounts_that_are_left_are_counted(judge: Judge) -> None:
    """Of four entries three are left, so the index 3 is beyond them."""
    stored = pool([{}, {"email": "one"}, {"email": "one"}, {}], activeIndex=3)
    judge.check(on_file(stored, select().gives({"label": label(3), "index": 2})))


@covers("STO-001")
@pytest.mark.parametrize(("active", "account"), [(-1, 0), (1.5, 1), ("2", 0), (None, 0)])
def test_an_odd_active_index_of_a_file_is_read_as_a_plain_one(judge: Judge, active: object, account: int) -> None:
    judge.check(on_file(pool(3, activeIndex=active), select().gives(picks(account))))


@covers("STO-002")
@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        pytest.param([{"lastUsed": 5}, {"lastUsed": 9}, {"lastUsed": 7}], 1, id="used-last"),
        pytest.param([{"lastUsed": 5, "addedAt": 9}, {"lastUsed": 9, "addedAt": 5}], 1, id="use-before-adding"),
        pytest.param([{"lastUsed": 5, "addedAt": 1}, {"lastUsed": 5, "addedAt": 2}], 1, id="added-last"),
        pytest.param([{"lastUsed": 5, "addedAt": 1}, {"lastUsed": 5, "addedAt": 1}], 0, id="the-first"),
        pytest.param([{"lastUsed": 0}, {"lastUsed": 1}], 1, id="never-used"),
    ],
)
def test_of_one_email_the_account_used_last_is_kept(judge: Judge, fields: Sequence[Json], kept: int) -> None:
    judge.check(loads(pool([{"email": "one@test", **field} for field in fields]), kept))


@covers("STO-002")
def test_the_account_that_is_kept_stays_in_its_place(judge: Judge) -> None:
    emails_and_uses = [("one", 1), ("two", 9), ("one", 5), ("three", 0), ("two", 2)]
    judge.check(loads(pool([{"email": email, "lastUsed": used} for email, used in emails_and_uses]), 1, 2, 3))


@covers("STO-002")
def test_emails_that_differ_in_case_are_two(judge: Judge) -> None:
    judge.check(loads(pool([{"email": "one@test"}, {"email": "One@test"}]), 0, 1))


@covers("STO-003")
@pytest.mark.parametrize("field", [{}, {"email": None}, {"email": ""}], ids=["missing", "null", "empty"])
def test_accounts_without_an_email_are_all_kept(judge: Judge, field: Json) -> None:
    judge.check(loads(pool([field, {"email": "one"}, field, field]), 0, 1, 2, 3))


@covers("STO-004")
def test_a_limit_of_version_1_holds_for_both_families(judge: Judge) -> None:
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
def test_what_is_no_limit_in_version_1_is_none_today(judge: Judge, field: Json) -> None:
    judge.check(on_file(pool([field], version=1), rotate().gives(picks(0)), rotate("gemini").gives(picks(0))))


@covers("STO-005")
def test_the_gemini_limit_of_version_2_is_that_of_one_style(judge: Judge) -> None:
    stored = pool([{"rateLimitResetTimes": {"gemini": LATER}}], version=2)
    judge.check(on_file(stored, rotate().gives(picks(0)), *ONLY_ANTIGRAVITY_IS_LIMITED))


@covers("STO-005")
def test_the_claude_limit_of_version_2_is_that_of_claude(judge: Judge) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": LATER, "gemini": NOW_MS}}], version=2)
    judge.check(on_file(stored, rotate().gives(None), rotate("gemini").gives(picks(0))))


@covers("STO-006")
@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"rateLimitResetTimes": {"claude": LATER}}, id="limit"),
        pytest.param({"coolingDownUntil": LATER}, id="cooldown"),
    ],
)
def test_what_a_file_says_of_an_account_holds_until_its_time(judge: Judge, field: Json) -> None:
    ends = Call("advance", {"ms": LATER - NOW_MS})
    judge.check(on_file(pool([field]), rotate().gives(None), ends, rotate().gives(picks(0))))


@covers("STO-007")
def test_a_file_of_version_4_is_read(judge: Judge) -> None:
    opened = OPEN_FILE.gives({"accounts": labels(0, 1)})
    judge.check(on_file(pool(2, version=4, activeIndex=1), select().gives(picks(1)), opened=opened))


@covers("STO-008")
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("entry", [None, "b", 5, [], {}, {"refreshToken": None}, {"refreshToken": 5}], ids=repr)
def test_an_entry_that_is_no_account_is_left_out_alone(judge: Judge, version: int, entry: object) -> None:
    first, last = pool(2)["accounts"]
    judge.check(loads({**pool(0, version=version), "accounts": [first, entry, last]}, 0, 1))


@covers("STO-009")
def test_an_entry_with_an_empty_token_displaces_no_account(judge: Judge) -> None:
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
def test_a_last_use_that_is_no_number_counts_as_none(judge: Judge, fields: Sequence[Json], kept: int) -> None:
    judge.check(loads(pool([{"email": "one", **field} for field in fields]), kept))


@covers("STO-011")
@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_file_of_each_version_is_read(judge: Judge, version: int) -> None:
    opened = OPEN_FILE.gives({"accounts": labels(0, 1, 2)})
    judge.check(on_file(pool(3, version=version, activeIndex=1), select().gives(picks(1)), opened=opened))


@covers("STO-012")
@pytest.mark.parametrize("active", [1, 2, 3])
def test_selection_starts_at_the_account_that_was_active(judge: Judge, active: int) -> None:
    stored = pool([{"email": "one"}, {"email": "one", "lastUsed": 9}, {}, {}], activeIndex=active)
    judge.check(on_file(stored, select().gives({"label": label(active), "index": active - 1})))


@covers("STO-012")
def test_a_duplicate_that_was_active_hands_over_to_the_account_with_its_email(judge: Judge) -> None:
    stored = pool([{}, {"email": "one"}, {}, {"email": "one", "lastUsed": 9}], activeIndex=1)
    judge.check(on_file(stored, select().gives({"label": label(3), "index": 2})))


@covers("STO-012")
def test_each_family_starts_at_its_own_account(judge: Judge) -> None:
    fields: list[Json] = [{"email": "one"}, {"email": "one", "lastUsed": 9}, {}, {}]
    stored = pool(fields, activeIndex=0, activeIndexByFamily={"claude": 3, "gemini": 2})
    judge.check(on_file(stored, select().gives({"label": label(3)}), select("gemini").gives({"label": label(2)})))


@covers("STO-012")
@pytest.mark.parametrize("version", [1, 2, 3])
def test_entries_that_are_no_account_are_passed_over(judge: Judge, version: int) -> None:
    first, second, third = pool(3)["accounts"]
    stored = {**pool(0, version=version, activeIndex=3), "accounts": [first, "no account", second, third]}
    judge.check(on_file(stored, select().gives({"label": label(2), "index": 2})))
