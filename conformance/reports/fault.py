"""The reports of a run that ended before its first verdict. CI systems read these files too."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from conformance.reports.documents import junit_text
from conformance.reports.report import FORMAT, Observed, Report
from conformance.reports.run import CONCLUSIONS
from conformance.texts import printable, redact


@dataclass(frozen=True)
class Fault:
    """What went wrong, with the message for the user."""

    target_word: str
    kit_version: str
    exit_code: int
    message: str

    @property
    def conclusion(self) -> str:
        return CONCLUSIONS.get(self.exit_code, "no verdict")


def fault_report(fault: Fault) -> Report:
    """A report without verdicts. The message may contain paths and PIDs, so it is under `observed`."""
    return Report(
        format=FORMAT,
        kit=fault.kit_version,
        target=fault.target_word,
        hello=None,
        notes=[],
        profile=None,
        profile_reason="",
        inherited_deviations=False,
        between=None,
        added_config_keys=[],
        today=None,
        complete=False,
        exit_code=fault.exit_code,
        conclusion=fault.conclusion,
        requirements=[],
        causes=[],
        reasons=[],
        known_of_release=None,
        inherited=[],
        mended_deviations=[],
        stale_deviations=[],
        observed=Observed(fault=fault.message),
    )


def render_fault_junit(fault: Fault) -> str:
    """A document with one test case, in error."""
    root = ET.Element("testsuites", name="antigravity-conformance")
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    suite = ET.SubElement(root, "testsuite", {"name": "Before the first verdict", **counts})
    case = ET.SubElement(suite, "testcase", classname="RUN", name="the target can be judged")
    ET.SubElement(case, "error", message=fault.conclusion).text = redact(printable(fault.message))
    return junit_text(root)
