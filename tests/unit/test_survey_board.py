"""The board of a survey: its letters, its exit code, and that texts of targets never become markup."""

import json
import re

import pytest

from conformance.json_type import Json
from conformance.reports.board import (
    LEGEND,
    PRECEDENCE,
    BoardError,
    Checkout,
    Observed,
    cell,
    is_board,
    make_row,
    read_board,
    write_board,
)
from conformance.reports.board_terminal import MAX_COLUMNS, render_board
from conformance.reports.describe import WIDTH
from conformance.reports.documents import render_json
from conformance.reports.events import CaseOutcome
from conformance.reports.fault import Fault, fault_report
from conformance.reports.report import ReportError, read_report, report_of
from conformance.reports.verdicts import Word
from tests.support.boards import IDS, board, hostile_board, row, small_board
from tests.support.factories import case, concluded, deviation, finding, finished_run, requirement

GOLDEN = """\
 1  reference
    reference 0.1.0, python
    profile recommended
    conformant
    5 MUSTs judged / 5 claimed / 5 in all
 2  plugin:forks/a
    a-fork 1.6.0, javascript, commit 0123456 of 2026-02-03, with changes
    profile 1.6.0 (the listed release nearest to 1.6.2)
    not conformant
    4 MUSTs judged / 4 claimed / 5 in all
    deviations: 1 inherited from release 1.6.0, 1 of that release not found
 3  npm:a-plugin@1.3.0
    port 1.0, python
    profile 1.3.0
    conformant, with 2 known deviations
    4 MUSTs judged / 5 claimed / 5 in all
    deviations: 2
 4  plugin:forks/b
    no verdict: the adapter failed

               1   2   3   4
Section ONE   ok  F1  D2   ?
Section TWO   ok  F1 ok~   ?

ok: every rule holds; D2: 2 rules have a known deviation, all others hold; F2: 2
    rules fail; ~: some rules of the section were not judged; -: no rule was
    judged; ?: no verdict; empty: no rule applies to the profile

Failures, with the numbers of the implementations
  ONE-002   in 2: The rule ONE-002 (MUST)
  TWO-002   in 2: The rule TWO-002 (MUST)

Not judged, and why
 2  does not claim fork, config: 1 TWO
 3  not run: not as root: 1 TWO
 4  it has no accounts.ts
    name it in a mapping file

4 implementations: 2 conformant, 1 not conformant, 1 no verdict (exit code 1)
"""


def test_a_small_board_at_80_columns() -> None:
    assert "\n".join(render_board(small_board())) + "\n" == GOLDEN


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        ({"pass": ["ONE-001"]}, "ok"),
        ({"pass": ["ONE-001"], "not claimed": ["ONE-002"]}, "ok~"),
        ({"pass": ["ONE-001"], "not run": ["ONE-002"]}, "ok~"),
        ({"pass": ["ONE-001"], "waived": ["ONE-002"]}, "D1"),
        ({"waived": ["ONE-001", "ONE-002"], "not claimed": ["ONE-003"]}, "D2~"),
        ({"fail": ["ONE-001"], "waived": ["ONE-002"], "unknown": ["ONE-003"]}, "F1"),
        ({"pass": ["ONE-001"], "unknown": ["ONE-003"]}, "?"),
        ({"not claimed": ["ONE-001"], "not run": ["ONE-003"]}, "-"),
        ({"pass": ["TWO-001"]}, ""),
        ({}, "?"),
    ],
)
def test_cell_summarizes_a_section(verdicts: dict[Word, list[str]], shown: str) -> None:
    assert cell(row(verdicts), "ONE") == shown
    letters = shown.replace("~", "").rstrip("0123456789")
    assert any(word.startswith(letters) for word in LEGEND)


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([0, 0], 0),
        ([0, 5], 5),
        ([6, 5, 0], 6),
        ([6, 3, 5], 3),
        ([3, 2, 6], 2),
        ([2, 1, 3], 1),
        ([1, 4, 2], 4),
        ([4, 130, 1], 130),
        ([], 5),
    ],
)
def test_a_proven_failure_outranks_an_unknown(codes: list[int], code: int) -> None:
    assert board(*(row(exit_code=each) for each in codes)).exit_code == code


def report(outcome_is: CaseOutcome = "fail") -> Json:
    rules = [requirement(id_, "SHOULD" if id_ == "ONE-003" else "MUST", needs=needs_of(id_)) for id_ in IDS]
    known = deviation("ONE-002")
    events = [
        case(outcome_is, "ONE-001", findings=[finding()] if outcome_is == "fail" else []),
        case("pass", "ONE-002", findings=[finding(by=known)]),
        case("pass", "ONE-003"),
        case("not run", "TWO-001", message="not as root"),
    ]
    return json.loads(render_json(report_of(finished_run(concluded(events, *rules, deviations=[known])))))


