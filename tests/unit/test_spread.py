"""Spreads of PIDs over accounts: the figures are correct, expected values are exact, and every reason is true."""

import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.processes.spread import (
    Reason,
    Spread,
    best,
    better_numbers,
    chance_figures,
    even_figures,
    spread,
)

SAME_DRAWS = settings(deadline=None, database=None, derandomize=True)
ACCOUNTS = st.integers(1, 12)
IDS = st.one_of(
    st.lists(st.integers(0, 5000), min_size=1, max_size=40),
    st.builds(
        lambda first, step, count: [first + step * place for place in range(count)],
        st.integers(0, 5000),
        st.integers(0, 30),
        st.integers(1, 40),
    ),
    st.lists(st.sampled_from([4, 7, 12]), min_size=1, max_size=40).map(
        lambda gaps: [100 + sum(gaps[:place]) for place in range(len(gaps) + 1)]
    ),
)


def placed(pid: int, accounts: int, base: int = 0) -> int:
    return (base + pid % accounts) % accounts


def reasons(given_: Spread) -> dict[str, Reason]:
    return {reason.kind: reason for reason in given_.reasons}


@SAME_DRAWS
@given(IDS, ACCOUNTS, st.integers(0, 20))
def test_processes_are_counted_on_their_first_account(pids: list[int], accounts: int, base: int) -> None:
    found = spread(pids, accounts, base)
    assert len(found.counts) == accounts
    assert sum(found.counts) == len(pids)
    for index, count in enumerate(found.counts):
        assert count == sum(placed(pid, accounts, base) == index for pid in pids)
    meeting = sum(
        placed(pids[one], accounts) == placed(pids[other], accounts) for one in range(len(pids)) for other in range(one)
    )
    assert found.found.pairs == meeting
    assert found.found.fullest == max(found.counts)
    assert found.found.unused == accounts - found.used == found.counts.count(0)


@pytest.mark.parametrize("accounts", [1, 2, 3, 4])
@pytest.mark.parametrize("processes", [1, 2, 3, 4, 5, 6])
def test_expected_and_best_values_match_enumeration(processes: int, accounts: int) -> None:
    choices = [Counter(choice) for choice in product(range(accounts), repeat=processes)]
    fullest = [max(choice.values()) for choice in choices]
    unused = [accounts - len(choice) for choice in choices]
    pairs = [sum(math.comb(count, 2) for count in choice.values()) for choice in choices]
    chance, even = chance_figures(processes, accounts), even_figures(processes, accounts)
    for expected, best_, every in (
        (chance.fullest, even.fullest, fullest),
        (chance.unused, even.unused, unused),
        (chance.pairs, even.pairs, pairs),
    ):
        assert expected == pytest.approx(float(Fraction(sum(every), len(every))), abs=1e-12)
        assert best_ == min(every)


