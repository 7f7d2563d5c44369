"""The board of a survey as one self-contained HTML page."""

from collections import Counter
from dataclasses import dataclass

from conformance.reports.board import LEGEND, Board, Row, cell
from conformance.reports.page.render import render_page
from conformance.reports.run import CONCLUSIONS

_CLASSES = {"F": "fail", "D": "waived", "o": "pass", "?": "unknown"}  # by the first letter of a cell


@dataclass(frozen=True)
class Cell:
    """One section of one implementation."""

    text: str
    kind: str
    prefix: str
    failed: list[str]


@dataclass(frozen=True)
class ShownRow:
    """One implementation."""

    number: int
    row: Row
    cells: list[Cell]

    @property
    def about(self) -> str:
        return " · ".join(part for part in (self.row.implementation, self.row.checkout_line) if part)

    @property
    def word(self) -> str:
        """`conformant`, `not conformant` or `no verdict`."""
        return _word(self.row)


def render_html(board: Board) -> str:
    """The whole page."""
    rows = [
        ShownRow(number, row, [_cell(row, section.prefix) for section in board.shown_sections])
        for number, row in enumerate(board.rows, 1)
    ]
    counts = list(Counter(_word(row) for row in board.rows).items())
    return render_page("board.html", {"board": board, "rows": rows, "counts": counts, "legend": LEGEND})


def _word(row: Row) -> str:
    return CONCLUSIONS.get(row.exit_code, "no verdict").partition(":")[0].partition(",")[0]


def _cell(row: Row, prefix: str) -> Cell:
    text = cell(row, prefix)
    return Cell(text, _CLASSES.get(text[:1], "none"), prefix, row.ids("fail", prefix))
