"""Findings as the page of a run shows them."""

import pytest

from conformance.json_type import Json
from conformance.reports.page.findings import shown_finding
from tests.support.factories import SCENARIO, finding


@pytest.mark.parametrize(("expected", "shown"), [({"label": "a"}, '{"label": "a"}'), (None, "null")])
def test_wrong_answer_stands_beside_the_expected_one(expected: Json, shown: str) -> None:
    """Also where the scenario has no expectation, as after shrinking."""
    (step,) = shown_finding(finding(expected, {"label": "b"}, scenario=SCENARIO)).steps
    assert (step.expected, step.given) == (shown, '{"label": "b"}')
