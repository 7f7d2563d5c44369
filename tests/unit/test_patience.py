"""When a target that fails is not started again."""

import pytest

from conformance.targets.errors import AdapterFault, GivenUp, NoAnswer, WrongAnswer
from conformance.targets.patience import LARGE_BYTES, MAX_LARGE_BYTES, Patience


def is_given_up(patience: Patience) -> bool:
    try:
        patience.check("the port")
    except GivenUp:
        return True
    return False


def test_three_faults_in_a_row_are_enough() -> None:
    patience = Patience()
    seen = []
    for _ in range(3):
        seen.append(is_given_up(patience))
        patience.note(AdapterFault("the port exited at once"))
    assert seen == [False, False, False]
    with pytest.raises(GivenUp, match=r"failed 3 times and is not started again\. The last time: it exited at once"):
        patience.check("the port")


def test_answers_between_faults_earn_nine_more_starts() -> None:
    patience = Patience()
    for number in range(12):
        assert not is_given_up(patience), number
        patience.note(AdapterFault("it exited"))
        patience.note_answer()
    assert is_given_up(patience)


def test_noted_fault_keeps_no_lines_of_the_target() -> None:
    """Tracebacks hold the local variables of their frames, and a search notes 150 faults."""
    patience = Patience()
    try:
        try:
            raise ValueError("a line of 8 MiB")
        except ValueError as error:
            raise AdapterFault("it wrote no JSON") from error
    except AdapterFault as error:
        fault = error
        patience.note(fault)
    assert (fault.__traceback__, fault.__cause__, fault.__context__) == (None, None, None)


def test_third_silence_is_the_last() -> None:
    patience = Patience()
    for _ in range(3):
        assert not is_given_up(patience)
        patience.note(NoAnswer("nothing in 20 s"))
        patience.note_answer()
    assert is_given_up(patience)


def test_time_limit_is_shorter_after_a_silence() -> None:
    patience = Patience()
    assert patience.timeout_s(20) == 20
    patience.note(AdapterFault("it exited"))
    assert patience.timeout_s(20) == 20
    patience.note(NoAnswer("nothing in 20 s"))
    assert [patience.timeout_s(limit_s) for limit_s in (20, 4, 1)] == [5, 2, 1]


def test_wrong_answers_cost_no_start() -> None:
    patience = Patience()
    for _ in range(100):
        patience.note(WrongAnswer("a label that is a list"))
    assert not is_given_up(patience)


def test_same_fault_counts_once() -> None:
    patience = Patience()
    fault = AdapterFault("it exited")
    for _ in range(3):
        patience.note(fault)
    assert not is_given_up(patience)


def test_target_that_sends_too_much_is_given_up() -> None:
    patience = Patience()
    for _ in range(MAX_LARGE_BYTES // LARGE_BYTES + 1):
        patience.note_line(LARGE_BYTES, 0)
    patience.note_line(MAX_LARGE_BYTES, 0)
    assert not is_given_up(patience)
    patience.note_line(LARGE_BYTES + 1, 0)
    with pytest.raises(GivenUp, match="the port sent 128 MiB in lines of more than 64 KiB"):
        patience.check("the port")


def test_slow_answers_use_up_the_long_time_limit() -> None:
    patience = Patience()
    patience.note_line(0, 2)
    patience.note_line(0, 19)
    assert patience.timeout_s(20) == 20
    patience.note_line(0, 2.5)
    assert (patience.timeout_s(20), patience.start_timeout_s(20)) == (5, 20)


def test_slow_answers_do_not_end_a_long_search() -> None:
    patience = Patience(slow=False)
    for _ in range(1000):
        patience.note_line(0, 19)
    assert patience.timeout_s(20) == 20


def test_run_ends_at_its_time_limit() -> None:
    Patience(time_limit_s=600).check("the port")
    with pytest.raises(GivenUp, match=r"has taken -1 s, which is its limit \(--time-limit\)"):
        Patience(time_limit_s=-1).check("the port")
