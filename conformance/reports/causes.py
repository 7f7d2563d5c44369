"""Causes: preconditions that a target does not meet, and the failures that follow from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.reports.events import Finding
from conformance.reports.story import Place
from conformance.reports.verdicts import Outcome, Verdict
from conformance.requirements.preconditions import Precondition


@dataclass(frozen=True)
class Cause:
    """An unmet precondition, the answer that shows it, and the ids of the rules that fail because of it."""

    precondition: Precondition
    finding: Finding
    follow: Sequence[str]
    places: Sequence[Place] = ()  # functions of a checkout that explain it


def worth_asking(outcome: Outcome, preconditions: Sequence[Precondition]) -> list[Precondition]:
    """The preconditions that would explain a failure."""
    failed = [verdict.requirement.id for verdict in outcome.verdicts if _is_failure(verdict)]
    wanted = {each.id for each in preconditions if any(each.does_support(id_) for id_ in failed)}
    for each in reversed(preconditions):
        if each.id in wanted:
            wanted.update(each.builds_on)
    return [each for each in preconditions if each.id in wanted]


def attribute(outcome: Outcome, unmet: Sequence[tuple[Precondition, Finding]]) -> list[Cause]:
    """Mark each failure whose rule a precondition supports. The first such precondition in the list is the cause."""
    causes = []
    for precondition, finding in unmet:
        follow = list(_following(outcome, precondition))
        for verdict in follow:
            verdict.follows_from = precondition.id
            verdict.reason = f"follows from {precondition.id}: {precondition.text}"
        if follow:
            causes.append(Cause(precondition, finding, [verdict.requirement.id for verdict in follow]))
    return causes


def _following(outcome: Outcome, precondition: Precondition) -> Iterator[Verdict]:
    for verdict in outcome.verdicts:
        if _is_failure(verdict) and not verdict.follows_from and precondition.does_support(verdict.requirement.id):
            yield verdict


def _is_failure(verdict: Verdict) -> bool:
    """Does it fail because of answers? A required rule that was not judged has no cause in the target."""
    return verdict.word == "fail" and any(case.outcome == "fail" for case in verdict.cases)
