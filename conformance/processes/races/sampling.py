"""Draws schedules of many processes: probabilistic concurrency testing (PCT).

Burckhardt and others, "A randomized scheduler with probabilistic guarantees of finding bugs", 2010. Each process gets a
priority, and the one with the highest runs. At `depth - 1` steps, which are drawn, the running process gets the lowest
priority. A fault that needs `depth` orderings of two calls each is found by one schedule with a probability of at least
1 / (processes * steps ** (depth - 1)).
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from conformance.processes.races.exploring import Explored
from conformance.processes.races.model import Outcome

DEPTH = 2
Pick = Callable[[Sequence[int], int | None], int]


def probability(processes: int, steps: int, samples: int, depth: int = DEPTH) -> float:
    """The least probability that these schedules find a fault of this depth."""
    missed: float = (1 - 1 / (processes * steps ** (depth - 1))) ** samples
    return 1 - missed


def sample(
    run: Callable[[Pick], Outcome],
    explored: Explored,
    *,
    processes: int,
    samples: int,
    seed: str,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Iterator[Outcome]:
    """Run drawn schedules. The same seed draws the same ones."""
    explored.samples, explored.processes = samples, processes
    random = Random(seed)  # noqa: S311 - no secret
    steps = 0
    for _ in range(samples):
        if not may_go_on():
            explored.is_exhausted = False
            return
        outcome = run(_by_priority(random, processes, steps))
        steps = max(steps, len(outcome.steps))
        explored.schedules += 1
        explored.longest = steps
        yield outcome


def _by_priority(random: Random, processes: int, steps: int) -> Pick:
    priorities = random.sample(range(DEPTH, DEPTH + processes), processes)
    changes = [random.randrange(1, max(2, steps)) for _ in range(DEPTH - 1)]
    made = 0

    def pick(runnable: Sequence[int], current: int | None) -> int:
        nonlocal made
        if made in changes and current is not None:
            priorities[current] = changes.index(made)
        made += 1
        return max(runnable, key=lambda process: priorities[process])

    return pick
