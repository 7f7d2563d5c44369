"""Failures by reason: the rule that names the fault first, its shortest scenario, and the rules it explains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.reports.events import Finding
from conformance.reports.page.findings import first_unexplained
from conformance.reports.run import Run
from conformance.reports.story import Likeness, Place, Reason
from conformance.reports.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class FailedTogether:
    """Failed rules with one reason. `lead` is the most specific one."""

    lead: Verdict
    further: Sequence[Verdict]
    finding: Finding | None  # the shortest one
    before: Sequence[str]  # the state of the reference before the wrong answer
    like: Likeness | None
    places: Sequence[Place]

    @property
    def ids(self) -> set[str]:
        return {verdict.requirement.id for verdict in (self.lead, *self.further)}

    @property
    def place(self) -> Place | None:
        """The best place in the source of a checkout."""
        return self.places[0] if self.places else None


def failed_together(run: Run) -> list[FailedTogether]:
    """The failures without a cause, by reason. A rule that no reason names is its own."""
    failed = {v.requirement.id: v for v in run.outcome.verdicts if v.word == "fail" and not v.follows_from}
    groups = list(_of_reasons(run.reasons, failed))
    named = {id_ for group in groups for id_ in group.ids}
    rest = (verdict for id_, verdict in failed.items() if id_ not in named)
    return [*groups, *(_group(Reason(verdict.requirement.id), [verdict]) for verdict in rest)]


def _of_reasons(reasons: Sequence[Reason], failed: dict[str, Verdict]) -> Iterator[FailedTogether]:
    seen: set[str] = set()
    for reason in reasons:
        verdicts = [failed[id_] for id_ in dict.fromkeys(reason.rules) if id_ in failed and id_ not in seen]
        seen |= {verdict.requirement.id for verdict in verdicts}
        if verdicts:
            yield _group(reason, verdicts)


def _group(reason: Reason, verdicts: Sequence[Verdict]) -> FailedTogether:
    lead, *further = verdicts
    step = reason.shortest
    finding = first_unexplained(lead.cases)
    if step is not None:
        last = len(step.scenario.calls) - 1
        finding = Finding(
            scenario=step.scenario,
            position=last,
            what=step.scenario.calls[last].method,
            expected=step.expected,
            actual=step.actual,
            observed=False,
            deviation=None,
            waives=None,
        )
    return FailedTogether(
        lead=lead,
        further=further,
        finding=finding,
        before=step.before if step else (),
        like=reason.like,
        places=reason.places,
    )
