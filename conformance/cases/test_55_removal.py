"""REM: rotation, families and the PID offset go on with the accounts that are left."""

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import label, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

STRATEGIES = ("sticky", "round-robin", "hybrid")
COUNT = st.integers(3, 9)
PLACE = st.integers(0, 8)
PIDS = st.integers(1, 2**22)


def remove(index: int) -> Call:
    """Take out the account that had this index in the stored pool."""
    return Call("remove", {"label": label(index)})


def now_at(index: int, removed: int) -> Json:
    """The expectation of `select`: the account stored at this index, after the one at `removed` has gone."""
    return {"label": label(index), "index": index - (index > removed)}


@covers("REM-001")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_removed_account_is_selected_no_more(judge: Judge, strategy: str) -> None:
    calls = [select(strategy=strategy), remove(0), *[select(strategy=strategy).gives({"label": label(1)})] * 2]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("REM-002")
@property_case(count=COUNT, removed=PLACE)
def test_the_indices_close_up(judge: Judge, count: int, removed: int) -> None:
    calls = [open_pool(pool(count)), remove(removed % count), *[select(strategy="round-robin")] * (count - 1)]
    answered = [account for account in values(judge.ask(calls))[2:] if account is not None]
    indices = {account["label"]: account["index"] for account in answered}
    left = [index for index in range(count) if index != removed % count]
    judge.expect({label(i): now_at(i, removed % count)["index"] for i in left}, indices, Scenario(calls), "indices")


@covers("REM-003")
@property_case(count=COUNT, removed=PLACE, turns=PLACE)
def test_rotation_goes_on_with_the_account_whose_turn_it_was(
    judge: Judge, count: int, removed: int, turns: int
) -> None:
    turn, gone = turns % count, removed % count
    following = [index % count for index in range(turn, turn + count) if index % count != gone]
    later = [select(strategy="round-robin").gives(now_at(index, gone)) for index in following * 2]
    judge.check(Scenario([open_pool(pool(count)), *[select(strategy="round-robin")] * turn, remove(gone), *later]))


@covers("REM-004")
@property_case(count=COUNT, claude=PLACE, gemini=PLACE, removed=PLACE)
def test_families_stay_on_their_accounts(judge: Judge, count: int, claude: int, gemini: int, removed: int) -> None:
    stands = {"claude": claude % count, "gemini": gemini % count}
    gone = next(i % count for i in range(removed, removed + 3) if i % count not in stands.values())
    kept = [select(family).gives(now_at(index, gone)) for family, index in stands.items()]
    judge.check(Scenario([open_pool(pool(count, activeIndexByFamily=stands)), remove(gone), *kept * 2]))


@covers("REM-005")
@property_case(count=COUNT, stands=PLACE)
def test_a_family_whose_account_goes_takes_the_next_one(judge: Judge, count: int, stands: int) -> None:
    index = stands % (count - 1)  # behind the last one there is no next
    after = [select("gemini").gives(now_at(index + 1, index))] * 2
    stored = pool(count, activeIndexByFamily={"gemini": index})
    judge.check(Scenario([open_pool(stored), remove(index), *after]))


@covers("REM-006")
@property_case(count=COUNT, turn=PLACE)
def test_behind_the_last_account_rotation_decides(judge: Judge, count: int, turn: int) -> None:
    last = count - 1
    stored = pool(count, activeIndex=turn % last, activeIndexByFamily={"gemini": last})
    judge.check(Scenario([open_pool(stored), remove(last), *[select("gemini").gives(picks(turn % last))] * 2]))


@covers("REM-007")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("count", [1, 3])
def test_after_the_only_account_nothing_is_selected(judge: Judge, strategy: str, count: int) -> None:
    calls = [select(strategy=strategy), *[remove(index) for index in range(count)]]
    judge.check(Scenario([open_pool(pool(count), pid=1), *calls, select(strategy=strategy, offset=True).gives(None)]))


@covers("REM-008")
@property_case(count=COUNT, pid=PIDS, steps=st.integers(1, 8))
def test_removal_does_not_bring_the_offset_back(judge: Judge, count: int, pid: int, steps: int) -> None:
    landing = pid % count
    gone = (landing + 1 + steps % (count - 1)) % count  # any account but the landing place
    stays = [select(offset=True).gives(now_at(landing, gone))] * 2
    judge.check(Scenario([open_pool(pool(count), pid=pid), select(offset=True), remove(gone), *stays]))


@covers("REM-009")
@property_case(count=COUNT, pid=PIDS, stands=PLACE, steps=st.integers(1, 8))
def test_the_offset_to_come_counts_the_accounts_left(
    judge: Judge, count: int, pid: int, stands: int, steps: int
) -> None:
    base = stands % count
    gone = (base + 1 + steps % (count - 1)) % count
    left = [index for index in range(count) if index != gone]
    landing = left[(left.index(base) + pid % len(left)) % len(left)]
    calls = [remove(gone), *[select(offset=True).gives(now_at(landing, gone))] * 2]
    judge.check(Scenario([open_pool(pool(count, activeIndex=base), pid=pid), *calls]))


@covers("REM-010")
@property_case(count=COUNT, pid=PIDS)
def test_a_family_behind_the_last_account_gets_its_offset_from_0(judge: Judge, count: int, pid: int) -> None:
    last = count - 1
    selected = [remove(last), select(offset=True).gives(picks(pid % last))]
    judge.check(Scenario([open_pool(pool(count, activeIndex=last), pid=pid), *selected]))


@covers("REM-010")
@property_case(count=COUNT, pid=PIDS)
def test_after_all_accounts_were_off_the_offset_counts_from_0(judge: Judge, count: int, pid: int) -> None:
    switched = [
        Call("set_enabled", {"label": label(index), "enabled": on}) for on in (False, True) for index in range(count)
    ]
    judge.check(Scenario([open_pool(pool(count), pid=pid), *switched, select(offset=True).gives(picks(pid % count))]))


@covers("REM-011")
def test_a_limit_goes_with_its_account(judge: Judge) -> None:
    calls = [limit(1, 60_000), remove(0), select().gives(now_at(2, 0))]
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *calls]))


@covers("REM-011")
def test_a_limit_goes_when_its_account_goes(judge: Judge) -> None:
    calls = [limit(1, 60_000), remove(1), select().gives(now_at(2, 1))]
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), *calls]))


@covers("REM-011")
def test_a_cooldown_goes_with_its_account(judge: Judge) -> None:
    rest = Call("mark_cooling_down", {"label": label(1), "cooldown_ms": 60_000, "reason": "network-error"})
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), rest, remove(0), select().gives(now_at(2, 0))]))


@covers("REM-012")
def test_rotation_goes_on_so_after_the_first_round(judge: Judge) -> None:
    # Six turns of four accounts: it is c's turn, and a goes.
    turns = [select(strategy="round-robin")] * 6
    later = [select(strategy="round-robin").gives(now_at(index, 0)) for index in (2, 3, 1, 2)]
    judge.check(Scenario([open_pool(pool(4)), *turns, remove(0), *later]))
