"""All report formats have the same numbers, also of a run that was cut short. An independent parser reads JUnit."""

import html
import json
import re
from collections import Counter

import pytest
from junitparser import JUnitXml, TestCase, TestSuite

from conformance.reports.formats import FORMATS
from conformance.reports.markdown import render_run_markdown
from conformance.reports.run import Run
from conformance.reports.story import Likeness, Place, Reason, Step
from conformance.reports.terminal import render
from conformance.wire.scenario import Call, Scenario
from tests.support.factories import case, concluded, finding, finished_run, requirement
from tests.support.mixed_runs import mixed_outcome

STEP = Step(Scenario([Call("select", {"family": "claude"})]), {"label": "a"}, {"label": "b"}, ["a is next"])
REASON = Reason(
    "ONE-002", ["ONE-001"], STEP, Likeness("x", "Turns twice.", 1.0), [Place("src/a.ts", "pick", 12, [13], 3, 0)]
)


def written(run: Run) -> dict[str, str]:
    return {report.name: report.render(run) for report in FORMATS}


def runs() -> dict[str, Run]:
    several = [case("fail", id_, findings=[finding()]) for id_ in ("ONE-001", "ONE-002")]
    rules = [requirement(id_) for id_ in ("ONE-001", "ONE-002", "ONE-003")]
    return {
        "mixed": finished_run(mixed_outcome()),
        "short": finished_run(
            concluded([case("pass"), case("fail", "ONE-002", findings=[finding()])], *rules, complete=False)
        ),
        "interrupted": finished_run(concluded(several, *rules, complete=False, interrupted=True)),
        "reason": finished_run(concluded(several, *rules), reasons=[REASON]),
    }


RUNS = runs()


@pytest.mark.parametrize("name", RUNS)
def test_formats_have_the_same_numbers(name: str) -> None:
    run, texts = RUNS[name], written(RUNS[name])
    counts = Counter(verdict.word for verdict in run.outcome.verdicts)
    assert Counter(entry["verdict"] for entry in json.loads(texts["json"])["requirements"]) == counts
    chips = re.findall(r'<span class="chip [\w-]+">([\w ]+)</span> <b>(\d+)</b>', texts["html"])
    assert {word: int(count) for word, count in chips} == counts
    listed = ", ".join(
        f"{counts[word]} {word}"
        for word in ("pass", "fail", "waived", "unknown", "not run", "not claimed")
        if counts[word]
    )
    assert f"\n{listed}\n" in texts["markdown"]
    assert listed in list(render(run))
    suites = JUnitXml.fromstring(texts["junit"].encode())
    words = [value_of(each, "verdict") for suite in suites for each in suite]
    assert Counter(words) == counts
    assert sum(suite.failures for suite in suites) == counts["fail"]
    assert sum(suite.errors for suite in suites) == counts["unknown"]


@pytest.mark.parametrize("name", RUNS)
def test_formats_have_the_same_conclusion(name: str) -> None:
    run, texts = RUNS[name], written(RUNS[name])
    assert run.conclusion in html.unescape(texts["html"])
    assert run.conclusion in texts["markdown"]
    assert json.loads(texts["json"])["conclusion"] == run.conclusion
    (suite, *_) = JUnitXml.fromstring(texts["junit"].encode())
    assert value_of(suite, "conclusion") == run.conclusion


def value_of(entry: TestCase | TestSuite, name: str) -> str:
    properties = entry._elem.find("properties")
    return next(str(each.get("value")) for each in properties if each.get("name") == name)


def test_junit_has_time_file_and_properties() -> None:
    run = finished_run(concluded([case("fail", findings=[finding()]).model_copy(update={"seconds": 1.25})]))
    suites = JUnitXml.fromstring(written(run)["junit"].encode())
    (suite,) = suites
    (entry,) = suite
    assert (entry.time, suite.time, suites.time) == (1.25, 1.25, run.machine.seconds)
    assert entry._elem.get("file") == "conformance/cases/test_one.py"
    assert value_of(entry, "level") == "MUST"
    assert value_of(entry, "repeat") == run.repeat_command("ONE-001")


def test_known_place_is_in_formats_with_places() -> None:
    texts = written(RUNS["reason"])
    assert texts["annotations"].startswith("::error file=src/a.ts,line=12,title=ONE-002 The rule ONE-002::")
    assert texts["annotations"].count("::error") == 1
    assert "`src/a.ts:12`, `pick`" in texts["markdown"]
    assert "<code>src/a.ts:12</code>" in texts["html"]
    (suite,) = JUnitXml.fromstring(texts["junit"].encode())
    assert {
        (each._elem.get("file"), each._elem.get("line")) for each in suite if value_of(each, "verdict") == "fail"
    } == {("src/a.ts", "12")}


def test_rules_of_one_reason_are_folded() -> None:
    page = written(RUNS["reason"])["html"]
    first, folded = page.index('id="ONE-002"'), page.index("1 further rule fails for the same reason as ONE-002")
    assert first < folded < page.index('id="ONE-001"')
    assert "a is next" in page
    assert "Turns twice." in page


def test_page_of_a_run_cut_short_says_so() -> None:
    page = written(RUNS["short"])["html"]
    assert "The run was cut short" in page
    assert "The run was cut short" not in written(RUNS["mixed"])["html"]


def test_markdown_stays_below_the_limit_of_a_comment() -> None:
    ids = [f"ONE-{number:03}" for number in range(1, 100)]
    long = finding(
        {"label": "a" * 900},
        {"label": "b" * 900},
        scenario={"calls": [{"method": "select", "params": {"model": "m" * 900}}] * 50},
    )
    run = finished_run(concluded([case("fail", id_, findings=[long]) for id_ in ids], *map(requirement, ids)))
    assert len(render_run_markdown(run)) < 65536
