"""The reports that machines read: JSON and JUnit."""

import json
import xml.etree.ElementTree as ET
from typing import Any

from conformance.reports.describe import describe, describe_scenario, printable
from conformance.reports.run import Run
from conformance.reports.verdicts import Verdict

FORMAT = 1


def render_json(run: Run) -> str:
    """Everything of the run. Whatever the machine gave lies under `observed`; the rest is the same every time."""
    outcome = run.outcome
    document = {
        "format": FORMAT,
        "kit": run.kit_version,
        "target": run.target_word,
        "hello": {key: value for key, value in run.hello.items() if key != "pid"},
        "notes": list(run.notes),
        "profile": run.profile,
        "profile_reason": run.profile_reason,
        "inherited_deviations": run.inherited,
        "between": list(run.between) if run.between else None,
        "today": run.today,
        "complete": outcome.complete,
        "exit_code": outcome.exit_code,
        "conclusion": run.conclusion,
        "requirements": [_requirement(verdict) for verdict in outcome.verdicts],
        "mended_deviations": [deviation.id for deviation in outcome.mended],
        "stale_deviations": [{"id": s.deviation.id, "why": s.why} for s in outcome.stale],
        "observed": {
            **run.observed,
            "suite_faults": outcome.suite_faults,
            "reasons": {v.requirement.id: v.observed_reason for v in outcome.verdicts if v.observed_reason},
            "findings": {
                case["case"]: [finding for finding in case["findings"] if finding["observed"]]
                for verdict in outcome.verdicts
                for case in verdict.cases
                if any(finding["observed"] for finding in case["findings"])
            },
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _requirement(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.requirement.id,
        "level": verdict.requirement.level,
        "title": verdict.requirement.title,
        "verdict": verdict.word,
        "reason": verdict.reason,
        "cases": [
            {
                "case": case["case"],
                "outcome": case["outcome"],
                "findings": [finding for finding in case["findings"] if not finding["observed"]],
            }
            for case in verdict.cases
        ],
    }


def render_junit(run: Run) -> str:
    """One suite a section, one test case a requirement: names that stay the same from release to release."""
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
    """The document as it is written."""
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
        for finding in case["findings"]:
            if finding["deviation"] is None:
                lines += [case["case"], *describe_scenario(finding["scenario"], finding["position"])]
                lines += [
                    f"{finding['what']}: expected {describe(finding['expected'])}, got {describe(finding['actual'])}"
                ]
    return lines
