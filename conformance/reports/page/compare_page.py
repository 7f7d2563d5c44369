"""The page of a comparison."""

from conformance.reports.compare import KINDS, REGRESSIONS, SHORT, Change, Comparison, Kind
from conformance.reports.page.findings import ShownFinding, first_of_report, shown_finding
from conformance.reports.page.render import render_page
from conformance.requirements import Catalogue

WORDS: dict[Kind, str] = {  # the verdict whose colour an entry has
    "broken": "fail",
    "lost": "fail",
    "new failure": "fail",
    "repaired": "pass",
    "added": "pass",
    "unjudged": "unknown",
    "failing": "waived",
}


def render_compare_page(comparison: Comparison, catalogue: Catalogue) -> str:
    """The whole page. Texts of rules come from the catalogue of this version."""
    groups = [(kind, title, comparison.of(kind)) for kind, title in KINDS.items() if comparison.of(kind)]
    used = {change.new.id.partition("-")[0] for change in comparison.changes}
    return render_page(
        "compare.html",
        {
            "comparison": comparison,
            "groups": groups,
            "regressions": REGRESSIONS,
            "words": WORDS,
            "counts": [(kind, len(changes)) for kind, _, changes in groups],
            "labels": SHORT,
            "rules": catalogue.by_id,
            "found": {change.new.id: _found(comparison, change) for change in comparison.changes},
            "sections": [section for section in catalogue.sections if section.prefix in used],
        },
    )


def _found(comparison: Comparison, change: Change) -> ShownFinding | None:
    found = first_of_report(comparison.new, change.new)
    return shown_finding(found) if found is not None else None
