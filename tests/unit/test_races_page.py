"""docs/races.md is made from its data."""

import json

from conformance.requirements.races import RULES
from tools import races_page
from tools.races_words import CAUSES


def test_page_is_made_from_the_data() -> None:
    reports = json.loads(races_page.DATA.read_text(encoding="utf-8"))
    assert races_page.PAGE.read_text(encoding="utf-8") == races_page.render(reports), "run `make docs`"


def test_every_failure_has_a_cause() -> None:
    """A release that breaks a rule must say why."""
    reports = json.loads(races_page.DATA.read_text(encoding="utf-8"))
    failing = {rule for rule in RULES for report in reports if report["rules"][rule]["verdict"] == "fail"}
    assert {rule for rule in failing if not CAUSES[rule]} == set()
