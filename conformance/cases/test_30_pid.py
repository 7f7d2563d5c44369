"""PID: the offset. Processes are played by handing in a process id; `test_70_processes` starts real ones."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Json, Judge, covers, values
from conformance.cases.properties import property_case
from conformance.wire.calls import label, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

PIDS = st.integers(1, 2**22)  # Linux hands out no larger one
ANY_PIDS = st.integers(0, 2**31 - 1)  # what a pid_t or a Windows process id can hold
ACCOUNTS = st.integers(2, 12)
BASES = st.integers(0, 11)
FAMILY = st.sampled_from(["claude", "gemini"])


@covers("PID-001")
@property_case(count=ACCOUNTS, pid=ANY_PIDS)
def test_the_first_account_is_that_of_the_process_id(judge: Judge, count: int, pid: int) -> None:
    judge.check(Scenario([open_pool(pool(count), pid=pid), select(offset=True).gives(picks(pid % count))]))


@covers("PID-002")
@property_case(count=ACCOUNTS, first_pid=PIDS, base=BASES)
def test_consecutive_process_ids_reach_every_account_once(judge: Judge, count: int, first_pid: int, base: int) -> None:
    stored = pool(count, activeIndex=base % count)
    calls = [
        call for pid in range(first_pid, first_pid + count) for call in (open_pool(stored, pid), select(offset=True))
    ]
    reached = sorted(account["label"] for account in chosen(judge, calls))
    judge.expect(sorted(label(i) for i in range(count)), reached, Scenario(calls), "accounts reached")


@covers("PID-003")
@property_case(count=ACCOUNTS, pid=PIDS, family=FAMILY)
def test_later_calls_do_not_move_again(judge: Judge, count: int, pid: int, family: str) -> None:
    calls = [open_pool(pool(count), pid=pid), *[select(family, offset=True)] * 4]
    first, *later = chosen(judge, calls)
    judge.expect([first] * 3, later, Scenario(calls), "accounts after the first")


@covers("PID-003")
@property_case(count=st.integers(3, 12), pid=PIDS)
def test_after_a_move_away_the_offset_does_not_come_back(judge: Judge, count: int, pid: int) -> None:
    first, second = after_limiting_the_landing_place(judge, count, pid)[1:]
    judge.expect(first, second, Scenario([]), "account after the move")


@covers("PID-004")
@property_case(count=ACCOUNTS, pid=PIDS, first=FAMILY)
def test_the_second_family_moves_as_the_first_did(judge: Judge, count: int, pid: int, first: str) -> None:
    second = "gemini" if first == "claude" else "claude"
    calls = [open_pool(pool(count), pid=pid), select(first, offset=True), select(second, offset=True)]
    of_first, of_second = chosen(judge, calls)
    judge.expect(of_first, of_second, Scenario(calls), "account of the second family")


@covers("PID-005")
@pytest.mark.parametrize(("first", "second"), [("claude", "gemini"), ("gemini", "claude")])
def test_the_other_family_stays_where_it_was(judge: Judge, first: str, second: str) -> None:
    calls = [select(first, offset=True), select(second).gives(picks(1))]
    judge.check(Scenario([open_pool(pool(4, activeIndex=1), pid=6), *calls]))


@covers("PID-006")
@property_case(count=ACCOUNTS, pid=PIDS, base=st.integers(1, 11))
def test_the_offset_counts_from_the_stored_index(judge: Judge, count: int, pid: int, base: int) -> None:
    (from_zero,) = chosen(judge, [open_pool(pool(count), pid=pid), select(offset=True)])
    calls = [open_pool(pool(count, activeIndex=base % count), pid=pid), select(offset=True)]
    expected = picks((from_zero["index"] + base) % count)
    judge.expect(expected, chosen(judge, calls)[0], Scenario(calls), f"{base} on from {from_zero['label']}")


@covers("PID-007")
@pytest.mark.parametrize("pid", range(1, 13))
def test_disabled_and_limited_accounts_count_in_the_modulus(judge: Judge, pid: int) -> None:
    (plain,) = chosen(judge, [open_pool(pool(4), pid=pid), select(offset=True)])
    odd = (plain["index"] + 2) % 4  # an account that the offset does not lead to
    disabled = pool([{"enabled": index != odd} for index in range(4)])
    judge.check(Scenario([open_pool(disabled, pid=pid), select(offset=True).gives(plain)]))
    judge.check(Scenario([open_pool(pool(4), pid=pid), limit(odd, 60_000), select(offset=True).gives(plain)]))


@covers("PID-008")
@pytest.mark.parametrize("pid", [0, 1, 2, 7, 4_194_304])
def test_a_single_account_is_used_by_every_process(judge: Judge, pid: int) -> None:
    judge.check(Scenario([open_pool(pool(1), pid=pid), *[select(offset=True).gives(picks(0))] * 2]))


@covers("PID-009")
@property_case(count=ACCOUNTS, pid=PIDS, base=BASES)
def test_without_the_offset_the_process_id_has_no_influence(judge: Judge, count: int, pid: int, base: int) -> None:
    stored = pool(count, activeIndex=base % count)
    judge.check(Scenario([open_pool(stored, pid=pid), *[select().gives(picks(base % count))] * 2]))


@covers("PID-010")
@pytest.mark.parametrize("count", [1009, 1013])  # large and prime: ids of parent and child differ mod one of them
def test_a_forked_child_starts_on_the_account_of_its_own_id(judge: Judge, count: int) -> None:
    asked = [{"method": "select", "params": dict(select(offset=True).params)}]
    calls = [open_pool(pool(count), pid=None), Call("fork", {"calls": asked})]
    forked = values(judge.ask(calls))[1]
    judge.expect(True, forked is not None, Scenario(calls[1:]), "the child answers")
    selected = forked["answers"][0].get("result")
    judge.expect(picks(forked["pid"] % count), selected, Scenario(calls[1:]), "the child's account", observed=True)


@covers("PID-011")
@property_case(count=ACCOUNTS, pid=PIDS)
def test_a_limited_landing_place_is_left(judge: Judge, count: int, pid: int) -> None:
    landing, first, _ = after_limiting_the_landing_place(judge, count, pid)
    calls = [open_pool(pool(count), pid=pid), limit(landing["index"], 60_000), select(offset=True)]
    judge.expect(True, first is not None and first != landing, Scenario(calls), f"an account other than {landing}")


def after_limiting_the_landing_place(judge: Judge, count: int, pid: int) -> list[Json]:
    """Where the offset leads, and what is selected twice when that account is limited from the start."""
    (landing,) = chosen(judge, [open_pool(pool(count), pid=pid), select(offset=True)])
    limited = limit(landing["index"], 60_000)
    return [landing, *chosen(judge, [open_pool(pool(count), pid=pid), limited, *[select(offset=True)] * 2])]


def chosen(judge: Judge, calls: Sequence[Call]) -> list[Json]:
    """What the selections among the calls answered."""
    answers = values(judge.ask(calls))
    accounts = [answer for call, answer in zip(calls, answers, strict=True) if call.method == "select"]
    for account in accounts:  # none at all, twice, would count as the same account
        judge.expect(True, account is not None, Scenario(calls), "an account is selected")
    return accounts
