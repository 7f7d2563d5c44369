"""The published schema of the JSON report and its page, which are generated from the model."""

import json
import re
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from conformance.cases.engine import CASES
from conformance.json_type import Json
from conformance.reports.documents import render_json
from conformance.reports.fault import Fault, fault_report
from conformance.reports.report import Report, ReportError, read_report, report_of
from conformance.reports.run import ChosenProfile
from conformance.reports.verdicts import Outcome
from tests.support.factories import case, concluded, criteria, deviation, finding, finished_run, hello, requirement
from tests.support.kit_runs import validated
from tools.report_docs import PAGE, SCHEMA, fill, render_schema

HALF_A_CHARACTER = "\udcff"
ENTRIES: list[Json] = [
    {"order": 1, "process": 1, "pid": 4711, "did": "started", "at_ms": 0.5},
    {"order": 2, "process": 1, "pid": 4711, "did": "close", "params": {}, "answer": None, "at_ms": 1.5},
]


def failed() -> Outcome:
    found = [finding(), finding(actual=HALF_A_CHARACTER, observed=True, process=1, record=ENTRIES)]
    return concluded([case("fail", findings=found), case("error", message=HALF_A_CHARACTER)])


def inherited() -> Report:
    known, mended = deviation(), deviation("ONE-002", id="mended")
    rules = [requirement("ONE-001"), requirement("ONE-002")]
    events = [case("pass", findings=[finding(by=known)]), case("pass", "ONE-002")]
    by = criteria(*rules, deviations=[known, mended], inherited=True)
    outcome = concluded(events, *rules, deviations=[known, mended], inherited=True)
    profile = ChosenProfile("1.4.3", "nearest", ("1.4.3", "1.4.5"))
    run = finished_run(
        outcome, criteria=by, profile=profile, notes=["bundled"], hello=hello(profile="1.4.3", more=[None])
    )
    return report_of(run)


def stale() -> Report:
    outcome = concluded([case("pass")], deviations=[deviation()])
    return report_of(finished_run(outcome, target_word=f"plugin:{HALF_A_CHARACTER}", today=None))


REPORTS: dict[str, Callable[[], Report]] = {
    "failed": lambda: report_of(finished_run(failed())),
    "inherited": inherited,
    "stale": stale,
    "interrupted": lambda: report_of(finished_run(concluded([], complete=False, interrupted=True))),
    "fault": lambda: fault_report(Fault(f"-- {HALF_A_CHARACTER}", "0.1.0", 3, HALF_A_CHARACTER)),
}


@pytest.mark.parametrize("kind", REPORTS)
def test_report_meets_schema_and_can_be_read(kind: str) -> None:
    text = render_json(REPORTS[kind]())
    assert render_json(read_report(validated(json.loads(text)))) == text


def test_fault_has_keys_of_any_report() -> None:
    documents = [REPORTS[kind]().to_json() for kind in REPORTS]
    assert {tuple(document) for document in documents} == {tuple(Report.model_fields)}


def test_stored_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == render_schema(), "run `make docs`"
    Draft202012Validator.check_schema(json.loads(render_schema()))


def test_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert fill(text) == text, "run `make docs`"


def test_example_on_page_meets_schema() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ((case_result,),) = [entry.cases for entry in read_report(validated(json.loads(example))).requirements]
    module, _, name = case_result.case.partition("::")
    assert f"def {name}(" in (CASES / module).read_text(encoding="utf-8")


def changed(path: str, value: Json) -> Json:
    """The report of a failure with another value at this path; `...` removes the key."""
    document = json.loads(render_json(REPORTS["failed"]()))
    *parents, key = path.split(".")
    place = document
    for word in parents:
        place = place[int(word) if word.isdecimal() else word]
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("format", 2, "it has format 2; write it again"),
        ("surprise", 1, "surprise: Extra inputs are not permitted"),
        ("between", ..., "between: Field required"),
        ("between", ["1.4.3"], "between.1: Field required"),
        ("exit_code", "1", "exit_code: Input should be a valid integer"),
        ("requirements.0.verdict", "passed", "requirements.0.verdict: Input should be 'pass', "),
        ("requirements.0.cases.0.outcome", "waived", "requirements.0.cases.0.outcome: Input should be 'pass', "),
        (
            "requirements.0.cases.1.findings.0.what",
            1,
            "requirements.0.cases.1.findings.0.what: Input should be a valid string",
        ),
        (
            "requirements.0.cases.1.findings.0.scenario",
            {},
            "scenario: Value error, a scenario is an object with a list",
        ),
        ("observed.pid", None, None),  # the model has defaults for keys that are left out; the schema has none
        ("observed.pid_status", "perhaps", "observed.pid_status: Input should be 'verified', "),
        ("hello.name", ..., "hello.name: Field required"),
    ],
)
def test_wrong_document_is_refused_by_schema_and_model(path: str, value: Json, problem: str | None) -> None:
    document = changed(path, value)
    assert not Draft202012Validator(json.loads(render_schema())).is_valid(document)
    if problem is not None:
        with pytest.raises(ReportError, match=re.escape(problem)) as caught:
            read_report(document)
        assert str(caught.value).startswith("not the JSON report of a run, format 1: ")
