"""The reports for machines: JSON and JUnit."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from conformance.reports.describe import describe, describe_scenario
from conformance.reports.page.reasons import failed_together
from conformance.reports.report import Report
from conformance.reports.run import Run
from conformance.reports.story import Place
from conformance.reports.verdicts import Verdict
from conformance.texts import inert, printable, redact, redact_json


def render_json(report: Report) -> str:
    """The text of the JSON report."""
    return inert(json.dumps(redact_json(report.to_json()), indent=1, ensure_ascii=False)) + "\n"


def render_junit(run: Run) -> str:
    """One suite for each section, one test case for each requirement. The names are the same in every release."""
    root = ET.Element("testsuites", name="antigravity-conformance", time=_seconds(run.machine.seconds))
    places = {id_: group.place for group in failed_together(run) for id_ in group.ids if group.place}
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
        cases = {case.name: case for verdict in verdicts for case in verdict.cases}
        time = _seconds(sum(case.seconds for case in cases.values()))
        suite = ET.SubElement(root, "testsuite", {"name": section.title, **counts, "time": time})
        _properties(suite, _of_run(run))
        for verdict in verdicts:
            _junit_case(run, suite, verdict, places.get(verdict.requirement.id))
    return junit_text(root)


def junit_text(root: ET.Element) -> str:
    """The text of the document."""
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _junit_case(run: Run, suite: ET.Element, verdict: Verdict, place: Place | None) -> None:
    requirement = verdict.requirement
    prefix = requirement.id.partition("-")[0]
    time = _seconds(sum(case.seconds for case in verdict.cases))
    named = {"classname": prefix, "name": f"{requirement.id} {requirement.title}", "time": time}
    case = ET.SubElement(suite, "testcase", {**named, **_file(verdict, place)})
    _properties(case, _of_rule(run, verdict))
    if verdict.word == "fail":
        element = ET.SubElement(case, "failure", message=_text(verdict.reason or requirement.text))
        element.text = _text("\n".join(_failures(verdict)))
    elif verdict.word == "unknown":
        element = ET.SubElement(case, "error", message=_text(verdict.reason))
        element.text = _text(verdict.observed_reason)
    elif verdict.word != "pass":
        ET.SubElement(case, "skipped", message=_text(f"{verdict.word}: {verdict.reason}"))


def _file(verdict: Verdict, place: Place | None) -> dict[str, str]:
    """The line in the source of a checkout where it is known, otherwise the module of the case."""
    if place is not None:
        return {"file": _text(place.file), "line": str(place.best_line)}
    return {"file": f"conformance/cases/{verdict.cases[0].name.partition('::')[0]}"} if verdict.cases else {}


def _of_run(run: Run) -> dict[str, str]:
    return {
        "target": run.target_word,
        "hello": run.hello_line,
        "profile": run.profile.name,
        "kit": run.kit_version,
        "conclusion": run.conclusion,
        "exit_code": str(run.outcome.exit_code),
        "complete": str(run.outcome.complete).lower(),
    }


def _of_rule(run: Run, verdict: Verdict) -> dict[str, str]:
    requirement = verdict.requirement
    told = {"verdict": verdict.word, "level": requirement.level, "source": requirement.source}
    return told if verdict.word == "pass" else told | {"repeat": run.repeat_command(requirement.id)}


def _properties(parent: ET.Element, values: Mapping[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _text(text: str) -> str:
    return redact(printable(text))


def _failures(verdict: Verdict) -> list[str]:
    lines = []
    for case in verdict.cases:
        for finding in case.findings:
            if finding.deviation is None:
                lines += [case.name, *describe_scenario(finding.scenario, finding.position)]
                lines += [f"{finding.what}: expected {describe(finding.expected)}, got {describe(finding.actual)}"]
    return lines
