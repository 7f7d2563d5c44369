"""Limits how often the kit restarts a failing target, so that every run ends."""

import math
import time

from conformance.targets.errors import AdapterFault, GivenUp, NoAnswer, WrongAnswer

MAX_IN_A_ROW = 3
MAX_TIMEOUTS = 3
MAX_FAULTS = 12
MAX_BYTES = 128 * 1024**2  # of answers; the reference sends about 10 MiB in a run
SHORTER = 4.0  # the time limit is divided by this after the first timeout
MIN_TIMEOUT_S = 2.0
SLOW_S = 2.0  # a longer answer counts as slow on any machine


class Patience:
    """Counts the faults after which a target must be restarted. A single wrong answer is not one of them."""

    def __init__(
        self, *, in_a_row: int = MAX_IN_A_ROW, faults: int = MAX_FAULTS, time_limit_s: float = math.inf
    ) -> None:
        self._noted: list[AdapterFault] = []
        self._in_a_row = 0
        self._max_in_a_row, self._max_faults = in_a_row, faults
        self._received_bytes = 0
        self._slow_s = 0.0
        self._time_limit_s, self._ends_s = time_limit_s, time.monotonic() + time_limit_s

    def note(self, fault: AdapterFault) -> None:
        """Count a fault of the target. Noting the same fault again has no effect."""
        if isinstance(fault, WrongAnswer | GivenUp) or any(fault is noted for noted in self._noted):
            return
        self._noted.append(fault)
        self._in_a_row += 1

    def note_answer(self, received_bytes: int = 0, took_s: float = 0.0) -> None:
        """Count a valid answer, with its size and duration."""
        self._in_a_row = 0
        self._received_bytes += received_bytes
        self._slow_s += took_s if took_s > SLOW_S else 0

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
        if self._received_bytes > MAX_BYTES:
            raise GivenUp(f"{name} sent {self._received_bytes >> 20} MiB of answers and is not asked any more")
        count = len(self._noted)
        if self._in_a_row >= self._max_in_a_row or self._timeouts >= MAX_TIMEOUTS or count >= self._max_faults:
            last = str(self._noted[-1])
            last = f"it {last.removeprefix(name).lstrip()}" if last.startswith(name) else last
            raise GivenUp(f"{name} failed {count} times and is not started again. The last time: {last}")

    @property
    def _timeouts(self) -> int:
        return sum(isinstance(fault, NoAnswer) for fault in self._noted)
