"""The page of `races`: a table of states and rules, and each failure with the calls of all processes side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.processes.races.model import Line
from conformance.processes.races.results import Found, Judged, verdict
from conformance.reports.page.render import render_page
from conformance.reports.races_text import LEGEND, described, render_summary
from conformance.requirements.races import RULES

TEXTS = {"pass": "ok", "fail": "FAIL", "unknown": "?", "-": "."}
CONCLUSIONS = {0: "no rule is broken", 1: "rules are broken", 3: "not all could be judged", 5: "nothing was judged"}
CONCLUSIONS |= {130: "interrupted: the states below are not all"}


@dataclass(frozen=True)
class Cell:
    """The verdict on one rule in one state. `href`: the failure that it leads to."""

    rule: str
    word: str
    text: str
    href: str


@dataclass(frozen=True)
class Row:
    title: str
    described: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Failure:
    """The shortest schedule that breaks a rule in a state."""

    href: str
    rule: str
    word: str
    state: str
    finding: str
    described: str
    calls: Sequence[Line]


def render_races_page(target: str, version: str, judged: Sequence[Judged], exit_code: int) -> str:
    """The whole page, in one file."""
    return render_page(
        "races.html",
        {
            "target": target,
            "version": version,
            "conclusion": CONCLUSIONS[exit_code],
            "exit_code": exit_code,
            "summary": list(render_summary(judged)),
            "legend": LEGEND,
            "rules": RULES,
            "verdicts": {rule: verdict(judged, rule) for rule in RULES},
            "rows": [Row(row.title, described(row), [_cell(row, rule) for rule in RULES]) for row in judged],
            "failures": [_failure(row, found) for row in judged for _, found in sorted(row.found.items())],
        },
    )


def _cell(row: Judged, rule: str) -> Cell:
    word = row.verdict(rule)
    href = _href(row, rule) if rule in row.found else ""
    return Cell(rule, "none" if word == "-" else word, TEXTS[word], href)


def _href(row: Judged, rule: str) -> str:
    return f"{rule}-{row.state}-{row.kind}"


def _failure(row: Judged, found: Found) -> Failure:
    mine = [finding for finding in found.outcome.findings if finding.rule == found.rule]
    return Failure(
        href=_href(row, found.rule),
        rule=found.rule,
        word="fail" if found.is_repeated else "unknown",
        state=row.title,
        finding=mine[0].text,
        described=f"{found.count} of {described(row)}",
        calls=found.outcome.lines(found.rule),
    )
