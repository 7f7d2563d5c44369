"""The generator draws every kind of value, and the page with the counts is fresh."""

import pytest

from tools.value_coverage import COLUMNS, OFTEN, PAGE, generated, load, render
from tools.value_kinds import KINDS, count_kinds

CALLS, FREQUENT = 20_000, 3_000


def drawn(place: str, kind: str) -> int:
    count: int = load()["fuzz"][place][kind]
    return count


def test_frequent_kinds_are_drawn_in_20000_calls() -> None:
    """A kind that a million calls draw 3,000 times is drawn here. Values of rarer kinds come in few sessions."""
    counts = count_kinds(generated(CALLS, "another"))
    frequent = [(place, kind) for place, kinds in KINDS.items() for kind in kinds if drawn(place, kind) >= FREQUENT]
    assert [each for each in frequent if not counts[each]] == []


@pytest.mark.parametrize("place", KINDS)
def test_every_kind_is_drawn_often(place: str) -> None:
    assert {kind: drawn(place, kind) for kind in KINDS[place] if drawn(place, kind) < OFTEN} == {}


def test_page_is_fresh() -> None:
    data = load()
    assert PAGE.read_text(encoding="utf-8") == render(data), "run `make docs`"
    for name in ("run", "fuzz"):
        known = {place: set(kinds) for place, kinds in data[name].items()}
        assert known == {place: set(kinds) for place, kinds in KINDS.items()}, "python -m tools.value_coverage measure"
    assert set(data) == {"calls", *COLUMNS}
