"""The reports of a run that judged nothing, for something went wrong first: CI systems read these files too."""

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from conformance.reports.describe import printable
from conformance.reports.documents import FORMAT, junit_text
from conformance.reports.run import CONCLUSIONS


@dataclass(frozen=True)
class Fault:
    """What went wrong, as the user is told it."""

    target_word: str
    kit_version: str
    exit_code: int
    message: str

    @property
    def conclusion(self) -> str:
        return CONCLUSIONS.get(self.exit_code, "no verdict")


def render_fault_json(fault: Fault) -> str:
    """The same keys as of any run. The message may name paths and process ids, so it is `observed`."""
    document = {
        "format": FORMAT,
        "kit": fault.kit_version,
        "target": fault.target_word,
        "hello": None,
        "profile": None,
        "today": None,
        "complete": False,
        "exit_code": fault.exit_code,
        "conclusion": fault.conclusion,
        "requirements": [],
        "stale_deviations": [],
        "observed": {"fault": fault.message},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def render_fault_junit(fault: Fault) -> str:
    """One case, in error."""
    root = ET.Element("testsuites", name="antigravity-conformance")
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    suite = ET.SubElement(root, "testsuite", {"name": "Before the first verdict", **counts})
    case = ET.SubElement(suite, "testcase", classname="RUN", name="the target can be judged")
    ET.SubElement(case, "error", message=fault.conclusion).text = printable(fault.message)
    return junit_text(root)
