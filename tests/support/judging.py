"""Judges targets in this process: the cases and the judge of a run, without its command and its engine.

`tests/mutants/test_command_line.py` checks that a run on the command line gives the same verdicts.
"""

import datetime
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from conformance.cases.engine import CASES, OF_PROCESSES, VECTORS, case_name
from conformance.cases.findings import Mismatch
from conformance.cases.judge import TargetJudge
from conformance.cases.settings import VARIABLE, RunSettings
from conformance.json_type import Json
from conformance.reports.events import CaseEnded, CaseOutcome, RunEnded
from conformance.reports.verdicts import Criteria, Outcome, Word, conclude
from conformance.requirements import Requirement, load_catalogue
from conformance.requirements.catalogue import applies
from conformance.requirements.deviations import Deviation
from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import Target
from conformance.targets.smoke import greet
from conformance.wire.answers import Answer, Result
from conformance.wire.files import ask
from conformance.wire.scenario import Scenario
from reference_impl.releases import RECOMMENDED
from tests.support.in_process import InProcessConnection

TODAY = datetime.date(2026, 3, 1)
Factory = Callable[[], object]  # creates an adapter; a run calls it once in each process of the target


@dataclass(frozen=True)
class Case:
    """One case, as pytest collects it."""

    name: str
    requirements: tuple[str, ...]
    profiles: tuple[str, ...] | None  # the profiles for which the case holds; None: all
    function: Callable[..., None]
    parameters: dict[str, Json]


class CountingJudge(TargetJudge):
    """The judge of a run, in this process. It asks a process of the target."""

    asked = 0  # calls of the case

    @classmethod
    def of(cls, target: Target) -> Self:
        capabilities = greet(target, timeout_s=60).hello.capabilities
        return cls(replace(settings_of(capabilities), argv=target.argv, environment=target.environment))

    def start_case(self, requirements: Sequence[str]) -> None:
        super().start_case(requirements)
        self.asked = 0

    def answers_to(self, scenario: Scenario) -> list[Answer]:
        self.asked += len(scenario.calls)
        return super().answers_to(scenario)


class InProcessJudge(CountingJudge):
    """The same, asking an adapter in this process. It cannot start processes."""

    def __init__(self, factory: Factory, deviations: Sequence[Deviation] = ()) -> None:
        self._factory = factory
        self._connection = InProcessConnection(factory())
        hello = self._connection.call("hello", wire=1)
        assert isinstance(hello, Result), hello
        super().__init__(settings_of(hello.value["capabilities"], deviations))

    def answers_to(self, scenario: Scenario) -> list[Answer]:
        self.asked += len(scenario.calls)
        return ask(scenario, self._connection.batch)

    def close(self) -> None:
        """Discard the adapter. After a fault, a run starts a new process in the same way."""
        self._connection = InProcessConnection(self._factory())

    def _start(self, launches: Sequence[Launch], *, pids: Sequence[int] = (), held: bool = False) -> Group:
        raise NotImplementedError("a case for real processes was judged in this process")


def settings_of(
    capabilities: Sequence[str], deviations: Sequence[Deviation] = (), judged: Sequence[str] = ()
) -> RunSettings:
    return RunSettings(
        name="a target in this process",
        argv=[],
        environment={},
        folder="",
        pass_environment=[],
        capabilities=list(capabilities),
        judged=list(judged),
        waivers=[deviation.waiver for deviation in deviations],
        events="",
    )


def needs_processes(requirement: Requirement) -> bool:
    """Do the cases of the requirement start processes or fork?"""
    return requirement.id.startswith(("PROC-", "RACE-")) or "fork" in requirement.needs


def load_cases(session: pytest.Session, folder: Path) -> list[Case]:
    """All cases except those of real processes, in the order of a run. `folder` is temporary."""
    every = [requirement.id for requirement in load_catalogue()]
    settings_of([], judged=every).write(folder / "settings.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder / "settings.json"))  # the module of vectors reads its vectors from there
        for name in [name for name in sys.modules if name.endswith(VECTORS.stem)]:
            del sys.modules[name]  # another test may have imported it with the vectors of fewer rules
        modules = [path for path in sorted(CASES.glob("test_*.py")) if not path.name.startswith(OF_PROCESSES)]
        return [case for path in modules for case in _cases_of(session, path)]


def _cases_of(session: pytest.Session, module: Path) -> Iterator[Case]:
    for item in pytest.Module.from_parent(session, path=module).collect():
        assert isinstance(item, pytest.Function)
        holds = item.get_closest_marker("holds_for")
        yield Case(
            name=case_name(item.nodeid),
            requirements=tuple(id_ for mark in item.iter_markers("covers") for id_ in mark.args),
            profiles=None if holds is None else holds.args,
            function=item.obj,
            parameters=item.callspec.params if hasattr(item, "callspec") else {},
        )


def judge_cases(
    cases: Sequence[Case], judge: CountingJudge, ids: Collection[str], profile: str = RECOMMENDED
) -> Iterator[CaseEnded]:
    """The events of a run that judges these requirements, one for each case."""
    for case in cases:
        judged = [id_ for id_ in case.requirements if id_ in ids]
        if not judged or (case.profiles is not None and profile not in case.profiles):
            continue
        judge.start_case(judged)
        outcome, message = _outcome(case, judge)
        ended = CaseEnded(
            name=case.name, requirements=judged, outcome=outcome, message=message, findings=judge.findings
        )
        yield ended.model_copy(update={"omitted": judge.omitted}) if judge.omitted else ended


def _outcome(case: Case, judge: CountingJudge) -> tuple[CaseOutcome, str]:
    try:
        case.function(judge=judge, **case.parameters)
    except Mismatch as mismatch:
        return "fail", str(mismatch)
    except AdapterFault as fault:
        return "unknown", str(fault)
    except pytest.skip.Exception as skipped:
        return "not run", str(skipped)
    assert judge.asked, f"{case.name} asked nothing"
    return "pass", ""


def judge_in_process(
    cases: Sequence[Case],
    factory: Factory,
    requirements: Sequence[Requirement],
    profile: str = RECOMMENDED,
    deviations: Sequence[Deviation] = (),
) -> Outcome:
    """What `run --strict` comes to, for those requirements that apply to the profile."""
    return judge_target(cases, InProcessJudge(factory, deviations), requirements, profile, deviations)


def judge_target(
    cases: Sequence[Case],
    judge: CountingJudge,
    requirements: Sequence[Requirement],
    profile: str = RECOMMENDED,
    deviations: Sequence[Deviation] = (),
) -> Outcome:
    """The same for a judge that was made for the target."""
    criteria = Criteria(
        requirements=[requirement for requirement in requirements if applies(requirement, profile)],
        capabilities=judge.capabilities,
        deviations=deviations,
        today=TODAY,
        strict=True,
    )
    return conclude(criteria, [*judge_cases(cases, judge, criteria.judged, profile), RunEnded(pytest_exit=0)])


def words(outcome: Outcome) -> dict[str, Word]:
    """The verdict of each requirement, by id."""
    return {verdict.requirement.id: verdict.word for verdict in outcome.verdicts}
