"""Judges mutants with the cases of a run, in this process: the same cases and deviations as `run plugin:CHECKOUT`."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cases.engine import CASES, case_name
from conformance.cases.findings import Mismatch
from conformance.cases.judge import TargetJudge
from conformance.cases.settings import VARIABLE, RunSettings
from conformance.cli.deviations import only_inherited
from conformance.cli.options import add_arguments
from conformance.cli.run_judging import settings_of
from conformance.cli.run_plan import Plan, find_subject, make_plan, select
from conformance.json_type import Json
from conformance.processes.fleet import ConfigNotLoadedError
from conformance.reports.events import CaseEnded, CaseOutcome
from conformance.requirements import load_catalogue
from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.wire.answers import Answer, AnswerError
from conformance.wire.scenario import Scenario
from tools.mutation.process import MutantProcess
from tools.mutation.recording import Lines, Recorded, Recording

TIMEOUT_S = 600.0  # of an answer of the original code, which may share its cores with much else


class NeedsProcessesError(Exception):
    """A case starts processes of its own, so only `run` can judge it."""


class ProcessJudge(TargetJudge):
    """The judge of a run. It asks one process, which the caller owns."""

    def __init__(self, settings: RunSettings) -> None:
        super().__init__(settings)
        self.process: MutantProcess | None = None
        self.recorded: list[Recorded] | None = None  # a list: keep what is asked, with its coverage

    def answers_to(self, scenario: Scenario) -> list[Answer]:
        assert self.process is not None
        lines = Lines.of(scenario)
        answers = lines.ask(self.process)
        if self.recorded is not None:
            self.recorded.append(Recorded(lines, answers, self.process.coverage()[1]))
        try:
            return lines.read(answers)
        except AnswerError as error:
            raise AdapterFault(str(error)) from error

    def close(self) -> None:
        """The process belongs to the caller."""

    def _start(self, launches: Sequence[Launch], *, pids: Sequence[int] = (), held: bool = False) -> Group:
        raise NeedsProcessesError(len(launches), pids, held)


@dataclass
class Cases:
    """The cases of a run, and its plan."""

    plan: Plan
    settings: RunSettings
    items: dict[str, pytest.Function]

    @property
    def argv(self) -> list[str]:
        """The command that starts the adapter."""
        return self.plan.subject.target.argv

    def judge(self, item: pytest.Function, process: MutantProcess, recorded: list[Recorded] | None = None) -> CaseEnded:
        """Run one case. Adds what it asks to `recorded`. Raises HangsError, and NeedsProcessesError."""
        judge = ProcessJudge(self.settings)
        judge.process, judge.recorded = process, recorded
        covered = [id_ for mark in item.iter_markers("covers") for id_ in mark.args]
        judge.start_case([id_ for id_ in covered if id_ in self.settings.judged])
        parameters: dict[str, Json] = item.callspec.params if hasattr(item, "callspec") else {}
        if set(item.fixturenames) - {"judge", "target_judge", "request", *parameters}:
            raise NeedsProcessesError  # the other fixtures are fleets
        outcome, message = _outcome(item, judge, parameters)
        ended = CaseEnded(
            name=case_name(item.nodeid),
            requirements=list(judge.requirements),
            outcome=outcome,
            message=message,
            findings=judge.findings,
        )
        event = only_inherited(ended, self.settings.profile)
        assert isinstance(event, CaseEnded)
        return event

    def fails(self, event: CaseEnded) -> bool:
        """Whether this event alone makes the target not conformant."""
        return event.outcome == "fail" and not set(event.requirements).isdisjoint(self.settings.decisive)

    def record(self, process: MutantProcess) -> Recording:
        """Run every case on the original code. A case that fails there cannot judge mutants, so it is left out."""
        recording = Recording()
        recording.static = set(process.coverage()[0])
        for name, item in self.items.items():
            asked: list[Recorded] = []
            try:
                event = self.judge(item, process, asked)
            except NeedsProcessesError:
                recording.by_run.append(name)
                continue
            if self.fails(event):
                recording.failing.append(name)
            else:
                recording.cases[name] = asked
        return recording


def _outcome(item: pytest.Function, judge: ProcessJudge, parameters: dict[str, Json]) -> tuple[CaseOutcome, str]:
    try:
        item.obj(judge=judge, **parameters)
    except (Mismatch, ConfigNotLoadedError) as mismatch:
        return "fail", str(mismatch)
    except AdapterFault as fault:
        return "unknown", str(fault)
    except pytest.skip.Exception as skipped:
        return "not run", str(skipped)
    return "pass", ""


def load(checkout: Path, profile: str | None, only: Sequence[str] = ()) -> Cases:
    """The cases that `run plugin:CHECKOUT` judges, and its plan. `only` is for few requirements or sections."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = [f"plugin:{checkout}", "--timeout", f"{TIMEOUT_S:g}", *(["--profile", profile] if profile else [])]
    options = parser.parse_args(words)
    plan = make_plan(options, select(load_catalogue(), only, []), find_subject(options, []))
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(plan, Path(folder) / "events.jsonl", Path(folder))
        settings.write(Path(folder) / "settings.json")
        os.environ[VARIABLE] = str(Path(folder) / "settings.json")  # the cases read it when they are collected
        try:
            items = [item for item in _collect(Path(folder)) if _is_judged(item, settings)]
            return Cases(plan, settings, {case_name(item.nodeid): item for item in items})
        finally:
            del os.environ[VARIABLE]


def _is_judged(item: pytest.Function, settings: RunSettings) -> bool:
    holds = all(settings.profile in mark.args for mark in item.iter_markers("holds_for"))
    return holds and any(id_ in settings.judged for mark in item.iter_markers("covers") for id_ in mark.args)


def _collect(folder: Path) -> list[pytest.Function]:
    found: list[pytest.Function] = []

    class Collector:
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            found.extend(item for item in session.items if isinstance(item, pytest.Function))
            return True  # nothing else runs them

    ini = folder / "pytest.ini"
    ini.write_text("[pytest]\n", encoding="utf-8")
    words = ["-c", str(ini), "--rootdir", str(CASES), "--import-mode", "importlib", "--assert", "plain", "-q", "-q"]
    words += ["-p", "no:cacheprovider", "-p", "no:warnings", str(CASES)]
    code = pytest.main(words, plugins=[Collector()])
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), f"the cases cannot be collected: {code}"
    return found
