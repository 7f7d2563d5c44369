"""`TargetJudge`: runs scenarios on the target, compares, and keeps what it found for the report."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.findings import Finding, Mismatch, of_call
from conformance.cases.settings import RunSettings
from conformance.requirements.deviations import Deviation
from conformance.targets.connection import Group, Launch
from conformance.targets.errors import AdapterFault, NoAnswer
from conformance.targets.wire_log import WireLog
from conformance.wire.answers import Answer
from conformance.wire.files import ask
from conformance.wire.methods import METHODS
from conformance.wire.scenario import Call, Scenario, matches, unsupported

Json = Any
UNANSWERED_BEFORE_GIVING_UP = 3  # each costs the whole time limit


class TargetJudge:
    """One process of the target, started when it is first asked and again after a fault."""

    def __init__(self, settings: RunSettings) -> None:
        self.settings = settings
        self.deviations = [Deviation.model_validate(entry) for entry in settings.deviations]
        self.findings: list[Finding] = []
        self.requirements: Sequence[str] = ()
        self.wire_log = WireLog(Path(settings.wire_log)) if settings.wire_log else None
        self._group: Group | None = None
        self._unanswered = 0

    @property
    def capabilities(self) -> Sequence[str]:
        return self.settings.capabilities

    def start_case(self, requirements: Sequence[str]) -> None:
        """Begin a case that judges these requirements."""
        self.requirements = requirements
        self.findings = []

    def check(self, scenario: Scenario) -> None:
        answers = self._ask(scenario)
        for position, (call, answer) in enumerate(zip(scenario.calls, answers, strict=True)):
            if not call.accepts(answer):
                self._record(of_call(scenario, position, answer))
        self._fail_on_unexplained()

    def ask(self, calls: Sequence[Call], files: Mapping[str, Mapping[str, Json]] | None = None) -> list[Answer]:
        return self._ask(Scenario(calls, files or {}))

    def expect(self, expected: Any, actual: Any, scenario: Scenario, what: str, *, observed: bool = False) -> None:
        if not matches(expected, actual):
            self._record(Finding(scenario, None, what, expected, actual, observed))
        self._fail_on_unexplained()

    def start_group(self) -> Group:
        return self._start(self.settings.processes)

    def _start(self, count: int) -> Group:
        launch = Launch(self.settings.argv, self.settings.environment, self.settings.name, Path(self.settings.folder))
        return Group(
            [launch] * count,
            timeout_s=self.settings.timeout_s,
            wire_log=self.wire_log,
            pass_environment=self.settings.pass_environment,
        )

    def close(self) -> None:
        if self._group is not None:
            self._group.close()
            self._group = None

    def _ask(self, scenario: Scenario) -> list[Answer]:
        self._skip_unclaimed(scenario)
        if self._unanswered >= UNANSWERED_BEFORE_GIVING_UP:
            raise AdapterFault(f"{self.settings.name} gave no answer {self._unanswered} times and is not asked again")
        try:
            if self._group is None:
                self._group = self._start(1)
                self._group.connections[0].hello()
            answers = ask(scenario, self._group.connections[0].batch, self._group.folder)
        except AdapterFault as fault:
            self._unanswered += isinstance(fault, NoAnswer)
            self.close()
            raise
        if (method := unsupported(answers)) is not None:
            raise AdapterFault(
                f"{self.settings.name} claims what this case needs, but answered that {method} is not supported; "
                "leave the capability out of its hello, or support the call"
            )
        return answers

    def _skip_unclaimed(self, scenario: Scenario) -> None:
        """A case may ask for more than its requirement needs; without that, the requirement's other cases judge."""
        for call in scenario.calls:
            needed = METHODS[call.method].needs
            if needed and needed not in self.settings.capabilities:
                pytest.skip(f"the target does not claim: {needed}")

    def _record(self, finding: Finding) -> None:
        covering = next((d for d in self.deviations if d.covers(self.requirements, finding.facts())), None)
        self.findings.append(dataclasses.replace(finding, deviation=covering))

    def _fail_on_unexplained(self) -> None:
        unexplained = [finding for finding in self.findings if finding.deviation is None]
        if unexplained:
            raise Mismatch(unexplained[-1])
