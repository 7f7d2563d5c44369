"""A pool fitted to process ids that the system gave, so that each wrong port must answer differently.

With 3 accounts and ids that happen to be equal mod 3, a port that ignores its id would pass. So the pool is chosen
once the ids are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

BASE_INDEX = 1  # not 0: a port that ignores the stored index must be seen
MOST_ACCOUNTS = 1009
FEW = 8


@dataclass(frozen=True)
class Fit:
    """A pool of `accounts`, of which `spare` is disabled: no process starts there."""

    accounts: int
    spare: int

    def start(self, pid: int) -> int:
        """The account on which the process must start."""
        return (BASE_INDEX + pid % self.accounts) % self.accounts


WrongStart = Callable[[int, int], int]

# Where wrong ports start, by process id and number of accounts. Ports that move too often or too seldom are seen
# wherever a process has an offset that is not 0, which the first of these asks for.
WRONG_STARTS: dict[str, WrongStart] = {
    "pid-ignored": lambda _pid, _n: BASE_INDEX,
    "counts-from-one": lambda pid, n: (BASE_INDEX + pid % n + 1) % n,
    "base-index-ignored": lambda pid, n: pid % n,
    "modulus-by-enabled-only": lambda pid, n: (BASE_INDEX + pid % (n - 1)) % n,
}


# In a pool that has more accounts than a port reckons with.
WRONG_IN_LARGE_POOLS: dict[str, WrongStart] = {
    **WRONG_STARTS,
    "large-pools-cut": lambda pid, n: (BASE_INDEX + pid % min(n, FEW)) % n,
}


def fit_pool(pids: Sequence[int], wrong_starts: Mapping[str, WrongStart] = WRONG_STARTS, least: int = 3) -> Fit:
    """The smallest pool, of so many accounts at least, in which every wrong start differs from the right one.

    It does so for some process, and so do the starts of processes that take the accounts in turn. Needs two
    different ids. Raises ValueError where no pool of up to 1009 accounts will do, which takes ids that were made up
    for the purpose.
    """
    for accounts in range(least, MOST_ACCOUNTS + 1):
        starts = [Fit(accounts, 0).start(pid) for pid in pids]
        free = [index for index in range(accounts) if index not in starts]
        told_apart = all(
            any(wrong(pid, accounts) != start for pid, start in zip(pids, starts, strict=True))
            for wrong in wrong_starts.values()
        )
        in_turn = [(BASE_INDEX + turn) % accounts for turn in range(len(pids))]
        # With one start for all, a port that takes one id for all would pass.
        if free and told_apart and len(set(starts)) > 1 and starts != in_turn:
            return Fit(accounts, free[0])
    raise ValueError(f"no pool of up to {MOST_ACCOUNTS} accounts tells wrong ports apart for the ids {list(pids)}")
