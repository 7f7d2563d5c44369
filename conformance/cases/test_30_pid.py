"""PID: the PID offset. The cases pass a PID to `open`; `test_70_processes_*` start real processes."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.processes.fitting import FORK_POOLS
from conformance.wire.calls import label, labels, limit, limit_family, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

PIDS = st.integers(1, 2**22)  # the largest PID of Linux
ANY_PIDS = st.integers(0, 2**32 - 1)  # the range of a PID on Windows; a pid_t has half of it
ACCOUNTS = st.integers(2, 40)
BASES = st.integers(0, 39)
FAMILY = st.sampled_from(["claude", "gemini"])


@covers("PID-001")
@property_case(count=ACCOUNTS, pid=ANY_PIDS, base=BASES)
def test_pid_decides_first_account(judge: Judge, count: int, pid: int, base: int) -> None:
    stored = pool(count, activeIndex=base % count)
    judge.check(Scenario([open_pool(stored, pid=pid), select(offset=True).gives(picks((base + pid) % count))]))


@covers("PID-001")
@pytest.mark.parametrize("pid", [2**22, 2**24 + 1, 2**27 + 1, 2**31 - 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("count", [3, 7, 10, 13])
def test_all_bits_of_pid_count(judge: Judge, count: int, pid: int) -> None:
    """With 3 to 13 accounts, a PID that is cut to 16, 24, 27 or 31 bits or read as negative gives another account."""
    judge.check(Scenario([open_pool(pool(count), pid=pid), select(offset=True).gives(picks(pid % count))]))


@covers("PID-001")
@pytest.mark.parametrize("style", ["antigravity", "gemini-cli"])
@pytest.mark.parametrize("model", [{}, {"model": "gemini-x"}], ids=["no model", "a model"])
def test_offset_applies_to_every_request(judge: Judge, style: str, model: dict[str, Json]) -> None:
    moved = select("gemini", offset=True, style=style, **model).gives(picks(2))
    judge.check(Scenario([open_pool(pool(3), pid=5), moved]))


@covers("PID-001")
@pytest.mark.parametrize("count", [13, 16, 17, 64, 100])
def test_large_pool_is_used_completely(judge: Judge, count: int) -> None:
    for pid in (1, count - 1, count, 3 * count + count // 2):
        judge.check(Scenario([open_pool(pool(count), pid=pid), select(offset=True).gives(picks(pid % count))]))


@covers("PID-001")
def test_offset_does_not_depend_on_labels(judge: Judge) -> None:
    names = labels(4, 2, 0, 3, 1)
    stored = pool([{"refreshToken": name} for name in names])
    for pid in range(5):
        selected = select(offset=True).gives({"label": names[pid], "index": pid})
        judge.check(Scenario([open_pool(stored, pid=pid), selected]))


@covers("PID-002")
@property_case(count=ACCOUNTS, first_pid=PIDS, base=BASES)
def test_consecutive_pids_select_each_account_once(judge: Judge, count: int, first_pid: int, base: int) -> None:
    stored = pool(count, activeIndex=base % count)
    calls = [
        call for pid in range(first_pid, first_pid + count) for call in (open_pool(stored, pid), select(offset=True))
    ]
    reached = sorted(account["label"] for account in chosen(judge, calls))
    judge.expect(sorted(label(i) for i in range(count)), reached, Scenario(calls), "accounts reached")


@covers("PID-003")
@property_case(count=ACCOUNTS, pid=PIDS, family=FAMILY)
def test_offset_is_applied_once(judge: Judge, count: int, pid: int, family: str) -> None:
    calls = [open_pool(pool(count), pid=pid), *[select(family, offset=True)] * 12]
    first, *later = chosen(judge, calls)
    judge.expect([first] * 11, later, Scenario(calls), "accounts after the first")


@covers("PID-003")
@property_case(count=ACCOUNTS, pid=PIDS, family=FAMILY)
def test_offset_is_applied_once_per_family(judge: Judge, count: int, pid: int, family: str) -> None:
    other = "gemini" if family == "claude" else "claude"
    calls = [open_pool(pool(count), pid=pid), *[select(each, offset=True) for each in (family, other) * 4]]
    first, second, *later = chosen(judge, calls)
    judge.expect([first, second] * 3, later, Scenario(calls), "accounts after the first of each family")


@covers("PID-003")
@property_case(count=st.integers(3, 12), pid=PIDS)
def test_offset_is_not_applied_again_after_move(judge: Judge, count: int, pid: int) -> None:
    first, second = after_limiting_the_landing_place(judge, count, pid)[1:]
    judge.expect(first, second, Scenario([]), "account after the move")


@covers("PID-004")
@property_case(count=ACCOUNTS, pid=PIDS, first=FAMILY)
def test_second_family_gets_the_same_offset(judge: Judge, count: int, pid: int, first: str) -> None:
    second = "gemini" if first == "claude" else "claude"
    calls = [open_pool(pool(count), pid=pid), select(first, offset=True), select(second, offset=True)]
    of_first, of_second = chosen(judge, calls)
    judge.expect(of_first, of_second, Scenario(calls), "account of the second family")


@covers("PID-005")
@pytest.mark.parametrize(("first", "second"), [("claude", "gemini"), ("gemini", "claude")])
def test_offset_does_not_move_other_family(judge: Judge, first: str, second: str) -> None:
    calls = [open_pool(pool(4, activeIndex=1), pid=6), select(first, offset=True), select(second)]
    judge.expect(picks(1), chosen(judge, calls)[1], Scenario(calls), f"account of {second}")


@covers("PID-006")
@property_case(count=ACCOUNTS, pid=PIDS, base=st.integers(1, 11))
def test_offset_counts_from_stored_index(judge: Judge, count: int, pid: int, base: int) -> None:
    (from_zero,) = chosen(judge, [open_pool(pool(count), pid=pid), select(offset=True)])
    calls = [open_pool(pool(count, activeIndex=base % count), pid=pid), select(offset=True)]
    expected = picks((from_zero["index"] + base) % count)
    judge.expect(expected, chosen(judge, calls)[0], Scenario(calls), f"{base} on from {from_zero['label']}")


@covers("PID-006")
@property_case(count=ACCOUNTS, pid=PIDS, base=BASES, family=FAMILY)
def test_offset_counts_from_family_index(judge: Judge, count: int, pid: int, base: int, family: str) -> None:
    (from_zero,) = chosen(judge, [open_pool(pool(count), pid=pid), select(family, offset=True)])
    stored = pool(count, activeIndex=(base + 1) % count, activeIndexByFamily={family: base % count})
    calls = [open_pool(stored, pid=pid), select(family, offset=True)]
    expected = picks((from_zero["index"] + base) % count)
    judge.expect(expected, chosen(judge, calls)[0], Scenario(calls), f"{base} on from {from_zero['label']}")


@covers("PID-007")
@pytest.mark.parametrize("pid", range(1, 13))
def test_skipped_entries_do_not_count_in_modulus(judge: Judge, pid: int) -> None:
    """The skipped entries are the last, so that they leave no gap (POOL-007)."""
    (plain,) = chosen(judge, [open_pool(pool(4), pid=pid), select(offset=True)])
    stored = pool([{}, {}, {}, {}, {"refreshToken": ""}, {"refreshToken": None}])
    judge.check(Scenario([open_pool(stored, pid=pid), select(offset=True).gives(plain)]))


@covers("PID-007")
@pytest.mark.parametrize("pid", range(1, 13))
def test_disabled_and_limited_accounts_count_in_modulus(judge: Judge, pid: int) -> None:
    (plain,) = chosen(judge, [open_pool(pool(4), pid=pid), select(offset=True)])
    odd = (plain["index"] + 2) % 4  # an account that the offset does not lead to
    disabled = pool([{"enabled": index != odd} for index in range(4)])
    judge.check(Scenario([open_pool(disabled, pid=pid), select(offset=True).gives(plain)]))
    judge.check(Scenario([open_pool(pool(4), pid=pid), limit(odd, 60_000), select(offset=True).gives(plain)]))


@covers("PID-008")
@pytest.mark.parametrize("pid", [0, 1, 2, 7, 4_194_304])
def test_single_account_is_used_by_every_process(judge: Judge, pid: int) -> None:
    judge.check(Scenario([open_pool(pool(1), pid=pid), *[select(offset=True).gives(picks(0))] * 2]))


@covers("PID-009")
@property_case(count=ACCOUNTS, pid=PIDS, base=BASES)
def test_pid_has_no_effect_without_offset(judge: Judge, count: int, pid: int, base: int) -> None:
    stored = pool(count, activeIndex=base % count)
    judge.check(Scenario([open_pool(stored, pid=pid), *[select().gives(picks(base % count))] * 2]))


@covers("PID-010")
@pytest.mark.parametrize("count", FORK_POOLS)
def test_forked_child_uses_its_own_pid(judge: Judge, count: int) -> None:
    asked = [{"method": "select", "params": dict(select(offset=True).params)}]
    calls = [open_pool(pool(count), pid=None), Call("fork", {"calls": asked})]
    forked = values(judge.ask(calls))[1]
    judge.expect(True, forked is not None, Scenario(calls[1:]), "the child answers")
    selected = forked["answers"][0].get("result")
    judge.expect(picks(forked["pid"] % count), selected, Scenario(calls[1:]), "the child's account", observed=True)


@covers("PID-011")
@property_case(count=ACCOUNTS, pid=PIDS, family=FAMILY)
def test_offset_to_limited_account_moves_on(judge: Judge, count: int, pid: int, family: str) -> None:
    landing, first, _ = after_limiting_the_landing_place(judge, count, pid, family)
    limited = limit_family(landing["index"], 60_000, family)
    calls = [open_pool(pool(count), pid=pid), *limited, select(family, offset=True)]
    judge.expect(True, first is not None and first != landing, Scenario(calls), f"an account other than {landing}")


@covers("PID-012")
@property_case(count=ACCOUNTS, pid=PIDS, base=BASES, family=FAMILY)
def test_selection_without_offset_does_not_use_it_up(
    judge: Judge, count: int, pid: int, base: int, family: str
) -> None:
    stored = pool(count, activeIndex=base % count)
    (moved,) = chosen(judge, [open_pool(stored, pid=pid), select(family, offset=True)])
    calls = [open_pool(stored, pid=pid), select(family), select(family), select(family, offset=True)]
    judge.expect(moved, chosen(judge, calls)[2], Scenario(calls), "account of the first selection with the offset")


@covers("PID-013")
@property_case(count=ACCOUNTS, pid=PIDS, base=BASES, family=FAMILY)
def test_round_robin_does_not_use_up_offset(judge: Judge, count: int, pid: int, base: int, family: str) -> None:
    """Rotation goes from the stored index to account 0. This case judges only whether the offset is applied: RR-003
    judges where rotation goes, and PID-006 from where the offset counts.
    """
    (first,) = chosen(judge, [open_pool(pool(count), pid=pid), select(family, offset=True)])
    rotated = [select(family, "round-robin", offset=True)] * (-base % count + 1)
    calls = [open_pool(pool(count, activeIndex=base % count), pid=pid), *rotated, select(family, offset=True)]
    *_, last, moved = chosen(judge, calls)
    expected = first if moved == first else picks((last["index"] + first["index"]) % count)
    judge.expect(expected, moved, Scenario(calls), "account after the rotation")


def after_limiting_the_landing_place(judge: Judge, count: int, pid: int, family: str = "claude") -> list[Json]:
    """Return the account that the offset leads to, and two selections with this account limited from the start."""
    (landing,) = chosen(judge, [open_pool(pool(count), pid=pid), select(family, offset=True)])
    limited = limit_family(landing["index"], 60_000, family)
    calls = [open_pool(pool(count), pid=pid), *limited, *[select(family, offset=True)] * 2]
    return [landing, *chosen(judge, calls)]


def chosen(judge: Judge, calls: Sequence[Call]) -> list[Json]:
    """Return the accounts that the selections among the calls returned."""
    answers = values(judge.ask(calls))
    accounts = [answer for call, answer in zip(calls, answers, strict=True) if call.method == "select"]
    for account in accounts:  # two missing accounts would compare as equal
        judge.expect(True, account is not None, Scenario(calls), "an account is selected")
    return accounts
