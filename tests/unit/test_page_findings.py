"""Findings as the page of a run shows them."""

from conformance.reports.page.findings import shown_finding
from tests.support.factories import SCENARIO, finding


def test_wrong_answer_stands_beside_the_expected_one() -> None:
    """Also where the scenario has no expectation, as after shrinking."""
    (step,) = shown_finding(finding({"label": "a"}, {"label": "b"}, scenario=SCENARIO)).steps
    assert (step.expected, step.given) == ('{"label": "a"}', '{"label": "b"}')
