"""The reports for machines: JSON and JUnit."""

import json
import xml.etree.ElementTree as ET

from conformance.reports.describe import describe, describe_scenario
from conformance.reports.report import Report
from conformance.reports.run import Run
from conformance.reports.verdicts import Verdict
from conformance.texts import inert, printable


def render_json(report: Report) -> str:
    """The text of the JSON report."""
    return inert(json.dumps(report.to_json(), indent=1, ensure_ascii=False)) + "\n"


def render_junit(run: Run) -> str:
    """One suite for each section, one test case for each requirement. The names are the same in every release."""
    root = ET.Element("testsuites", name="antigravity-conformance")
    for section in run.catalogue.sections:
        verdicts = [v for v in run.outcome.verdicts if v.requirement.id.partition("-")[0] == section.prefix]
        if not verdicts:
            continue
        counts = {
            "tests": str(len(verdicts)),
            "failures": str(sum(v.word == "fail" for v in verdicts)),
            "errors": str(sum(v.word == "unknown" for v in verdicts)),
            "skipped": str(sum(v.word in ("not run", "not claimed", "waived") for v in verdicts)),
        }
        suite = ET.SubElement(root, "testsuite", {"name": section.title, **counts})
        for verdict in verdicts:
            _junit_case(suite, section.prefix, verdict)
    return junit_text(root)


def junit_text(root: ET.Element) -> str:
    """The text of the document."""
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _junit_case(suite: ET.Element, prefix: str, verdict: Verdict) -> None:
    requirement = verdict.requirement
    case = ET.SubElement(suite, "testcase", classname=prefix, name=f"{requirement.id} {requirement.title}")
    if verdict.word == "fail":
        element = ET.SubElement(case, "failure", message=printable(verdict.reason or requirement.text))
        element.text = printable("\n".join(_failures(verdict)))
    elif verdict.word == "unknown":
        element = ET.SubElement(case, "error", message=verdict.reason)
        element.text = printable(verdict.observed_reason)
    elif verdict.word != "pass":
        ET.SubElement(case, "skipped", message=printable(f"{verdict.word}: {verdict.reason}"))


def _failures(verdict: Verdict) -> list[str]:
    lines = []
    for case in verdict.cases:
        for finding in case.findings:
            if finding.deviation is None:
                lines += [case.name, *describe_scenario(finding.scenario, finding.position)]
                lines += [f"{finding.what}: expected {describe(finding.expected)}, got {describe(finding.actual)}"]
    return lines
