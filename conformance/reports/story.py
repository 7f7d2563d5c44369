"""What a failure is about: rules that fail for one reason, the shortest scenario, and what the target does instead."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.wire.scenario import Scenario


@dataclass(frozen=True)
class Edit:
    """A changed line of a checkout, as compiled code."""

    line: int  # in its source
    now: str
    before: str | None  # in the release; None where lines were added


@dataclass(frozen=True)
class Place:
    """A function of a checkout that the failing scenarios execute and the passing ones do not."""

    file: str
    function: str
    line: int  # where it begins
    lines: Sequence[int]  # that explain the failures best
    failing: int  # scenarios that execute these lines
    passing: int
    changed: bool = False  # the release that the checkout is judged as has another function
    edits: Sequence[Edit] = ()  # the first few lines that were changed

    @property
    def best_line(self) -> int:
        """The first changed line, or where the function begins."""
        return self.edits[0].line if self.edits else self.line


@dataclass(frozen=True)
class Likeness:
    """A known wrong behaviour: a mutant, quirk or subtly wrong port. `score` is 1 if all wrong answers are equal."""

    name: str
    text: str
    score: float


@dataclass(frozen=True)
class Step:
    """The shortest scenario. Only its last call is answered wrongly."""

    scenario: Scenario
    expected: Json
    actual: Json
    before: Sequence[str]  # the state that the reference has before the last call


@dataclass(frozen=True)
class Reason:
    """Failed rules with one reason. The first is the most specific one, which explains the others."""

    rule: str
    further: Sequence[str] = ()
    shortest: Step | None = None
    like: Likeness | None = None
    places: Sequence[Place] = ()
    also: Sequence[str] = ()  # further rules that fail and whose scenarios execute the same lines

    @property
    def rules(self) -> list[str]:
        return [self.rule, *self.further, *self.also]
