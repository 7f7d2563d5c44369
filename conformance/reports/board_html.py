"""The board of a survey as one self-contained HTML page, without scripts, fonts or other resources."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from conformance.reports.board import LEGEND, Board, Row, cell
from conformance.texts import printable

STYLE = Path(__file__).with_name("board.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES = {"F": "bad", "D": "known", "o": "good"}  # by the first letter of a cell


def render_html(board: Board) -> str:
    """The whole page."""
    page = ET.Element("html", lang="en")
    head = ET.SubElement(page, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    _add(head, "title", f"Conformance: {board.summary}")
    ET.SubElement(head, "style").text = STYLE.read_text(encoding="utf-8")
    body = ET.SubElement(ET.SubElement(page, "body"), "main")
    _add(body, "h1", "Conformance of account selection and config loading")
    _add(body, "p", f"{board.summary}. Judged by antigravity-conformance {board.kit}.", "soft")
    _table(body, board)
    _legend(body)
    _add(body, "h2", "Implementations")
    for number, row in enumerate(board.rows, 1):
        _details(body, board, number, row)
    return "<!DOCTYPE html>\n" + ET.tostring(page, encoding="unicode", method="html") + "\n"


def _add(parent: ET.Element, tag: str, text: str = "", class_: str = "", **attributes: str) -> ET.Element:
    """A child with this text. ElementTree escapes markup, `printable` escapes characters that HTML does not allow."""
    element = ET.SubElement(parent, tag, {**({"class": class_} if class_ else {}), **attributes})
    element.text = printable(text)
    return element


def _table(parent: ET.Element, board: Board) -> None:
    region = _add(parent, "div", "", "board", role="region", tabindex="0")
    region.set("aria-label", "The board: implementations by section")
    table = ET.SubElement(region, "table")
    head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    _add(head, "th", "Implementation", scope="col")
    _add(head, "th", "Verdict", scope="col")
    for section in board.sections:
        _add(_add(head, "th", scope="col"), "abbr", section.prefix, title=printable(section.title))
    rows = ET.SubElement(table, "tbody")
    for number, row in enumerate(board.rows, 1):
        line = ET.SubElement(rows, "tr")
        name = _add(line, "th", scope="row")
        _breakable(_add(name, "a", href=f"#i{number}"), row.target)
        _add(name, "small", " · ".join(part for part in (row.implementation, row.checkout_line) if part))
        _add(line, "td", row.conclusion.partition(",")[0].partition(":")[0])
        for section in board.sections:
            _cell(line, number, row, section.prefix, section.title)


def _breakable(element: ET.Element, text: str) -> None:
    """The text, with line breaks allowed after the separators in names."""
    element.text, *others = re.split(r"(?<=[+/:@])", printable(text))
    for part in others:
        ET.SubElement(element, "wbr").tail = part


def _cell(line: ET.Element, number: int, row: Row, prefix: str, title: str) -> None:
    word = cell(row, prefix)
    data = _add(line, "td", "", _CLASSES.get(word[:1], "none"))
    failed = row.ids("fail", prefix)
    if not failed:
        data.text = word
        return
    link = _add(data, "a", word, href=f"#i{number}-{failed[0]}", title=printable(f"{title}: {', '.join(failed)}"))
    link.set("aria-label", printable(f"{len(failed)} fail: {', '.join(failed)}"))


def _legend(parent: ET.Element) -> None:
    legend = _add(parent, "dl", "", "legend")
    for word, meaning in LEGEND.items():
        pair = ET.SubElement(legend, "div")
        _add(pair, "dt", word)
        _add(pair, "dd", meaning)


def _details(parent: ET.Element, board: Board, number: int, row: Row) -> None:
    part = _add(parent, "section", id=f"i{number}")
    _add(part, "h3", f"{number}. {row.target}")
    said = ", ".join(text for text in (row.implementation, row.checkout_line) if text)
    if said:
        _add(part, "p", said)
    _add(part, "p", row.conclusion)
    if row.profile:
        _add(part, "p", f"Profile {row.profile_line}. {row.musts_line}.", "soft")
    if row.notes:
        _add(part, "p", "; ".join(row.notes), "soft")
    if row.added_config_keys:
        _add(part, "p", f"Config keys that no release has: {', '.join(row.added_config_keys)}.", "soft")
    if row.ids("fail"):
        _add(part, "p", "Fails:")
        listed = ET.SubElement(part, "ul")
        for id_ in row.ids("fail"):
            _failure(listed, board, number, id_)
    if row.ids("waived"):
        more = _add(part, "details", "", "soft")
        _add(more, "summary", f"Deviations: {row.deviations_line}")
        listed = ET.SubElement(more, "ul")
        for id_ in row.ids("waived"):
            item = ET.SubElement(listed, "li")
            _add(item, "span", id_, "id").tail = printable(f" {row.reasons.get(id_, '')}")
    unanswered = [*row.unanswered()]
    if unanswered:
        _add(part, "p", "Not judged:", "soft")
        listed = _add(part, "ul", "", "soft")
        for text in unanswered:
            _add(listed, "li", text)


def _failure(listed: ET.Element, board: Board, number: int, id_: str) -> None:
    item = _add(listed, "li", id=f"i{number}-{id_}")
    _add(item, "span", id_, "id").tail = " "
    if rule := board.rules.get(id_):
        _add(item, "strong", rule.title).tail = printable(f" ({rule.level}). {rule.text}")
