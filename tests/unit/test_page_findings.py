"""Findings as the page of a run shows them."""

from conformance.reports.events import FileCall
from conformance.reports.page.findings import shown_finding
from tests.support.factories import SCENARIO, finding


def test_wrong_answer_stands_beside_the_expected_one() -> None:
    """Also where the scenario has no expectation, as after shrinking."""
    (step,) = shown_finding(finding({"label": "a"}, {"label": "b"}, scenario=SCENARIO)).steps
    assert (step.expected, step.given) == ('{"label": "a"}', '{"label": "b"}')


def test_repeated_calls_are_one_step() -> None:
    select = {"method": "select", "params": {"family": "claude"}}
    advance = {"method": "advance", "params": {"ms": 1}}
    found = finding("a", "b", scenario={"calls": [select, select, select, advance, advance, select]}, position=5)
    steps = shown_finding(found).steps
    times = [(step.number, step.method, step.times) for step in steps]
    assert times == [(1, "select", 3), (4, "advance", 2), (6, "select", 1)]


def test_race_shows_calls_instead_of_steps() -> None:
    calls = [FileCall(process=1, text="rename POOL.new POOL", is_wrong=True)]
    shown = shown_finding(finding("no loss", "a limit is gone").model_copy(update={"file_calls": calls}))
    assert shown.calls == calls
    assert shown.race.endswith("a limit is gone")
