"""The generated pages under docs are up to date."""

from pathlib import Path

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements import page as requirements_page
from conformance.requirements.build_order import STEPS
from conformance.requirements.capabilities_page import NOTES
from conformance.requirements.deviations import release_deviations
from conformance.vectors import load_vectors
from conformance.vectors import page as vectors_page
from conformance.wire import page as wire_page
from conformance.wire.methods import CAPABILITIES
from reference_impl.releases import VERSIONS
from tools import releases_page

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("path", "rendered"),
    [
        (wire_page.PAGE, wire_page.render()),
        (releases_page.PAGE, releases_page.render(CATALOGUE, release_deviations(CATALOGUE))),
        (vectors_page.PAGE, vectors_page.render(load_vectors())),
    ],
    ids=["wire", "releases", "vectors"],
)
def test_the_page_is_made_from_the_data(path: Path, rendered: str) -> None:
    assert path.read_text(encoding="utf-8") == rendered, "run `make docs`"


def test_pages_of_requirements_are_current() -> None:
    rendered = requirements_page.render(CATALOGUE)
    for path, text in rendered.items():
        assert (requirements_page.DOCS / path).read_text(encoding="utf-8") == text, "run `make docs`"
    written = {f"requirements/{path.name}" for path in (requirements_page.DOCS / "requirements").glob("*.md")}
    assert written == {path for path in rendered if path.startswith("requirements/")}


@pytest.mark.parametrize(("versions", "words"), [
    (VERSIONS, "all"),
    (VERSIONS[:2], f"up to {VERSIONS[1]}"),
    (VERSIONS[-2:], f"from {VERSIONS[-2]}"),
    (VERSIONS[1:3], f"{VERSIONS[1]} to {VERSIONS[2]}"),
    (VERSIONS[:1], VERSIONS[0]),
    ((VERSIONS[0], *VERSIONS[2:4]), f"{VERSIONS[0]}, {VERSIONS[2]} to {VERSIONS[3]}"),
])  # fmt: skip
def test_span_of_releases_in_words(versions: tuple[str, ...], words: str) -> None:
    assert requirements_page.span(versions) == words


def test_steps_and_notes_name_capabilities() -> None:
    claimed = [capability for step in STEPS for capability in step.capabilities]
    assert sorted(claimed) == sorted(set(claimed))
    assert set(CAPABILITIES) - set(claimed) == {"fork"}, "which only Python ports can claim"
    assert set(NOTES) <= set(CAPABILITIES)
