"""REM: rotation, families and the PID offset after an account is removed."""

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import SELECTIONS, other_events, rests
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import advance, label, limit, open_pool, picks, pool, remove, select
from conformance.wire.scenario import Call, Scenario

STRATEGIES = ("sticky", "round-robin", "hybrid")
COUNT = st.integers(3, 9)
PLACE = st.integers(0, 8)
PIDS = st.integers(1, 2**22)


def now_at(index: int, removed: int) -> Json:
    """Return the account stored at this index as `select` returns it after the one at `removed` is removed."""
    return {"label": label(index), "index": index - (index > removed)}


@covers("REM-001")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_removed_account_is_not_selected(judge: Judge, strategy: str) -> None:
    calls = [select(strategy=strategy), remove(0), *[select(strategy=strategy).gives({"label": label(1)})] * 2]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("REM-002")
@property_case(count=COUNT, removed=PLACE)
def test_removal_renumbers_indices(judge: Judge, count: int, removed: int) -> None:
    calls = [open_pool(pool(count)), remove(removed % count), *[select(strategy="round-robin")] * (count - 1)]
    answered = [account for account in values(judge.ask(calls))[2:] if account is not None]
    indices = {account["label"]: account["index"] for account in answered}
    left = [index for index in range(count) if index != removed % count]
    judge.expect({label(i): now_at(i, removed % count)["index"] for i in left}, indices, Scenario(calls), "indices")


@covers("REM-002")
def test_account_with_the_same_token_stays(judge: Judge) -> None:
    """The first of them is removed."""
    stored = pool([{}, {}, {"refreshToken": label(0)}])
    turns = [
        select(strategy="round-robin").gives({"label": label(i), "index": at}) for i, at in ((1, 0), (0, 1), (1, 0))
    ]
    judge.check(Scenario([open_pool(stored), remove(0), *turns]))


@covers("REM-003")
@property_case(count=COUNT, removed=PLACE, turns=PLACE)
def test_removal_keeps_next_account_in_first_round(judge: Judge, count: int, removed: int, turns: int) -> None:
    turn, gone = turns % count, removed % count
    following = [index % count for index in range(turn, turn + count) if index % count != gone]
    later = [select(strategy="round-robin").gives(now_at(index, gone)) for index in following * 2]
    judge.check(Scenario([open_pool(pool(count)), *[select(strategy="round-robin")] * turn, remove(gone), *later]))


@covers("REM-003")
def test_removal_of_resting_account_moves_rotation(judge: Judge) -> None:
    turns = [select(strategy="round-robin")] * 2
    for begins, _ in rests(judge, 0):
        later = [select(strategy="round-robin").gives(now_at(index, 0)) for index in (2, 3, 1)]
        judge.check(Scenario([open_pool(pool(4)), *turns, *begins, remove(0), *later]))


@covers("REM-004")
@property_case(count=COUNT, claude=PLACE, gemini=PLACE, removed=PLACE)
def test_families_keep_accounts_after_removal(judge: Judge, count: int, claude: int, gemini: int, removed: int) -> None:
    stands = {"claude": claude % count, "gemini": gemini % count}
    gone = next(i % count for i in range(removed, removed + 3) if i % count not in stands.values())
    kept = [select(family).gives(now_at(index, gone)) for family, index in stands.items()]
    judge.check(Scenario([open_pool(pool(count, activeIndexByFamily=stands)), remove(gone), *kept * 2]))


@covers("REM-004")
def test_family_keeps_account_in_any_state(judge: Judge) -> None:
    """An event of the account, or of the one that is removed, moves no family when an account is removed."""
    for index in (0, 1):
        for event in other_events(judge, "disabled", "verified", SELECTIONS, index=index):
            calls = [*event, remove(0), advance(7_200_000), select().gives(now_at(1, 0))]
            judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *calls]))


@covers("REM-005")
@property_case(count=COUNT, stands=PLACE)
def test_family_of_removed_account_uses_next_one(judge: Judge, count: int, stands: int) -> None:
    index = stands % (count - 1)  # the last account has no next one
    after = [select("gemini").gives(now_at(index + 1, index))] * 2
    stored = pool(count, activeIndexByFamily={"gemini": index})
    judge.check(Scenario([open_pool(stored), remove(index), *after]))


@covers("REM-006")
@property_case(count=COUNT, turn=PLACE)
def test_rotation_decides_after_last_account_is_removed(judge: Judge, count: int, turn: int) -> None:
    last = count - 1
    stored = pool(count, activeIndex=turn % last, activeIndexByFamily={"gemini": last})
    judge.check(Scenario([open_pool(stored), remove(last), *[select("gemini").gives(picks(turn % last))] * 2]))


