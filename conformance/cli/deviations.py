"""Reads `--deviations`, and finds failures of a port that are known deviations of a release."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.cases.findings import facts
from conformance.reports.events import CaseEnded, Event, Finding
from conformance.reports.known import KnownElsewhere
from conformance.reports.verdicts import Criteria, Outcome, Verdict
from conformance.requirements import Catalogue
from conformance.requirements.deviations import (
    Deviation,
    load_deviations,
    release_deviations,
    shipped_deviations,
)
from conformance.targets.errors import UsageFault
from reference_impl.releases import VERSIONS

INHERITED = "inherited"  # for a checkout: the deviations of the release that it is judged as


@dataclass(frozen=True)
class Accepted:
    """The deviations that a target may have. Those in `optional` are never stale, because nobody named them singly."""

    deviations: Sequence[Deviation] = ()
    optional: frozenset[str] = frozenset()


def read_accepted(given: str, catalogue: Catalogue, inherited: Sequence[Deviation] = ()) -> Accepted:
    """The deviations that `--deviations` names: files, whole releases, single deviations of releases, `inherited`.

    In any order, an entry of a file replaces that of a release with the same id.
    Raises UsageFault for an unknown word, DeviationError for an invalid file.
    """
    words, known = _words(given), release_deviations(catalogue)
    chosen: dict[str, Deviation] = {}
    own: dict[str, Deviation] = {}
    named: set[str] = set()  # those that the user chose one by one, which can be stale
    for word in words:
        if word == INHERITED or word in VERSIONS:
            found = list(inherited) if word == INHERITED else shipped_deviations(word, catalogue)
        else:
            single = [deviation for deviation in known if deviation.id == word][-1:]
            found = [*single] or _read_file(word, catalogue, alone=len(words) == 1)
            named |= {deviation.id for deviation in found}
            if not single:
                if differing := [each.id for each in found if own.get(each.id, each) != each]:
                    raise UsageFault(f"--deviations: two files have different entries with the id {differing[0]!r}")
                own |= {deviation.id: deviation for deviation in found}
        chosen |= {deviation.id: deviation for deviation in found}
    chosen |= own
    return Accepted(list(chosen.values()), frozenset(chosen) - named)


def file_of(given: str | None, catalogue: Catalogue) -> Path | None:
    """The first file that `--deviations` names, or None."""
    if not given:
        return None
    names = {INHERITED, *VERSIONS, *(deviation.id for deviation in release_deviations(catalogue))}
    return next((Path(word) for word in _words(given) if word not in names), None)


def asks_for_inherited(given: str | None) -> bool:
    """Whether a checkout keeps the deviations of its release."""
    return given is None or INHERITED in _words(given)


def _words(given: str) -> list[str]:
    """The names and files. A file whose name has a comma stands alone."""
    return [given] if Path(given).exists() else given.split(",")


def _read_file(word: str, catalogue: Catalogue, *, alone: bool) -> list[Deviation]:
    if not alone and not Path(word).exists():
        raise UsageFault(
            f"--deviations: there is no {word!r}; expected a file, {INHERITED!r}, a release ({', '.join(VERSIONS)}) "
            "or ids of deviations of releases"
        )
    return list(load_deviations(Path(word), catalogue))


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


def only_inherited(event: Event, release: str, accepted: Collection[str] = ()) -> Event:
    """The event, without deviations of the release on answers that differ from its own.

    A predicate can also match another wrong answer, which is then a deviation of the checkout itself. Those in
    `accepted` are the user's, and stay.
    """
    if not isinstance(event, CaseEnded):
        return event
    findings = [each if each.deviation in accepted else _own(each, release) for each in event.findings]
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
