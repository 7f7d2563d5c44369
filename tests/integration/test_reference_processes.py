"""The reference in real processes, started by `multiprocess`."""

import os

import multiprocess
import pytest

from conformance.processes.fitting import BASE_INDEX
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES

POOL = {"accounts": [{"refreshToken": label} for label in "abcdefg"], "activeIndex": BASE_INDEX}


def select_twice() -> tuple[int, list[int]]:
    """In a separate process: the real PID, and the accounts that each family selects."""
    adapter = ReferenceAdapter()
    adapter.open(POOL)
    chosen = [adapter.select(f, "sticky", pid_offset_enabled=True)["index"] for f in (*FAMILIES, *FAMILIES)]
    return os.getpid(), chosen


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_reference_uses_its_own_pid(method: str) -> None:
    context = multiprocess.get_context(method)
    with context.Pool(2, maxtasksperchild=1) as pool:
        seen = pool.starmap(select_twice, [()] * 4, chunksize=1)
    assert len({pid for pid, _ in seen}) == 4
    assert os.getpid() not in {pid for pid, _ in seen}
    for pid, accounts in seen:
        assert accounts == [(BASE_INDEX + pid % 7) % 7] * 4
