"""Judges a target in all states: explores the schedules, meets them with faults, and replays what counts."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.processes.races.exploring import MAX_PREEMPTIONS, Explored, explore
from conformance.processes.races.faults import Faults
from conformance.processes.races.model import Outcome, Schedule, segments
from conformance.processes.races.results import Found, Judged
from conformance.processes.races.sampling import sample
from conformance.processes.races.states import State
from conformance.processes.races.subject import Subject
from conformance.targets.errors import AdapterFault

ORDERS = ("RACE-001", "RACE-002", "RACE-003", "RACE-008", "RACE-009")
OF_CRASHES = ("RACE-002", "RACE-005", "RACE-006", "RACE-008", "RACE-009")
OF_POWER = ("RACE-011",)
OF_ERRORS = ("RACE-002", "RACE-004", "RACE-006", "RACE-008", "RACE-009", "RACE-010")
KINDS = ("orders", "crashes", "errors", "power")
WITH_FAULTS = ("present", "missing")


@dataclass(frozen=True)
class Plan:
    """What to judge."""

    states: Sequence[str] = ()  # all, if empty
    preemptions: int = MAX_PREEMPTIONS
    kinds: Sequence[str] = KINDS
    samples: int = 0  # 0: explore all orders
    seed: str = ""
    may_go_on: Callable[[], bool] = lambda: True


def judge_races(subject: Subject, plan: Plan) -> Iterator[Judged]:
    """Judge each state, and yield what was found in it. Ends after Ctrl-C."""
    for state in subject.states.values():
        if plan.states and state.name not in plan.states:
            continue
        for judged in _judge_state(subject, state, plan):
            yield judged
            if judged.is_interrupted:
                return


def _judge_state(subject: Subject, state: State, plan: Plan) -> Iterator[Judged]:
    def run(schedule: Schedule) -> Outcome:
        return subject.run(state, schedule)

    if "orders" in plan.kinds:
        rules = [*ORDERS, "RACE-007"] if state.name == "removal" else ORDERS
        judged = Judged(state.name, state.title, "orders", rules, Explored())
        yield _judged(judged, _orders(subject, state, plan, judged.explored), run)
    if state.name not in WITH_FAULTS:
        return
    faults = Faults(subject, state)
    for kind, listed, made in (
        ("crashes", OF_CRASHES, faults.crashes()),
        ("errors", OF_ERRORS, faults.errors()),
        ("power", OF_POWER, faults.power_failures()),
    ):
        if kind in plan.kinds:
            judged = Judged(state.name, state.title, kind, listed, Explored(preemptions=0))
            yield _judged(judged, _counted(made, judged.explored, plan), faults.run)


def _orders(subject: Subject, state: State, plan: Plan, explored: Explored) -> Iterator[Outcome]:
    if plan.samples == 0:
        yield from explore(
            lambda schedule: subject.run(state, schedule),
            explored,
            preemptions=plan.preemptions,
            may_go_on=plan.may_go_on,
        )
    else:
        yield from sample(
            lambda pick: subject.run(state, Schedule(), pick),
            explored,
            processes=len(state.calls),
            samples=plan.samples,
            seed=f"{plan.seed} {state.name}",
            may_go_on=plan.may_go_on,
        )


def _counted(outcomes: Iterable[Outcome], explored: Explored, plan: Plan) -> Iterator[Outcome]:
    for outcome in outcomes:
        explored.schedules += 1
        explored.longest = max(explored.longest, len(outcome.steps))
        yield outcome
        if not plan.may_go_on():
            explored.is_exhausted = False
            return


def _judged(judged: Judged, outcomes: Iterable[Outcome], run: Callable[[Schedule], Outcome]) -> Judged:
    """Run the schedules, and replay what was found. After a fault of the target, what is left is unknown."""
    began_s = time.monotonic()
    try:
        for outcome in outcomes:
            _note(judged, outcome)
        for found in judged.found.values():
            again = run(Schedule(found.outcome.turns, found.outcome.schedule.fault))
            broken = {finding.rule for finding in again.findings}
            found.is_repeated = again.trace == found.outcome.trace and found.rule in broken
            found.outcome = again if found.is_repeated else found.outcome
    except AdapterFault as fault:
        judged.unsteady, judged.explored.is_exhausted = str(fault), False
    except KeyboardInterrupt:
        judged.unsteady, judged.explored.is_exhausted, judged.is_interrupted = "interrupted", False, True
    judged.took_s = time.monotonic() - began_s
    return judged


def _note(judged: Judged, outcome: Outcome) -> None:
    if outcome.is_diverged and not judged.unsteady:
        judged.unsteady = "a process did not make the call that the schedule let go"
    for finding in (finding for finding in outcome.findings if finding.rule in judged.rules):
        found = judged.found.setdefault(finding.rule, Found(finding.rule, 0, outcome))
        found.count += 1
        if _length(outcome) < _length(found.outcome):
            found.outcome = outcome


def _length(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.preemptions, len(segments(outcome.turns)), len(outcome.steps)
