"""Suspect lines: executed by failing scenarios and not by passing ones."""

from conformance.search.suspects import Edit, Lines, rank, runs

EDITS: dict[int, Edit] = {33: ("return 2;", "return 1;")}


def lines(*numbers: int) -> Lines:
    """Lines 10 to 19 belong to `one`, lines 20 to 29 to `two`, the others to a changed one."""
    return frozenset(
        ("a.ts", number, "one" if number < 20 else "two", number // 10 * 10, number >= 30, EDITS.get(number))
        for number in numbers
    )


def test_line_of_failing_scenarios_only_is_first() -> None:
    first, second = rank([lines(11, 12, 21), lines(12, 21)], [lines(11, 21), lines(21)])
    assert (first.function, first.line, first.lines, first.score, first.shared) == ("one", 10, (12,), 1.0, 2)
    assert (second.function, second.lines) == ("two", (21,))
    assert second.score < 1


def test_scenario_runs_a_suspect_line() -> None:
    suspect = rank([lines(12)], [])[0]
    assert runs(lines(12, 21), suspect)
    assert not runs(lines(11), suspect)


def test_changed_function_outranks_a_better_score() -> None:
    """Lines 30 and above belong to functions that the release does not have."""
    first, second = rank([lines(11, 31), lines(11, 31)], [lines(31), lines(31)])
    assert (first.line, first.changed, second.line) == (30, True, 10)
    assert first.score < second.score


def test_changed_function_that_passes_too_comes_later() -> None:
    first, _ = rank([lines(11, 31)], [lines(31)] * 20)
    assert not first.changed


def test_equal_scores_are_ordered_by_place() -> None:
    assert [suspect.line for suspect in rank([lines(25, 15)], [])] == [10, 20]


def test_edited_line_is_named_beside_suspect_lines() -> None:
    first = rank([lines(31, 33)], [lines(33)])[0]
    assert (first.lines, first.edits) == ((31,), ((33, EDITS[33]),))
