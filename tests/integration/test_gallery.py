"""The kit stays fair and bounded whatever an adapter does: what docs/gallery.json says holds.

`make gallery` compares all rows, with all rules and other commands too. Here each adapter is judged by two rules.
"""

import pytest

from tests.fakes.gallery.catalogue import load
from tools.gallery import PAGE, faults, read_table, render
from tools.gallery_rows import Row, outcome, rows
from tools.gallery_run import measure

TABLE = read_table()


@pytest.mark.parametrize("row", [row for row in rows() if row.tested], ids=lambda row: row.fake)
def test_adapter_shows_what_the_table_says(row: Row) -> None:
    assert outcome(row, measure(row.fake, row.options, row.command)) == TABLE[row.name]


def test_table_has_every_row() -> None:
    assert list(TABLE) == [row.name for row in rows()]
    assert len(load()) > 64


@pytest.mark.parametrize("name", TABLE)
def test_no_row_breaks_a_limit(name: str) -> None:
    assert list(faults(TABLE[name])) == []


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(TABLE), "run `make docs`"
