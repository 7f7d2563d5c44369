"""The board of a survey: what its letters mean, its exit code, and that no target writes on it but as text."""

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from conformance.json_type import Json
from conformance.reports.board import (
    LEGEND,
    PRECEDENCE,
    Board,
    BoardError,
    Checkout,
    Observed,
    Row,
    cell,
    is_board,
    make_board,
    make_row,
    read_board,
    write_board,
)
from conformance.reports.board_html import render_html
from conformance.reports.board_markdown import escape, render_markdown
from conformance.reports.board_terminal import COLUMNS_MOST, render_board
from conformance.reports.describe import WIDTH
from conformance.reports.documents import render_json
from conformance.reports.events import CaseOutcome
from conformance.reports.fault import Fault, fault_report
from conformance.reports.report import ReportError, read_report, report_of
from conformance.reports.verdicts import Word
from tests.factories import case, catalogue, concluded, deviation, finding, finished_run, requirement
from tests.surveyed import MARKUP

IDS = ("ONE-001", "ONE-002", "ONE-003", "TWO-001", "TWO-002")
CATALOGUE = catalogue(*(requirement(id_) for id_ in IDS))


def row(verdicts: Mapping[Word, list[str]] | None = None, exit_code: int = 0, **changed: Json) -> Row:
    fields: dict[str, Json] = {
        "target": "python:port:Port",
        "implementation": "port 1.0, python",
        "profile": "1.3.0",
        "profile_reason": "",
        "exit_code": exit_code,
        "conclusion": "conformant",
        "musts": (5, 5, 5),
        "verdicts": {"pass": list(IDS)} if verdicts is None else verdicts,
        "reasons": {},
    }
    return Row.model_validate(fields | changed)


def board(*rows: Row) -> Board:
    return make_board("0.1.0", CATALOGUE, rows)


def small_board() -> Board:
    return board(
        row(target="reference", profile="recommended", implementation="reference 0.1.0, python"),
        row(
            {"pass": ["ONE-001"], "fail": ["ONE-002", "TWO-002"], "waived": ["ONE-003"], "not claimed": ["TWO-001"]},
            1,
            target="plugin:forks/a",
            implementation="a-fork 1.6.0, javascript",
            profile="1.6.0",
            profile_reason="the listed release nearest to 1.6.2",
            conclusion="not conformant",
            musts=(4, 4, 5),
            reasons={"TWO-001": "the target does not claim: fork, config"},
            inherited=True,
            mended=["a-deviation"],
            observed=Observed(checkout=Checkout(commit="0123456789abcdef", date="2026-02-03", changed=True)),
        ),
        row(
            {"pass": ["ONE-001", "TWO-001"], "waived": ["ONE-002", "ONE-003"], "not run": ["TWO-002"]},
            target="npm:a-plugin@1.3.0",
            conclusion="conformant, with 2 known deviations",
            musts=(4, 5, 5),
            reasons={"TWO-002": "not as root"},
        ),
        row(
            {},
            3,
            target="plugin:forks/b",
            implementation="",
            profile=None,
            conclusion="no verdict: the adapter failed",
            musts=(0, 0, 0),
            observed=Observed(fault="it has no accounts.ts\nname it in a mapping file"),
        ),
    )


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
    deviations: 1 inherited from release 1.6.0, 1 of that release not here
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

ok: every rule holds; D2: 2 rules are broken as a known deviation says, all
    others hold; F2: 2 rules fail; ~: some rules of the section were not judged;
    -: none was judged; ?: no answer; empty: no rule of that profile

What fails, and in which implementations
  ONE-002  in 2: The rule ONE-002 (MUST)
  TWO-002  in 2: The rule TWO-002 (MUST)

What was not answered, and why
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
def test_a_cell_says_what_became_of_a_section(verdicts: dict[Word, list[str]], shown: str) -> None:
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


def test_the_report_of_a_fault_is_a_row_with_its_message() -> None:
    read = make_row(fault_report(Fault("plugin:a", "0.1.0", 3, "it cannot be loaded")))
    assert (read.exit_code, read.observed.fault, [*read.unanswered()]) == (
        3,
        "it cannot be loaded",
        ["it cannot be loaded"],
    )
    assert not read.is_judged


def test_a_long_fault_is_shown_in_part_and_kept_whole() -> None:
    fault = "\n".join(f"line {number}" for number in range(1, 8))
    (shown,) = row({}, 3, observed=Observed(fault=fault)).unanswered()
    assert shown.splitlines() == ["line 1", "line 2", "line 3", "line 4", "…"]
    written = write_board(board(row({}, 3, observed=Observed(fault=fault))))
    assert written["observed"]["implementations"][0]["fault"] == fault


def test_an_exit_code_that_no_run_has_is_a_fault_of_the_suite() -> None:
    assert make_row(read_report(report() | {"exit_code": -9})).exit_code == 4


