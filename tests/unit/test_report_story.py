"""The story of failures in the report of a run: reasons, folded rules, likeness, places in the source."""

import json
import re

from conformance.json_type import Json
from conformance.reports import terminal
from conformance.reports.causes import Cause
from conformance.reports.documents import render_json
from conformance.reports.failures import takes_any
from conformance.reports.page.run_page import render_run_page
from conformance.reports.report import report_of
from conformance.reports.run import Run
from conformance.reports.story import Edit, Likeness, Place, Reason, Step
from conformance.requirements.preconditions import Precondition
from conformance.wire.scenario import Scenario
from tests.support.factories import (
    SCENARIO,
    case,
    catalogue,
    concluded,
    finding,
    finished_run,
    requirement,
)


def lines(run: Run, *, verbose: bool = False) -> list[str]:
    return "\n".join(terminal.render(run, verbose=verbose)).split("\n")


def told_run(**changed: Json) -> Run:
    """ONE-001 explains ONE-002, and ONE-003 runs the same lines. ONE-004 is a SHOULD and fails alone."""
    scenario = Scenario.from_json({"calls": [{"method": "select", "params": {"family": "claude"}}]})
    step = Step(scenario, {"label": "a"}, {"label": "b"}, ["0 a: free"])
    edits = [Edit(5, "return b;", "return a;"), Edit(7, "i += 1;", None)]
    place = Place("src/a.ts", "pick", 3, [5, 7], 4, 1, changed=True, edits=edits)
    like = Likeness("picks-second", "Picks the second account.", 1.0)
    reasons = [
        Reason("ONE-001", ["ONE-002"], shortest=step, like=like, places=[place], also=["ONE-003"]),
        Reason("ONE-004"),
    ]
    ids = ["ONE-001", "ONE-002", "ONE-003", "ONE-004"]
    rules = [requirement(id_, "SHOULD" if id_ == "ONE-004" else "MUST") for id_ in ids]
    outcome = concluded([case("fail", id_, findings=[finding()]) for id_ in ids], *rules)
    return finished_run(outcome, reasons=reasons, **changed)


def test_story_shows_state_answers_words_and_place() -> None:
    shown = lines(told_run())
    start = shown.index("  ONE-001   FAIL        The rule ONE-001")
    assert shown[start + 1 : start + 16] == [
        "      What ONE-001 asks for.",
        "      > select family=claude",
        "        before the call: 0 a: free",
        '        expected {"label": "a"}',
        '        got      {"label": "b"}',
        "      In words: it selects b instead of a.",
        "      Like picks-second: Picks the second account. All wrong answers are the",
        "          same.",
        "      see pick (src/a.ts:3), changed since the release",
        "        line 5: return b;",
        "        was: return a;",
        "        line 7: i += 1;",
        "        not in the release",
        "        lines 5 to 7 run in 4 failing scenarios and in 1 that passes",
        "      repeat: antigravity-conformance run --only ONE-001 python:port:Port",
    ]


def test_summary_folds_rules_under_their_cause() -> None:
    shown = lines(told_run())
    start = shown.index("FAIL ONE-001 The rule ONE-001: it selects b instead of a [pick]")
    assert shown[start + 1 : start + 4] == [
        "     1 further rule fails for the same reason: ONE-002",
        "     1 further rule fails where the same lines run: ONE-003",
        "FAIL SHOULD ONE-004 The rule ONE-004",
    ]
    assert shown[-3] == "not conformant (exit code 1), 2 s"


def test_report_has_reasons_as_data() -> None:
    first, second = json.loads(render_json(report_of(told_run())))["reasons"]
    assert (first["rule"], first["further"], first["also"]) == ("ONE-001", ["ONE-002"], ["ONE-003"])
    assert first["shortest"]["difference"] == "it selects b instead of a"
    assert first["like"] == {"name": "picks-second", "text": "Picks the second account.", "score": 1.0}
    assert [place["function"] for place in first["places"]] == ["pick"]
    assert (second["shortest"], second["like"], second["places"]) == (None, None, [])


