"""RR: the round-robin strategy."""

from collections import Counter

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.wire.calls import label, labels, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Scenario

RR = "round-robin"


@covers("RR-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_each_call_returns_the_next_account(judge: Judge, family: str) -> None:
    sequence = [select(family, RR).gives(picks((2 + turn) % 4)) for turn in range(12)]
    judge.check(Scenario([open_pool(pool(4, activeIndex=2)), *sequence]))


@covers("RR-001")
def test_rotation_does_not_wrap_at_a_byte(judge: Judge) -> None:
    sequence = [select(strategy=RR).gives(picks(turn % 3)) for turn in range(520)]
    judge.check(Scenario([open_pool(pool(3)), *sequence]))


@covers("RR-001")
@pytest.mark.parametrize("count", [11, 16, 17, 100])
def test_rotation_covers_a_large_pool(judge: Judge, count: int) -> None:
    sequence = [select(strategy=RR).gives(picks((2 + turn) % count)) for turn in range(2 * count + 3)]
    judge.check(Scenario([open_pool(pool(count, activeIndex=2)), *sequence]))


@covers("RR-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_rotation_starts_at_active_index_not_family_index(judge: Judge, family: str) -> None:
    stored = pool(4, activeIndex=2, activeIndexByFamily={"claude": 0, "gemini": 1})
    judge.check(Scenario([open_pool(stored), *[select(family, RR).gives(picks(i)) for i in (2, 3, 0)]]))


@covers("RR-001")
def test_rotation_does_not_depend_on_labels(judge: Judge) -> None:
    names = labels(4, 2, 0, 3, 1)
    sequence = [select(strategy=RR).gives({"label": name, "index": place}) for place, name in enumerate(names)]
    judge.check(Scenario([open_pool(pool([{"refreshToken": name} for name in names])), *sequence]))


@covers("RR-001")
def test_single_account_is_returned_every_time(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(1)), *[select(strategy=RR).gives(picks(0))] * 3]))


@covers("RR-002")
@property_case(
    count=st.integers(1, 24),
    rounds=st.integers(1, 5),
    base=st.integers(0, 23),
    family=st.sampled_from(["claude", "gemini"]),
)
def test_requests_are_spread_evenly(judge: Judge, count: int, rounds: int, base: int, family: str) -> None:
    calls = [open_pool(pool(count, activeIndex=base % count)), *[select(family, RR)] * (count * rounds)]
    used = Counter(account["label"] for account in values(judge.ask(calls))[1:] if account)
    judge.expect({label(i): rounds for i in range(count)}, dict(used), Scenario(calls), "requests by account")


@covers("RR-003")
@property_case(count=st.integers(2, 24), pid=st.integers(1, 2**22), base=st.integers(0, 23))
def test_rotation_does_not_depend_on_pid(judge: Judge, count: int, pid: int, base: int) -> None:
    sequence = [select(strategy=RR, offset=True).gives(picks((base + i) % count)) for i in range(count + 1)]
    judge.check(Scenario([open_pool(pool(count, activeIndex=base % count), pid=pid), *sequence]))


@covers("RR-004")
def test_families_share_one_rotation(judge: Judge) -> None:
    families = ["claude", "gemini", "gemini", "claude", "gemini"]
    turns = [select(family, RR).gives(picks(i % 4)) for i, family in enumerate(families)]
    judge.check(Scenario([open_pool(pool(4)), *turns]))


@covers("RR-005")
def test_rotation_skips_limited_account(judge: Judge) -> None:
    calls = [limit(1, 60_000), *[select(strategy=RR).gives(picks(i)) for i in (0, 2, 3, 0)]]
    judge.check(Scenario([open_pool(pool(4)), *calls]))


@covers("RR-005")
def test_cursor_counts_over_available_accounts(judge: Judge) -> None:
    # Cursor 2 over the available accounts [0, 1, 3] is 3. Cursor 3 over [0, 3] is 3 again, and cursor 4 is 0.
    first = [limit(2, 60_000), select(strategy=RR).gives(picks(3))]
    then = [limit(1, 60_000), select(strategy=RR).gives(picks(3)), select(strategy=RR).gives(picks(0))]
    judge.check(Scenario([open_pool(pool(4, activeIndex=2)), *first, *then]))


@covers("RR-006")
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_sticky_moves_to_next_account_in_rotation(judge: Judge, turns: int) -> None:
    # The next account in rotation over the available accounts [1, 2, 3, 4].
    rotated = [select("gemini", RR).gives(picks(turn)) for turn in range(turns)]
    moved = select().gives(picks(1 + turns))
    calls = [*rotated, limit(0, 60_000), moved, select("gemini", RR).gives(picks(1 + turns))]
    judge.check(Scenario([open_pool(pool(5)), *calls]))


@covers("RR-007")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_sticky_keeps_account_that_round_robin_selected(judge: Judge, family: str) -> None:
    calls = [*[select(family, RR).gives(picks(i)) for i in (0, 1, 2)], *[select(family).gives(picks(2))] * 6]
    judge.check(Scenario([open_pool(pool(4)), *calls]))
