"""How often a target that fails is started again, so that no target can hold a run."""

from conformance.targets.errors import AdapterFault, GivenUp, NoAnswer, WrongAnswer

MOST_IN_A_ROW = 3
MOST_SILENCES = 3  # each costs a time limit
MOST_FAULTS = 12
SHORTER = 4.0  # the time limit is divided by this after the first silence
LEAST_TIMEOUT_S = 2.0


class Patience:
    """Counts the faults of a target that cost a start. One wrong answer costs none."""

    def __init__(self) -> None:
        self._noted: list[AdapterFault] = []
        self._in_a_row = 0

    def note(self, fault: AdapterFault) -> None:
        """The target failed. The same fault may be noted again."""
        if isinstance(fault, WrongAnswer | GivenUp) or any(fault is noted for noted in self._noted):
            return
        self._noted.append(fault)
        self._in_a_row += 1

    def note_answer(self) -> None:
        """The target answered as the wire demands."""
        self._in_a_row = 0

    def timeout_s(self, limit_s: float) -> float:
        """The time limit of the next answer: shorter once the target has had the whole limit and gave none."""
        return min(limit_s, max(LEAST_TIMEOUT_S, limit_s / SHORTER)) if self._silences else limit_s

    def check(self, name: str) -> None:
        """Raise AdapterFault, with the last fault, if the target has failed too often."""
        if self._in_a_row < MOST_IN_A_ROW and self._silences < MOST_SILENCES and len(self._noted) < MOST_FAULTS:
            return
        count = len(self._noted)
        raise GivenUp(f"{name} failed {count} times and is not started again. The last time: {self._noted[-1]}")

    @property
    def _silences(self) -> int:
        return sum(isinstance(fault, NoAnswer) for fault in self._noted)