def test_long_failures_fit_on_one_screen() -> None:
    calls = [{"method": "select", "params": {"model": "m" * 40}}] * 9
    ids = [f"ONE-{number:03}" for number in range(1, 30)]
    found = finding({"label": "a"}, {"label": "b"}, scenario={"calls": calls})
    shown = lines(finished_run(concluded([case("fail", id_, findings=[found]) for id_ in ids], *map(requirement, ids))))
    assert len(shown) <= 60
    assert any("more failures in full; --json FILE has all of them" in line for line in shown)


def test_story_too_long_for_the_screen_is_brief() -> None:
    """A catalogue of many sections leaves few lines."""
    run = told_run()
    titles = [requirement(f"{chr(65 + n // 26)}{chr(65 + n % 26)}-001") for n in range(52)]
    outcome = concluded([*[case("fail", "ONE-001", findings=[finding()])]], requirement(), *titles)
    shown = lines(finished_run(outcome, reasons=run.reasons[:1]))
    assert "        before the call: 0 a: free" not in shown
    assert "      In words: it selects b instead of a." in shown


def test_cause_names_its_function_without_empty_heading() -> None:
    """The screen has no room for the other failure, so only the summary shows it."""
    place = Place("src/a.ts", "read", 3, [5], 1, 0, changed=True)
    reads = Precondition(
        id="reads-it",
        text="The target reads the file.",
        advice="Is it elsewhere on purpose?",
        builds_on=[],
        needs=[],
        scenario=SCENARIO,
        stated_by=[],
        supports=["ONE-001"],
    )
    sections = [requirement(f"{chr(65 + n // 26)}{chr(65 + n % 26)}-001") for n in range(52)]
    failed = [case("fail", id_, findings=[finding()]) for id_ in ("ONE-001", "ONE-002")]
    outcome = concluded(failed, requirement(), requirement("ONE-002"), *sections)
    outcome.verdicts[0].follows_from = "reads-it"
    shown = lines(finished_run(outcome, causes=[Cause(reads, finding(), ["ONE-001"], [place])]))
    assert "FAILED" not in shown
    assert "cause of 1 of 2 failures: The target reads the file. [read]" in shown
    assert "FAIL ONE-002 The rule ONE-002" in shown
    assert "  see read (src/a.ts:3), changed since the release" in shown
    assert "    line 5 runs in 1 failing scenario and in 0 that pass" in shown
    assert not any("on purpose" in line for line in shown)


def test_passed_sections_share_a_line_without_room() -> None:
    ids = [f"{one}{other}-001" for one in "ABCDEF" for other in "UVWXYZ"]
    rules = [requirement(id_) for id_ in ids]
    calls = [{"method": "select", "params": {"model": "m" * 40}}] * 20
    events = [case("pass", id_) for id_ in ids[1:]] + [
        case("fail", ids[0], findings=[finding(scenario={"calls": calls})])
    ]
    shown = lines(finished_run(concluded(events, *rules), catalogue=catalogue(*rules)))
    assert len(shown) <= 60
    assert [line for line in shown if "other sections" in line] == [f"  {'35 other sections ':.<46} 35 pass"]


def test_page_shows_how_lines_were_changed() -> None:
    page = render_run_page(told_run())
    assert re.search(r"line 5</dt>.*return a;.*return b;", page)
    assert re.search(r"line 7</dt>.*added.*i \+= 1;", page)


def test_null_that_was_expected_is_no_account() -> None:
    """A story may stop at a call for which its scenario states nothing, because the reference gave the answer."""
    select = {"method": "select", "params": {"family": "claude"}}
    found = finding(None, {"label": "fig"}, scenario={"calls": [select]}, position=0)
    assert not takes_any(found)
    assert takes_any(finding(None, {"raised": "died"}, scenario={"calls": [select]}, position=0))
