"""Writes `docs/requirements.md`: the catalogue and every known deviation of the releases, for readers."""

from collections.abc import Iterator
from pathlib import Path

from conformance.requirements.catalogue import RELEASES, Catalogue, Requirement, Section, load_catalogue
from conformance.requirements.deviations import Deviation, shipped_deviations

PAGE = Path(__file__).parents[2] / "docs" / "requirements.md"

Known = dict[str, dict[str, Deviation]]  # requirement: release: deviation


def render(catalogue: Catalogue, known: Known) -> str:
    """The whole page."""
    return "\n".join(_page(catalogue, known)) + "\n"


def known_deviations(catalogue: Catalogue) -> Known:
    """The deviations of the published releases, by requirement and release."""
    known: Known = {}
    for release in RELEASES:
        for deviation in shipped_deviations(release, catalogue):
            known.setdefault(deviation.requirement, {})[release] = deviation
    return known


def _page(catalogue: Catalogue, known: Known) -> Iterator[str]:
    yield "# The requirements\n"
    yield (
        f"{len(catalogue)} rules. A dot: the release has the feature and follows the rule. **D**: it has the feature "
        "and breaks the rule, as told below the table. Empty: the rule is not one of that release.\n"
    )
    yield "| section | rules | " + " | ".join(RELEASES) + " |"
    yield "|-|-|" + "-|" * len(RELEASES)
    for section in catalogue.sections:
        broken = [str(sum(release in known.get(r.id, {}) for r in section.requirement) or "") for release in RELEASES]
        yield f"| [{section.title}](#{_anchor(section)}) | {len(section.requirement)} | " + " | ".join(broken) + " |"
    yield "\nThe numbers under a release count the rules it breaks.\n"
    for section in catalogue.sections:
        yield from _section(section, known)


def _section(section: Section, known: Known) -> Iterator[str]:
    yield f"## {section.title}\n\n{section.about}\n"
    yield "| id | level | rule | " + " | ".join(RELEASES) + " |"
    yield "|-|-|-|" + "-|" * len(RELEASES)
    for requirement in section.requirement:
        marks = [_mark(requirement, release, known) for release in RELEASES]
        superseded = f" *(superseded by {requirement.superseded_by})*" if requirement.superseded_by else ""
        rule = f"**{requirement.title}.** {requirement.text}{superseded}"
        yield f"| {requirement.id} | {requirement.level} | {_cell(rule)} | " + " | ".join(marks) + " |"
    yield ""
    for requirement in section.requirement:
        for deviation, releases in _grouped(known.get(requirement.id, {})):
            yield f"- **{requirement.id}, {', '.join(releases)}**: {deviation.reason} *Evidence: {deviation.evidence}.*"
    yield ""


def _grouped(by_release: dict[str, Deviation]) -> list[tuple[Deviation, list[str]]]:
    """Releases that break the rule in the same words, together."""
    groups: list[tuple[Deviation, list[str]]] = []
    for release, deviation in by_release.items():
        for known, releases in groups:
            if (known.reason, known.evidence) == (deviation.reason, deviation.evidence):
                releases.append(release)
                break
        else:
            groups.append((deviation, [release]))
    return groups


def _mark(requirement: Requirement, release: str, known: Known) -> str:
    if release in known.get(requirement.id, {}):
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
