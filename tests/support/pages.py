"""The largest pages: a run that fails most rules in long sessions, the survey, a comparison, and races."""

import dataclasses
from pathlib import Path

from conformance.reports.board import make_board
from conformance.reports.board_html import render_html
from conformance.reports.compare import Comparison
from conformance.reports.page.compare_page import render_compare_page
from conformance.reports.page.races_page import render_races_page
from conformance.reports.page.run_page import render_run_page
from conformance.reports.report import report_of
from conformance.requirements import load_catalogue
from conformance.wire.methods import CAPABILITIES
from tests.support.factories import case, concluded, deviation, finding, finished_run
from tests.support.races import failing_race
from tools.survey_page import load_board

PAGES = ("run", "board", "compare", "races")
CATALOGUE = load_catalogue()
POOL = {"accounts": [{"refreshToken": name} for name in ("mango", "fig", "pear")]}
CALLS = [
    {"method": "open", "params": {"pool": POOL, "pid": 1, "now_ms": 1000}},
    {"method": "select", "params": {"family": "claude"}, "expect": {"label": "mango"}},
    {"method": "mark_rate_limited", "params": {"label": "mango", "family": "claude", "retry_after_ms": 60000}},
    {"method": "advance", "params": {"ms": 30000}},
    {"method": "select", "params": {"family": "claude"}, "expect": {"label": "fig"}},
]


def write_pages(folder: Path) -> dict[str, Path]:
    """Write the pages into the folder, and return their paths."""
    rules = list(CATALOGUE)
    found = finding({"label": "fig"}, {"label": "mango"}, scenario={"calls": CALLS}, position=4)
    known = deviation(rules[3].id)
    names = [(rule.id, f"test_a.py::test_{word}[{rule.id}]") for rule in rules[-80:] for word in "ab"]
    events = [case("fail", id_, findings=[found] * 3, name=name) for id_, name in names]
    events += [case("pass", rules[3].id, findings=[finding(by=known)]), case("unknown", rules[4].id, message="it died")]
    events += [case("pass", rule.id) for rule in rules[5:-80]]
    run = dataclasses.replace(
        finished_run(concluded(events, *rules, deviations=[known], capabilities=CAPABILITIES)), catalogue=CATALOGUE
    )
    passed = [case("pass", rule.id) for rule in rules]
    old = dataclasses.replace(
        finished_run(concluded(passed, *rules, capabilities=list(CAPABILITIES))), catalogue=CATALOGUE
    )
    board = load_board()
    texts = {
        "run": render_run_page(run),
        "board": render_html(make_board(board.kit, CATALOGUE, board.rows)),
        "compare": render_compare_page(Comparison(report_of(old), report_of(run)), CATALOGUE),
        "races": render_races_page("npm:opencode-antigravity-auth@1.6.0", "1.6.0", [failing_race()], 1),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}
