"""STO, saving: what a session writes to a pool file that another writer has changed since the session read it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.cases.events_kit import require_verification, switch
from conformance.cases.kit import Judge, covers, document_of, values
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, POOL_FILE, advance, label, labels, limit, picks, pool, remove, select, text
from conformance.wire.needs import accounts_in
from conformance.wire.scenario import READ_FILE, ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS})
SAVE = Call("save")
SOON_MS, LATER_MS = 30_000, 60_000
SOON, LATER = NOW_MS + SOON_MS, NOW_MS + LATER_MS
ROTATE = select("claude", "round-robin")
EARLIER_SAVE = pytest.mark.parametrize("begun", [[], [SAVE]], ids=["first save", "second save"])


def saved(stored: Json, *session: Call, written: Json = None, then: Sequence[Call]) -> Scenario:
    """Return a session that saves over a file that another writer has `written`, and `then` the next session."""
    save = SAVE if written is None else replace(SAVE, files={POOL_FILE: text(written)})
    return Scenario([OPEN_FILE, *session, save, *then], files={POOL_FILE: text(stored)})


def left(stored: Json, *places: int) -> Json:
    """Return the pool with only the accounts at these positions."""
    return {**stored, "accounts": [stored["accounts"][place] for place in places]}


def without(place: int) -> list[int]:
    """Return the positions of three accounts without one."""
    return [other for other in range(3) if other != place]


def loads(*places: int) -> Call:
    """Expect that the next session loads these accounts."""
    return OPEN_FILE.gives({"accounts": labels(*places)})


@covers("STO-013")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_removed_account_is_not_saved(judge: Judge, place: int) -> None:
    judge.check(saved(pool(3), remove(place), then=[loads(*without(place))]))


@covers("STO-013")
def test_removed_account_that_others_changed_is_not_saved(judge: Judge) -> None:
    changed = pool([{"lastUsed": NOW_MS + 1000}, {}, {}])
    judge.check(saved(pool(3), remove(0), written=changed, then=[loads(1, 2)]))


@covers("STO-013")
def test_no_account_is_saved_after_all_are_removed(judge: Judge) -> None:
    judge.check(saved(pool(3), *map(remove, range(3)), then=[loads()]))


@covers("STO-013")
def test_active_account_stays_active_after_removal(judge: Judge) -> None:
    then = [OPEN_FILE, select().gives({"label": label(2)})]
    judge.check(saved(pool(3, activeIndex=2), remove(0), then=then))


@covers("STO-014")
@pytest.mark.parametrize("read", [True, False], ids=["read", "saved before"])
def test_cleared_limit_is_not_saved(judge: Judge, read: bool) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": LATER}}] if read else 1)
    limited = [] if read else [limit(0, LATER_MS), SAVE]
    forget = Call("reset_limits", {"family": "claude"})
    judge.check(saved(stored, *limited, forget, then=[OPEN_FILE, ROTATE.gives(picks(0))]))


@covers("STO-015")
@pytest.mark.parametrize(
    ("read", "session", "written"),
    [
        pytest.param(SOON, [], LATER, id="by others"),
        pytest.param(SOON, [limit(0, LATER_MS)], SOON, id="by the session"),
        pytest.param(None, [limit(0, SOON_MS)], LATER, id="others later"),
        pytest.param(None, [limit(0, LATER_MS)], SOON, id="session later"),
        pytest.param(SOON, [advance(SOON_MS), ROTATE], LATER, id="ended in the session"),
    ],
)
@EARLIER_SAVE
def test_later_reset_time_is_saved(
    judge: Judge, read: Json, session: Sequence[Call], written: int, begun: Sequence[Call]
) -> None:
    stored, meanwhile = (pool([{"rateLimitResetTimes": {"claude": end} if end else {}}]) for end in (read, written))
    then = [OPEN_FILE, advance(SOON_MS), ROTATE.gives(None)]
    judge.check(saved(stored, *begun, *session, written=meanwhile, then=then))


CHANGED_BY_OTHERS = {
    "STO-015": pool([{"rateLimitResetTimes": {"claude": LATER, "gemini-cli": LATER}}, {}, {}]),
    "STO-016": pool([{"coolingDownUntil": LATER, "cooldownReason": "network-error"}, {}, {}]),
    "STO-017": pool([{"enabled": False}, {}, {}]),
    "STO-018": left(pool(3), 1, 2),
    "STO-020": pool([{"note": "other", "email": "other@test"}, {}, {}]),
    "STO-028": pool([{"lastUsed": NOW_MS + 1000}, {}, {}]),
    "STO-039": left(pool(4), 3, 2, 0, 1),
}


@pytest.mark.parametrize(
    "written", [pytest.param(each, id=id_, marks=pytest.mark.covers(id_)) for id_, each in CHANGED_BY_OTHERS.items()]
)
def test_saving_again_changes_nothing(judge: Judge, written: Json) -> None:
    """The session compares the file with what it has read or set itself, not with what it has merged."""
    save, read = replace(SAVE, files={POOL_FILE: text(written)}), Call(READ_FILE, {"path": POOL_FILE})
    calls = [OPEN_FILE, limit(2, 1000, "gemini"), save, read, SAVE, read]
    answers = values(judge.ask(calls, {POOL_FILE: text(pool(3))}))
    first, second = (_without_empty_limits(answers[at]) for at in (3, 5))
    judge.expect(first, second, Scenario(calls, {POOL_FILE: text(pool(3))}), "the file after the second save")


def _without_empty_limits(read: Json) -> Json:
    """An account without limits may have an empty `rateLimitResetTimes` or none."""
    for account in accounts_in(document_of(read)):
        if account.get("rateLimitResetTimes") == {}:
            del account["rateLimitResetTimes"]
    return read


@covers("STO-015")
def test_another_session_does_not_change_what_was_read(judge: Judge) -> None:
    """The second session reads the file after another writer has changed it, before the first one saves."""
    first, second = Call("use_session", {"session": 0}), Call("use_session", {"session": 1})
    changed = pool([{"rateLimitResetTimes": {"claude": LATER}}])
    other = [second, replace(OPEN_FILE, files={POOL_FILE: text(changed)}), first]
    then = [OPEN_FILE, advance(SOON_MS), ROTATE.gives(None)]
    judge.check(saved(pool(1), limit(0, SOON_MS), *other, written=changed, then=then))


@covers("STO-016")
@pytest.mark.parametrize("set_ms", [None, SOON_MS], ids=["by others", "by both"])
@EARLIER_SAVE
def test_later_cooldown_is_saved(judge: Judge, set_ms: int | None, begun: Sequence[Call]) -> None:
    cool = Call("mark_cooling_down", {"label": label(0), "cooldown_ms": set_ms, "reason": "auth-failure"})
    written = pool([{"coolingDownUntil": LATER, "cooldownReason": "network-error"}])
    then = [OPEN_FILE, advance(SOON_MS), ROTATE.gives(None)]
    judge.check(saved(pool(1), *begun, *([cool] if set_ms else []), written=written, then=then))


@covers("STO-016")
def test_cooldown_of_other_writer_outlives_ended_one(judge: Judge) -> None:
    """The cooldown of the session has ended, and the session has selected since then."""
    read, written = (pool([{"coolingDownUntil": end, "cooldownReason": "network-error"}]) for end in (SOON, LATER))
    then = [OPEN_FILE, advance(SOON_MS), ROTATE.gives(None)]
    judge.check(saved(read, advance(SOON_MS), ROTATE, written=written, then=then))


@covers("STO-016")
def test_cooldown_of_other_writer_is_saved_beside_limit(judge: Judge) -> None:
    written = pool([{"coolingDownUntil": LATER, "cooldownReason": "network-error"}])
    then = [OPEN_FILE, advance(SOON_MS), ROTATE.gives(None)]
    judge.check(saved(pool(1), limit(0, SOON_MS), written=written, then=then))


@covers("STO-017")
@pytest.mark.parametrize("enabled", [False, True], ids=["disabled", "enabled"])
@EARLIER_SAVE
def test_enabled_of_other_writer_is_kept(judge: Judge, enabled: bool, begun: Sequence[Call]) -> None:
    stored, written = (pool([{"enabled": value}, {}]) for value in (not enabled, enabled))
    then = [OPEN_FILE, ROTATE.gives(picks(0 if enabled else 1))]
    judge.check(saved(stored, *begun, written=written, then=then))


@covers("STO-017")
@pytest.mark.parametrize("enabled", [False, True], ids=["disabled", "enabled"])
def test_enabled_as_the_session_sets_it_is_saved(judge: Judge, enabled: bool) -> None:
    switch = Call("set_enabled", {"label": label(0), "enabled": enabled})
    then = [OPEN_FILE, ROTATE.gives(picks(0 if enabled else 1))]
    judge.check(saved(pool([{"enabled": not enabled}, {}]), switch, then=then))


@covers("STO-017")
def test_account_enabled_while_it_waits_is_saved_enabled(judge: Judge) -> None:
    waits = require_verification(0)
    judge.check(saved(pool(2), waits, switch(0, on=True), then=[OPEN_FILE, ROTATE, ROTATE.gives(picks(0))]))


@covers("STO-020")
@pytest.mark.parametrize("other", ["Ann@x.org", "ann@x.org ", "", None], ids=["case", "space", "empty", "null"])
def test_accounts_with_different_emails_are_saved(judge: Judge, other: Json) -> None:
    stored = pool([{"email": "ann@x.org"}, {"email": other}, {"email": other and f"b{other}"}])
    judge.check(saved(stored, then=[loads(0, 1, 2)]))


@covers("STO-018")
@pytest.mark.parametrize("place", [0, 1, 2])
@EARLIER_SAVE
def test_account_removed_by_other_writer_stays_removed(judge: Judge, place: int, begun: Sequence[Call]) -> None:
    judge.check(saved(pool(3), *begun, written=left(pool(3), *without(place)), then=[loads(*without(place))]))


@covers("STO-018")
def test_account_with_new_token_is_another_one(judge: Judge) -> None:
    """Another writer has replaced the account by one with the same email, as after a new login."""
    stored, written = (
        pool([{}, {"email": "one@test", **token}]) for token in ({}, {"refreshToken": "new", "lastUsed": 1})
    )
    judge.check(saved(stored, written=written, then=[OPEN_FILE.gives({"accounts": [label(0), "new"]})]))


@covers("STO-039")
@pytest.mark.parametrize("order", [(2, 0, 1), (0, 2, 1), (0, 1, 2), (1, 0), (1, 2, 0), (3, 1, 2, 0)], ids=str)
def test_saving_keeps_order_of_other_writer(judge: Judge, order: Sequence[int]) -> None:
    judge.check(saved(pool(2), limit(0, 1000), written=left(pool(4), *order), then=[loads(*order)]))


@covers("STO-039")
def test_account_added_again_is_kept(judge: Judge) -> None:
    """The session has removed the account before."""
    judge.check(saved(pool(2), remove(1), SAVE, written=pool(2), then=[loads(0, 1)]))
    first = replace(SAVE, files={POOL_FILE: {"removed": True}})  # writes a new file
    judge.check(saved(pool(2), remove(1), first, written=pool(2), then=[loads(0, 1)]))


@covers("STO-018")
def test_all_accounts_removed_by_other_writer_stay_removed(judge: Judge) -> None:
    judge.check(saved(pool(3), written=pool(0), then=[loads()]))


@covers("STO-018")
@pytest.mark.parametrize("written", ["", "{ half"], ids=["empty", "half"])
def test_unusable_file_is_rewritten(judge: Judge, written: str) -> None:
    judge.check(saved(pool(3), written=written, then=[loads(0, 1, 2)]))


@covers("STO-019")
@pytest.mark.parametrize(
    ("place", "active", "account"),
    [(0, 2, 2), (1, 2, 2), (0, 1, 1), (1, 1, 2), (2, 2, 0)],
    ids=["2", "2, again", "1", "itself", "last"],
)
def test_saved_active_index_names_account_in_use(judge: Judge, place: int, active: int, account: int) -> None:
    then = [OPEN_FILE, select().gives({"label": label(account)})]
    judge.check(saved(pool(3, activeIndex=active), written=left(pool(3), *without(place)), then=then))


@covers("STO-019")
@pytest.mark.parametrize("active", [0, 1, 2])
@pytest.mark.parametrize("order", [(3, 0, 1, 2), (0, 3, 1, 2), (0, 1, 2, 3)], ids=["first", "second", "last"])
def test_saved_active_index_follows_account_behind_added_one(judge: Judge, active: int, order: Sequence[int]) -> None:
    then = [OPEN_FILE, select().gives({"label": label(active)})]
    judge.check(saved(pool(3, activeIndex=active), written=left(pool(4), *order), then=then))
