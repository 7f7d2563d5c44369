"""Schedules: which ones are explored, and how they are written down."""

from collections.abc import Sequence
from itertools import product

import pytest

from conformance.processes.races.exploring import Explored, explore
from conformance.processes.races.model import Access, Outcome, Schedule, Step, segments, turns_of
from conformance.processes.races.sampling import Pick, probability, sample

POOL = Access(frozenset({"pool"}), frozenset())
OWN = [Access(frozenset({f"temporary-{process}"}), frozenset()) for process in (0, 1)]


def run_model(programs: Sequence[Sequence[Access]], schedule: Schedule) -> Outcome:
    """What two processes without a lock do in a schedule."""
    outcome, made = Outcome(schedule), [0, 0]
    current: int | None = None
    while runnable := [process for process in (0, 1) if made[process] < len(programs[process])]:
        current = current if current in runnable else None
        place = len(outcome.steps)
        default = runnable[0] if current is None else current
        chosen = schedule.turns[place] if place < len(schedule.turns) else default
        pending = None if current is None else programs[current][made[current]]
        others = tuple(process for process in runnable if process != chosen)
        outcome.steps.append(Step(chosen, str(made[chosen]), programs[chosen][made[chosen]], others, current, pending))
        made[chosen] += 1
        current = chosen
    return outcome


def orders(programs: Sequence[Sequence[Access]], preemptions: int) -> list[tuple[int, ...]]:
    explored = Explored()
    found = explore(lambda schedule: run_model(programs, schedule), explored, preemptions=preemptions)
    turns = [outcome.turns for outcome in found]
    assert explored.schedules == len(turns)
    return turns


def all_orders(counts: tuple[int, int], preemptions: int) -> set[tuple[int, ...]]:
    """By brute force: a preemption leaves a process that is not done."""
    found = set()
    for turns in product((0, 1), repeat=sum(counts)):
        if turns.count(0) != counts[0]:
            continue
        left, made = list(counts), 0
        for place, process in enumerate(turns):
            made += place > 0 and turns[place - 1] != process and left[turns[place - 1]] > 0
            left[process] -= 1
        if made <= preemptions:
            found.add(turns)
    return found


@pytest.mark.parametrize("preemptions", [0, 1, 2, 3])
@pytest.mark.parametrize("counts", [(1, 1), (3, 3), (5, 4)])
def test_every_order_is_explored_once(counts: tuple[int, int], preemptions: int) -> None:
    turns = orders([[POOL] * counts[0], [POOL] * counts[1]], preemptions)
    assert len(turns) == len(set(turns))
    assert set(turns) == all_orders(counts, preemptions)


def test_orders_of_independent_calls_count_once() -> None:
    assert sorted(orders([[OWN[0]] * 4, [OWN[1]] * 4], 2)) == [(0,) * 4 + (1,) * 4, (1,) * 4 + (0,) * 4]


def test_preemptions_stay_before_calls_that_matter() -> None:
    """One of three calls of each process is on the pool, so a preemption makes sense only before that one."""
    turns = orders([[OWN[process], POOL, OWN[process]] for process in (0, 1)], 1)
    assert sorted(turns) == [(0, 0, 0, 1, 1, 1), (0, 1, 1, 1, 0, 0), (1, 0, 0, 0, 1, 1), (1, 1, 1, 0, 0, 0)]


def test_late_call_revives_what_was_left_out() -> None:
    """The second process touches the first one's file only in some orders, so its calls are not known at first."""

    def run(schedule: Schedule) -> Outcome:
        began = schedule.turns[:1] == (1,)
        return run_model([[POOL, OWN[0], OWN[0]], [POOL, POOL, OWN[1] if began else OWN[0]]], schedule)

    found = [outcome.turns for outcome in explore(run, Explored())]
    assert found[0][0] == 1
    assert (1, 0, 1, 1, 0, 0) in found


def test_search_that_stops_early_is_not_exhausted() -> None:
    explored = Explored()
    done = list(explore(lambda s: run_model([[POOL] * 3] * 2, s), explored, may_go_on=lambda: explored.schedules < 2))
    assert (len(done), explored.is_exhausted) == (2, False)


@pytest.mark.parametrize(
    ("one", "other", "affects"),
    [
        (Access(frozenset({"a/b"}), frozenset()), Access(frozenset(), frozenset({"a/b"})), True),
        (Access(frozenset(), frozenset({"a/b"})), Access(frozenset(), frozenset({"a/b"})), False),
        (Access(frozenset({"a"}), frozenset()), Access(frozenset(), frozenset({"a/b"})), True),
        (Access(frozenset({"a/b"}), frozenset()), Access(frozenset(), frozenset({"a"})), False),
        (Access(frozenset({"a/b"}), frozenset()), Access(frozenset(), frozenset(), frozenset({"a"})), True),
        (Access(frozenset({"a"}), frozenset()), Access(frozenset(), frozenset({"ab"})), False),
    ],
    ids=["change and read", "two reads", "folder of it", "file in it", "folder that is listed", "similar name"],
)
def test_order_matters_if_a_change_is_seen(one: Access, other: Access, affects: bool) -> None:
    assert one.affects(other) is other.affects(one) is affects


def test_schedule_is_written_and_read() -> None:
    turns = (1, 1, 0, 0, 0, 1)
    assert segments(turns) == [[2, 2], [1, 3], [2, 1]]
    assert turns_of(segments(turns)) == turns


@pytest.mark.parametrize("listed", [None, [1], [[0, 1]], [[1, 0]], [[1, 2, 3]], [["1", 2]]])
def test_wrong_schedule_is_refused(listed: object) -> None:
    with pytest.raises(ValueError, match="expected a list of"):
        turns_of(listed)


def drawn(seed: str, samples: int) -> list[tuple[int, ...]]:
    """Schedules of three processes with five calls each."""

    def run(pick: Pick) -> Outcome:
        outcome, left, current = Outcome(Schedule()), [5, 5, 5], None
        while runnable := [process for process in range(3) if left[process]]:
            chosen: int = pick(runnable, current if current in runnable else None)
            outcome.steps.append(Step(chosen, "", POOL))
            left[chosen] -= 1
            current = chosen
        return outcome

    return [outcome.turns for outcome in sample(run, Explored(), processes=3, samples=samples, seed=seed)]


def test_seed_decides_the_drawn_schedules() -> None:
    assert drawn("1", 20) == drawn("1", 20) != drawn("2", 20)


def test_drawn_schedules_have_at_most_one_preemption() -> None:
    """At depth 2, priorities change once. So a process is stopped at most once, and continues at the end."""
    for turns in drawn("1", 200):
        assert len(segments(turns)) <= 4


def test_drawn_schedules_find_as_much_as_they_promise() -> None:
    """The fault has depth 2: process 1 begins after the second call of process 3, and before the third one."""
    found = 0
    for turns in drawn("1", 3000):
        _, second, third, *_ = [place for place, process in enumerate(turns) if process == 2]
        found += second < turns.index(0) < third
    assert found / 3000 >= probability(3, 15, 1)


def test_probability_grows_with_samples() -> None:
    assert probability(3, 10, 1) == pytest.approx(1 / 30)
    assert probability(3, 10, 100) == pytest.approx(1 - (29 / 30) ** 100)
