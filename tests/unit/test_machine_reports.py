"""The reports that machines read: JSON that repeats, JUnit that parses, whatever a target sent."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.reports.describe import describe_scenario
from conformance.reports.documents import render_json, render_junit
from conformance.reports.events import append_event, event_line, read_events
from conformance.reports.report import MAX_FINDINGS_BYTES, report_of
from conformance.wire.scenario import Scenario
from tests.support.factories import (
    case,
    concluded,
    finding,
    finished_run,
    hello,
    machine,
    requirement,
)
from tests.support.mixed_runs import CONTROL, HOSTILE, IDS, hostile_run, mixed_outcome


def report(pid: int) -> Json:
    """The JSON of a run in which every machine-dependent value is derived from this number."""
    events = [
        case("unknown", "ONE-001", message=f"process {pid} exited"),
        case("fail", "ONE-002", findings=[finding(pid, pid + 1, observed=True), finding()]),
        case("error", "ONE-003", message=f"Traceback in a folder {pid}"),
    ]
    outcome = concluded(events, *(requirement(id_) for id_ in ("ONE-001", "ONE-002", "ONE-003")))
    observed = machine(pid=pid, seconds=pid, folder=f"a folder {pid}")
    return json.loads(render_json(report_of(finished_run(outcome, hello=hello(pid=pid), machine=observed))))


def test_machine_values_are_only_under_observed() -> None:
    first, second = report(4711), report(815)
    of_first, of_second = first.pop("observed"), second.pop("observed")
    assert json.dumps(first) == json.dumps(second)
    assert of_first["reasons"]["ONE-001"] == "process 4711 exited"
    assert of_first["suite_faults"] == [f"{case('error', 'ONE-003').name}: Traceback in a folder 4711"]
    (findings,) = of_second["findings"].values()
    assert [found["expected"] for found in findings] == [815]


def test_large_findings_are_counted_instead_of_listed() -> None:
    """The first failed case of each requirement keeps its finding."""
    large = [finding(actual="x" * (MAX_FINDINGS_BYTES // 2), observed=number == 2) for number in range(4)]
    events = [case("fail", "ONE-001", name=f"case {number}", findings=[large[number]]) for number in range(4)]
    shown = report_of(finished_run(concluded(events, requirement("ONE-001"))))
    cases = shown.requirements[0].cases
    assert [(len(each.findings), each.omitted) for each in cases] == [(1, 0), (1, 0), (0, 1), (0, 1)]
    assert shown.observed.findings == {}


def test_json_report_has_every_verdict_and_finding() -> None:
    document = json.loads(render_json(report_of(finished_run(mixed_outcome()))))
    verdicts = {entry["id"]: entry["verdict"] for entry in document["requirements"]}
    assert verdicts == dict(zip(IDS, ["fail", "waived", "unknown", "not run", "pass", "not claimed"], strict=True))
    assert (document["exit_code"], document["complete"], document["format"]) == (1, True, 1)
    assert document["stale_deviations"] == [
        {"id": "past", "why": "no answer shows it any more, although TWO-001 was judged"}
    ]
    (failed,) = document["requirements"][0]["cases"]
    assert failed["findings"][0]["actual"] == {"label": "a word", "index": ["a word"]}


@pytest.mark.parametrize("text", ["a word", *HOSTILE, "\ufffe\uffff"], ids=range(len(HOSTILE) + 2))
def test_machine_reports_parse_after_hostile_answers(text: str) -> None:
    run = hostile_run(text)
    assert json.loads(render_json(report_of(run)))["hello"]["name"] == text
    ET.fromstring(render_junit(run).encode("utf-8"))  # noqa: S314 - it was written here


def test_control_characters_are_escaped_in_junit() -> None:
    root = ET.fromstring(render_junit(finished_run(mixed_outcome(f"a{CONTROL}b"))))  # noqa: S314
    error, failure = root.find(".//error"), root.find(".//failure")
    assert error is not None
    assert failure is not None
    assert error.text == r"it wrote a\x1b[2J\x00\x07\r\x9bb"
    assert r"\u001b[2J\u0000\u0007\r" in str(failure.text)


def test_junit_has_a_counted_suite_per_section() -> None:
    root = ET.fromstring(render_junit(finished_run(mixed_outcome())))  # noqa: S314
    counts = {
        suite.attrib["name"]: [int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")]
        for suite in root
    }
    assert counts == {"Section ONE": [4, 1, 1, 2], "Section TWO": [2, 0, 0, 1]}
    for suite in root:
        for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[name]) == len(suite.findall(f"testcase/{element}"))
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    skipped = [str(element.attrib["message"]) for element in root.iter("skipped")]
    assert skipped == [
        "waived: answers-b",
        "not run: not as root: a word",
        "not claimed: the target does not claim: fork",
    ]


def test_event_log_survives_an_unfinished_last_line(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    assert read_events(log) == []
    events = [case("pass"), case("fail", findings=[finding(actual="\ud800\u2028")])]
    for event in events:
        append_event(log, event)
    with log.open("ab") as file:
        file.write(b'{"event":"en')
    assert [event_line(event) for event in read_events(log)] == [event_line(event) for event in events]


def test_files_of_others_are_shown_before_the_call() -> None:
    calls = [{"method": "open"}, {"method": "save", "files": {"home/pool": {"text": "{}"}}}]
    assert list(describe_scenario(Scenario.from_json({"calls": calls}), 1)) == [
        "  open",
        "  file home/pool: {}",
        "> save",
    ]