@covers("REM-006")
def test_disabling_another_account_settles_no_family(judge: Judge) -> None:
    """The first enabled account is not the next one in rotation."""
    disable = Call("set_enabled", {"label": label(2), "enabled": False})
    stored = pool(4, activeIndex=1, activeIndexByFamily={"gemini": 3})
    judge.check(Scenario([open_pool(stored), remove(3), disable, *[select("gemini").gives(picks(1))] * 2]))


@covers("REM-007")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("count", [1, 3])
def test_removing_only_account_selects_none(judge: Judge, strategy: str, count: int) -> None:
    calls = [select(strategy=strategy), *[remove(index) for index in range(count)]]
    judge.check(Scenario([open_pool(pool(count), pid=1), *calls, select(strategy=strategy, offset=True).gives(None)]))


@covers("REM-008")
@property_case(count=COUNT, pid=PIDS, steps=st.integers(1, 8))
def test_removal_does_not_apply_offset_again(judge: Judge, count: int, pid: int, steps: int) -> None:
    landing = pid % count
    gone = (landing + 1 + steps % (count - 1)) % count  # any account but the one that the offset leads to
    stays = [select(offset=True).gives(now_at(landing, gone))] * 2
    judge.check(Scenario([open_pool(pool(count), pid=pid), select(offset=True), remove(gone), *stays]))


@covers("REM-008")
@pytest.mark.parametrize(("count", "pid"), [(3, 3), (3, 4), (3, 5), (4, 6), (4, 7), (7, 13)])
def test_removal_of_own_account_restores_no_offset(judge: Judge, count: int, pid: int) -> None:
    """The offset leads to any account, also the last one. Afterwards it makes no difference whether it is on."""
    given = [open_pool(pool(count), pid=pid), select(offset=True), remove(pid % count)]
    off, on = ([*given, *[select(offset=offset)] * 2] for offset in (False, True))
    answers = values(judge.ask([*off, *on]))
    judge.expect(answers[3 : len(off)], answers[-2:], Scenario(on), "accounts with the offset on")


@covers("REM-009")
@property_case(count=COUNT, pid=PIDS, stands=PLACE, steps=st.integers(1, 8))
def test_later_offset_counts_remaining_accounts(judge: Judge, count: int, pid: int, stands: int, steps: int) -> None:
    base = stands % count
    gone = (base + 1 + steps % (count - 1)) % count
    left = [index for index in range(count) if index != gone]
    landing = left[(left.index(base) + pid % len(left)) % len(left)]
    calls = [remove(gone), *[select(offset=True).gives(now_at(landing, gone))] * 2]
    judge.check(Scenario([open_pool(pool(count, activeIndex=base), pid=pid), *calls]))


@covers("REM-010")
@property_case(count=COUNT, pid=PIDS)
def test_offset_counts_from_0_after_last_is_removed(judge: Judge, count: int, pid: int) -> None:
    last = count - 1
    selected = [remove(last), select(offset=True).gives(picks(pid % last))]
    judge.check(Scenario([open_pool(pool(count, activeIndex=last), pid=pid), *selected]))


@covers("REM-010")
@property_case(count=COUNT, pid=PIDS)
def test_offset_counts_from_0_after_all_were_disabled(judge: Judge, count: int, pid: int) -> None:
    switched = [
        Call("set_enabled", {"label": label(index), "enabled": on}) for on in (False, True) for index in range(count)
    ]
    judge.check(Scenario([open_pool(pool(count), pid=pid), *switched, select(offset=True).gives(picks(pid % count))]))


@covers("REM-011")
def test_limit_stays_with_its_account(judge: Judge) -> None:
    calls = [limit(1, 60_000), remove(0), select().gives(now_at(2, 0))]
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *calls]))


@covers("REM-011")
def test_limit_is_removed_with_its_account(judge: Judge) -> None:
    calls = [limit(1, 60_000), remove(1), select().gives(now_at(2, 1))]
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *calls]))


@covers("REM-011")
def test_cooldown_stays_with_its_account(judge: Judge) -> None:
    rest = Call("mark_cooling_down", {"label": label(1), "cooldown_ms": 60_000, "reason": "network-error"})
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), rest, remove(0), select().gives(now_at(2, 0))]))


@covers("REM-012")
def test_removal_keeps_next_account_in_later_rounds(judge: Judge) -> None:
    # After six calls over four accounts, c is next, and a is removed.
    turns = [select(strategy="round-robin")] * 6
    later = [select(strategy="round-robin").gives(now_at(index, 0)) for index in (2, 3, 1, 2)]
    judge.check(Scenario([open_pool(pool(4)), *turns, remove(0), *later]))
