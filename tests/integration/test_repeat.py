"""The processes that keep all cores busy end with the measurement."""

import psutil
import pytest

from tools.repeat import busy_cores

pytestmark = pytest.mark.exhaustive


def test_busy_processes_end_also_after_an_error() -> None:
    before = set(psutil.Process().children())
    during: set[psutil.Process] = set()

    def fail() -> None:
        with busy_cores():
            during.update(set(psutil.Process().children()) - before)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(during) == psutil.cpu_count()
    assert not [process for process in during if process.is_running()]
