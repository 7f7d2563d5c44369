"""Chooses a pool that fits the real PIDs, so that every known wrong port gives a different answer.

With 3 accounts and PIDs that are equal mod 3, a port that ignores its PID would pass. So the pool is chosen when the
PIDs are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

BASE_INDEX = 1  # not 0, to detect a port that ignores the stored index
MAX_ACCOUNTS = 1009
FEW = 8

# Pools for children that are forked: their PIDs are not known before. Two PIDs are never equal modulo both primes.
FORK_POOLS = (1009, 1013)


@dataclass(frozen=True)
class Fit:
    """A pool of `accounts`. The account `spare` is disabled; no process starts on it."""

    accounts: int
    spare: int

    def start(self, pid: int) -> int:
        """The account on which the process must start."""
        return (BASE_INDEX + pid % self.accounts) % self.accounts


WrongStart = Callable[[int, int], int]

# Where wrong ports start, by PID and number of accounts. `pid-ignored` also ensures that some offset is not 0, which
# detects ports that apply the offset too often or too rarely.
WRONG_STARTS: dict[str, WrongStart] = {
    "pid-ignored": lambda _pid, _n: BASE_INDEX,
    "counts-from-one": lambda pid, n: (BASE_INDEX + pid % n + 1) % n,
    "base-index-ignored": lambda pid, n: pid % n,
    "modulus-by-enabled-only": lambda pid, n: (BASE_INDEX + pid % (n - 1)) % n,
}


# For a pool with more accounts than a port may expect.
WRONG_IN_LARGE_POOLS: dict[str, WrongStart] = {
    **WRONG_STARTS,
    "large-pools-cut": lambda pid, n: (BASE_INDEX + pid % min(n, FEW)) % n,
}


def fit_pool(pids: Sequence[int], wrong_starts: Mapping[str, WrongStart] = WRONG_STARTS, least: int = 3) -> Fit:
    """The smallest pool of at least `least` accounts that detects each wrong start with some process.

    The right starts must also differ from those of processes that take the accounts in turn. Needs two different PIDs.
    Raises ValueError if no pool of up to 1009 accounts fits; this needs specially chosen PIDs.
    """
    for accounts in range(least, MAX_ACCOUNTS + 1):
        starts = [Fit(accounts, 0).start(pid) for pid in pids]
        free = [index for index in range(accounts) if index not in starts]
        told_apart = all(
            any(wrong(pid, accounts) != start for pid, start in zip(pids, starts, strict=True))
            for wrong in wrong_starts.values()
        )
        in_turn = [(BASE_INDEX + turn) % accounts for turn in range(len(pids))]
        # With the same start for all, a port that uses one PID for all processes would pass.
        if free and told_apart and len(set(starts)) > 1 and starts != in_turn:
            return Fit(accounts, free[0])
    raise ValueError(f"no pool of up to {MAX_ACCOUNTS} accounts detects all wrong ports with the PIDs {list(pids)}")
