"""The board of a survey for a terminal of 80 columns: a row for each section, a column for each implementation."""

import math
from collections.abc import Iterator, Sequence

from conformance.reports.board import LEGEND, Board, Row, cell
from conformance.reports.describe import ID_COLUMN, WIDTH, wrap
from conformance.texts import printable

COLUMN = 4  # width of one implementation
MAX_COLUMNS = 12  # in one table; more implementations go to further tables of the same width


def render_board(board: Board) -> Iterator[str]:
    """All lines."""
    for number, row in enumerate(board.rows, 1):
        yield from _implementation(number, row)
    yield ""
    tables = math.ceil(len(board.rows) / MAX_COLUMNS)
    columns = math.ceil(len(board.rows) / max(1, tables))
    for start in range(0, len(board.rows), max(1, columns)):
        yield from _table(board, start, board.rows[start : start + columns])
        yield ""
    yield wrap("; ".join(f"{word}: {meaning}" for word, meaning in LEGEND.items()), "")
    yield from _failures(board)
    yield from _unanswered(board)
    yield ""
    yield wrap(f"{board.summary} (exit code {board.exit_code})", "")


def _implementation(number: int, row: Row) -> Iterator[str]:
    yield wrap(f"{number:2}  {row.target}", "", 4)
    said = ", ".join(part for part in (row.implementation, row.checkout_line) if part)
    if said:
        yield wrap(said, "    ", 0)
    if row.profile:
        yield wrap(f"profile {row.profile_line}", "    ", 0)
    yield wrap(row.conclusion, "    ", 0)
    if row.verdicts:
        yield wrap(row.musts_line, "    ", 0)
    if row.deviations_line:
        yield wrap(f"deviations: {row.deviations_line}", "    ", 0)
    if row.added_config_keys:
        yield wrap(f"config keys that no release has: {', '.join(row.added_config_keys)}", "    ", 0)


def _table(board: Board, start: int, rows: Sequence[Row]) -> Iterator[str]:
    room = WIDTH - COLUMN * len(rows)
    numbers = "".join(f"{number:{COLUMN}}" for number in range(start + 1, start + len(rows) + 1))
    longest = max(len(section.title) for section in board.shown_sections)
    room = min(room, longest + 1)
    yield f"{'':{room}}{numbers}"
    for section in board.shown_sections:
        cells = "".join(f"{cell(row, section.prefix):>{COLUMN}}" for row in rows)
        title = printable(section.title)
        title = title if len(title) < room else title[: room - 2] + "…"
        yield f"{title:{room}}{cells}".rstrip()


def _failures(board: Board) -> Iterator[str]:
    if not board.failures:
        return
    yield ""
    yield "Failures, with the numbers of the implementations"
    for id_, numbers in board.failures.items():
        rule = board.rules.get(id_)
        text = f": {rule.title} ({rule.level})" if rule else ""
        yield wrap(f"{id_:{ID_COLUMN}}in {', '.join(map(str, numbers))}{text}", "  ", ID_COLUMN)


def _unanswered(board: Board) -> Iterator[str]:
    unjudged = [(number, [*row.unanswered()]) for number, row in enumerate(board.rows, 1)]
    if not any(lines for _, lines in unjudged):
        return
    yield ""
    yield "Not judged, and why"
    for number, lines in unjudged:
        for position, text in enumerate(lines):
            for place, line in enumerate(text.splitlines()):
                mark = f"{number:2}  " if position == place == 0 else "    "
                yield wrap(mark + line, "", 6)
