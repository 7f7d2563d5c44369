"""The page of races: every state and rule in a table, every failure call by call."""

from html.parser import HTMLParser

from conformance.reports.page.races_page import render_races_page
from conformance.requirements.races import RULES
from tests.support.races import failing_race


class Parsed(HTMLParser):
    """The cells of all tables, the ids, and the goals of links in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.ids: list[str] = []
        self.goals: set[str] = set()
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "a" and (given.get("href") or "").startswith("#"):
            self.goals.add((given["href"] or "")[1:])
        if tag == "td":
            self.cells.append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell &= tag != "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] = " ".join(f"{self.cells[-1]} {data}".split())


def test_page_has_each_verdict_and_call() -> None:
    page = Parsed(render_races_page("npm:x@1", "1", [failing_race()], 1))
    marks = {rule[-3:]: "." for rule in RULES} | {"001": "FAIL", "002": "ok"}
    assert page.cells[: len(RULES)] == [f"{rule} {mark}" for rule, mark in marks.items()]
    assert page.cells[len(RULES) :] == [
        *("1", "rename POOL.<1>.tmp POOL", ""),
        *("2", "", "rename POOL.<2>.tmp POOL"),
    ]


def test_every_link_of_the_page_has_a_goal() -> None:
    page = Parsed(render_races_page("npm:x@1", "1", [failing_race()], 1))
    assert "RACE-001-present-orders" in page.goals
    assert page.goals - set(page.ids) == set()
    assert len(page.ids) == len(set(page.ids))


def test_texts_of_the_target_are_escaped() -> None:
    text = render_races_page("npm:<script>@1", "1", [failing_race()], 1)
    assert "<script>@1" not in text
    assert "<b>one</b>" not in text
    assert "&lt;b&gt;one&lt;/b&gt;" in text


def test_page_without_failures_says_so() -> None:
    passing = failing_race()
    passing.found.clear()
    text = render_races_page("reference", "1", [passing], 0)
    assert "no rule is broken" in text
    assert "shortest schedule" not in text