@pytest.mark.parametrize("document", [None, [], {}, {"requirements": 3}, {"requirements": [], "hello": []}])
def test_what_is_no_report_is_refused(document: Json) -> None:
    with pytest.raises(ReportError, match="not the JSON report of a run, format 1: "):
        read_report(document)
    with pytest.raises(BoardError, match="not the JSON of a survey"):
        read_board(document)
    assert not is_board(document)


def test_the_json_of_a_survey_is_the_board_again() -> None:
    written = json.loads(json.dumps(write_board(small_board())))
    assert is_board(written)
    assert read_board(written) == small_board()
    assert (written["exit_code"], written["summary"][:17]) == (1, "4 implementations")


def test_what_the_machine_gave_lies_under_observed_and_nowhere_else() -> None:
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


def test_rules_that_fail_are_told_in_the_order_of_the_catalogue() -> None:
    failing = board(row({"fail": ["TWO-001"]}, 1), row({"fail": ["ONE-003", "TWO-001"]}, 1))
    assert [*failing.failures.items()] == [("ONE-003", [2]), ("TWO-001", [1, 2])]
    assert list(failing.rules) == ["ONE-003", "TWO-001"]


def test_more_implementations_than_fit_stand_in_tables_of_one_width() -> None:
    shown = [*render_board(board(*[row()] * (COLUMNS_MOST + 2)))]
    heads = [line.split() for line in shown if re.fullmatch(r"[ 0-9]+", line)]
    assert heads == [[str(number) for number in range(1, 8)], [str(number) for number in range(8, 15)]]


def hostile_board() -> Board:
    verdicts: dict[Word, list[str]] = {"fail": ["ONE-001"], "unknown": ["ONE-002"], "waived": ["ONE-003"]}
    words = dict.fromkeys(["target", "implementation", "profile", "profile_reason", "conclusion"], MARKUP * 9)
    rows = [
        row(verdicts, 1, reasons=dict.fromkeys(IDS, MARKUP), **words),
        row({}, 3, observed=Observed(fault=MARKUP, checkout=Checkout(commit=MARKUP, date=MARKUP, changed=False))),
    ]
    return board(*rows * 7)


def test_no_line_on_a_terminal_is_wide_or_moves_its_cursor_whatever_a_target_says() -> None:
    for line in "\n".join(render_board(hostile_board())).split("\n"):
        assert len(line) <= WIDTH, line
        assert line.isprintable(), line


class Page(HTMLParser):
    """The tags of a page, its links and the places they can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.places: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.places += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]


def test_what_a_target_says_is_text_on_the_page() -> None:
    text = render_html(hostile_board())
    page = Page(text)
    assert not page.tags & {"script", "b", "iframe", "img", "svg"}
    assert {"table", "details"} <= page.tags
    assert not any(name.startswith("on") for name in page.attributes)
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_every_link_of_the_page_leads_to_a_place_on_it() -> None:
    page = Page(render_html(small_board()))
    assert len(page.places) == len(set(page.places))
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= set(page.places)


def test_a_long_name_is_broken_where_it_is_joined() -> None:
    page = render_html(board(row(target="plugin:one+fork")))
    assert ">plugin:<wbr>one+<wbr>fork</a>" in page


def test_a_cell_of_the_page_leads_to_the_rules_that_fail_there() -> None:
    text = render_html(small_board())
    assert re.search(r'<a href="#i2-ONE-002"[^>]*>F1</a>', text)
    (item,) = re.findall(r'<li id="i2-ONE-002">(.*?)</li>', text)
    assert "The rule ONE-002" in item
    assert "What ONE-002 asks for." in item


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = render_html(small_board())
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<b>&amp;", r"\<b\>\&amp;"),
        ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`"),
        ("[a](b) @c #1", r"\[a\]\(b\) \@c \#1"),
        ("two\nlines\tand  more", "two lines and more"),
        ("\x1b[2J", r"\\x1b\[2J"),
    ],
)
def test_text_in_markdown_is_no_markup(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_the_markdown_is_tables_of_as_many_columns_as_their_heads() -> None:
    for text in (render_markdown(hostile_board()), render_markdown(small_board())):
        lines = text.splitlines()
        heads = [number for number, line in enumerate(lines) if line.startswith("|-")]
        assert len(heads) == 2
        for head in heads:
            columns = len(unescaped_bars(lines[head]))
            for line in lines[head - 1 : lines.index("", head)]:
                assert len(unescaped_bars(line)) == columns, line
        assert not re.search(r"(?<!\\)<", text)


def unescaped_bars(line: str) -> list[str]:
    return re.findall(r"(?<!\\)\|", line)


def test_the_markdown_tells_failures_with_their_text_and_what_was_not_answered() -> None:
    text = render_markdown(small_board())
    assert "- **ONE-002** (MUST) The rule ONE-002: What ONE-002 asks for. In 2.\n" in text
    assert "| Section ONE | ok | **F1** | D2 | ? |\n" in text
    assert "- 4: it has no accounts.ts name it in a mapping file\n" in text
    assert "0123456 of 2026-02-03, with changes" in text


def test_precedence_knows_every_exit_code_of_a_run() -> None:
    assert sorted(PRECEDENCE) == [0, 1, 2, 3, 4, 5, 6, 130]
