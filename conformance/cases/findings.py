"""Builds findings: answers, or values computed from several answers, that differ from the expected ones."""

import json
from collections.abc import Mapping

from conformance.json_type import Json
from conformance.processes.record import Record
from conformance.reports.events import Finding
from conformance.texts import clip, redact, redact_json
from conformance.wire.answers import Answer, shown
from conformance.wire.scenario import READ_FILE, Scenario, show_answer

ANSWER_CHARACTERS = 4000  # of an answer in the report


class Mismatch(AssertionError):  # noqa: N818 - a finding about the target, not an error of the kit
    """The case fails: at least one finding that no deviation explains."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(redact(f"{finding.what}: expected {shown(finding.expected)}, got {shown(finding.actual)}"))


def of_call(scenario: Scenario, position: int, answer: Answer) -> Finding:
    """The answer to one call of the scenario differs."""
    call = scenario.calls[position]
    return Finding(
        scenario=scenario,
        position=position,
        what=call.method,
        expected=call.expected,
        actual=show_answer(answer),
        observed=call.method == READ_FILE,  # some releases store random numbers
        deviation=None,
        waives=None,
    )


def of_value(
    scenario: Scenario, what: str, expected: Json, actual: Json, *, observed: bool, record: Record | None
) -> Finding:
    """A value computed from several answers differs."""
    finding = Finding(
        scenario=scenario,
        position=None,
        what=what,
        expected=expected,
        actual=actual,
        observed=observed,
        deviation=None,
        waives=None,
    )
    return with_record(finding, None, record) if record else finding


def with_record(finding: Finding, process: int | None, record: Record) -> Finding:
    """The same finding with the record of all processes; `process` is the number of the process at fault."""
    if not record.entries:
        return finding
    return finding.model_copy(update={"process": process, "record": list(record.entries)})


def bounded(finding: Finding) -> Finding:
    """The same finding for the report, without secrets and with a bounded answer."""
    expected, actual = redact_json(finding.expected), bounded_answer(finding.actual)
    if (expected, actual) == (finding.expected, finding.actual):
        return finding
    return finding.model_copy(update={"expected": expected, "actual": actual})


def bounded_answer(answer: Json) -> Json:
    """The answer without secrets. A long one is cut, and becomes a text with a mark."""
    answer = redact_json(answer)
    text = json.dumps(answer, ensure_ascii=False)
    return clip(text, ANSWER_CHARACTERS) if len(text) > ANSWER_CHARACTERS else answer


def facts(finding: Finding) -> Mapping[str, Json]:
    """The document that predicates of deviations match."""
    scenario = finding.scenario.to_json()
    call = {"method": finding.what} if finding.position is None else scenario["calls"][finding.position]
    return {
        "scenario": scenario,
        "call": {key: call[key] for key in ("method", "params") if key in call},
        "expected": finding.expected,
        "actual": finding.actual,
    }
