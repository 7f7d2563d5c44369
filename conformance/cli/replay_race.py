"""Runs the schedule in a file of `races` again."""

import argparse
from collections.abc import Sequence

from conformance.json_type import Json
from conformance.processes.races.faults import Faults
from conformance.processes.races.model import Outcome
from conformance.processes.races.stored import StoredRace, from_json
from conformance.processes.races.subject import Subject
from conformance.reports.describe import wrap
from conformance.reports.races_text import LEGEND, side_by_side
from conformance.requirements.races import RULES
from conformance.targets.errors import UsageFault
from conformance.targets.gate.support import why_not
from conformance.targets.group import Launch
from conformance.targets.resolve import resolve

BROKEN, NOT_RUN = 1, 5


def replay_race(document: Json, options: argparse.Namespace, command: Sequence[str]) -> int:
    """Run the schedule, and print what both processes did. Returns the exit code."""
    try:
        stored = from_json(document, RULES)
    except ValueError as error:
        raise UsageFault(f"{options.file}: {error}; expected a file of `races --out`") from error
    if reason := why_not():
        print(wrap(f"not run: {reason}", "", 2))
        return NOT_RUN
    target = resolve(options.target, command, options.mapping)
    launch = Launch(target.argv, target.environment, target.word)
    with Subject(launch, timeout_s=options.timeout, count=stored.processes, pass_environment=options.env) as subject:
        try:
            outcome = run_stored(subject, stored)
        except UsageFault as fault:
            raise UsageFault(f"{options.file}: {fault}") from fault
    for line in side_by_side(outcome, stored.rule):
        print(line)
    print()
    print(wrap(LEGEND, "", 0))
    print(f"the trace {'equals' if outcome.trace == list(stored.trace) else 'differs from'} the one in the file")
    broken = [finding.text for finding in outcome.findings if finding.rule == stored.rule]
    print(wrap(f"{stored.rule}: {broken[0] if broken else 'not broken'}", "", 2))
    return BROKEN if broken else 0


def run_stored(subject: Subject, stored: StoredRace) -> Outcome:
    """Run a stored schedule and judge it. Raises UsageFault if the target has no such state."""
    state = subject.states.get(stored.state)
    if state is None:
        raise UsageFault(f"the state {stored.state!r} does not apply; this target has {', '.join(subject.states)}")
    if stored.schedule.fault is not None:
        return Faults(subject, state).run(stored.schedule)
    return subject.run(state, stored.schedule)
