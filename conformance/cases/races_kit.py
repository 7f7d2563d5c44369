"""For the cases of races: two gated processes of the target, started at the first case and kept for all."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import pytest

from conformance.cases.findings import of_value
from conformance.cases.judge import TargetJudge
from conformance.processes.races.model import Line
from conformance.processes.races.rule_schedules import RuleSchedule, RuleSchedules
from conformance.processes.races.subject import Subject
from conformance.reports.events import FileCall
from conformance.requirements.races import RULES
from conformance.targets.errors import AdapterFault, NotPrepared
from conformance.targets.gate.support import why_not
from conformance.wire.scenario import Scenario

MAX_FAULTS = 2  # fewer than a run bears in a row, so that the cases of other sections are still judged


class RaceJudge:
    """Judges the stored schedules. After a fault, the next case starts new processes.

    A target that cannot be started is not started again: its rules are all unknown. One that answers, but cannot save,
    fails RACE-001; its other rules are not run.
    """

    def __init__(self) -> None:
        self._subject: Subject | None = None
        self._schedules: RuleSchedules | None = None
        self._faults: list[AdapterFault] = []
        self._refused: NotPrepared | None = None
        self._is_given_up = False

    def check(self, judge: TargetJudge, rule: str, schedule: RuleSchedule) -> None:
        """Compare what the schedule shows with the rule. The case is not run where no file call can be held."""
        if reason := why_not():
            pytest.skip(reason)
        if self._refused is not None:
            self._report_refused(judge, rule, self._refused)
        if self._is_given_up:
            raise self._faults[-1]
        try:
            shown = self._started(judge).show(schedule)
        except AdapterFault as fault:
            if isinstance(fault, NotPrepared) and self._schedules is None:
                self._refused = fault
                self.close()
                self._report_refused(judge, rule, fault)
            self._note(judge, fault)
            raise
        judge.patience.note_answer()
        for finding in shown.findings:
            if finding.rule == rule:
                lines = [] if shown.outcome is None else shown.outcome.lines(rule)
                _report(judge, rule, f"race {schedule.id}", finding.text, lines)

    def _report_refused(self, judge: TargetJudge, rule: str, refused: NotPrepared) -> NoReturn:
        """The target claims `save`, but cannot do what every race begins with: one failure, and the rest is not run."""
        if rule == "RACE-001":
            _report(judge, rule, "before a race", str(refused))
        pytest.skip(f"before a race, {refused}")

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


def _report(judge: TargetJudge, rule: str, what: str, text: str, lines: Sequence[Line] = ()) -> None:
    found = of_value(Scenario([]), what, RULES[rule].title, text, observed=False, record=None)
    judge.report(found.model_copy(update={"file_calls": [FileCall(**line._asdict()) for line in lines]}))
