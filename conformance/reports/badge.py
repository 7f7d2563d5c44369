"""A run as an SVG badge, for a README."""

import xml.etree.ElementTree as ET

from conformance.reports.fault import Fault
from conformance.reports.run import Run
from conformance.reports.verdicts import CONFORMANT, NOT_CONFORMANT, Word
from conformance.texts import printable, redact

LABEL = "conformance"
SHOWN: tuple[Word, ...] = ("pass", "waived", "fail")
HEIGHT, PAD, CHARACTER = 20, 8, 6.6  # the width of a character is that of a wide font, such as DejaVu Sans
GOOD, BAD, NONE, GROUND = "#1a7f37", "#b62324", "#6e5300", "#444c56"  # white text on each has a contrast of 4.5 or more


def render_badge(run: Run) -> str:
    """`conformance | 293 pass, 2 fail`."""
    outcome = run.outcome
    counts = ", ".join(f"{outcome.count(word)} {word}" for word in SHOWN if outcome.count(word))
    if outcome.exit_code in (CONFORMANT, NOT_CONFORMANT):
        return _badge(counts, GOOD if outcome.exit_code == CONFORMANT else BAD)
    return _badge(run.conclusion.partition(":")[0], NONE)


def render_fault_badge(fault: Fault) -> str:
    """`conformance | no verdict`."""
    return _badge(fault.conclusion.partition(":")[0], NONE, fault.message)


def _badge(text: str, colour: str, why: str = "") -> str:
    left, right = _width(LABEL), _width(text)
    name = f"{LABEL}: {text}"
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": f"{left + right:g}",
            "height": str(HEIGHT),
            "role": "img",
            "aria-label": name,
        },
    )
    ET.SubElement(svg, "title").text = name
    if why:
        ET.SubElement(svg, "desc").text = redact(printable(why))
    ET.SubElement(svg, "rect", width=f"{left + right:g}", height=str(HEIGHT), rx="3", fill=GROUND)
    ET.SubElement(svg, "path", d=f"M{left:g} 0h{right - 3:g}q3 0 3 3v14q0 3 -3 3h-{right - 3:g}z", fill=colour)
    fonts = {
        "fill": "#fff",
        "font-family": "Verdana, 'DejaVu Sans', sans-serif",
        "font-size": "11",
        "text-anchor": "middle",
    }
    group = ET.SubElement(svg, "g", fonts)
    for middle, words, width in ((left / 2, LABEL, left), (left + right / 2, text, right)):
        place = {"x": f"{middle:g}", "y": "14", "textLength": f"{width - 2 * PAD:g}"}
        ET.SubElement(group, "text", place).text = words
    return ET.tostring(svg, encoding="unicode") + "\n"


def _width(text: str) -> float:
    return round(len(text) * CHARACTER + 2 * PAD, 1)
