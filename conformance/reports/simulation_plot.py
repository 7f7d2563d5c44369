"""Plots of `simulate` and of the lab, with Altair and vl-convert: the extra `plots`.

An SVG has light colours, and dark ones for readers who prefer them. A PNG is light.
"""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.simulation.outcome import Outcome

PANELS = {
    "rejections": "429s per 100 requests",
    "goodput": "answered requests a minute",
    "wait_p95_s": "95th percentile of the wait, s",
    "resent_tokens": "tokens sent again per 100 requests",
}
FORMATS = (".svg", ".png")
FONT = "system-ui, -apple-system, Segoe UI, Noto Sans, Helvetica Neue, Arial, sans-serif"
DARK: Mapping[str, str] = {  # light colour: dark colour
    "#ffffff": "#0d1117",
    "#1f2328": "#f0f6fc",
    "#59636e": "#9aa4af",
    "#d1d9e0": "#3d444d",
    "#2f6fb3": "#58a6ff",
    "#bc4c00": "#f0883e",
    "#1a7f37": "#56d364",
    "#8250df": "#be8fff",
    "#9a6700": "#d29922",
}
GROUND, TEXT, QUIET, LINE, *SERIES = DARK
# Text is measured with another font than the reader's, which may be a fifth wider; what has no room is cut.
PADDING = {"left": 48, "right": 48, "top": 14, "bottom": 14}
TITLE_COLUMNS = 64


def write(path: Path, outcomes: Sequence[Outcome], title: str) -> None:
    """Draw one panel for each measure, with a point and its 95 % interval for each setting."""
    rows = [
        {"setting": each.settings.name, "measure": name, **_ends(each, name)} for each in outcomes for name in PANELS
    ]
    save(path, panels(rows, [each.settings.name for each in outcomes], title))


def panels(rows: Sequence[Json], order: Sequence[str], title: str) -> Any:
    """A chart with a panel for each measure. A row has `setting`, `measure`, `mean`, `low` and `high`."""
    import altair

    charts = []
    for name, label in PANELS.items():
        data = {"values": [row for row in rows if row["measure"] == name]}
        y = altair.Y("setting:N", sort=list(order), title=None)
        base = altair.Chart.from_dict({"data": data, "mark": "point"}).properties(width=230, height=26 * len(order))
        x = altair.X("mean:Q", title=label, scale=altair.Scale(zero=True))
        rule = base.mark_rule(strokeWidth=2, color=SERIES[0]).encode(
            y=y, x=altair.X("low:Q", title=label, scale=altair.Scale(zero=True)), x2="high:Q"
        )
        charts.append(rule + base.mark_point(filled=True, size=70, opacity=1, color=SERIES[0]).encode(x=x, y=y))
    rows_ = [altair.hconcat(*charts[at : at + 2]) for at in range(0, len(charts), 2)]
    return altair.vconcat(
        *rows_, title=altair.Title(textwrap.wrap(title, TITLE_COLUMNS), anchor="start", fontSize=14, offset=12)
    )


def save(path: Path, chart: Any) -> None:
    """Write an SVG for both themes, or a light PNG."""
    import vl_convert

    spec = themed(chart).to_dict()
    if path.suffix == ".png":
        path.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))
        return
    path.write_text(with_dark_colours(vl_convert.vegalite_to_svg(spec)), encoding="utf-8")


def themed(chart: Any) -> Any:
    """The chart in the light colours."""
    axis = {"labelColor": TEXT, "titleColor": TEXT, "domainColor": QUIET, "tickColor": QUIET, "gridColor": LINE}
    return (
        chart.configure(background=GROUND, font=FONT, padding=PADDING)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", **axis)
        .configure_view(stroke=LINE)
        .configure_title(color=TEXT, fontWeight=600)
        .configure_legend(labelColor=TEXT, titleColor=TEXT, labelFontSize=12, titleFontSize=12, columnPadding=32)
        .configure_header(labelColor=TEXT, titleColor=TEXT, labelFontSize=12, titleFontSize=12)
    )


def with_dark_colours(svg: str) -> str:
    """The SVG with rules that replace each colour for readers who prefer dark ones."""
    pairs = [(name, light, dark) for light, dark in DARK.items() for name in ("fill", "stroke")]
    rules = "".join(f'[{name}="{light}"]{{{name}:{dark}}}' for name, light, dark in pairs)
    head, end, rest = svg.partition(">")
    return f"{head}{end}<style>@media (prefers-color-scheme:dark){{{rules}}}</style>{rest}"


def _ends(outcome: Outcome, name: str) -> dict[str, float]:
    estimate = outcome.estimate(name)
    return {"mean": estimate.mean, "low": max(0.0, estimate.low), "high": estimate.high}
