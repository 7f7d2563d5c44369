"""The kit is fair to each adapter that misbehaves, and bounded: it shows what docs/gallery.json says.

Each adapter is judged by two rules. `make gallery` compares more rows, some with all rules or with other commands.
"""

import re

import pytest

from tests.support.tiers import sampled
from tools.gallery import read_table
from tools.gallery_rows import Outcome, Row, outcome, rows
from tools.gallery_run import measure

TABLE = read_table()


def without_values(shown: Outcome) -> Outcome:
    """With the cause up to its first value, such as a number of seconds, which depends on the machine."""
    said = re.match(r"([A-Z]+-\d+: )?[^`'\"{\[\d]*", shown.cause)
    return shown.model_copy(update={"cause": said.group() if said else ""})


@pytest.mark.parametrize("row", sampled([row for row in rows() if row.tested], every=40), ids=lambda row: row.fake)
def test_adapter_shows_what_the_table_says(row: Row) -> None:
    shown = outcome(row, measure(row.fake, row.options, row.command))
    assert without_values(shown) == without_values(TABLE[row.name])
