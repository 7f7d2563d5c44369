"""The report formats of `run`. Each is an option of the command, in the order of `--help`."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.reports.documents import render_json, render_junit
from conformance.reports.fault import Fault, fault_report, render_fault_junit
from conformance.reports.report import report_of
from conformance.reports.run import Run


@dataclass(frozen=True)
class ReportFormat:
    """One format. `render_fault` writes the report of a run that ended before its first verdict."""

    name: str
    help: str
    render: Callable[[Run], str]
    render_fault: Callable[[Fault], str]

    @property
    def option(self) -> str:
        return f"--{self.name}"


def _json(run: Run) -> str:
    return render_json(report_of(run))


def _fault_json(fault: Fault) -> str:
    return render_json(fault_report(fault))


FORMATS = (
    ReportFormat("json", "Write the JSON report (docs/report.md)", _json, _fault_json),
    ReportFormat("junit", "Write a JUnit XML report", render_junit, render_fault_junit),
)
