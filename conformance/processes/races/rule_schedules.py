"""The stored schedules by which `run` judges the rules of races: `fixtures/schedules.json`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from conformance.fixtures import fixtures_folder
from conformance.processes.races.faults import SAVER, Faults
from conformance.processes.races.landmarks import LANDMARKS, Passed, Turn, Turns
from conformance.processes.races.model import Fault, FaultKind, Finding, Outcome, Schedule
from conformance.processes.races.racing import MAX_STEPS, Pick
from conformance.processes.races.states import NAMES, State
from conformance.processes.races.subject import Subject
from conformance.targets.errors import AdapterFault

FILE = fixtures_folder() / "schedules.json"
ATTEMPTS = 3  # runs in a row of which two must be alike


def _known(landmark: str) -> str:
    if landmark not in LANDMARKS:
        raise ValueError(f"expected one of {', '.join(LANDMARKS)}")
    return landmark


Landmark = Annotated[str, AfterValidator(_known)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoredTurn(_Model):
    """Process 1 or 2, and where it stops."""

    process: Literal[1, 2]
    before: Landmark = ""
    after: Landmark = ""


class StoredFault(_Model):
    """A fault of process 1, at the first or last call of a landmark. Then process 2 saves."""

    kind: FaultKind
    at: Literal["first", "last"]
    landmark: Landmark


class RuleSchedule(_Model):
    """One schedule: for every target, because it names landmarks instead of numbers of calls."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    rules: Annotated[list[str], Field(min_length=1)]
    why: Annotated[str, Field(min_length=10)]
    state: Literal[NAMES]  # type: ignore[valid-type]
    turns: list[StoredTurn] = []
    fault: StoredFault | None = None


@cache
def load_schedules() -> Sequence[RuleSchedule]:
    """All of them. Raises ValidationError for a wrong entry."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(list[RuleSchedule]).validate_python(document["schedules"])


@dataclass(frozen=True)
class Shown:
    """What a schedule has shown of its rules, twice in the same way. Nothing if it does not apply to the target."""

    findings: Sequence[Finding] = ()
    trace: Sequence[str] = ()
    outcome: Outcome | None = field(default=None, compare=False)


class RuleSchedules:
    """Runs the stored schedules on one target, each of them once, and replays it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._shown: dict[str, Shown] = {}
        self._faults: dict[str, Faults] = {}

    def show(self, schedule: RuleSchedule) -> Shown:
        """Run and replay the schedule. Raises AdapterFault if it does not do the same twice."""
        if schedule.id not in self._shown:
            self._shown[schedule.id] = self._show(schedule)
        return self._shown[schedule.id]

    def _show(self, schedule: RuleSchedule) -> Shown:
        state = self._subject.states.get(schedule.state)
        made = None if state is None else self._first(schedule, state)
        if state is None or made is None:
            return Shown()
        for _ in range(ATTEMPTS - 1):
            again = self._run(schedule, state, Schedule(made.turns, made.schedule.fault))
            if (shown := _seen(again, schedule)) == _seen(made, schedule):
                return shown
            made = again
        raise AdapterFault(f"the stored schedule {schedule.id} was run {ATTEMPTS} times and never did the same again")

    def _first(self, schedule: RuleSchedule, state: State) -> Outcome | None:
        """The first run. None if the target makes no call that the schedule needs."""
        race = self._subject.race
        if schedule.fault is None:
            turns = [Turn(turn.process - 1, turn.before, turn.after) for turn in schedule.turns]
            return self._run(schedule, state, Schedule(), Turns(race, turns))
        passed = Passed(race, schedule.fault.landmark)
        self._subject.observe(state, {SAVER: state.calls[SAVER]}, Schedule(), passed)
        if not passed.numbers:
            return None
        at = passed.numbers[0 if schedule.fault.at == "first" else -1]
        return self._run(schedule, state, Schedule((), Fault(schedule.fault.kind, at)))

    def _run(self, schedule: RuleSchedule, state: State, what: Schedule, pick: Pick | None = None) -> Outcome:
        if schedule.fault is not None:
            if state.name not in self._faults:
                self._faults[state.name] = Faults(self._subject, state)
            outcome = self._faults[state.name].run(what)
        else:
            outcome = self._subject.run(state, what, pick, compares_orders="RACE-003" in schedule.rules)
        if outcome.is_endless:  # what the processes did without a schedule proves nothing
            raise AdapterFault(
                f"in the stored schedule {schedule.id}, the processes did not end within {MAX_STEPS} file calls; "
                "expected fewer calls, or a lock that a process takes with a call that fails while another one has it"
            )
        return outcome


def _seen(outcome: Outcome, schedule: RuleSchedule) -> Shown:
    return Shown([found for found in outcome.findings if found.rule in schedule.rules], outcome.trace, outcome)
