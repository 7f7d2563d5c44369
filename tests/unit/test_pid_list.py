"""Lists of PIDs as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.processes.pid_list import parse, written

SAME_DRAWS = settings(deadline=None, database=None, derandomize=True)


def read(text: str) -> list[int]:
    return parse(text, what="PID", minimum=0, maximum=9999, count=10)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("123,456,789", [123, 456, 789]),
        ("100-103", [100, 101, 102, 103]),
        ("100-110/4", [100, 104, 108]),
        (" 7\n8\t9 , 1-2\r\n", [7, 8, 9, 1, 2]),
        ("5,5,3-3", [5, 5, 3]),
        ("0,9999", [0, 9999]),
    ],
)
def test_numbers_and_ranges_are_read_in_their_order(text: str, numbers: list[int]) -> None:
    assert read(text) == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no PID; expected"),
        (" ,\n", "there is no PID; expected"),
        ("-5", "'-5' is not a valid PID; expected a number"),
        ("1.5", "'1.5' is not a valid PID"),
        ("1\n\nabc", "'abc' in line 3 is not a valid PID"),
        ("\u0661", "is not a valid PID"),
        ("99999999999999999999", "expected 0 to 9999"),
        ("10000", "'10000' is not a valid PID; expected 0 to 9999"),
        ("9-3", "'9-3' is an empty range"),
        ("3-9/0", "'3-9/0' is an empty range"),
        ("1-11", "'1-11' exceeds the maximum of 10 numbers"),
        ("1-9,20,21", "'21' exceeds the maximum of 10 numbers"),
        ("1-9999", "exceeds the maximum of 10 numbers"),
        ("x" * 500, "'" + "x" * 40 + "...'"),
        ("1" * 5000, "is not a valid PID"),
    ],
)
def test_invalid_list_is_refused_with_the_wrong_word(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"PID|exceeds the maximum|empty range") as refused:
        read(text)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 200


def test_long_range_is_refused_before_it_expands() -> None:
    with pytest.raises(ValueError, match="exceeds the maximum"):
        parse("0-4294967295", what="PID", minimum=0, maximum=2**32 - 1, count=1009)


@SAME_DRAWS
@given(st.lists(st.integers(0, 30), min_size=1, max_size=10))
def test_written_list_reads_back(numbers: list[int]) -> None:
    assert read(written(numbers)) == numbers


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([1, 2, 3, 7, 9, 11, 13, 20, 22, 24], "1-3,7-13/2,20,22,24"),
        ([5, 5, 5], "5,5,5"),
        ([5, 4, 3], "5,4,3"),
        ([1, 2], "1,2"),
        ([*range(100, 353, 4)], "100-352/4"),
    ],
)
def test_a_row_is_written_as_a_range(numbers: list[int], text: str) -> None:
    assert written(numbers) == text
