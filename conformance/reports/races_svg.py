"""The SVG picture of a schedule: one lane for each process, and the call after which it was wrong."""

import textwrap
import xml.etree.ElementTree as ET

from conformance.processes.races.model import Outcome
from conformance.reports.races_text import LEGEND
from conformance.reports.spread_svg import DARK, FONTS, LIGHT
from conformance.requirements.races import RULES
from conformance.texts import printable

WIDTH, LEFT, RIGHT = 760, 20, 740
TITLE_LINE, TEXT_LINE, ROW = 22, 18, 18
TEXT_COLUMNS = 92
NUMBERS = 34  # width of the column with the numbers of the calls
LANE_CHARACTERS_A_PIXEL = 0.135  # of the monospaced calls


def render(outcome: Outcome, rule: str) -> str:
    """The SVG document of a schedule that breaks a rule."""
    finding = next(finding for finding in outcome.findings if finding.rule == rule)
    why = [*textwrap.wrap(printable(finding.text), TEXT_COLUMNS), LEGEND]
    lanes = max(2, *(step.process + 1 for step in outcome.steps))
    top = 16 + TITLE_LINE + TEXT_LINE * len(why) + 34
    height = top + ROW * len(outcome.steps) + 16
    title = f"{rule}: {RULES[rule].title}"
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title description",
        },
    )
    ET.SubElement(svg, "title", id="title").text = title
    ET.SubElement(svg, "desc", id="description").text = f"{finding.text}. {'; '.join(outcome.trace)}"
    ET.SubElement(svg, "style").text = _style()
    ET.SubElement(svg, "rect", {"class": "ground", "width": "100%", "height": "100%", "rx": "6"})
    _text(svg, LEFT, 12 + TITLE_LINE, title, "title")
    for number, line in enumerate(why):
        _text(svg, LEFT, 16 + TITLE_LINE + TEXT_LINE * (number + 1), line, "text")
    _lanes(svg, outcome, finding.step, lanes, top)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _lanes(svg: ET.Element, outcome: Outcome, wrong: int | None, lanes: int, top: float) -> None:
    width = (RIGHT - LEFT - NUMBERS) / lanes
    for process in range(lanes):
        _text(svg, LEFT + NUMBERS + width * process, top - 12, f"process {process + 1}", "head")
    for number, step in enumerate(outcome.steps):
        x, y = LEFT + NUMBERS + width * step.process, top + ROW * number
        kind = "wrong" if number == wrong else f"lane{step.process % 2}"
        bar = {"x": x - 8, "y": y - 2, "width": 3, "height": ROW}
        ET.SubElement(svg, "rect", {"class": kind, **{name: f"{value:g}" for name, value in bar.items()}})
        _text(svg, LEFT, y + 12, str(number + 1), "number")
        room = int(width * LANE_CHARACTERS_A_PIXEL)
        text = printable(step.text)
        shown = text if len(text) <= room else text[: room - 3] + "..."
        _text(svg, x, y + 12, shown, "call wrong-call" if number == wrong else "call")


def _style() -> str:
    sizes = (
        f"text{{font-family:{FONTS}}}.call,.number{{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px}}"
        ".title{font-size:16px;font-weight:600}.text{font-size:13px}.head,.wrong-call{font-size:12px;font-weight:600}"
    )
    return sizes + _colours(LIGHT) + "@media (prefers-color-scheme:dark){" + _colours(DARK) + "}"


def _colours(colours: tuple[str, ...]) -> str:
    ground, text, quiet, first, wrong, second = colours
    return (
        f".ground{{fill:{ground}}}.title,.text,.call,.head{{fill:{text}}}.number{{fill:{quiet}}}"
        f".lane0{{fill:{first}}}.lane1{{fill:{second}}}.wrong,.wrong-call{{fill:{wrong}}}"
    )


def _text(svg: ET.Element, x: float, y: float, text: str, kind: str) -> None:
    ET.SubElement(svg, "text", {"class": kind, "x": f"{x:g}", "y": f"{y:g}"}).text = text
