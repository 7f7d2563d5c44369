"""POOL: loading the pool."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import (
    NOW_MS,
    POOL_FILE,
    label,
    labels,
    limit,
    limit_family,
    open_pool,
    picks,
    pool,
    select,
    text,
)
from conformance.wire.scenario import ROOT, Call, Scenario

# Equal in another case, in a canonical or compatible form of Unicode, as numbers, or without white space.
ALMOST_EQUAL = [
    ("a", "A"), ("\u00e9", "e\u0301"), ("\u212b", "\u00c5"), ("fi", "\ufb01"), ("ss", "\u00df"), ("i", "\u0131"),
    ("1", "01"), ("1", "1.0"), ("10", "1e1"), ("0", "-0"), ("1", "+1"), ("a", "a "), ("a", " a"), ("a", "a\n"),
    ("a", "a\u200b"), ("a/b", "a%2Fb"), ("a+b", "a b"), ("true", "1"),
]  # fmt: skip
OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0})
# Text before and after a document that is not JSON with them.
AROUND = [
    ("\ufeff", ""), ("", "\0\0"), ("", "{}"), ("", ","), ("\xa0", ""), ("// pool\n", ""), ("", " // end"), ("(", ")"),
]  # fmt: skip


@covers("POOL-001")
def test_accounts_keep_their_stored_order(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(5)).gives({"accounts": labels(*range(5))})]))


@covers("POOL-001")
@pytest.mark.parametrize(
    "names", [labels(2, 0, 3, 1), labels(3, 2, 1, 0), ["b", "a", "d", "c"], ["9", "10", "0", "1"]], ids=" ".join
)
def test_order_does_not_depend_on_labels(judge: Judge, names: list[str]) -> None:
    for place, name in enumerate(names):
        stored = pool([{"refreshToken": each} for each in names], activeIndex=place)
        selected = select().gives({"label": name, "index": place})
        judge.check(Scenario([open_pool(stored).gives({"accounts": names}), selected]))


@covers("POOL-002")
@pytest.mark.parametrize("active", [0, 1, 3])
def test_families_start_at_the_active_index(judge: Judge, active: int) -> None:
    calls = [open_pool(pool(4, activeIndex=active)), select().gives(picks(active))]
    judge.check(Scenario([*calls, select("gemini").gives(picks(active))]))


@covers("POOL-003")
def test_family_starts_at_its_own_stored_index(judge: Judge) -> None:
    stored = pool(4, activeIndex=1, activeIndexByFamily={"claude": 3, "gemini": 0})
    judge.check(Scenario([open_pool(stored), select().gives(picks(3)), select("gemini").gives(picks(0))]))


@covers("POOL-003")
def test_family_without_stored_index_uses_active_index(judge: Judge) -> None:
    stored = pool(4, activeIndex=1, activeIndexByFamily={"gemini": 2})
    judge.check(Scenario([open_pool(stored), select().gives(picks(1)), select("gemini").gives(picks(2))]))


@covers("POOL-004")
@pytest.mark.parametrize(("stored_index", "account"), [(3, 0), (4, 1), (3_000_002, 2)])
def test_index_beyond_the_last_account_wraps_around(judge: Judge, stored_index: int, account: int) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=stored_index)), select().gives(picks(account))]))
    stored = pool(3, activeIndexByFamily={"gemini": stored_index})
    judge.check(Scenario([open_pool(stored), select("gemini").gives(picks(account))]))


@covers("POOL-004")
@pytest.mark.parametrize(("stored_index", "account"), [(2, 2), (3, 0), (4, 1)])
def test_index_wraps_around_loaded_accounts(judge: Judge, stored_index: int, account: int) -> None:
    """The skipped entry is the last, so that it leaves no gap (POOL-007)."""
    entries: list[dict[str, object]] = [{}, {}, {}, {"refreshToken": ""}]
    stored = pool(entries, activeIndex=stored_index)
    judge.check(Scenario([open_pool(stored), select().gives(picks(account))]))
    stored = pool(entries, activeIndexByFamily={"gemini": stored_index})
    judge.check(Scenario([open_pool(stored), select("gemini").gives(picks(account))]))


@covers("POOL-005")
@pytest.mark.parametrize(
    ("stored_index", "account"),
    [(-1, 0), (-7, 0), (1.5, 1), (2.999, 2), (-0.5, 0), ("2", 0), (None, 0), (True, 0)],
)
def test_malformed_active_index_falls_back(judge: Judge, stored_index: object, account: int) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=stored_index)), select().gives(picks(account))]))


@covers("POOL-005")
@pytest.mark.parametrize(("stored_index", "account"), [(-1, 0), (1.5, 1), ("2", 2), (None, 2), (False, 2)])
def test_malformed_family_index_falls_back(judge: Judge, stored_index: object, account: int) -> None:
    stored = pool(3, activeIndex=2, activeIndexByFamily={"claude": stored_index})
    judge.check(Scenario([open_pool(stored), select().gives(picks(account))]))


@covers("POOL-006")
@pytest.mark.parametrize("token", ["", None, 5, ["b"]])
def test_entry_without_token_is_skipped(judge: Judge, token: object) -> None:
    judge.check(Scenario([open_pool(pool([{}, {"refreshToken": token}, {}])).gives({"accounts": labels(0, 2)})]))


@covers("POOL-007")
def test_sticky_keeps_account_behind_skipped_entry(judge: Judge) -> None:
    stored = pool([{}, {"refreshToken": ""}, {}], activeIndex=1)
    second = {"label": label(2), "index": 1}
    calls = [select(strategy="round-robin").gives(second), select().gives(second)]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("POOL-007")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_hybrid_selects_account_behind_skipped_entry(judge: Judge, family: str) -> None:
    opened = open_pool(pool([{}, {"refreshToken": ""}, {}]))
    second = {"label": label(2), "index": 1}
    judge.check(Scenario([opened, *limit_family(0, 60_000, family), select(family, "hybrid").gives(second)]))


@covers("POOL-008")
@pytest.mark.parametrize("accounts", [0, [{"refreshToken": ""}]])
def test_empty_pool_selects_no_account(judge: Judge, accounts: int) -> None:
    calls = [select(offset=True).gives(None), select("gemini", "round-robin").gives(None)]
    judge.check(Scenario([open_pool(pool(accounts)).gives({"accounts": []}), *calls]))


@covers("POOL-009")
def test_pool_file_restores_family_indices(judge: Judge) -> None:
    stored = pool(4, activeIndex=1, activeIndexByFamily={"claude": 1, "gemini": 3})
    calls = [OPEN_FILE, select().gives(picks(1)), select("gemini").gives(picks(3))]
    judge.check(Scenario(calls, files={POOL_FILE: text(stored)}))


@covers("POOL-010")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param('{"version": 3, "accounts": [', id="cut-short"),
        pytest.param({"version": 3, "activeIndex": 0}, id="no-accounts"),
        pytest.param({"version": 3, "accounts": {}, "activeIndex": 0}, id="accounts-no-list"),
        pytest.param(pool(2, version=99), id="unknown-version"),
        pytest.param(pool(2, version="3"), id="version-as-text"),
        pytest.param([], id="a-list"),
        *[pytest.param(f"{start}{json.dumps(pool(2))}{end}", id=repr(start + end)) for start, end in AROUND],
    ],
)
def test_unusable_pool_file_gives_empty_pool(judge: Judge, content: object) -> None:
    files = {} if content is None else {POOL_FILE: text(content)}
    judge.check(Scenario([OPEN_FILE.gives({"accounts": []}), select().gives(None)], files=files))


@covers("POOL-010")
@pytest.mark.parametrize("begun", [[], [Call("save")]], ids=["opened", "saved"])
@pytest.mark.parametrize("file", [{"removed": True}, text(""), text("{"), text([])], ids=str)
def test_earlier_content_of_pool_file_is_not_used(judge: Judge, file: Mapping[str, Json], begun: list[Call]) -> None:
    """A session has read the file, and perhaps saved it, before it becomes unusable."""
    opened = replace(OPEN_FILE, files={POOL_FILE: file}).gives({"accounts": []})
    judge.check(Scenario([OPEN_FILE.gives({"accounts": labels(0, 1)}), *begun, opened], {POOL_FILE: text(pool(2))}))


@covers("POOL-010")
def test_usable_pool_file_is_read(judge: Judge) -> None:
    """Fails a target that reads no file at all, which passes the cases above."""
    opened = OPEN_FILE.gives({"accounts": labels(0, 1)})
    judge.check(Scenario([opened, select().gives(picks(1))], files={POOL_FILE: text(pool(2, activeIndex=1))}))


@covers("POOL-001")
@pytest.mark.parametrize(("one", "other"), ALMOST_EQUAL)
def test_almost_equal_labels_name_two_accounts(judge: Judge, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        stored = pool([{"refreshToken": first}, {"refreshToken": second}])
        limited = Call("mark_rate_limited", {"label": second, "retry_after_ms": 60_000, "family": "claude"})
        turns = [select(strategy="round-robin").gives({"label": first, "index": 0})] * 2
        judge.check(Scenario([open_pool(stored).gives({"accounts": [first, second]}), limited, *turns]))


@covers("POOL-001")
def test_labels_and_indices_name_the_same_accounts(judge: Judge) -> None:
    limited = [limit(i, 1000) for i in range(2)]
    judge.check(Scenario([open_pool(pool(3)), *limited, select().gives(picks(2))]))


@covers("POOL-011")
@pytest.mark.parametrize("time", [str(NOW_MS + 1000), [NOW_MS + 1000], "soon", None, True, {}], ids=repr)
def test_reset_time_that_is_no_number_is_ignored(judge: Judge, time: object) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": time}}])
    judge.check(Scenario([open_pool(stored), select(strategy="round-robin").gives(picks(0))]))


@covers("POOL-011")
@pytest.mark.parametrize("time", [str(NOW_MS + 1000), [NOW_MS + 1000], "soon", {}, None, True], ids=repr)
def test_cooldown_that_is_no_number_is_ignored(judge: Judge, time: object) -> None:
    stored = pool([{"coolingDownUntil": time}])
    judge.check(Scenario([open_pool(stored), select(strategy="round-robin").gives(picks(0))]))


@covers("POOL-012")
@pytest.mark.parametrize("entry", [None, "b", 5, True, []], ids=repr)
def test_entry_that_is_no_object_is_skipped(judge: Judge, entry: object) -> None:
    first, last = pool(2)["accounts"]
    judge.check(Scenario([open_pool({**pool(0), "accounts": [first, entry, last]}).gives({"accounts": labels(0, 1)})]))


@covers("POOL-012")
@pytest.mark.parametrize(
    "stored",
    [
        {"version": 3},
        {"version": 3, "accounts": None},
        {"accounts": {}},
        {"accounts": {"0": {"refreshToken": "a"}}},
        {"accounts": {"refreshToken": "a"}},
        {"0": {"refreshToken": "a"}},
        [],
        [{"refreshToken": "a"}],
    ],
    ids=repr,
)
def test_pool_without_list_of_accounts_is_empty(judge: Judge, stored: object) -> None:
    judge.check(Scenario([open_pool(stored).gives({"accounts": []})]))
