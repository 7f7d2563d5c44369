"""Every linked page and heading exists, and every page is linked."""

import re
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT
from tests.support.doc_commands import PAGES
from tests.support.forgotten import assert_none

_LINK = re.compile(r"\]\(([^)\s#:]*)(?:#([^)\s]+))?\)")
_CODE = re.compile(r"```.*?```", re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page: headings as GitHub and the site name them, and `<a id>`."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.replace(" ", "-") for word in words} | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name} links to {path}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{page.name} links to {path}#{anchor}"


def test_every_page_is_in_the_list_of_pages() -> None:
    contents = CHECKOUT / "docs" / "contents.md"
    linked = {(contents.parent / path).resolve() for path, _ in _LINK.findall(contents.read_text(encoding="utf-8"))}
    sections = {page for page in PAGES if page.parent.name == "requirements"}
    assert_none({str(page) for page in set(PAGES) - sections - linked - {contents}}, "docs/contents.md does not link")
    assert "docs/contents.md" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
