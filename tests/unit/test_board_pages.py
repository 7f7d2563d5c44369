"""The board of a survey as HTML and Markdown. Texts of a target never become markup."""

import re
from html.parser import HTMLParser

import pytest

from conformance.reports.board_html import render_html
from conformance.reports.board_markdown import render_markdown
from conformance.reports.markdown_text import escape
from tests.support.boards import board, hostile_board, row, small_board


class Page(HTMLParser):
    """The tags of a page, its links and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.places: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.places += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]


def test_target_text_is_escaped_on_the_page() -> None:
    text = render_html(hostile_board())
    page = Page(text)
    assert not page.tags & {"iframe", "img", "svg"}
    assert text.count("<script") == 1
    assert {"table", "details"} <= page.tags
    assert not any(name.startswith("on") for name in page.attributes)
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_every_link_has_its_target_on_the_page() -> None:
    page = Page(render_html(small_board()))
    assert len(page.places) == len(set(page.places))
    assert page.links
    assert {link.removeprefix("#") for link in page.links if link != "data:,"} <= set(page.places)


def test_long_name_can_wrap_at_its_separators() -> None:
    page = render_html(board(row(target="plugin:one+fork")))
    assert ">plugin:<wbr>one+<wbr>fork</a>" in page


def test_cell_links_to_its_failing_rules() -> None:
    text = render_html(small_board())
    assert re.search(r'<a href="#i2-ONE-002"[^>]*>F1</a>', text)
    (item,) = re.findall(r'<li id="i2-ONE-002">(.*?)</li>', text, re.DOTALL)
    assert "The rule ONE-002" in item
    assert "What ONE-002 asks for." in item


def test_page_loads_nothing_from_elsewhere() -> None:
    text = render_html(small_board())
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<b>&amp;", r"\<b\>\&amp;"),
        ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`"),
        ("[a](b) @c #1", r"\[a\]\(b\) \@c \#1"),
        ("two\nlines\tand  more", "two lines and more"),
        ("\x1b[2J", r"\\x1b\[2J"),
    ],
)
def test_target_text_is_escaped_in_markdown(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_markdown_rows_have_as_many_columns_as_headers() -> None:
    for text in (render_markdown(hostile_board()), render_markdown(small_board())):
        lines = text.splitlines()
        heads = [number for number, line in enumerate(lines) if line.startswith("|-")]
        assert len(heads) == 2
        for head in heads:
            columns = len(unescaped_bars(lines[head]))
            for line in lines[head - 1 : lines.index("", head)]:
                assert len(unescaped_bars(line)) == columns, line
        assert not re.search(r"(?<!\\)<", text)


def unescaped_bars(line: str) -> list[str]:
    return re.findall(r"(?<!\\)\|", line)


def test_markdown_shows_failures_and_unanswered_calls() -> None:
    text = render_markdown(small_board())
    assert "- **ONE-002** (MUST) The rule ONE-002: What ONE-002 asks for. In 2.\n" in text
    assert "| Section ONE | ok | **F1** | D2 | ? |\n" in text
    assert "- 4: it has no accounts.ts name it in a mapping file\n" in text
    assert "0123456 of 2026-02-03, with changes" in text
