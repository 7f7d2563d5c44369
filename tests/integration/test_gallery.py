"""The kit is fair to each adapter that misbehaves, and bounded: it shows what docs/gallery.json says.

Each adapter is judged by two rules. `make gallery` compares more rows, some with all rules or with other commands.
"""

import pytest

from tools.gallery import read_table
from tools.gallery_rows import Row, outcome, rows
from tools.gallery_run import measure

TABLE = read_table()


@pytest.mark.parametrize("row", [row for row in rows() if row.tested and row.name in TABLE], ids=lambda row: row.fake)
def test_adapter_shows_what_the_table_says(row: Row) -> None:
    shown = outcome(row, measure(row.fake, row.options, row.command))
    words = {"cause": ""}  # they vary with the load of the machine, and with the wording of messages
    assert shown.model_copy(update=words) == TABLE[row.name].model_copy(update=words)
