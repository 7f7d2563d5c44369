"""How process ids fall on accounts: figures and the reasons for them, from ids and number of accounts alone."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise
from typing import Literal

Verdict = Literal["even", "better", "chance", "worse"]
SIGNIFICANT = 2.0  # standard deviations within which a spread passes for chance
NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Figures:
    """What makes a spread good or bad. Expected values are fractional."""

    fullest: float  # processes on the account that has most
    unused: float  # accounts without a process
    pairs: float  # pairs of processes that share an account


@dataclass(frozen=True)
class Reason:
    """Why the ids fall as they do: a sentence, and the figures in it."""

    kind: str
    text: str
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """`counts` are processes by account. `even` is the best that is possible, `chance` what random choice gives."""

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
        """Accounts that have a process."""
        return self.accounts - int(self.found.unused)


def spread(pids: Sequence[int], accounts: int, base: int = 0) -> Spread:
    """Where processes with these ids, in the order of their starts, begin: each at (base + pid mod n) mod n (PID-001).

    Needs an id and an account or more.
    """
    at = Counter((base + pid % accounts) % accounts for pid in pids)
    counts = tuple(at[index] for index in range(accounts))
    found = Figures(max(counts), counts.count(0), sum(map(_pairs, counts)))
    even, chance = even_figures(len(pids), accounts), chance_figures(len(pids), accounts)
    # Under random choice any two pairs meet independently of each other, also where they have a process in common.
    deviation = math.sqrt(chance.pairs * (1 - 1 / accounts))
    verdict: Verdict = "chance"
    if found.pairs == even.pairs:
        verdict = "even"
    elif abs(found.pairs - chance.pairs) > SIGNIFICANT * deviation:
        verdict = "better" if found.pairs < chance.pairs else "worse"
    return Spread(tuple(pids), accounts, base, counts, found, even, chance, verdict, _reasons(pids, accounts))


def best(spreads: Sequence[Spread]) -> Spread:
    """The one with the fewest pairs of processes on one account; of equals, the one that needs fewer accounts."""
    return min(spreads, key=lambda each: (each.found.pairs, each.accounts))


def better_numbers(spread_: Spread, most: int) -> list[int]:
    """The nearest numbers of accounts, one below and one above, that suit the pattern in the ids.

    They spread the ids as well as is possible, and with fewer pairs than now. From 2 to `most`; none where there is no
    pattern, for then another number is better by accident.
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
    """With as equal a number of processes on every account as is possible."""
    share, rest = divmod(processes, accounts)
    pairs = rest * _pairs(share + 1) + (accounts - rest) * _pairs(share)
    return Figures(share + bool(rest), max(0, accounts - processes), pairs)


def chance_figures(processes: int, accounts: int) -> Figures:
    """Expected values where each process takes an account at random: by formula, not by simulation."""
    unused = accounts * (1 - 1 / accounts) ** processes
    return Figures(_expected_fullest(processes, accounts), unused, _pairs(processes) / accounts)


def _expected_fullest(processes: int, accounts: int) -> float:
    """The sum, over k, of the probability that some account has more than k."""
    least = -(-processes // accounts)  # one account must have so many
    expected = float(least)
    for limit in range(least, processes):
        more = float(1 - Fraction(_ways_within(limit, processes, accounts), accounts**processes))
        expected += more
        if more < NEGLIGIBLE:
            break
    return expected


def _ways_within(limit: int, processes: int, accounts: int) -> int:
    """In how many ways processes take accounts such that none has more than `limit`, which is 1 or more.

    One more process can go anywhere, but to an account that has `limit` already. Those are, for each account,
    C(before, limit) choices of the processes that fill it, while the others are within the limit on one account less.
    """
    ways = [1] + [0] * processes  # by the number of processes: none finds a place where there is no account
    levels = min(accounts, processes // limit + 1)  # with fewer accounts left, no process is left to be placed
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
    """Every one of them is true of the ids; the ones that say most come first."""
    if accounts == 1:
        return (Reason("one-account", "With 1 account every process uses it, whatever its id."),)
    if len(pids) == 1:
        return (Reason("one-process", "There is 1 process only."),)
    patterns = [_equal(pids), _stride(pids, accounts) or _even_gaps(pids, accounts) or _common_gap(pids, accounts)]
    reasons = [reason for reason in patterns if reason is not None] or [_varying(pids)]
    if len(pids) < accounts:
        reasons.append(
            Reason(
                "fewer-processes",
                f"{len(pids)} processes are fewer than {accounts} accounts: {accounts - len(pids)} stay unused "
                "wherever they start.",
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
    container = " It is the id of the first process in every container." if pid == 1 else ""
    return Reason(
        "equal-ids",
        f"{how_many} {len(pids)} processes have the id {pid}, and equal ids start on the same account.{container}",
        {"processes": len(pids), "times": times, "id": pid, "different": len(at)},
    )


def _stride(pids: Sequence[int], accounts: int) -> Reason | None:
    """A common divisor of all distances that keeps accounts out of reach which there are processes for."""
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
        f"The ids are {stride} {apart}, {shared}: {only}.",
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
        f"The ids are {how}: any {accounts} in a row start on {accounts} different accounts.",
        {"gap": gap, "accounts": accounts},
    )


def _common_gap(pids: Sequence[int], accounts: int) -> Reason | None:
    """One distance that most starts have from the one before."""
    gap, times = Counter(after - before for before, after in pairwise(pids)).most_common(1)[0]
    starts = len(pids) - 1
    if gap == 0 or times * 2 <= starts or times < 2:
        return None
    factor = math.gcd(gap, accounts)
    most = f"{times} of {starts} starts are {abs(gap)} {'after' if gap > 0 else 'below'} the id before"
    if factor == accounts:
        text = f"{most}, which is a multiple of {accounts}: those stay on the account of the one before."
    elif factor > 1:
        reached = accounts // factor
        text = f"{most}, and {_share(abs(gap), accounts)} {factor}: a row of those reaches {reached} accounts only."
    else:
        text = f"{most}, which has no factor in common with {accounts}: a row of those goes through all accounts."
    return Reason(
        "common-gap", text, {"gap": gap, "times": times, "starts": starts, "factor": factor, "accounts": accounts}
    )


def _varying(pids: Sequence[int]) -> Reason:
    gaps = _gaps(sorted(set(pids)))
    if len(gaps) == 1:  # so few ids that no pattern does any harm
        return Reason("few-ids", f"The ids are {min(gaps)} apart.", {"least": min(gaps), "most": max(gaps)})
    return Reason(
        "varying-gaps",
        f"The gaps between the ids vary from {min(gaps)} to {max(gaps)}, and none of them is the rule.",
        {"least": min(gaps), "most": max(gaps)},
    )


def _gaps(increasing: Sequence[int]) -> set[int]:
    return {after - before for before, after in pairwise(increasing)}


def _share(gap: int, accounts: int) -> str:
    return f"{gap} and {accounts} share the factor"
