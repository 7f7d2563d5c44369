"""How often a target that fails is started again, so that no target can hold a run."""

import math
import time

from conformance.targets.errors import AdapterFault, GivenUp, NoAnswer, WrongAnswer

MOST_IN_A_ROW = 3
MOST_SILENCES = 3  # each costs a time limit
MOST_FAULTS = 12
MOST_BYTES = 128 * 1024**2  # of answers; the reference sends some 10 MiB in a run
SHORTER = 4.0  # the time limit is divided by this after the first silence
MIN_TIMEOUT_S = 2.0
SLOW_S = 2.0  # an answer that takes longer, on any machine


class Patience:
    """Counts the faults of a target that cost a start. One wrong answer costs none."""

    def __init__(
        self, *, in_a_row: int = MOST_IN_A_ROW, faults: int = MOST_FAULTS, time_limit_s: float = math.inf
    ) -> None:
        self._noted: list[AdapterFault] = []
        self._in_a_row = 0
        self._most_in_a_row, self._most_faults = in_a_row, faults
        self._received_bytes = 0
        self._slow_s = 0.0
        self._time_limit_s, self._ends_s = time_limit_s, time.monotonic() + time_limit_s

    def note(self, fault: AdapterFault) -> None:
        """The target failed. The same fault may be noted again."""
        if isinstance(fault, WrongAnswer | GivenUp) or any(fault is noted for noted in self._noted):
            return
        self._noted.append(fault)
        self._in_a_row += 1

    def note_answer(self, received_bytes: int = 0, took_s: float = 0.0) -> None:
        """The target answered as the wire demands, in so many bytes and seconds."""
        self._in_a_row = 0
        self._received_bytes += received_bytes
        self._slow_s += took_s if took_s > SLOW_S else 0

    def start_timeout_s(self, limit_s: float) -> float:
        """The time limit of the first answer of a process: shorter once the target gave none in the whole limit."""
        return min(limit_s, max(MIN_TIMEOUT_S, limit_s / SHORTER)) if self._silences else limit_s

    def timeout_s(self, limit_s: float) -> float:
        """The time limit of any other answer: shorter also once slow answers have used up the limit."""
        return self.start_timeout_s(limit_s) if self._slow_s <= limit_s else max(MIN_TIMEOUT_S, limit_s / SHORTER)

    def check(self, name: str) -> None:
        """Raise GivenUp if the target has sent too much, or, with the last fault, if it has failed too often."""
        if time.monotonic() > self._ends_s:
            raise GivenUp(f"the run of {name} has taken {self._time_limit_s:g} s, which is its limit (--time-limit)")
        if self._received_bytes > MOST_BYTES:
            raise GivenUp(f"{name} sent {self._received_bytes >> 20} MiB of answers and is not asked any more")
        count = len(self._noted)
        if self._in_a_row >= self._most_in_a_row or self._silences >= MOST_SILENCES or count >= self._most_faults:
            last = str(self._noted[-1])
            last = f"it {last.removeprefix(name).lstrip()}" if last.startswith(name) else last
            raise GivenUp(f"{name} failed {count} times and is not started again. The last time: {last}")

    @property
    def _silences(self) -> int:
        return sum(isinstance(fault, NoAnswer) for fault in self._noted)
