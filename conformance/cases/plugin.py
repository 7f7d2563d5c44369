"""The pytest plugin of a run: selects the cases, gives them a judge, and turns their outcomes into events."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.engine import PLANNED, RUNNING, case_name, stop_with_runner
from conformance.cases.findings import Mismatch, bounded, of_call
from conformance.cases.interference import LOST
from conformance.cases.judge import TargetJudge
from conformance.cases.settings import RunSettings, read_settings
from conformance.processes.fleet import ConfigNotLoadedError
from conformance.reports.events import CaseEnded, CaseOutcome, append_line, event_line
from conformance.targets.errors import AdapterFault
from conformance.texts import clip
from conformance.wire.files import FULL

SETTINGS = pytest.StashKey[RunSettings]()
TRACEBACK_CHARACTERS = 8000
WORDS: dict[type[BaseException], CaseOutcome] = {
    Mismatch: "fail",
    ConfigNotLoadedError: "fail",
    AdapterFault: "unknown",
    pytest.skip.Exception: "not run",
}
CASE = "conformance case"  # key of the user property that brings the event of a case from a worker


class EventWriter:
    """Appends one event per case. Not used in workers, whose reports arrive in the main process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == CASE:
                try:
                    append_line(self.path, str(value))
                except OSError as error:
                    pytest.exit(f"cannot write {self.path}: {error.strerror}", pytest.ExitCode.INTERNAL_ERROR)


def pytest_configure(config: pytest.Config) -> None:
    settings = config.stash[SETTINGS] = read_settings()
    config.addinivalue_line("markers", "covers(*ids): the requirements that a case judges")
    config.addinivalue_line("markers", "holds_for(*profiles): the profiles that a case judges (default: all)")
    if not hasattr(config, "workerinput"):
        stop_with_runner()
        config.pluginmanager.register(EventWriter(Path(settings.events)))
        config.pluginmanager.register(BrokenModules())
        config.pluginmanager.register(Announcer(Path.cwd()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    settings = config.stash[SETTINGS]
    wanted: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        (wanted if _judged(item, settings) and _holds(item, settings.profile) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = wanted


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Print no dot for a case: nobody sees it."""
    return None if report.failed else ("", "", "")


class Announcer:
    """Writes the number of cases and the name of the running one, for the progress line. Not used in workers."""

    def __init__(self, folder: Path) -> None:
        self.planned, self.running = folder / PLANNED, folder / RUNNING
        self.lost = folder / LOST
        self.running.touch()  # without it, the engine counts as not started

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.planned.write_text(str(len(session.items)), encoding="ascii")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running.write_text(case_name(nodeid), encoding="utf-8", errors="replace")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object) -> None:
        if error:  # the worker was killed, and the case that it judged has no event
            self.lost.touch()


class BrokenModules:
    """Sets pytest's exit code for internal errors if a module could not be collected.

    Without this plugin, the exit code would be that of Ctrl-C, or with several workers that of a module without cases.
    """

    def __init__(self) -> None:
        self.any = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.any |= report.failed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.any:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


@pytest.fixture(scope="session")
def target_judge(request: pytest.FixtureRequest) -> Iterator[TargetJudge]:
    judge = TargetJudge(request.config.stash[SETTINGS])
    yield judge
    judge.close()
    if judge.tracer is not None:
        judge.tracer.write()


@pytest.fixture
def judge(target_judge: TargetJudge, request: pytest.FixtureRequest) -> TargetJudge:
    target_judge.start_case(_judged(request.node, request.config.stash[SETTINGS]))
    return target_judge


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.failed:
        judge: TargetJudge | None = getattr(item, "funcargs", {}).get("judge")
        outcome, message = _outcome(report, call, judge)
        error = call.excinfo.value if call.excinfo is not None else None
        if judge is not None and isinstance(error, AdapterFault):
            judge.patience.note(error)
        if judge is not None and isinstance(error, ConfigNotLoadedError):
            judge.findings.append(bounded(of_call(error.scenario, 0, error.answer)))
        ended = CaseEnded(
            name=case_name(report.nodeid),
            requirements=_judged(item, item.config.stash[SETTINGS]),
            outcome=outcome,
            message=message,
            findings=[] if judge is None else judge.findings,
            seconds=round(report.duration, 3),
        )
        if judge is not None and judge.omitted:
            ended = ended.model_copy(update={"omitted": judge.omitted})
        report.user_properties.append((CASE, event_line(ended)))
        settings = item.config.stash[SETTINGS]
        if settings.fail_fast and outcome == "fail" and not set(ended.requirements).isdisjoint(settings.decisive):
            item.session.shouldfail = f"{ended.name} failed"
    return report


def _covered(item: pytest.Item) -> list[str]:
    return [requirement for mark in item.iter_markers("covers") for requirement in mark.args]


def _holds(item: pytest.Item, profile: str) -> bool:
    return all(profile in mark.args for mark in item.iter_markers("holds_for"))


def _judged(item: Any, settings: RunSettings) -> list[str]:
    return [requirement for requirement in _covered(item) if requirement in settings.judged]


def _outcome(
    report: pytest.TestReport, call: pytest.CallInfo[None], judge: TargetJudge | None
) -> tuple[CaseOutcome, str]:
    """The outcome of the case, and the reason for it."""
    if report.passed:
        return "pass", ""
    error = _weightiest(call.excinfo.value) if call.excinfo is not None else None
    for kind, word in WORDS.items():
        if isinstance(error, kind):
            return word, str(error)
    if isinstance(error, OSError) and judge is not None and judge.has_lost_folder():
        return (
            "unknown",
            f"{judge.settings.name} removed the folder that contains its home; a target must write only below its home",
        )
    if isinstance(error, OSError) and error.errno in FULL:
        where = error.filename or "the temporary folder"
        return "error", f"cannot write {where}: {error.strerror}; free some space, or name another folder in TMPDIR"
    return "error", clip(report.longreprtext, TRACEBACK_CHARACTERS)


def _weightiest(error: BaseException) -> BaseException:
    """The exception of a group that decides the outcome: first a mismatch, then a fault of the target."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    parts = [_weightiest(part) for part in error.exceptions]
    return next((part for kind in WORDS for part in parts if isinstance(part, kind)), parts[0])
