"""The pool that fits the PIDs of real processes distinguishes every wrong start from the right one."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.processes.fitting import WRONG_STARTS, fit_pool


@settings(max_examples=300, derandomize=True, database=None)
@given(st.lists(st.integers(2, 2**22), min_size=2, max_size=12, unique=True))
def test_fitted_pool_exposes_every_wrong_start(pids: list[int]) -> None:
    fit = fit_pool(pids)
    for wrong in WRONG_STARTS.values():
        assert any(wrong(pid, fit.accounts) != fit.start(pid) for pid in pids)
    assert any(pid % fit.accounts for pid in pids), "a port that moves twice would pass"
    assert fit.spare not in {fit.start(pid) for pid in pids}


@given(st.integers(2, 1000), st.integers(2, 8))
def test_equal_remainders_get_a_larger_pool(first: int, count: int) -> None:
    stride = 2 * 3 * 4 * 5
    pids = [first + stride * turn for turn in range(count)]
    assume(count > 1)
    assert stride % fit_pool(pids).accounts


def test_equal_pids_are_refused() -> None:
    with pytest.raises(ValueError, match="no pool of up to 1009 accounts"):
        fit_pool([5, 5])