@pytest.mark.parametrize(("processes", "accounts", "fullest"), [(1009, 1009, 5.5187), (1009, 2, 517.1754)])
def test_the_largest_sizes_have_exact_figures_too(processes: int, accounts: int, fullest: float) -> None:
    """For 2 accounts and odd m, the mean of the larger share is m/2 (1 + C(m - 1, (m - 1)/2) / 2^(m - 1))."""
    if accounts == 2:
        central = Fraction(math.comb(processes - 1, (processes - 1) // 2), 2 ** (processes - 1))
        assert chance_figures(processes, 2).fullest == pytest.approx(float(processes * (1 + central) / 2))
    assert chance_figures(processes, accounts).fullest == pytest.approx(fullest, abs=1e-4)


@SAME_DRAWS
@given(IDS, ACCOUNTS)
def test_even_spread_is_the_best(pids: list[int], accounts: int) -> None:
    found = spread(pids, accounts)
    assert found.found.pairs >= found.even.pairs
    assert found.found.fullest >= found.even.fullest
    assert (found.verdict == "even") == (max(found.counts) - min(found.counts) <= 1)
    if found.verdict == "worse":
        assert found.found.pairs > found.chance.pairs
    if found.verdict == "better":
        assert found.found.pairs < found.chance.pairs


@pytest.mark.parametrize(
    ("pids", "accounts", "verdict"),
    [
        (range(100, 164), 3, "even"),
        (range(100, 356, 4), 8, "worse"),
        ([1] * 8, 3, "worse"),
        ([123, 456, 789], 3, "worse"),
        ([123, 456, 789], 4, "even"),
        ([0, 0, 1, 2], 3, "even"),
        ([0, 0, 1, 1], 3, "chance"),
        ([0, 3, 6, 1, 2], 3, "chance"),
        ([*range(120), 0, 12], 12, "better"),
    ],
)
def test_spread_is_compared_with_random_choice(pids: list[int], accounts: int, verdict: str) -> None:
    assert spread(pids, accounts).verdict == verdict


@SAME_DRAWS
@given(IDS, ACCOUNTS)
def test_every_reason_is_true(pids: list[int], accounts: int) -> None:
    found = spread(pids, accounts)
    assert found.reasons
    for kind, reason in reasons(found).items():
        assert TRUE[kind](found, reason), reason
        for word in reason.figures.values():
            assert kind in ("equal-ids", "stride", "common-gap", "fewer-processes") or str(word) in reason.text


def equal_ids(found: Spread, reason: Reason) -> bool:
    at = Counter(found.pids)
    return at[reason.figures["id"]] == reason.figures["times"] == max(at.values()) > 1


def stride(found: Spread, reason: Reason) -> bool:
    """No PIDs with this distance reach any other account, although there are enough processes for more."""
    step, first, reachable = reason.figures["stride"], found.pids[0], reason.figures["reachable"]
    landing = {placed(first + step * times, found.accounts) for times in range(4 * found.accounts)}
    keeps = all((pid - first) % step == 0 for pid in found.pids)
    return keeps and len(landing) == reachable < min(found.accounts, len(set(found.pids))) and found.used <= reachable


def even_gaps(found: Spread, reason: Reason) -> bool:
    ordered = sorted(found.pids)
    rows = [ordered[place : place + found.accounts] for place in range(len(ordered))]
    gaps = {after - before for before, after in pairwise(ordered)}
    return gaps == {reason.figures["gap"]} and all(
        len({placed(pid, found.accounts) for pid in row}) == len(row) for row in rows
    )


def common_gap(found: Spread, reason: Reason) -> bool:
    gap, times = reason.figures["gap"], reason.figures["times"]
    gaps = [after - before for before, after in pairwise(found.pids)]
    landing = {placed(10**6 * found.accounts + gap * step, found.accounts) for step in range(found.accounts)}
    return gaps.count(gap) == times > len(gaps) / 2 and len(landing) == found.accounts // reason.figures["factor"]


def varying_gaps(found: Spread, reason: Reason) -> bool:
    gaps = [after - before for before, after in pairwise(found.pids)]
    distances = {after - before for before, after in pairwise(sorted(found.pids))}
    least, most = reason.figures["least"], reason.figures["most"]
    return (least, most) == (min(distances), max(distances)) and Counter(gaps).most_common(1)[0][1] <= max(
        len(gaps) / 2, 1
    )


TRUE: dict[str, Callable[[Spread, Reason], bool]] = {
    "one-account": lambda found, _: found.accounts == 1,
    "one-process": lambda found, _: len(found.pids) == 1,
    "equal-ids": equal_ids,
    "stride": stride,
    "even-gaps": even_gaps,
    "common-gap": common_gap,
    "varying-gaps": varying_gaps,
    "few-ids": lambda found, _: len({placed(pid, found.accounts) for pid in found.pids}) == len(found.pids),
    "fewer-processes": lambda found, reason: found.found.unused >= reason.figures["unused"] > 0,
}


@pytest.mark.parametrize(
    ("pids", "accounts", "kinds", "text"),
    [
        (range(100, 164, 4), 8, ["stride"], "4 and 8 share the factor 4: only 2 of 8 accounts can be reached"),
        ([100, 112, 136], 3, ["stride"], "12 or a multiple of that apart, which is a multiple of 3: only 1 of 3"),
        ([1, 1, 1], 3, ["equal-ids"], "All 3 processes have the PID 1"),
        ([1, 1, 2], 3, ["equal-ids"], "2 of 3 processes have the PID 1"),
        (range(100, 164), 3, ["even-gaps"], "consecutive: any 3 in a row"),
        (range(100, 164, 7), 3, ["even-gaps"], "7 apart, and 7 and 3 have no factor in common"),
        (
            [10, 22, 34, 46, 47],
            3,
            ["common-gap"],
            "In 3 of 4 starts the PID is 12 above the previous one, which is a multiple of 3",
        ),
        ([10, 16, 22, 28, 29], 4, ["common-gap"], "6 and 4 share the factor 2: such a series reaches only 2 accounts"),
        ([5, 9, 20], 3, ["varying-gaps"], "vary from 4 to 11"),
        ([5, 9, 20], 5, ["varying-gaps", "fewer-processes"], "vary from 4 to 11"),
        ([7, 8, 9], 1, ["one-account"], "1 account"),
        ([7], 3, ["one-process"], "1 process"),
        ([100, 102], 4, ["few-ids", "fewer-processes"], "2 apart"),
    ],
)
def test_the_reason_names_the_pattern(pids: list[int], accounts: int, kinds: list[str], text: str) -> None:
    found = spread(pids, accounts)
    assert [reason.kind for reason in found.reasons] == kinds
    assert text in found.reasons[0].text


@SAME_DRAWS
@given(IDS, ACCOUNTS)
def test_better_number_really_is_better(pids: list[int], accounts: int) -> None:
    found = spread(pids, accounts)
    for number in better_numbers(found, 16):
        other = spread(pids, number)
        assert other.verdict == "even"
        assert other.found.pairs < found.found.pairs
        assert 2 <= number <= 16


@pytest.mark.parametrize(
    ("pids", "accounts", "numbers"),
    [
        (range(100, 356, 4), 8, [7, 9]),
        ([1] * 8, 3, []),
        ([5, 9, 20, 33, 50, 51, 60, 80, 81, 82], 3, []),
        ([9, 37, 49, 52, 55], 3, []),
        ([10, 13, 19, 25, 33, 39, 46, 52], 8, [16]),
    ],
)
def test_better_numbers_are_named_for_a_pattern_only(pids: list[int], accounts: int, numbers: list[int]) -> None:
    assert better_numbers(spread(pids, accounts), 16) == numbers


def test_best_number_has_fewest_pairs() -> None:
    strided = [*range(100, 356, 4)]
    assert best([spread(strided, number) for number in (2, 3, 4, 5, 8)]).accounts == 5
    assert best([spread([1, 1], number) for number in (3, 2, 4)]).accounts == 2
