"""How PIDs spread over accounts: figures and reasons, from the PIDs and the number of accounts alone."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise
from typing import Literal

Verdict = Literal["even", "better", "chance", "worse"]
SIGNIFICANT = 2.0  # standard deviations; a spread within them is no better or worse than chance
NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Figures:
    """Measures of a spread. Expected values may be fractional."""

    fullest: float  # processes on the account with the most
    unused: float  # accounts without a process
    pairs: float  # pairs of processes that share an account


@dataclass(frozen=True)
class Reason:
    """Why the PIDs spread in this way: a sentence, and the figures in it."""

    kind: str
    text: str
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """`counts`: processes by account. `even`: the best possible spread. `chance`: the average of random choice."""

    pids: tuple[int, ...]
    accounts: int
    base: int
    counts: tuple[int, ...]
    found: Figures
    even: Figures
    chance: Figures
    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def used(self) -> int:
        """The number of accounts with at least one process."""
        return self.accounts - int(self.found.unused)


def spread(pids: Sequence[int], accounts: int, base: int = 0) -> Spread:
    """The spread of processes with these PIDs, in the order of their starts.

    Each starts on account (base + PID mod n) mod n (PID-001). Needs at least one PID and one account.
    """
    at = Counter((base + pid % accounts) % accounts for pid in pids)
    counts = tuple(at[index] for index in range(accounts))
    found = Figures(max(counts), counts.count(0), sum(map(_pairs, counts)))
    even, chance = even_figures(len(pids), accounts), chance_figures(len(pids), accounts)
    # Under random choice any two pairs share an account independently, even if they have a process in common.
    deviation = math.sqrt(chance.pairs * (1 - 1 / accounts))
    verdict: Verdict = "chance"
    if found.pairs == even.pairs:
        verdict = "even"
    elif abs(found.pairs - chance.pairs) > SIGNIFICANT * deviation:
        verdict = "better" if found.pairs < chance.pairs else "worse"
    return Spread(tuple(pids), accounts, base, counts, found, even, chance, verdict, _reasons(pids, accounts))


def drifted_counts(pids: Sequence[int], accounts: int, base: int = 0) -> tuple[int, ...]:
    """Processes by account, if each one saves its account before the next one loads the pool (erratum E-10).

    Then every process counts its offset from the account of the previous one.
    """
    at = [0] * accounts
    for pid in pids:
        base = (base + pid % accounts) % accounts
        at[base] += 1
    return tuple(at)


def best(spreads: Sequence[Spread]) -> Spread:
    """The spread with the fewest pairs of processes that share an account; of equals, the one with fewer accounts."""
    return min(spreads, key=lambda each: (each.found.pairs, each.accounts))


def better_numbers(spread_: Spread, most: int) -> list[int]:
    """The next lower and next higher number of accounts that suit the pattern in the PIDs.

    With them the PIDs spread evenly and with fewer pairs than now. The numbers are from 2 to `most`. Without a pattern
    there are none, because any improvement would be accidental.
    """
    if spread_.verdict == "even" or not any(reason.figures.get("factor", 1) > 1 for reason in spread_.reasons):
        return []

    def helps(accounts: int) -> bool:
        pairs = sum(map(_pairs, Counter(pid % accounts for pid in spread_.pids).values()))
        return pairs < spread_.found.pairs and pairs == even_figures(len(spread_.pids), accounts).pairs

    below = (accounts for accounts in range(spread_.accounts - 1, 1, -1) if helps(accounts))
    above = (accounts for accounts in range(spread_.accounts + 1, most + 1) if helps(accounts))
    return [*islice(below, 1), *islice(above, 1)]


def even_figures(processes: int, accounts: int) -> Figures:
    """The figures of a spread that is as even as possible."""
    share, rest = divmod(processes, accounts)
    pairs = rest * _pairs(share + 1) + (accounts - rest) * _pairs(share)
    return Figures(share + bool(rest), max(0, accounts - processes), pairs)


def chance_figures(processes: int, accounts: int) -> Figures:
    """The expected figures if each process takes an account at random, by formula."""
    unused = accounts * (1 - 1 / accounts) ** processes
    return Figures(_expected_fullest(processes, accounts), unused, _pairs(processes) / accounts)


def _expected_fullest(processes: int, accounts: int) -> float:
    """The expected maximum: the sum, over k, of the probability that some account has more than k processes."""
    least = -(-processes // accounts)  # some account has at least so many
    expected = float(least)
    for limit in range(least, processes):
        more = float(1 - Fraction(_ways_within(limit, processes, accounts), accounts**processes))
        expected += more
        if more < NEGLIGIBLE:
            break
    return expected


def _ways_within(limit: int, processes: int, accounts: int) -> int:
    """The number of ways in which processes can take accounts so that none has more than `limit` (1 or more) processes.

    One more process can take any account except a full one. For each account, C(before, limit) choices of processes
    fill it, while the others keep within the limit on one account less.
    """
    ways = [1] + [0] * processes  # by number of processes; with 0 accounts, only 0 processes can be placed
    levels = min(accounts, processes // limit + 1)  # with fewer accounts left, no process is left
    for number in range(accounts - levels + 1, accounts + 1):
        most = processes - (accounts - number) * (limit + 1)
        fewer, ways, choices = ways, [1], 1
        for before in range(most):
            filled = 0
            if before >= limit:
                filled = choices * fewer[before - limit]
                choices = choices * (before + 1) // (before + 1 - limit)
            ways.append(number * (ways[-1] - filled))
    return ways[processes]


def _pairs(processes: int) -> int:
    return processes * (processes - 1) // 2


def _reasons(pids: Sequence[int], accounts: int) -> tuple[Reason, ...]:
    """All reasons that hold for these PIDs, most informative first."""
    if accounts == 1:
        return (Reason("one-account", "With 1 account, every process uses it, whatever its PID."),)
    if len(pids) == 1:
        return (Reason("one-process", "There is only 1 process."),)
    patterns = [_equal(pids), _stride(pids, accounts) or _even_gaps(pids, accounts) or _common_gap(pids, accounts)]
    reasons = [reason for reason in patterns if reason is not None] or [_varying(pids)]
    if len(pids) < accounts:
        reasons.append(
            Reason(
                "fewer-processes",
                f"With {len(pids)} processes and {accounts} accounts, at least {accounts - len(pids)} accounts stay "
                "unused.",
                {"processes": len(pids), "accounts": accounts, "unused": accounts - len(pids)},
            )
        )
    return tuple(reasons)


def _equal(pids: Sequence[int]) -> Reason | None:
    at = Counter(pids)
    pid, times = at.most_common(1)[0]
    if times == 1:
        return None
    how_many = "All" if times == len(pids) else f"{times} of"
    container = " It is the PID of the first process in every container." if pid == 1 else ""
    return Reason(
        "equal-ids",
        f"{how_many} {len(pids)} processes have the PID {pid}, and equal PIDs start on the same account.{container}",
        {"processes": len(pids), "times": times, "id": pid, "different": len(at)},
    )


def _stride(pids: Sequence[int], accounts: int) -> Reason | None:
    """A common divisor of all distances that leaves accounts unused although there are enough processes."""
    different = sorted(set(pids))
    stride = math.gcd(*(pid - different[0] for pid in different))
    factor = math.gcd(stride, accounts)
    reachable = accounts // factor
    if len(different) == 1 or reachable >= min(len(different), accounts):
        return None
    apart = "apart" if _gaps(different) == {stride} else "or a multiple of that apart"
    only = f"only {reachable} of {accounts} accounts can be reached"
    shared = f"which is a multiple of {accounts}" if reachable == 1 else f"and {_share(stride, accounts)} {factor}"
    return Reason(
        "stride",
        f"The PIDs are {stride} {apart}, {shared}: {only}.",
        {"stride": stride, "factor": factor, "reachable": reachable, "accounts": accounts},
    )


def _even_gaps(pids: Sequence[int], accounts: int) -> Reason | None:
    different = sorted(set(pids))
    gaps = _gaps(different)
    if len(different) < len(pids) or len(gaps) != 1 or math.gcd(gap := gaps.pop(), accounts) != 1:
        return None
    how = "consecutive" if gap == 1 else f"{gap} apart, and {gap} and {accounts} have no factor in common"
    return Reason(
        "even-gaps",
        f"The PIDs are {how}: any {accounts} in a row start on {accounts} different accounts.",
        {"gap": gap, "accounts": accounts},
    )


def _common_gap(pids: Sequence[int], accounts: int) -> Reason | None:
    """A distance from the previous start that most starts have."""
    gap, times = Counter(after - before for before, after in pairwise(pids)).most_common(1)[0]
    starts = len(pids) - 1
    if gap == 0 or times * 2 <= starts or times < 2:
        return None
    factor = math.gcd(gap, accounts)
    most = f"In {times} of {starts} starts the PID is {abs(gap)} {'above' if gap > 0 else 'below'} the previous one"
    if factor == accounts:
        text = f"{most}, which is a multiple of {accounts}: these processes use the account of the previous one."
    elif factor > 1:
        reached = accounts // factor
        text = f"{most}, and {_share(abs(gap), accounts)} {factor}: such a series reaches only {reached} accounts."
    else:
        text = f"{most}, which has no factor in common with {accounts}: such a series goes through all accounts."
    return Reason(
        "common-gap", text, {"gap": gap, "times": times, "starts": starts, "factor": factor, "accounts": accounts}
    )


def _varying(pids: Sequence[int]) -> Reason:
    gaps = _gaps(sorted(set(pids)))
    if len(gaps) == 1:  # too few PIDs for a harmful pattern
        return Reason("few-ids", f"The PIDs are {min(gaps)} apart.", {"least": min(gaps), "most": max(gaps)})
    return Reason(
        "varying-gaps",
        f"The gaps between the PIDs vary from {min(gaps)} to {max(gaps)}; no gap occurs in most starts.",
        {"least": min(gaps), "most": max(gaps)},
    )


def _gaps(increasing: Sequence[int]) -> set[int]:
    return {after - before for before, after in pairwise(increasing)}


def _share(gap: int, accounts: int) -> str:
    return f"{gap} and {accounts} share the factor"
