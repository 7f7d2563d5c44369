"""`TargetJudge`: runs scenarios on the target, compares the answers, and keeps findings for the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.findings import Mismatch, bounded, facts, of_call, of_value, with_record
from conformance.cases.kit import Shape
from conformance.cases.settings import RunSettings
from conformance.cases.tracing import Tracer
from conformance.json_type import Json
from conformance.processes.fleet import Fleet, Member, Transcript
from conformance.processes.record import Record
from conformance.reports.events import Finding
from conformance.targets import namespaces
from conformance.targets.errors import AdapterFault, WrongAnswer
from conformance.targets.group import Group, Launch
from conformance.targets.patience import Patience
from conformance.targets.wire_log import WireLog
from conformance.wire.answers import Answer, Raised
from conformance.wire.files import ask
from conformance.wire.needs import needs_of_scenario
from conformance.wire.scenario import Call, Scenario, matches, unsupported

MAX_FINDINGS_ALIKE = 8  # per case and deviation, and as many without a deviation
MAX_PROCESSES_SHOWN = 8  # per case, of the processes that gave a wrong answer


class TargetJudge:
    """Judges one process of the target. It is started at the first scenario, and again after a fault."""

    def __init__(self, settings: RunSettings) -> None:
        self.settings = settings
        self.findings: list[Finding] = []
        self.omitted = 0  # number of further findings of the case that are not kept
        self._unexplained: Finding | None = None  # the last finding that no deviation covers
        self._asked = Scenario([])  # the last scenario, for a finding that names no calls
        self.requirements: Sequence[str] = ()
        self.wire_log = WireLog(Path(settings.wire_log)) if settings.wire_log else None
        self.tracer = Tracer(Path(settings.opened)) if settings.opened else None
        self._group: Group | None = None
        self._fleet_group: Group | None = None
        self._fleet: Fleet | None = None
        self._shape: Shape | None = None
        self.patience = Patience(time_limit_s=settings.time_limit_s)

    @property
    def capabilities(self) -> Sequence[str]:
        return self.settings.capabilities

    def start_case(self, requirements: Sequence[str]) -> None:
        """Begin a case that judges these requirements."""
        self.requirements = requirements
        self.findings, self.omitted, self._unexplained = [], 0, None
        self._asked = Scenario([])
        if self._fleet is not None:
            self._fleet.begin_case()

    def check(self, scenario: Scenario) -> None:
        answers = self._ask(scenario)
        for position, (call, answer) in enumerate(zip(scenario.calls, answers, strict=True)):
            if not call.accepts(answer):
                self._record(of_call(scenario, position, answer))
        self._fail_on_unexplained()

    def ask(self, calls: Sequence[Call], files: Mapping[str, Mapping[str, Json]] | None = None) -> list[Answer]:
        scenario = Scenario(calls, files or {})
        answers = self._ask(scenario)
        for position, answer in enumerate(answers):
            if isinstance(answer, Raised):
                self._record(of_call(scenario, position, answer))
        self._fail_on_unexplained()
        return answers

    def expect(
        self,
        expected: Any,
        actual: Any,
        scenario: Scenario,
        what: str,
        *,
        observed: bool = False,
        record: Record | None = None,
    ) -> None:
        if not matches(expected, actual):
            scenario = scenario if scenario.calls else self._asked
            self._record(of_value(scenario, what, expected, actual, observed=observed, record=record))
        self._fail_on_unexplained()

    def report(self, finding: Finding) -> None:
        """Keep a finding that the case has made itself. The case fails unless a deviation covers it."""
        self._record(finding)
        self._fail_on_unexplained()

    @property
    def processes(self) -> int:
        return self.settings.processes

    def check_transcripts(self, transcripts: Sequence[Transcript], record: Record) -> None:
        for transcript in transcripts:
            calls = transcript.scenario.calls
            for position, (call, answer) in enumerate(zip(calls, transcript.answers, strict=True)):
                if not call.accepts(answer):
                    finding = of_call(transcript.scenario, position, answer)
                    self._record(self._of_process(finding, transcript.member, record))
                    break  # later differences follow from the first wrong account
            if sum(finding.deviation is None for finding in self.findings) == MAX_PROCESSES_SHOWN:
                break
        self._fail_on_unexplained()

    def _of_process(self, finding: Finding, member: Member, record: Record) -> Finding:
        finding = finding.model_copy(update={"observed": True})
        return finding if self.findings else with_record(finding, member.number, record)  # once is enough

    def shared_fleet(self, shape: Shape) -> Fleet:
        if self._fleet is None or self._shape is not shape or not self._fleet.is_whole:
            self._fleet = shape(self)
            # Processes that all migrate one file would wait for each other's lock.
            self._fleet.pool_version = self.settings.pool_version
            self._shape = shape
        return self._fleet

    def launch(self, *, start_method: str = "") -> Launch:
        settings, argv = self.settings, self.settings.argv
        if start_method:
            if not settings.python_host:
                pytest.skip("the target is not a Python port, so the kit cannot choose its start method")
            argv = [*settings.python_host, "--start", start_method]
        return Launch(argv, settings.environment, settings.name, Path(settings.folder))

    def start_group(self, launches: Sequence[Launch], *, pids: Sequence[int] = (), held: bool = False) -> Group:
        self._end_fleet()
        if pids:
            self.skip_without_namespaces()
        self._fleet_group = self._start(launches, pids=pids, held=held)
        return self._fleet_group

    def skip_without_namespaces(self) -> None:
        reason = namespaces.why_not() if self.settings.namespaces else "PID namespaces are switched off"
        if reason:
            pytest.skip(reason)

    def _start(self, launches: Sequence[Launch], *, pids: Sequence[int] = (), held: bool = False) -> Group:
        self.patience.check(self.settings.name)
        return Group(
            launches,
            timeout_s=self.settings.timeout_s,
            wire_log=self.wire_log,
            pass_environment=self.settings.pass_environment,
            pids=pids,
            held=held,
            patience=self.patience,
        )

    def has_lost_folder(self) -> bool:
        """Whether the target's folder was removed. If so, stop the target; the next process gets a new folder."""
        groups = [group for group in (self._group, self._fleet_group) if group is not None]
        is_lost = any(not group.folder.is_dir() for group in groups)
        if is_lost:
            self.close()
        return is_lost

    def close(self) -> None:
        self._end_fleet()
        if self._group is not None:
            if self.tracer is not None:
                self.tracer.forget()
            self._group.close()
            self._group = None

    def _end_fleet(self) -> None:
        self._fleet = None
        if self._fleet_group is not None:
            self._fleet_group.close()
            self._fleet_group = None

    def _ask(self, scenario: Scenario) -> list[Answer]:
        self._skip_unclaimed(scenario)
        self._asked = scenario
        try:
            answers = self.answers_to(scenario)
        except WrongAnswer:
            raise
        except AdapterFault as fault:
            self.patience.note(fault)
            self.close()
            raise
        if (method := unsupported(answers)) is not None:
            raise WrongAnswer(
                f"{self.settings.name} claims the capabilities that this case needs, but answered that {method} is "
                "not supported; remove the capability from its hello, or support the call"
            )
        return answers

    def answers_to(self, scenario: Scenario) -> list[Answer]:
        """Run the scenario. Starts the target if it is not running."""
        self.patience.check(self.settings.name)
        if self._group is None:
            self._group = self._start_one()
            self._group.connections[0].hello()
        answers = ask(scenario, self._group.connections[0].batch, self._group.folder)
        self.patience.note_answer()
        return answers

    def _skip_unclaimed(self, scenario: Scenario) -> None:
        """Skip a case that needs more capabilities than its requirement. Other cases then judge the requirement."""
        missing = needs_of_scenario(scenario) - set(self.settings.capabilities)
        if missing:
            pytest.skip(f"the target does not claim: {', '.join(sorted(missing))}")

    def _start_one(self) -> Group:
        if self.tracer is None:
            return self._start([self.launch()])
        group = self._start([])
        try:
            self.tracer.start(group, self.launch())
        except BaseException:
            self.tracer.forget()
            group.close()
            raise
        return group

    def _record(self, finding: Finding) -> None:
        seen = facts(finding)
        covering = next((w for w in self.settings.waivers if w.covers(self.requirements, seen)), None)
        if covering is not None:
            finding = finding.model_copy(update={"deviation": covering.deviation, "waives": covering.requirement})
        alike = sum(other.deviation == finding.deviation for other in self.findings)
        if alike < MAX_FINDINGS_ALIKE:
            self.findings.append(bounded(finding))
        else:
            self.omitted += 1
        self._unexplained = finding if finding.deviation is None else self._unexplained

    def _fail_on_unexplained(self) -> None:
        if self._unexplained is not None:
            raise Mismatch(self._unexplained)
