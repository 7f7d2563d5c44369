"""STO, the saved file itself: what it has, how it is written, and where it is."""

from dataclasses import replace

import pytest

from conformance.cases.events_kit import clear_verification, require_verification, switch
from conformance.cases.kit import Judge, covers, values
from conformance.json_type import Json
from conformance.wire.calls import (
    NOW_MS,
    POOL_FILE,
    advance,
    cool,
    label,
    labels,
    limit,
    limit_family,
    pool,
    remove,
    select,
    text,
)
from conformance.wire.scenario import ABSENT, READ_FILE, ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS})
SAVE = Call("save")
READ = Call(READ_FILE, {"path": POOL_FILE})
BEFORE_FILE = "home/before.json"  # another name of the file that the kit has written
LATER = NOW_MS + 60_000
KNOWN = {"email": "one@test", "projectId": "one", "managedProjectId": "two", "lastSwitchReason": "rotation"}
UNKNOWN: Json = {"note": {"tags": ["a", None], "share": 0.5}, "tier": False, "colour": ""}


def keeps(**fields: Json) -> Call:
    """Expect that the only account of the saved file has these fields."""
    return READ.gives({"json": {"accounts": [fields]}})


def written(stored: Json) -> Call:
    """Return a save over a file that another writer has written."""
    return replace(SAVE, files={POOL_FILE: text(stored)})


