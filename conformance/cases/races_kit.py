"""For the cases of races: two gated processes of the target, started at the first case and kept for all."""

from contextlib import suppress

import pytest

from conformance.cases.findings import of_value
from conformance.cases.judge import TargetJudge
from conformance.processes.races.rule_schedules import RuleSchedule, RuleSchedules
from conformance.processes.races.subject import Subject
from conformance.reports.events import FileCall
from conformance.requirements.races import RULES
from conformance.targets.errors import AdapterFault
from conformance.targets.gate.support import why_not
from conformance.wire.scenario import Scenario

MAX_FAULTS = 2  # fewer than a run bears in a row, so that the cases of other sections are still judged


class RaceJudge:
    """Judges the stored schedules. After a fault, the next case starts new processes.

    A target that cannot be started or cannot save is not started again: its rules are all unknown.
    """

    def __init__(self) -> None:
        self._subject: Subject | None = None
        self._schedules: RuleSchedules | None = None
        self._faults: list[AdapterFault] = []
        self._is_given_up = False

    def check(self, judge: TargetJudge, rule: str, schedule: RuleSchedule) -> None:
        """Compare what the schedule shows with the rule. The case is not run where no file call can be held."""
        if reason := why_not():
            pytest.skip(reason)
        if self._is_given_up:
            raise self._faults[-1]
        try:
            shown = self._started(judge).show(schedule)
        except AdapterFault as fault:
            self._note(judge, fault)
            raise
        judge.patience.note_answer()
        for finding in shown.findings:
            if finding.rule == rule:
                what, title = f"race {schedule.id}", RULES[rule].title
                found = of_value(Scenario([]), what, title, finding.text, observed=False, record=None)
                lines = [] if shown.outcome is None else shown.outcome.lines(rule)
                calls = [FileCall(**line._asdict()) for line in lines]
                judge.report(found.model_copy(update={"file_calls": calls}))

    def _note(self, judge: TargetJudge, fault: AdapterFault) -> None:
        judge.patience.note(fault)
        self._faults.append(fault)
        self._is_given_up = self._schedules is None or len(self._faults) == MAX_FAULTS
        self.close()

    def _started(self, judge: TargetJudge) -> RuleSchedules:
        settings = judge.settings
        judge.patience.check(settings.name)
        if self._schedules is None:
            self._subject = Subject(
                judge.launch(),
                timeout_s=judge.patience.timeout_s(settings.timeout_s),
                pass_environment=settings.pass_environment,
                patience=judge.patience,
                on_open=None if judge.tracer is None else judge.tracer.note,
            )
            self._schedules = RuleSchedules(self._subject)
        return self._schedules

    def close(self) -> None:
        if self._subject is not None:
            with suppress(OSError):
                self._subject.__exit__(None, None, None)
        self._subject = self._schedules = None
