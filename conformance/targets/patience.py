"""Limits how often the kit restarts a failing target, so that every run ends."""

import math
import time

from conformance.targets.errors import AdapterFault, GivenUp, NoAnswer, WrongAnswer

MAX_IN_A_ROW = 3
MAX_TIMEOUTS = 3
MAX_FAULTS = 12
LARGE_BYTES = 64 * 1024  # a longer line counts as large
MAX_LARGE_BYTES = 128 * 1024**2  # of large lines; a right target sends none in a run
SHORTER = 4.0  # the time limit is divided by this after the first timeout
MIN_TIMEOUT_S = 2.0
SLOW_S = 2.0  # a longer answer counts as slow on any machine


class Patience:
    """Counts the faults after which a target must be restarted. A single wrong answer is not one of them.

    Connections report each line to it, and take their time limits from it. With `slow` false, slow answers shorten no
    time limit: for searches that run for hours.
    """

    def __init__(
        self,
        *,
        in_a_row: int = MAX_IN_A_ROW,
        faults: int = MAX_FAULTS,
        time_limit_s: float = math.inf,
        slow: bool = True,
    ) -> None:
        self._noted: list[AdapterFault] = []
        self._in_a_row = 0
        self._max_in_a_row, self._max_faults = in_a_row, faults
        self._large_bytes = 0
        self._counts_slow, self._slow_s = slow, 0.0
        self._time_limit_s, self._ends_s = time_limit_s, time.monotonic() + time_limit_s

    def note(self, fault: AdapterFault) -> None:
        """Count a fault of the target. Noting the same fault again has no effect."""
        if isinstance(fault, WrongAnswer | GivenUp) or any(fault is noted for noted in self._noted):
            return
        self._noted.append(fault.with_traceback(None))  # whose frames hold lines of 8 MiB
        fault.__cause__ = fault.__context__ = None
        self._in_a_row += 1

    def note_answer(self) -> None:
        """Count valid answers to a scenario."""
        self._in_a_row = 0

    def note_line(self, size_bytes: int, took_s: float) -> None:
        """Count a line of output, valid or not, with its size and duration."""
        if size_bytes > LARGE_BYTES:
            self._large_bytes += size_bytes
        if took_s > SLOW_S and self._counts_slow:
            self._slow_s += took_s

    def start_timeout_s(self, limit_s: float) -> float:
        """The time limit for the first answer of a process. It is shorter after a timeout."""
        return min(limit_s, max(MIN_TIMEOUT_S, limit_s / SHORTER)) if self._timeouts else limit_s

    def timeout_s(self, limit_s: float) -> float:
        """The time limit for other answers. It is also shorter after slow answers took that long in total."""
        return self.start_timeout_s(limit_s) if self._slow_s <= limit_s else max(MIN_TIMEOUT_S, limit_s / SHORTER)

    def check(self, name: str) -> None:
        """Raise GivenUp if the target took too long, sent too much or failed too often (with the last fault)."""
        if time.monotonic() > self._ends_s:
            raise GivenUp(f"the run of {name} has taken {self._time_limit_s:g} s, which is its limit (--time-limit)")
        if self._large_bytes > MAX_LARGE_BYTES:
            raise GivenUp(
                f"{name} sent {self._large_bytes >> 20} MiB in lines of more than {LARGE_BYTES >> 10} KiB and is not "
                "asked any more"
            )
        count = len(self._noted)
        if self._in_a_row >= self._max_in_a_row or self._timeouts >= MAX_TIMEOUTS or count >= self._max_faults:
            last = str(self._noted[-1])
            last = f"it {last.removeprefix(name).lstrip()}" if last.startswith(name) else last
            raise GivenUp(f"{name} failed {count} times and is not started again. The last time: {last}")

    @property
    def _timeouts(self) -> int:
        return sum(isinstance(fault, NoAnswer) for fault in self._noted)
