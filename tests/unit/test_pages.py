"""The generated pages under docs are up to date."""

from pathlib import Path

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements import page as requirements_page
from conformance.requirements.deviations import release_deviations
from conformance.vectors import load_vectors
from conformance.vectors import page as vectors_page
from conformance.wire import page as wire_page
from tools import releases_page

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("path", "rendered"),
    [
        (wire_page.PAGE, wire_page.render()),
        (requirements_page.PAGE, requirements_page.render(CATALOGUE, requirements_page.known_deviations(CATALOGUE))),
        (releases_page.PAGE, releases_page.render(CATALOGUE, release_deviations(CATALOGUE))),
        (vectors_page.PAGE, vectors_page.render(load_vectors())),
    ],
    ids=["wire", "requirements", "releases", "vectors"],
)
def test_the_page_is_made_from_the_data(path: Path, rendered: str) -> None:
    assert path.read_text(encoding="utf-8") == rendered, "run `make docs`"
