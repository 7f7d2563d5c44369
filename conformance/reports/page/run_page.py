"""The page of a run: what a template needs of it, and nothing that it must work out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.reports.events import CaseEnded
from conformance.reports.fault import Fault
from conformance.reports.page.findings import ShownFinding, case_size, first_unexplained, shown_finding
from conformance.reports.page.glossary import GLOSSARY
from conformance.reports.page.reasons import FailedTogether, failed_together
from conformance.reports.page.render import render_page
from conformance.reports.run import Run
from conformance.reports.verdicts import NOT_CLAIMED, Verdict, Word
from conformance.requirements import Requirement
from conformance.requirements.deviations import Deviation

MORE_CASES = 3  # of one rule, folded, besides the smallest
WORDS: Sequence[Word] = tuple(GLOSSARY)  # the ones that need attention first


@dataclass(frozen=True, kw_only=True)
class ShownDeviation:
    """A known deviation, and what a checkout has of its code."""

    deviation: Deviation
    files: Sequence[str]
    missing: Sequence[str]
    repaired: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ShownCase:
    """A case with the first finding that no deviation explains, or None where it has none."""

    name: str
    finding: ShownFinding | None


@dataclass(frozen=True, kw_only=True)
class ShownRule:
    """A rule with its verdict."""

    rule: Requirement
    word: Word
    reason: str
    observed_reason: str
    follows_from: str
    smallest: ShownCase | None
    cases: Sequence[ShownCase]
    more_cases: int
    deviations: Sequence[ShownDeviation]
    repeat: str


@dataclass(frozen=True, kw_only=True)
class ShownGroup:
    """Failed rules with one reason."""

    group: FailedTogether
    lead: ShownRule
    finding: ShownFinding | None
    further: Sequence[ShownRule]


@dataclass(frozen=True, kw_only=True)
class ShownSection:
    """A section of the catalogue with the rules of this run."""

    prefix: str
    title: str
    about: str
    rules: Sequence[ShownRule]

    @property
    def counts(self) -> list[tuple[Word, int]]:
        return _counted([rule.word for rule in self.rules])


def render_run_page(run: Run) -> str:
    """The whole page."""
    sections = list(_sections(run))
    rules = [rule for section in sections for rule in section.rules]
    failed = [rule for rule in rules if rule.word == "fail"]
    return render_page(
        "run.html",
        {
            "run": run,
            "outcome": run.outcome,
            "sections": sections,
            "counts": _counted([rule.word for rule in rules]),
            "failed": [rule for rule in failed if not rule.follows_from],
            "groups": [_group(run, group) for group in failed_together(run)],
            "followers": {cause.precondition.id: _of_cause(failed, cause.precondition.id) for cause in run.causes},
            "causes": [(cause, shown_finding(cause.finding)) for cause in run.causes],
            "waived": [rule for rule in rules if rule.word == "waived"],
            "unjudged": list(_unjudged(rules)),
        },
    )


def render_fault_page(fault: Fault) -> str:
    """The page of a run that ended before its first verdict."""
    return render_page("fault.html", {"fault": fault})


def _group(run: Run, group: FailedTogether) -> ShownGroup:
    return ShownGroup(
        group=group,
        lead=_rule(run, group.lead),
        finding=shown_finding(group.finding) if group.finding else None,
        further=[_rule(run, verdict) for verdict in group.further],
    )


def _counted(found: Sequence[Word]) -> list[tuple[Word, int]]:
    return [(word, found.count(word)) for word in WORDS if word in found]


def _of_cause(failed: Sequence[ShownRule], cause: str) -> list[ShownRule]:
    return [rule for rule in failed if rule.follows_from == cause]


def _sections(run: Run) -> Iterator[ShownSection]:
    for section in run.catalogue.sections:
        verdicts = [v for v in run.outcome.verdicts if v.requirement.id.partition("-")[0] == section.prefix]
        if verdicts:
            rules = [_rule(run, verdict) for verdict in verdicts]
            yield ShownSection(prefix=section.prefix, title=section.title, about=section.about, rules=rules)


def _rule(run: Run, verdict: Verdict) -> ShownRule:
    failed = sorted((case for case in verdict.cases if case.outcome == "fail"), key=case_size)
    first, others = failed[:1], failed[1:]
    return ShownRule(
        rule=verdict.requirement,
        word=verdict.word,
        reason=verdict.reason,
        observed_reason=verdict.observed_reason,
        follows_from=verdict.follows_from,
        smallest=next(map(_case, first), None),
        cases=[_case(case) for case in others[:MORE_CASES]],
        more_cases=max(0, len(others) - MORE_CASES),
        deviations=list(_deviations(run, verdict)),
        repeat=run.repeat_command(verdict.requirement.id),
    )


def _case(case: CaseEnded) -> ShownCase:
    finding = first_unexplained([case])
    return ShownCase(name=case.name, finding=shown_finding(finding) if finding else None)


def _deviations(run: Run, verdict: Verdict) -> Iterator[ShownDeviation]:
    for deviation in run.criteria.deviations:
        if deviation.id in verdict.waivers:
            evidence = run.evidence.get(deviation.id)
            yield ShownDeviation(
                deviation=deviation,
                files=evidence.files if evidence else (),
                missing=evidence.missing if evidence else (),
                repaired=evidence.repaired if evidence else (),
            )


def _unjudged(rules: Sequence[ShownRule]) -> Iterator[tuple[Word, str, list[ShownRule]]]:
    """The rules without a verdict by word and reason, the largest group first."""
    words: tuple[Word, ...] = ("unknown", "not run", "not claimed")
    for word in words:
        groups: dict[str, list[ShownRule]] = {}
        for rule in rules:
            if rule.word == word:
                groups.setdefault(rule.observed_reason or rule.reason.removeprefix(NOT_CLAIMED), []).append(rule)
        for reason, same in sorted(groups.items(), key=lambda group: -len(group[1])):
            yield word, reason, same
