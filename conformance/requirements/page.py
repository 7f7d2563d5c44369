"""Writes `docs/requirements.md`, a page for each section below `docs/requirements`, and `docs/capabilities.md`.

The pages have the whole catalogue, with the known deviations of the releases.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from conformance.requirements import capabilities_page
from conformance.requirements.catalogue import Catalogue, Requirement, Section, load_catalogue
from conformance.requirements.deviations import ReleaseDeviation, release_deviations
from reference_impl.releases import VERSIONS

DOCS = Path(__file__).parents[2] / "docs"
OVERVIEW, FOLDER, CAPABILITIES = "requirements.md", "requirements", "capabilities.md"

Known = dict[str, list[ReleaseDeviation]]  # by requirement


def render(catalogue: Catalogue) -> dict[str, str]:
    """The pages, by path below `docs`."""
    known = known_deviations(catalogue)
    pages = {OVERVIEW: _overview(catalogue, known), CAPABILITIES: capabilities_page.lines(catalogue)}
    pages |= {f"{FOLDER}/{section.prefix.lower()}.md": _section(section, known) for section in catalogue.sections}
    return {path: MARKDOWN_NOTE + "\n".join(lines) + "\n" for path, lines in pages.items()}


def known_deviations(catalogue: Catalogue) -> Known:
    """The deviations of the releases, by requirement."""
    known: Known = {}
    for deviation in release_deviations(catalogue):
        known.setdefault(deviation.requirement, []).append(deviation)
    return known


def span(versions: Sequence[str]) -> str:
    """The releases in words: `all`, `from 1.4.5`, `up to 1.4.3`, or ranges."""
    ranges: list[list[str]] = []
    for version in versions:
        if ranges and VERSIONS.index(version) == VERSIONS.index(ranges[-1][-1]) + 1:
            ranges[-1].append(version)
        else:
            ranges.append([version])
    return ", ".join(map(_range, ranges))


def _range(versions: Sequence[str]) -> str:
    first, last = versions[0], versions[-1]
    if (first, last) == (VERSIONS[0], VERSIONS[-1]):
        return "all"
    if first == last:
        return first
    if last == VERSIONS[-1]:
        return f"from {first}"
    return f"up to {last}" if first == VERSIONS[0] else f"{first} to {last}"


def _broken(requirement: Requirement, known: Known) -> list[str]:
    """The releases that break the rule."""
    broken = {release for deviation in known.get(requirement.id, ()) for release in deviation.releases}
    return [version for version in VERSIONS if version in broken]


def _overview(catalogue: Catalogue, known: Known) -> Iterator[str]:
    yield "# The requirements\n"
    yield (
        f"The catalogue has {len(catalogue)} rules in {len(catalogue.sections)} sections. Each section has a page with "
        "its rules, the capabilities that they need, and the known deviations of the releases. "
        "[Capabilities](capabilities.md) lists the rules by capability.\n"
    )
    yield "The numbers under a release count the rules that it breaks.\n"
    yield "| section | ids | rules | " + " | ".join(VERSIONS) + " |"
    yield "|-|-|-|" + "-|" * len(VERSIONS)
    for section in catalogue.sections:
        broken = [str(sum(release in _broken(r, known) for r in section.requirement) or "") for release in VERSIONS]
        link = f"[{section.title}]({FOLDER}/{section.prefix.lower()}.md)"
        yield f"| {link} | `{section.prefix}` | {len(section.requirement)} | " + " | ".join(broken) + " |"
    yield (
        "\nOn the command line, `antigravity-conformance requirements list` prints all rules, and "
        "`antigravity-conformance requirements show PID-001` prints one with its source and its mutant."
    )


def _section(section: Section, known: Known) -> Iterator[str]:
    yield f"# {section.title}\n\n{section.about}\n"
    yield (
        "**needs**: the capabilities that a target must claim to be judged by the rule. **releases**: those that have "
        "the feature. **D**: the release breaks the rule, as described below the table.\n"
    )
    yield "| id | rule | needs | releases |\n|-|-|-|-|"
    for requirement in section.requirement:
        superseded = f" *(superseded by {requirement.superseded_by})*" if requirement.superseded_by else ""
        rule = f"**{requirement.title}.** {requirement.text}{superseded}"
        broken = _broken(requirement, known)
        releases = span(requirement.releases) + (f"<br>**D** {span(broken)}" if broken else "")
        needs = ", ".join(f"`{need}`" for need in requirement.needs)
        yield f"| {_anchored(requirement.id)} {requirement.level} | {_cell(rule)} | {needs} | {releases} |"
    deviations = [deviation for requirement in section.requirement for deviation in known.get(requirement.id, ())]
    if deviations:
        yield "\n## Known deviations\n"
    for deviation in deviations:
        yield (
            f"- **{deviation.requirement}, {span(deviation.releases)}**: {deviation.reason} "
            f"*Evidence: {deviation.evidence}.*"
        )


def _anchored(id_: str) -> str:
    return f'<a id="{id_}"></a>`{id_}`'


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    (DOCS / FOLDER).mkdir(exist_ok=True)
    for path, text in render(load_catalogue()).items():
        (DOCS / path).write_text(text, encoding="utf-8")
