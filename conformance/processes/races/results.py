"""What was found in the races of one target."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.processes.races.exploring import Explored
from conformance.processes.races.model import Outcome


@dataclass
class Found:
    """The schedules of one state that break one rule: how many, and the one that is easiest to read."""

    rule: str
    count: int
    outcome: Outcome
    is_repeated: bool = False  # the same schedule gave the same trace and broke the rule again


@dataclass
class Judged:
    """What was judged in one state: the schedules of one kind, the rules, and what was found."""

    state: str
    title: str
    kind: str  # orders, crashes or errors
    rules: Sequence[str]
    explored: Explored
    found: dict[str, Found] = field(default_factory=dict)
    unsteady: str = ""  # why the state gives no verdict
    is_interrupted: bool = False  # by Ctrl-C; later states were not judged
    took_s: float = 0

    def verdict(self, rule: str) -> str:
        """`pass`, `fail`, `unknown`, or `-` if the rule does not apply."""
        if rule not in self.rules:
            return "-"
        found = self.found.get(rule)
        if found is not None and found.is_repeated:
            return "fail"
        return "unknown" if found is not None or self.unsteady or not self.explored.is_exhausted else "pass"


def verdict(judged: Sequence[Judged], rule: str) -> str:
    """The verdict on a rule over all states: `not run` if it was judged in none of them."""
    verdicts = [each.verdict(rule) for each in judged]
    if "pass" in verdicts and any(each.is_interrupted for each in judged):
        verdicts.append("unknown")  # a state that was not judged may break the rule
    for worst in ("fail", "unknown", "pass"):
        if worst in verdicts:
            return worst
    return "not run"
