"""The part of the JSON report that explains failures: shortest scenarios, known behaviours and places in the source."""

from collections.abc import Sequence

from pydantic import Field

from conformance.json_type import Json
from conformance.reports.events import Document, ScenarioDocument
from conformance.reports.story import Place, Reason
from conformance.reports.words import sentence


class KnownBehaviour(Document):
    """A known wrong behaviour that the target is like: a mutant, a quirk or a subtly wrong port."""

    name: str = Field(description="name of the behaviour")
    text: str = Field(description="what it does; empty if the name says it")
    score: float = Field(description="share of the wrong answers to vectors that both have; 1 if all are the same")


class EditedLine(Document):
    """A line of a checkout that the release does not have, as compiled code."""

    line: int = Field(description="number of the line in the source")
    now: str = Field(description="code of the checkout")
    before: str | None = Field(description="code of the release; null where lines were added")


class PlaceInSource(Document):
    """A function of a checkout that failing scenarios execute, and most passing ones do not."""

    file: str = Field(description="file, relative to the checkout")
    function: str = Field(description="name of the function")
    line: int = Field(description="line where the function begins")
    lines: Sequence[int] = Field(description="lines of the function that explain the failures best")
    failing: int = Field(description="number of failing scenarios that execute these lines, of those measured")
    passing: int = Field(description="number of passing scenarios that execute these lines, of those measured")
    changed: bool = Field(description="true if the release that the checkout is judged as has no such function")
    edits: Sequence[EditedLine] = Field(default=(), description="the first few lines that were changed")

    @property
    def where(self) -> str:
        """File and line: the first changed line, or where the function begins."""
        return f"{self.file}:{self.edits[0].line if self.edits else self.line}"


class ShortestScenario(Document):
    """The shortest scenario that shows a failure. Only its last call is answered wrongly."""

    scenario: ScenarioDocument = Field(description="the files and calls (docs/vectors.md)")
    before: Sequence[str] = Field(description="state before the last call, as the reference has it")
    expected: Json = Field(description="the answer of the reference")
    actual: Json = Field(description="the answer of the target")
    difference: str = Field(description="the difference in words")


class ReasonOfFailures(Document):
    """Requirements that fail for one reason."""

    rule: str = Field(description="the most specific requirement, which explains the others")
    further: Sequence[str] = Field(description="requirements that known wrong implementations fail together with it")
    also: Sequence[str] = Field(description="requirements whose scenarios execute the same lines of the checkout")
    shortest: ShortestScenario | None = Field(description="the shortest scenario that shows it; null if there is none")
    like: KnownBehaviour | None = Field(description="known wrong behaviour that it is like; null if none is near")
    places: Sequence[PlaceInSource] = Field(description="functions of a checkout that explain it, the best first")


def reason_document(reason: Reason) -> ReasonOfFailures:
    """The reason as a part of the report."""
    step, like = reason.shortest, reason.like
    return ReasonOfFailures(
        rule=reason.rule,
        further=list(reason.further),
        also=list(reason.also),
        shortest=None
        if step is None
        else ShortestScenario(
            scenario=step.scenario,
            before=list(step.before),
            expected=step.expected,
            actual=step.actual,
            difference=sentence(step),
        ),
        like=None if like is None else KnownBehaviour(name=like.name, text=like.text, score=round(like.score, 3)),
        places=[place_document(place) for place in reason.places],
    )


def place_document(place: Place) -> PlaceInSource:
    """The place as a part of the report."""
    return PlaceInSource(
        file=place.file,
        function=place.function,
        line=place.line,
        lines=list(place.lines),
        failing=place.failing,
        passing=place.passing,
        changed=place.changed,
        edits=[EditedLine(line=edit.line, now=edit.now, before=edit.before) for edit in place.edits],
    )