def needs_of(id_: str) -> list[str]:
    return ["fork"] if id_ == "TWO-002" else []


def test_the_report_of_a_run_is_a_row() -> None:
    read = make_row(read_report(report()))
    assert read.verdicts == {
        "pass": ["ONE-003"],
        "fail": ["ONE-001"],
        "waived": ["ONE-002"],
        "not run": ["TWO-001"],
        "not claimed": ["TWO-002"],
    }
    assert (read.musts, read.exit_code, read.conclusion) == ((2, 3, 4), 1, "not conformant")
    assert (read.target, read.implementation) == ("python:port:Port", "port 1.0, python")
    assert read.reasons["ONE-002"] == "answers-b"
    assert [*read.unanswered()] == ["does not claim fork: 1 TWO", "not run: not as root: 1 TWO"]


def test_fault_report_is_a_row_with_message() -> None:
    read = make_row(fault_report(Fault("plugin:a", "0.1.0", 3, "it cannot be loaded")))
    assert (read.exit_code, read.observed.fault, [*read.unanswered()]) == (
        3,
        "it cannot be loaded",
        ["it cannot be loaded"],
    )
    assert not read.is_judged


def test_long_fault_is_shortened_only_on_screen() -> None:
    fault = "\n".join(f"line {number}" for number in range(1, 8))
    (shown,) = row({}, 3, observed=Observed(fault=fault)).unanswered()
    assert shown.splitlines() == ["line 1", "line 2", "line 3", "line 4", "…"]
    written = write_board(board(row({}, 3, observed=Observed(fault=fault))))
    assert written["observed"]["implementations"][0]["fault"] == fault


def test_unknown_exit_code_is_a_suite_fault() -> None:
    assert make_row(read_report(report() | {"exit_code": -9})).exit_code == 4


@pytest.mark.parametrize("document", [None, [], {}, {"requirements": 3}, {"requirements": [], "hello": []}])
def test_invalid_report_is_refused(document: Json) -> None:
    with pytest.raises(ReportError, match="not the JSON report of a run, format 1: "):
        read_report(document)
    with pytest.raises(BoardError, match="not the JSON of a survey"):
        read_board(document)
    assert not is_board(document)


def test_survey_json_reads_back_as_the_board() -> None:
    written = json.loads(json.dumps(write_board(small_board())))
    assert is_board(written)
    assert read_board(written) == small_board()
    assert (written["exit_code"], written["summary"][:17]) == (1, "4 implementations")


def test_machine_values_are_only_under_observed() -> None:
    def written(seconds: float) -> Json:
        observed = Observed(
            seconds=seconds,
            fault=f"process {seconds}",
            checkout=Checkout(commit=f"{seconds}", date=f"{seconds}", changed=False),
        )
        return write_board(board(row({}, 3, observed=observed)))

    first, second = written(1.5), written(2.5)
    assert first.pop("observed") != second.pop("observed")
    assert first == second


def test_failing_rules_are_in_catalogue_order() -> None:
    failing = board(row({"fail": ["TWO-001"]}, 1), row({"fail": ["ONE-003", "TWO-001"]}, 1))
    assert [*failing.failures.items()] == [("ONE-003", [2]), ("TWO-001", [1, 2])]
    assert list(failing.rules) == ["ONE-003", "TWO-001"]


def test_many_implementations_fill_several_tables() -> None:
    shown = [*render_board(board(*[row()] * (MAX_COLUMNS + 2)))]
    heads = [line.split() for line in shown if re.fullmatch(r"[ 0-9]+", line)]
    assert heads == [[str(number) for number in range(1, 8)], [str(number) for number in range(8, 15)]]


def test_board_lines_are_narrow_and_escaped() -> None:
    for line in "\n".join(render_board(hostile_board())).split("\n"):
        assert len(line) <= WIDTH, line
        assert line.isprintable(), line


def test_precedence_knows_every_exit_code_of_a_run() -> None:
    assert sorted(PRECEDENCE) == [0, 1, 2, 3, 4, 5, 6, 130]


def test_board_shows_only_sections_with_rules() -> None:
    part = board(row({"pass": ["ONE-001"]}), row({"pass": ["ONE-002"], "fail": ["ONE-001"]}, 1))
    assert [section.prefix for section in part.shown_sections] == ["ONE"]
    assert not any("Section TWO" in line for line in render_board(part))
    assert [section.prefix for section in board(row({}, 3)).shown_sections] == ["ONE", "TWO"]
