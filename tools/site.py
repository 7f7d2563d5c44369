"""Hooks of MkDocs: adapt the Markdown of this project, which is written for GitHub, to the site.

`make site` builds the site from the pages in `docs` and those at the root of the project.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.generated import MARKDOWN_NOTE

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
# The pages at the root, and their paths on the site.
ROOT_PAGES = {"README.md": "index.md"} | {
    name: name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md")
}

_FENCED = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
_NESTED = re.compile(r"^ {2,3}(?=(?:-|\d+\.) )", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)")


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Adds the pages at the root, and expands the patterns of the navigation."""
    from mkdocs.structure.files import File

    for name, path in ROOT_PAGES.items():
        files.append(File.generated(config, path, content=(ROOT / name).read_text(encoding="utf-8")))
    paths = [path.relative_to(config.docs_dir).as_posix() for path in _in_order(Path(config.docs_dir))]
    config.nav = _expanded(config.nav, paths)
    return files


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:  # noqa: ARG001
    """Rewrites links and indents nested lists."""
    text = markdown.removeprefix(MARKDOWN_NOTE)  # the title of a page is its first line
    return adapted(text, is_at_root=page.file.src_uri in ROOT_PAGES.values())


def adapted(markdown: str, *, is_at_root: bool) -> str:
    """The text for Python-Markdown, which needs four spaces before a nested item of a list. Code stays as it is."""
    text, end = "", 0
    for block in _FENCED.finditer(markdown):
        text += _adapt(markdown[end : block.start()], is_at_root) + block[0]
        end = block.end()
    return text + _adapt(markdown[end:], is_at_root)


def _adapt(text: str, is_at_root: bool) -> str:
    return _LINK.sub(lambda link: _on_site(link[1], is_at_root), _NESTED.sub("    ", text))


def _on_site(target: str, is_at_root: bool) -> str:
    """The target of a link: pages at the root are beside those of `docs` on the site."""
    path = target.removeprefix("docs/") if is_at_root else target.removeprefix("../")
    return ROOT_PAGES.get(path, path if is_at_root else target)


def _in_order(docs: Path) -> list[Path]:
    """The pages of requirements, in the order of the overview."""
    overview = (docs / "requirements.md").read_text(encoding="utf-8")
    return [docs / path for path in re.findall(r"\]\((requirements/\w+\.md)\)", overview)]


def _expanded(nav: object, paths: list[str]) -> object:
    if isinstance(nav, dict):
        return {title: _expanded(entry, paths) for title, entry in nav.items()}
    if not isinstance(nav, list):
        return nav
    entries = [paths if entry == "requirements/*.md" else [_expanded(entry, paths)] for entry in nav]
    return [entry for group in entries for entry in group]
