"""The report formats of `run`. Each is an option of the command, in the order of `--help`."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.reports.annotations import render_annotations, render_fault_annotations
from conformance.reports.badge import render_badge, render_fault_badge
from conformance.reports.documents import render_json, render_junit
from conformance.reports.fault import Fault, fault_report, render_fault_junit
from conformance.reports.markdown import render_fault_markdown, render_run_markdown
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


def _html(run: Run) -> str:
    from conformance.reports.page.run_page import render_run_page  # with Jinja2, slow to import

    return render_run_page(run)


def _fault_html(fault: Fault) -> str:
    from conformance.reports.page.run_page import render_fault_page

    return render_fault_page(fault)


FORMATS = (
    ReportFormat("json", "Write the JSON report (docs/report.md)", _json, _fault_json),
    ReportFormat("html", "Write one HTML page, which needs no network", _html, _fault_html),
    ReportFormat("markdown", "Write Markdown for a pull request", render_run_markdown, render_fault_markdown),
    ReportFormat("junit", "Write a JUnit XML report", render_junit, render_fault_junit),
    ReportFormat("badge", "Write an SVG badge", render_badge, render_fault_badge),
    ReportFormat("annotations", "Write annotations as GitHub reads them", render_annotations, render_fault_annotations),
)
