"""The SVG picture of a spread: one bar for each account, the even share, random choice, and the reasons."""

import textwrap
import xml.etree.ElementTree as ET

from conformance.processes.spread import Spread
from conformance.reports.spread_text import answer
from conformance.texts import printable

MAX_BARS = 64
MAX_LABELS = 32
WIDTH, LEFT, RIGHT = 640, 20, 620
PLOT_HEIGHT = 170
TITLE_LINE, TEXT_LINE = 22, 18
TITLE_COLUMNS, TEXT_COLUMNS = 57, 78  # characters that fit, at the sizes below, also in a wide font such as DejaVu Sans
FONTS = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "Helvetica Neue", Arial, sans-serif'

# Colour of ground, text, quiet text, bar, bar above random choice, even share.
LIGHT = ("#ffffff", "#1f2328", "#59636e", "#2f6fb3", "#bc4c00", "#1a7f37")
DARK = ("#0d1117", "#f0f6fc", "#9aa4af", "#58a6ff", "#f0883e", "#56d364")


def render(spread: Spread) -> str:
    """The SVG document. Needs up to MAX_BARS accounts."""
    title = textwrap.wrap(printable(answer(spread)), TITLE_COLUMNS)
    why = [line for reason in spread.reasons for line in textwrap.wrap(printable(reason.text), TEXT_COLUMNS)]
    legend = 16 + TITLE_LINE * len(title) + 20
    top = legend + 34
    bottom = top + PLOT_HEIGHT
    caption = bottom + 56
    height = caption + TEXT_LINE * (len(why) - 1) + 18

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
    ET.SubElement(svg, "title", id="title").text = answer(spread)
    ET.SubElement(svg, "desc", id="description").text = description(spread)
    ET.SubElement(svg, "style").text = style()
    ET.SubElement(svg, "rect", {"class": "ground", "width": "100%", "height": "100%", "rx": "6"})
    for number, line in enumerate(title, 1):
        _text(svg, LEFT, 12 + TITLE_LINE * number, line, "title")
    _legend(svg, spread, legend)
    _plot(svg, spread, top, bottom)
    for number, line in enumerate(why):
        _text(svg, LEFT, caption + TEXT_LINE * number, line, "text")
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def description(spread: Spread) -> str:
    """The text alternative of the picture."""
    counts = ", ".join(f"account {index}: {count}" for index, count in enumerate(spread.counts))
    return (
        f"Processes by account: {counts}. An even share is {_number(len(spread.pids) / spread.accounts)}; under random "
        f"choice the fullest account has {_number(spread.chance.fullest)} on average. "
        + " ".join(reason.text for reason in spread.reasons)
    )


def style() -> str:
    """Light colours, and dark ones for readers who prefer them."""
    sizes = (
        f"text{{font-family:{FONTS}}}"
        ".title{font-size:16px;font-weight:600}.text,.label{font-size:13px}.count{font-size:13px;font-weight:600}"
        ".label,.count{text-anchor:middle}.even,.random{stroke-width:2;fill:none}.random{stroke-dasharray:6 4}"
        ".axis{stroke-width:1}.count{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}"
    )
    return sizes + _colours(LIGHT) + "@media (prefers-color-scheme:dark){" + _colours(DARK) + "}"


def _colours(colours: tuple[str, ...]) -> str:
    ground, text, quiet, bar, over, even = colours
    return (
        f".ground{{fill:{ground}}}.title,.text,.count{{fill:{text}}}.label{{fill:{quiet}}}.count{{stroke:{ground}}}"
        f".bar{{fill:{bar}}}.over{{fill:{over}}}.even{{stroke:{even}}}.random{{stroke:{text}}}.axis{{stroke:{quiet}}}"
    )


def _legend(svg: ET.Element, spread: Spread, y: float) -> None:
    share = _number(len(spread.pids) / spread.accounts)
    chance = _number(spread.chance.fullest)
    for x, kind, text in (
        (LEFT, "even", f"even share: {share}"),
        (LEFT + 170, "random", f"fullest under random choice: {chance} on average"),
    ):
        ET.SubElement(svg, "path", {"class": kind, "d": f"M{x} {y - 4}h28"})
        _text(svg, x + 36, y, text, "text")


def _plot(svg: ET.Element, spread: Spread, top: float, bottom: float) -> None:
    scale = (bottom - top) / max(spread.found.fullest, spread.chance.fullest)
    step = (RIGHT - LEFT) / spread.accounts
    thickness = min(step * 0.7, 72)
    for index, count in enumerate(spread.counts):
        middle = LEFT + step * (index + 0.5)
        height = count * scale
        if count:
            kind = "over" if count > spread.chance.fullest else "bar"
            place = {"x": middle - thickness / 2, "y": bottom - height, "width": thickness, "height": height}
            ET.SubElement(svg, "rect", {"class": kind, **{name: _number(value) for name, value in place.items()}})
        if spread.accounts <= MAX_LABELS or index % 8 == 0:
            _text(svg, middle, bottom + 17, str(index), "label")
    for kind, value in (("even", len(spread.pids) / spread.accounts), ("random", spread.chance.fullest)):
        ET.SubElement(svg, "path", {"class": kind, "d": f"M{LEFT} {_number(bottom - value * scale)}H{RIGHT}"})
    ET.SubElement(svg, "path", {"class": "axis", "d": f"M{LEFT} {bottom}H{RIGHT}"})
    _text(svg, (LEFT + RIGHT) / 2, bottom + 34, "account", "label")
    if spread.accounts <= MAX_LABELS:
        for index, count in enumerate(spread.counts):  # on top of the lines
            _text(svg, LEFT + step * (index + 0.5), bottom - count * scale - 5, str(count), "count")


def _text(svg: ET.Element, x: float, y: float, text: str, kind: str) -> None:
    ET.SubElement(svg, "text", {"class": kind, "x": _number(x), "y": _number(y)}).text = text


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
