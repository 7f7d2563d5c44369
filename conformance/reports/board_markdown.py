"""The board of a survey as Markdown, for the summary of a CI job and for pages."""

from collections.abc import Iterator

from conformance.reports.board import LEGEND, Board, cell
from conformance.reports.markdown_text import escape


def render_markdown(board: Board) -> str:
    """The whole board under its own heading."""
    return "\n".join(_page(board)) + "\n"


def _page(board: Board) -> Iterator[str]:
    yield "## Conformance\n"
    yield f"{escape(board.summary)}.\n"
    yield from implementations(board)
    yield ""
    yield from sections(board)
    if board.failures:
        yield "\n### Failures\n"
        for id_, numbers in board.failures.items():
            yield f"- {failure(board, id_)} In {', '.join(map(str, numbers))}."
    if any(row.added_config_keys for row in board.rows):
        yield "\n### Config keys that no release has\n"
        yield from added_config_keys(board)
    if any(any(row.unanswered()) for row in board.rows):
        yield "\n### Not judged, and why\n"
        yield from unanswered(board)


def implementations(board: Board) -> Iterator[str]:
    """A table with one row for each implementation: target, profile, verdict, counts."""
    yield "| | implementation | hello | commit | profile | verdict | MUSTs judged / claimed / all | fail | deviations |"
    yield "|-|-|-|-|-|-|-|-|-|"
    for number, row in enumerate(board.rows, 1):
        cells = [
            str(number),
            escape(row.target),
            escape(row.implementation),
            escape(row.checkout_line.removeprefix("commit ")),
            escape(row.profile or ""),
            escape(row.conclusion),
            " / ".join(map(str, row.musts)) if row.verdicts else "",
            str(len(row.ids("fail")) or ""),
            escape(row.deviations_line),
        ]
        yield f"| {' | '.join(cells)} |"


def sections(board: Board) -> Iterator[str]:
    """A table of sections by implementation, and the legend."""
    numbers = [str(number) for number in range(1, len(board.rows) + 1)]
    yield f"| section | {' | '.join(numbers)} |"
    yield "|-|" + "-|" * len(numbers)
    for section in board.shown_sections:
        cells = [_mark(cell(row, section.prefix)) for row in board.rows]
        yield f"| {escape(section.title)} | {' | '.join(cells)} |"
    yield "\n" + "; ".join(f"{_mark(word)}: {meaning}" for word, meaning in LEGEND.items()) + "."


def failure(board: Board, id_: str) -> str:
    """A requirement that fails somewhere, with its text."""
    rule = board.rules.get(id_)
    return f"**{id_}** ({rule.level}) {escape(rule.title)}: {escape(rule.text)}" if rule else f"**{id_}**"


def added_config_keys(board: Board) -> Iterator[str]:
    """One entry an implementation that adds any."""
    for number, row in enumerate(board.rows, 1):
        if row.added_config_keys:
            yield f"- {number}: {escape(', '.join(row.added_config_keys))}"


def unanswered(board: Board) -> Iterator[str]:
    """One list item for each implementation and reason."""
    for number, row in enumerate(board.rows, 1):
        for text in row.unanswered():
            yield f"- {number}: {escape(text)}"


def _mark(word: str) -> str:
    marked = escape(word)
    return f"**{marked}**" if word.startswith("F") else marked
