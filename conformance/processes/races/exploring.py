"""Explores every schedule with a limited number of preemptions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from conformance.processes.races.model import Access, Outcome, Schedule

MAX_PREEMPTIONS = 2


@dataclass
class Explored:
    """The schedules that were run: how many, and whether all that differ were among them."""

    schedules: int = 0
    preemptions: int = MAX_PREEMPTIONS
    is_exhausted: bool = True
    longest: int = 0  # steps
    samples: int = 0  # 0: the schedules were not drawn
    processes: int = 2
    touched: dict[int, set[Access]] = field(default_factory=dict)  # by process


def explore(
    run: Callable[[Schedule], Outcome],
    explored: Explored,
    *,
    preemptions: int = MAX_PREEMPTIONS,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Iterator[Outcome]:
    """Run all schedules with up to this number of preemptions, and yield what each did.

    A preemption before a call that affects no call of the other processes is left out: the same schedule with the
    preemption after that call does the same. What the others do is known only at the end, so the schedules that were
    left out are considered again until no new call appears.
    """
    explored.preemptions = preemptions
    waiting: list[tuple[tuple[int, ...], int | None, Access | None]] = [((), None, None), ((1,), None, None)]
    left_out: list[tuple[tuple[int, ...], int | None, Access | None]] = []
    while waiting:
        turns, process, access = waiting.pop()
        if access is not None and not _matters(explored, process, access):
            left_out.append((turns, process, access))
            continue
        if not may_go_on():
            explored.is_exhausted = False
            return
        outcome = run(Schedule(turns))
        explored.schedules += 1
        explored.longest = max(explored.longest, len(outcome.steps))
        for step in outcome.steps:
            explored.touched.setdefault(step.process, set()).add(step.access)
        waiting += reversed(list(_branches(outcome, len(turns), preemptions)))
        yield outcome
        if not waiting:
            waiting = [left for left in left_out if left[2] is not None and _matters(explored, left[1], left[2])]
            left_out = [left for left in left_out if left not in waiting]


def _branches(
    outcome: Outcome, begin: int, preemptions: int
) -> Iterator[tuple[tuple[int, ...], int | None, Access | None]]:
    """The schedules that differ from this one at a step after `begin`."""
    made = 0
    for place, step in enumerate(outcome.steps):
        if place >= max(begin, 1):
            for other in step.others:
                is_preemption = step.previous is not None and other != step.previous
                if made + is_preemption <= preemptions:
                    turns = (*outcome.turns[:place], other)
                    yield turns, step.previous if is_preemption else None, step.pending if is_preemption else None
        made += step.is_preemption


def _matters(explored: Explored, process: int | None, access: Access) -> bool:
    return any(
        access.affects(touched)
        for other, accesses in explored.touched.items()
        if other != process
        for touched in accesses
    )
