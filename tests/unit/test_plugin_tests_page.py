"""docs/plugin-tests.md names only existing requirements, and its counts are correct."""

import re

from conformance.requirements import load_catalogue
from tests.support.command import CHECKOUT

PAGE = (CHECKOUT / "docs" / "plugin-tests.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!behaviour)(.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
ID = re.compile(r"\b[A-Z]{2,5}-[0-9]{3}\b")


def test_every_id_on_the_page_exists() -> None:
    known = load_catalogue().by_id
    assert [id_ for id_ in ID.findall(PAGE) if id_ not in known] == []


def test_every_behaviour_is_covered_or_excluded_with_reason() -> None:
    assert [row for row in ROWS if not ID.match(row[1]) and not row[1].startswith("out of scope: ")] == []


def test_the_page_counts_its_rows() -> None:
    covered = sum(bool(ID.match(answer)) for _, answer in ROWS)
    text = " ".join(PAGE.split())
    found = re.search(r"Of (\d+) behaviours (\d+) are covered by a requirement, and (\d+) are out of scope", text)
    assert found is not None
    assert [int(number) for number in found.groups()] == [len(ROWS), covered, len(ROWS) - covered]
