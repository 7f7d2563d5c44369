"""Writes `docs/requirements.md`: the catalogue and every known deviation of the releases."""

from collections.abc import Iterator
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from conformance.requirements.catalogue import Catalogue, Requirement, Section, load_catalogue
from conformance.requirements.deviations import ReleaseDeviation, release_deviations
from reference_impl.releases import VERSIONS

PAGE = Path(__file__).parents[2] / "docs" / "requirements.md"

Known = dict[str, list[ReleaseDeviation]]  # by requirement


def render(catalogue: Catalogue, known: Known) -> str:
    """The whole page."""
    return "\n".join(_page(catalogue, known)) + "\n"


def known_deviations(catalogue: Catalogue) -> Known:
    """The deviations of the releases, by requirement."""
    known: Known = {}
    for deviation in release_deviations(catalogue):
        known.setdefault(deviation.requirement, []).append(deviation)
    return known


def _breaks(requirement: Requirement, release: str, known: Known) -> bool:
    return any(release in deviation.releases for deviation in known.get(requirement.id, ()))


def _page(catalogue: Catalogue, known: Known) -> Iterator[str]:
    yield MARKDOWN_NOTE + "# The requirements\n"
    yield (
        f"{len(catalogue)} rules. A dot: the release has the feature and follows the rule. **D**: it has the feature "
        "and breaks the rule, as described below the table. Empty: the rule does not apply to the release.\n"
    )
    yield "| section | rules | " + " | ".join(VERSIONS) + " |"
    yield "|-|-|" + "-|" * len(VERSIONS)
    for section in catalogue.sections:
        broken = [str(sum(_breaks(r, release, known) for r in section.requirement) or "") for release in VERSIONS]
        yield f"| [{section.title}](#{_anchor(section)}) | {len(section.requirement)} | " + " | ".join(broken) + " |"
    yield "\nThe numbers under a release count the rules it breaks.\n"
    for section in catalogue.sections:
        yield from _section(section, known)


def _section(section: Section, known: Known) -> Iterator[str]:
    yield f"## {section.title}\n\n{section.about}\n"
    yield "| id | level | rule | " + " | ".join(VERSIONS) + " |"
    yield "|-|-|-|" + "-|" * len(VERSIONS)
    for requirement in section.requirement:
        marks = [_mark(requirement, release, known) for release in VERSIONS]
        superseded = f" *(superseded by {requirement.superseded_by})*" if requirement.superseded_by else ""
        rule = f"**{requirement.title}.** {requirement.text}{superseded}"
        yield f"| {requirement.id} | {requirement.level} | {_cell(rule)} | " + " | ".join(marks) + " |"
    yield ""
    for requirement in section.requirement:
        for deviation in known.get(requirement.id, ()):
            span = ", ".join(deviation.releases)
            yield f"- **{requirement.id}, {span}**: {deviation.reason} *Evidence: {deviation.evidence}.*"
    yield ""


def _mark(requirement: Requirement, release: str, known: Known) -> str:
    if _breaks(requirement, release, known):
        return "**D**"
    return "·" if release in requirement.releases else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _anchor(section: Section) -> str:
    kept = "".join(letter for letter in section.title.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    shipped = load_catalogue()
    PAGE.write_text(render(shipped, known_deviations(shipped)), encoding="utf-8")