@covers("STO-020")
@pytest.mark.parametrize("fields", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_saving_keeps_other_fields(judge: Judge, fields: Json) -> None:
    calls = [OPEN_FILE, limit(0, 1000), SAVE, keeps(**fields, addedAt=NOW_MS)]
    judge.check(Scenario(calls, {POOL_FILE: text(pool([fields]))}))


@covers("STO-020")
@pytest.mark.parametrize("value", [None, {"x": None}, [None, []], {}, 0, "", False, 1.5, "\u2028"], ids=repr)
def test_saving_keeps_any_value_of_unknown_field(judge: Judge, value: Json) -> None:
    calls = [OPEN_FILE, limit(0, 1000), SAVE, keeps(note={"in": value})]
    judge.check(Scenario(calls, {POOL_FILE: text(pool([{"note": {"in": value}}]))}))


@covers("STO-020")
def test_saving_keeps_unknown_fields_of_other_writer(judge: Judge) -> None:
    files = {POOL_FILE: text(pool([{"note": "old", "tier": 1}]))}
    judge.check(Scenario([OPEN_FILE, written(pool([UNKNOWN])), keeps(**UNKNOWN)], files))


@covers("STO-020")
def test_saving_keeps_quota_reading(judge: Judge) -> None:
    reading = {"cachedQuota": {"claude": {"remainingFraction": 0.5}}, "cachedQuotaUpdatedAt": NOW_MS}
    judge.check(Scenario([OPEN_FILE, SAVE, keeps(**reading)], {POOL_FILE: text(pool([reading]))}))


@covers("STO-020")
def test_saving_keeps_fields_of_accounts_never_loaded(judge: Judge) -> None:
    files = {POOL_FILE: text(pool(1))}
    expected = READ.gives({"json": {"accounts": [{"refreshToken": label(0)}, {"refreshToken": label(1), **UNKNOWN}]}})
    judge.check(Scenario([OPEN_FILE, written(pool([{}, UNKNOWN])), expected], files))


@covers("STO-007")
@pytest.mark.parametrize("entry", [None, "b", {}], ids=repr)
def test_saving_skips_malformed_entry_alone(judge: Judge, entry: object) -> None:
    two = pool(2, version=4)
    other = {**two, "accounts": [entry, *two["accounts"]]}
    judge.check(
        Scenario([OPEN_FILE, written(other), OPEN_FILE.gives({"accounts": labels(0, 1)})], {POOL_FILE: text(pool(1))})
    )


@covers("STO-033")
@pytest.mark.parametrize("key", ["projectId", "managedProjectId"])
def test_saving_keeps_project_of_other_writer(judge: Judge, key: str) -> None:
    files = {POOL_FILE: text(pool(1))}
    judge.check(Scenario([OPEN_FILE, written(pool([{key: "other"}])), keeps(**{key: "other"})], files))


@covers("STO-021")
def test_saving_replaces_the_file(judge: Judge) -> None:
    """The old file, under its other name, stays as it was. A reader that has opened it reads it whole."""
    old = pool([{"note": "before"}])
    files = {POOL_FILE: text(old), BEFORE_FILE: {"hard_link": ".config/opencode/antigravity-accounts.json"}}
    calls = [OPEN_FILE, limit(0, 60_000), SAVE, Call(READ_FILE, {"path": BEFORE_FILE}).gives({"json": old})]
    judge.check(Scenario([*calls, keeps(rateLimitResetTimes={"claude": LATER})], files))


@covers("STO-022")
@pytest.mark.parametrize(
    "save", [SAVE, replace(SAVE, files={POOL_FILE: {"removed": True}})], ids=["over a file", "new"]
)
def test_only_the_user_reads_the_saved_file(judge: Judge, save: Call) -> None:
    """The session has an account: a port need not write a file that has none."""
    judge.check(Scenario([OPEN_FILE, save, READ.gives({"mode": "600"})], {POOL_FILE: text(pool(1))}))


@covers("STO-023")
@pytest.mark.parametrize("version", [1, 2])
def test_accounts_of_old_file_are_kept(judge: Judge, version: int) -> None:
    """The session reads a current file, and an older release then writes an old one."""
    calls = [OPEN_FILE, written(pool(3, version=version)), OPEN_FILE.gives({"accounts": labels(0, 1, 2)})]
    judge.check(Scenario(calls, {POOL_FILE: text(pool(1))}))


@covers("STO-023")
def test_limits_of_old_file_are_migrated_on_saving(judge: Judge) -> None:
    """The session has a limit, too, so that a port which clears the limits of an account without one passes."""
    old = pool([{"rateLimitResetTimes": {"claude": LATER, "gemini": LATER}}], version=2)
    expected = keeps(rateLimitResetTimes={"claude": LATER, "gemini-antigravity": LATER})
    calls = [OPEN_FILE, limit(0, 60_000), written(old), expected]
    judge.check(Scenario(calls, {POOL_FILE: text(pool(1))}))


@covers("STO-023")
def test_limit_of_old_file_that_has_ended(judge: Judge) -> None:
    """It ends after the session was opened and before it saves."""
    old = pool([{"rateLimitResetTimes": {"claude": LATER, "gemini": LATER + 1}}], version=2)
    expected = keeps(rateLimitResetTimes={"claude": ABSENT, "gemini-antigravity": LATER + 1})
    judge.check(Scenario([OPEN_FILE, advance(60_000), written(old), expected], {POOL_FILE: text(pool(1))}))


@covers("STO-023")
def test_limit_of_version_1_is_migrated_on_saving(judge: Judge) -> None:
    old = pool([{"isRateLimited": True, "rateLimitResetTime": LATER}], version=1)
    expected = keeps(rateLimitResetTimes={"claude": LATER, "gemini-antigravity": LATER})
    calls = [OPEN_FILE, limit(0, 60_000), written(old), expected]
    judge.check(Scenario(calls, {POOL_FILE: text(pool(1))}))


@covers("STO-023", "STO-029")
@pytest.mark.parametrize("version", [1, 2])
def test_fields_of_old_file_are_kept(judge: Judge, version: int) -> None:
    old = pool([{**KNOWN, "addedAt": 5, "lastUsed": 7}], version=version)
    judge.check(Scenario([OPEN_FILE, written(old), keeps(**KNOWN, addedAt=5, lastUsed=7)], {POOL_FILE: text(pool(0))}))


@covers("STO-024")
@pytest.mark.parametrize("version", [5, 40])
def test_file_of_later_version_is_not_overwritten(judge: Judge, version: int) -> None:
    later = pool([UNKNOWN, {}], version=version, tier="new")
    judge.check(Scenario([OPEN_FILE, SAVE, READ.gives({"json": later})], {POOL_FILE: text(later)}))


@covers("STO-024")
def test_file_of_later_version_written_meanwhile_stays(judge: Judge) -> None:
    calls = [OPEN_FILE, limit(0, 1000), written(pool(2, version=5)), OPEN_FILE.gives({"accounts": []})]
    judge.check(Scenario(calls, {POOL_FILE: text(pool(1))}))


@covers("STO-025")
def test_saved_file_has_index_of_each_family(judge: Judge) -> None:
    stored = pool(3)
    moves = [limit(0, LATER - NOW_MS), select(), select("gemini"), limit(1, 1000, "gemini"), limit(0, 1000, "gemini")]
    expected = {"activeIndex": 1, "activeIndexByFamily": {"claude": 1, "gemini": 0}}
    judge.check(Scenario([OPEN_FILE, *moves, SAVE, READ.gives({"json": expected})], {POOL_FILE: text(stored)}))


@covers("STO-025")
def test_index_of_family_that_moved_is_saved(judge: Judge) -> None:
    moves = [*limit_family(0, 60_000, "gemini"), *limit_family(1, 60_000, "gemini"), select("gemini")]
    expected = {"activeIndex": 0, "activeIndexByFamily": {"claude": 0, "gemini": 2}}
    judge.check(Scenario([OPEN_FILE, *moves, SAVE, READ.gives({"json": expected})], {POOL_FILE: text(pool(3))}))


@covers("STO-019")
@pytest.mark.parametrize("count", [1, 3])
def test_saved_index_without_accounts_is_0(judge: Judge, count: int) -> None:
    last = count - 1
    stored = pool(count, activeIndexByFamily={"claude": last, "gemini": last})
    expected = READ.gives({"json": {"activeIndex": 0, "activeIndexByFamily": {"claude": 0, "gemini": 0}}})
    judge.check(Scenario([OPEN_FILE, remove(last), SAVE, expected], {POOL_FILE: text(stored)}))


@covers("STO-019")
@pytest.mark.parametrize("lost", ["claude", "gemini"])
def test_saved_index_of_lost_family_is_0(judge: Judge, lost: str) -> None:
    """Selection moves one family to account 1 and the other to the last account, which is then removed."""
    other = {"claude": "gemini", "gemini": "claude"}[lost]
    limits = [*limit_family(0, 60_000, lost), *limit_family(1, 60_000, lost), *limit_family(0, 60_000, other)]
    expected = READ.gives({"json": {"activeIndexByFamily": {lost: 0, other: 1}}})
    calls = [OPEN_FILE, *limits, select(other), select(lost), remove(2), SAVE, expected]
    judge.check(Scenario(calls, {POOL_FILE: text(pool(3))}))


MOVES = {
    "limit": [limit(0, 60_000), select()],
    "rotation": [select(strategy="round-robin")] * 2,
    "hybrid": [limit(0, 60_000), select(strategy="hybrid")],
    "offset": [select(offset=True)],
    "disabling": [switch(0, on=False)],
    "enabling": [switch(0, on=False), switch(0, on=True)],
    "verification": [require_verification(0), clear_verification(0)],
    "removal": [remove(0)],
    "rotation and removal": [*[select(strategy="round-robin")] * 3, remove(0)],
    "other family": [select("gemini", "round-robin")] * 2,
}


@covers("STO-025")
@pytest.mark.parametrize("moves", MOVES.values(), ids=MOVES)
def test_current_account_is_saved_however_family_moved(judge: Judge, moves: list[Call]) -> None:
    """The saved index is that of the account that the session goes on with."""
    calls = [replace(OPEN_FILE, params={**OPEN_FILE.params, "pid": 1}), *moves, SAVE, READ, select()]
    *_, file, selected = values(judge.ask(calls, {POOL_FILE: text(pool(3))}))
    index = file["json"]["activeIndexByFamily"]["claude"] if file and "json" in file else None
    judge.expect(selected and selected["index"], index, Scenario(calls, {POOL_FILE: text(pool(3))}), "the saved index")


@covers("STO-032")
@pytest.mark.parametrize("version", [3, 4])
def test_saved_file_has_version_4(judge: Judge, version: int) -> None:
    stored = text(pool(1, version=version))
    judge.check(Scenario([OPEN_FILE, SAVE, READ.gives({"json": {"version": 4}})], {POOL_FILE: stored}))


@covers("STO-031")
def test_limits_and_cooldown_are_saved(judge: Judge) -> None:
    limits = {
        "claude": limit(0, 1, model="claude-opus"),
        "gemini-antigravity": limit(0, 2, "gemini"),
        "gemini-cli": limit(0, 3, "gemini", header_style="gemini-cli"),
        "gemini-antigravity:gemini-3-pro": limit(0, 4, "gemini", model="gemini-3-pro"),
        "gemini-cli:Gemini:3 Flash": limit(0, 5, "gemini", header_style="gemini-cli", model="Gemini:3 Flash"),
    }
    ends = {key: NOW_MS + number for number, key in enumerate(limits, 1)}
    rests = {"coolingDownUntil": LATER, "cooldownReason": "auth-failure"}
    calls = [OPEN_FILE, *limits.values(), cool(0, 60_000, "auth-failure"), SAVE]
    judge.check(Scenario([*calls, keeps(rateLimitResetTimes=ends, **rests)], {POOL_FILE: text(pool(1))}))
    calls = [OPEN_FILE, cool(0, 90_000, "network-error"), cool(0, 60_000, "auth-failure"), SAVE]  # the last one counts
    judge.check(Scenario([*calls, keeps(**rests)], {POOL_FILE: text(pool(1))}))


@covers("STO-031")
def test_fractions_of_milliseconds_are_saved(judge: Judge) -> None:
    calls = [OPEN_FILE, limit(0, 1000.75), cool(0, 2000.25), SAVE]
    ends = {"rateLimitResetTimes": {"claude": NOW_MS + 1000.75}, "coolingDownUntil": NOW_MS + 2000.25}
    judge.check(Scenario([*calls, keeps(**ends)], {POOL_FILE: text(pool(1))}))


@covers("STO-031")
@pytest.mark.parametrize("ms", [1000, 90_000])
def test_new_limit_replaces_the_stored_one(judge: Judge, ms: int) -> None:
    """The new one may end sooner (LIM-009)."""
    stored = pool([{"rateLimitResetTimes": {"claude": NOW_MS + 60_000}}])
    expected = keeps(rateLimitResetTimes={"claude": NOW_MS + ms})
    judge.check(Scenario([OPEN_FILE, limit(0, ms), SAVE, expected], {POOL_FILE: text(stored)}))


@covers("STO-028")
@pytest.mark.parametrize(("used", "written_ms", "saved"), [(0, 5, 5), (9, 5, 9), (5, 5, 5), (5, LATER, LATER)])
def test_later_last_use_is_saved(judge: Judge, used: int, written_ms: int, saved: int) -> None:
    stored, other = (pool([{"lastUsed": ms}]) for ms in (used, written_ms))
    judge.check(Scenario([OPEN_FILE, written(other), keeps(lastUsed=saved)], {POOL_FILE: text(stored)}))


@covers("STO-028")
def test_last_use_of_session_is_saved(judge: Judge) -> None:
    calls = [OPEN_FILE, advance(7), select("claude", "hybrid"), written(pool([{"lastUsed": NOW_MS}]))]
    judge.check(Scenario([*calls, keeps(lastUsed=NOW_MS + 7)], {POOL_FILE: text(pool(1))}))


@covers("STO-026")
def test_stale_lock_does_not_prevent_saving(judge: Judge) -> None:
    """The folder is that of the releases: a process that was killed has left it. A port may lock in another way."""
    files = {POOL_FILE: text(pool(1)), f"{POOL_FILE}.lock": {"folder": True}}
    calls = [OPEN_FILE, limit(0, 60_000), SAVE, keeps(rateLimitResetTimes={"claude": LATER})]
    judge.check(Scenario(calls, files))


@covers("STO-027")
@pytest.mark.parametrize(
    "other",
    [
        "home/.local/share/opencode/antigravity-accounts.json",
        "home/.opencode/antigravity-accounts.json",
        "home/.antigravity/antigravity-accounts.json",
        "home/antigravity-accounts.json",
    ],
)
def test_pool_file_elsewhere_is_not_used(judge: Judge, other: str) -> None:
    elsewhere = pool([{"refreshToken": "elsewhere"}])
    calls = [OPEN_FILE.gives({"accounts": []}), SAVE, Call(READ_FILE, {"path": other}).gives({"json": elsewhere})]
    judge.check(Scenario(calls, {other: text(elsewhere)}))


@covers("STO-027")
def test_pool_file_is_not_moved(judge: Judge) -> None:
    stays = READ.gives({"json": {"accounts": [{"refreshToken": label(0)}]}})
    calls = [OPEN_FILE, stays, advance(1), SAVE, stays, OPEN_FILE.gives({"accounts": labels(0)}), stays]
    judge.check(Scenario(calls, {POOL_FILE: text(pool(1))}))
