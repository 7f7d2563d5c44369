"""The plugin for a port's own pytest suite: `pytest --antigravity-target=python:port:Port` adds one test per rule.

The first of these tests judges the port by all rules that pytest selected, in one run of the kit. Workers of
pytest-xdist share this run.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.reports.report import Report, RequirementResult
    from conformance.requirements import Requirement

NAME = "antigravity"
REPORT = pytest.StashKey["Report"]()


class RuleFailed(Exception):  # noqa: N818 - the outcome of a test
    """The port does not follow the rule."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup(NAME, "conformance of a port (antigravity-conformance)")
    group.addoption(
        "--antigravity-target", metavar="TARGET", help='Target to judge, such as python:port:Port, or "-- COMMAND"'
    )
    group.addoption(
        "--antigravity-args", metavar="OPTIONS", default="", help="Further options of `antigravity-conformance run`"
    )


@pytest.hookimpl(tryfirst=True)  # before -k and -m deselect
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--antigravity-target") is not None:
        rules = Rules.from_parent(session, name=NAME, nodeid=NAME, path=session.path)
        items.extend(rules.collect())


class Rules(pytest.Collector):
    """The catalogue."""

    def collect(self) -> Iterator["Rule"]:
        from conformance.requirements import load_catalogue

        for requirement in load_catalogue():
            yield Rule.from_parent(self, name=requirement.id, requirement=requirement)


class Rule(pytest.Item):
    """The test of one rule. A SHOULD that fails and a known deviation are expected failures."""

    def __init__(self, *, requirement: "Requirement", **fields: Any) -> None:
        super().__init__(**fields)
        self.requirement = requirement

    def runtest(self) -> None:
        report = _report(self.session)
        if report.observed.fault is not None:
            self.session.shouldfail = "the port was not judged"
            raise RuleFailed(report.observed.fault)
        result = next((result for result in report.requirements if result.id == self.name), None)
        if result is None:
            pytest.skip(f"does not apply to {report.profile}")
        reason = report.observed.reasons.get(self.name, result.reason)
        match result.verdict:
            case "fail" if result.level == "MUST":
                raise RuleFailed("\n".join(self._explain(report, result)))
            case "unknown":
                raise RuleFailed(reason)
            case "fail" | "waived":
                pytest.xfail(reason or f"{result.level}: {result.title}")
            case "not run" | "not claimed":
                pytest.skip(reason)

    def _explain(self, report: "Report", result: "RequirementResult") -> Iterator[str]:
        """The rule, the shortest scenario that fails, and the command that repeats it."""
        from conformance.reports.failures import describe_finding

        yield f"{self.name} {result.title}"
        yield self.requirement.text
        observed = (finding for case in result.cases for finding in report.observed.findings.get(case.case, ()))
        findings = [*(finding for case in result.cases for finding in case.findings), *observed]
        if findings:
            yield from describe_finding(min(findings, key=lambda finding: len(finding.model_dump_json())))
        if result.reason:
            yield result.reason
        yield f"repeat: antigravity-conformance run --only {self.name} {report.target}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, RuleFailed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[str, None, str]:
        return NAME, None, f"{self.name} {self.requirement.title}"


def _report(session: pytest.Session) -> "Report":
    """The report of the run, which the first test starts."""
    config = session.config
    if REPORT not in config.stash:
        from filelock import FileLock

        from conformance.reports.report import read_report

        factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
        is_worker = hasattr(config, "workerinput")
        folder = factory.getbasetemp().parent if is_worker else factory.getbasetemp()
        file = folder / f"{NAME}.json"
        with FileLock(f"{file}.lock"):
            if not file.exists():
                _judge(config, [item.name for item in session.items if isinstance(item, Rule)], file)
        config.stash[REPORT] = read_report(json.loads(file.read_text(encoding="utf-8")))
    return config.stash[REPORT]


def _judge(config: pytest.Config, ids: Sequence[str], file: Path) -> None:
    from conformance.requirements import load_catalogue

    only = ["--only", ",".join(ids)] if len(ids) < len(load_catalogue()) else []
    options = [*only, *shlex.split(config.getoption("--antigravity-args")), "--json", str(file)]
    target = shlex.split(config.getoption("--antigravity-target"))
    command = [sys.executable, "-P", "-m", "conformance", "run", "--quiet", *options, *target]
    done = subprocess.run(command, cwd=config.invocation_params.dir, capture_output=True, text=True, check=False)
    with suppress(FileNotFoundError):
        if file.stat().st_size:
            return
    raise RuntimeError(done.stderr.strip() or f"the run ended with exit code {done.returncode}")
