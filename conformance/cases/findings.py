"""A finding: one answer that is not the one expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.requirements.deviations import Deviation
from conformance.wire.answers import Answer
from conformance.wire.scenario import Call, Scenario, show_answer


@dataclass(frozen=True)
class Finding:
    """What was asked, what was expected, what came, and the deviation that explains it, if one does."""

    scenario: Scenario
    position: int | None  # the call in the scenario; None for a value worked out from many answers
    what: str
    expected: Json
    actual: Json
    observed: bool = False  # the values depend on what the machine gave
    deviation: Deviation | None = None
    process: int | None = None  # which of many processes, by its number in the record
    record: Sequence[Json] = ()  # what all of them did

    def facts(self) -> Mapping[str, Json]:
        """What the predicate of a deviation sees."""
        call = {"method": self.what} if self.position is None else self.scenario.calls[self.position].to_json()
        return {
            "scenario": self.scenario.to_json(),
            "call": {key: call[key] for key in ("method", "params") if key in call},
            "expected": self.expected,
            "actual": self.actual,
        }

    def to_json(self) -> dict[str, Json]:
        return {
            "scenario": self.scenario.to_json(),
            "position": self.position,
            "what": self.what,
            "expected": self.expected,
            "actual": self.actual,
            "observed": self.observed,
            "deviation": None if self.deviation is None else self.deviation.id,
            "waives": None if self.deviation is None else self.deviation.requirement,
            **({"process": self.process, "record": list(self.record)} if self.record else {}),
        }


def of_call(scenario: Scenario, position: int, answer: Answer) -> Finding:
    call: Call = scenario.calls[position]
    return Finding(scenario, position, call.method, call.expected, show_answer(answer))


class Mismatch(AssertionError):  # noqa: N818 - what was found, not what went wrong here
    """The case fails: at least one finding that no deviation explains."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.what}: expected {finding.expected!r}, got {finding.actual!r}")
