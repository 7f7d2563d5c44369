"""Reads `--deviations`, and finds failures of a port that are known deviations of a release."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.cases.findings import facts
from conformance.reports.events import CaseEnded, Event, Finding
from conformance.reports.known import KnownElsewhere
from conformance.reports.verdicts import Criteria, Outcome, Verdict
from conformance.requirements import Catalogue
from conformance.requirements.deviations import (
    Deviation,
    ReleaseDeviation,
    load_deviations,
    release_deviations,
    shipped_deviations,
)
from conformance.targets.errors import UsageFault
from reference_impl.releases import VERSIONS


@dataclass(frozen=True)
class Accepted:
    """The deviations that a target may have. Those in `optional` are never stale, because nobody named them singly."""

    deviations: Sequence[Deviation] = ()
    optional: frozenset[str] = frozenset()


def read_accepted(given: str, catalogue: Catalogue) -> Accepted:
    """The deviations that `--deviations` names: a file, whole releases, or single deviations of releases.

    Raises UsageFault for an unknown word, DeviationError for an invalid file.
    """
    words = given.split(",")
    known = release_deviations(catalogue)
    if not _are_names(words, known):
        if len(words) > 1 and not Path(given).exists():
            unknown = next(word for word in words if not _are_names([word], known))
            raise UsageFault(
                f"--deviations: there is no {unknown!r}; expected a file, a release ({', '.join(VERSIONS)}) "
                "or ids of deviations of releases"
            )
        return Accepted(load_deviations(Path(given), catalogue))
    chosen: dict[str, Deviation] = {}
    for word in words:
        shipped = shipped_deviations(word, catalogue) if word in VERSIONS else [d for d in known if d.id == word][-1:]
        chosen.update({deviation.id: deviation for deviation in shipped})
    return Accepted(list(chosen.values()), frozenset(chosen) - frozenset(words))


def file_of(given: str | None, catalogue: Catalogue) -> Path | None:
    """The file that `--deviations` names, or None."""
    if given is None or _are_names(given.split(","), release_deviations(catalogue)):
        return None
    return Path(given)


def _are_names(words: Sequence[str], known: Sequence[ReleaseDeviation]) -> bool:
    return all(word in VERSIONS or any(word == deviation.id for deviation in known) for word in words)


def find_known(outcome: Outcome, criteria: Criteria, catalogue: Catalogue) -> KnownElsewhere | None:
    """The release that shares most of the failures. None if no release shares any, or if deviations are accepted."""
    failed = [verdict for verdict in outcome.verdicts if verdict.word == "fail" and verdict.cases]
    if criteria.deviations or not failed:
        return None
    best = None
    for release in reversed(VERSIONS):
        shared = dict(_shared(release, failed, catalogue))
        if shared and (best is None or len(shared) > len(best.deviations)):
            best = KnownElsewhere(release, shared, len(failed))
    return best


def _shared(release: str, failed: Sequence[Verdict], catalogue: Catalogue) -> Iterator[tuple[str, list[str]]]:
    """The rules whose wrong answers are all those of the release, with the deviations that cover them."""
    known = shipped_deviations(release, catalogue)
    for verdict in failed:
        id_ = verdict.requirement.id
        waivers = [deviation.waiver for deviation in known if deviation.requirement == id_]
        findings = [finding for case in verdict.cases for finding in case.findings]
        by = [
            next((w.deviation for w in waivers if w.covers([id_], facts(each)) and _is_as_in(release, each)), None)
            for each in findings
        ]
        if by and None not in by:
            yield id_, sorted({deviation for deviation in by if deviation is not None})


def only_inherited(event: Event, release: str) -> Event:
    """The event, without deviations on answers that differ from those of the release.

    A predicate can also match another wrong answer, which is then a deviation of the checkout itself.
    """
    if not isinstance(event, CaseEnded):
        return event
    findings = [_own(finding, release) for finding in event.findings]
    own = next((f for f, was in zip(findings, event.findings, strict=True) if f.deviation != was.deviation), None)
    if own is None:
        return event
    message = event.message or f"{own.what}: expected {own.expected!r}, got {own.actual!r}"
    outcome = "fail" if event.outcome == "pass" else event.outcome
    return event.model_copy(update={"findings": findings, "outcome": outcome, "message": message})


def _own(finding: Finding, release: str) -> Finding:
    if finding.deviation is None or _is_as_in(release, finding):
        return finding
    return finding.model_copy(update={"deviation": None, "waives": None})


def _is_as_in(release: str, finding: Finding) -> bool:
    """Is it the answer of the release? True for computed and observed values, which the reference cannot repeat."""
    if finding.position is None or finding.observed:
        return True
    from conformance.search.inheritance import is_as_in  # slow to import, and needed for findings only

    return is_as_in(release, finding.scenario, finding.position, finding.actual)
