"""Derives the verdict of every requirement from the events, and the exit code from the verdicts."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from conformance.reports.events import CaseEnded, Event, Finding, RunEnded
from conformance.requirements.catalogue import Requirement
from conformance.requirements.deviations import Deviation, ReleaseDeviation

Word = Literal["pass", "fail", "waived", "unknown", "not run", "not claimed"]
WORDS: tuple[Word, ...] = get_args(Word)

CONFORMANT, NOT_CONFORMANT, WRONG_USAGE, ADAPTER_FAULT, SUITE_FAULT, NOTHING_JUDGED, STALE = range(7)
INTERRUPTED = 130  # the exit code of a shell after Ctrl-C
NOT_CLAIMED = "the target does not claim: "
REQUIRED_BUT = "required, but "
STOPPED = "the run stopped at the first failure (--fail-fast)"


@dataclass
class Verdict:
    """The verdict of one requirement."""

    requirement: Requirement
    word: Word
    reason: str = ""
    cases: list[CaseEnded] = field(default_factory=list)  # the cases that judged it, by name
    follows_from: str = ""  # id of the unmet precondition of this rule
    observed_reason: str = ""  # depends on the machine: messages of the adapter, paths, PIDs

    @property
    def is_definite(self) -> bool:
        return self.word in ("pass", "fail", "waived")

    @property
    def waivers(self) -> set[str]:
        """Ids of the deviations from this requirement that its cases found."""
        return {f.deviation for f in _findings(self.cases) if f.deviation and f.waives == self.requirement.id}


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The criteria of a run, known before the first case."""

    requirements: Sequence[Requirement]  # chosen, and applicable to the target's profile
    capabilities: Sequence[str]  # claimed by the target
    deviations: Sequence[Deviation] = ()
    optional: frozenset[str] = frozenset()  # ids of deviations that are never stale
    inherited: bool = False  # from the release that a checkout is judged as
    today: datetime.date  # decides which deviations have expired
    required: Sequence[str] = ()  # ids that must be judged: not claimed and not run become fail
    strict: bool = False  # a SHOULD that fails affects the exit code too
    fail_fast: bool = False  # stop at the first failure that decides; then no deviation is called stale

    @property
    def judged(self) -> list[str]:
        """Ids of the requirements whose needs the target claims in full."""
        return [r.id for r in self.requirements if not not_claimed_reason(r, self.capabilities)]

    @property
    def decisive(self) -> list[str]:
        """Ids of the requirements whose failure decides the exit code: MUSTs and, with `strict`, SHOULDs."""
        levels = ("MUST", "SHOULD") if self.strict else ("MUST",)
        return [requirement.id for requirement in self.requirements if requirement.level in levels]

    @property
    def own_deviations(self) -> list[Deviation]:
        """The deviations that the user accepts, without those that a checkout inherits."""
        return [d for d in self.deviations if not (self.inherited and isinstance(d, ReleaseDeviation))]

    @property
    def current_deviations(self) -> list[Deviation]:
        """The deviations that have not expired."""
        return [deviation for deviation in self.deviations if not deviation.is_expired(self.today)]


@dataclass(frozen=True)
class Stale:
    """A deviation that no longer holds, and why."""

    deviation: Deviation
    why: str


@dataclass
class Outcome:
    """The result of a run."""

    verdicts: list[Verdict]
    stale: list[Stale]
    complete: bool
    suite_faults: list[str]
    decisive: Sequence[str] = ()  # ids of the requirements whose failure decides
    interrupted: bool = False
    mended: list[Deviation] = field(default_factory=list)  # inherited deviations that were not found

    def count(self, word: Word) -> int:
        return sum(verdict.word == word for verdict in self.verdicts)

    @property
    def failures(self) -> list[Verdict]:
        """The failures that decide the exit code."""
        return [
            v
            for v in self.verdicts
            if v.word == "fail" and (v.requirement.id in self.decisive or v.reason.startswith(REQUIRED_BUT))
        ]

    @property
    def exit_code(self) -> int:
        """By precedence: 130, 4, 1, 3, 6, 5, 0. A proven failure outranks an unknown."""
        if self.interrupted and not self.complete:
            return INTERRUPTED
        if self.suite_faults or not self.complete:
            return SUITE_FAULT
        if self.failures:
            return NOT_CONFORMANT
        if self.count("unknown"):
            return ADAPTER_FAULT
        if self.stale:
            return STALE
        return CONFORMANT if any(verdict.is_definite for verdict in self.verdicts) else NOTHING_JUDGED


def not_claimed_reason(requirement: Requirement, capabilities: Sequence[str]) -> str:
    """Why an applicable requirement is not judged; empty if it is."""
    missing = [need for need in requirement.needs if need not in capabilities]
    return NOT_CLAIMED + ", ".join(missing) if missing else ""


def conclude(criteria: Criteria, events: Sequence[Event], *, interrupted: bool = False) -> Outcome:
    """Derive the verdict of every requirement, and the stale deviations."""
    cases = sorted((event for event in events if isinstance(event, CaseEnded)), key=lambda case: case.name)
    end = next((event for event in events if isinstance(event, RunEnded)), None)
    faults = [f"{case.name}: {case.message}" for case in cases if case.outcome == "error"]
    if end is not None and end.pytest_exit not in (0, 1, 5):
        faults.append(f"the engine ended with pytest's exit code {end.pytest_exit}")
    stopped = criteria.fail_fast and any(
        case.outcome == "fail" and not set(case.requirements).isdisjoint(criteria.decisive) for case in cases
    )
    lost = end.interference if end is not None else None
    verdicts = [
        _verdict(requirement, cases, criteria, stopped=stopped, lost=lost) for requirement in criteria.requirements
    ]
    unseen = [] if criteria.fail_fast else list(_stale(verdicts, criteria))
    own = {deviation.id for deviation in criteria.own_deviations}
    mended = [entry.deviation for entry in unseen if _word_of(verdicts, entry.deviation) == "pass"]
    return Outcome(
        verdicts=verdicts,
        stale=[e for e in unseen if e.deviation.id in own and e.deviation.id not in criteria.optional],
        mended=[deviation for deviation in mended if deviation.id not in own],
        complete=end is not None,
        suite_faults=faults,
        decisive=criteria.decisive,
        interrupted=interrupted,
    )


def _verdict(
    requirement: Requirement, cases: Sequence[CaseEnded], criteria: Criteria, *, stopped: bool, lost: str | None
) -> Verdict:
    reason = not_claimed_reason(requirement, criteria.capabilities)
    no_case = STOPPED if stopped else "no case was run"
    verdict = Verdict(requirement, "not claimed", reason) if reason else _judge(requirement, cases, no_case)
    if lost and verdict.word in ("pass", "waived", "not run"):  # a case of it may be missing
        verdict.word, verdict.reason, verdict.observed_reason = "unknown", "the adapter failed", lost
    if requirement.id in criteria.required and verdict.word in ("not claimed", "not run") and verdict.reason != STOPPED:
        return Verdict(requirement, "fail", f"{REQUIRED_BUT}{verdict.word}: {verdict.reason}")
    return verdict


def _judge(requirement: Requirement, cases: Sequence[CaseEnded], no_case: str) -> Verdict:
    mine = [case for case in cases if requirement.id in case.requirements]
    outcomes = {case.outcome for case in mine}
    verdict = Verdict(requirement, "pass", cases=mine)
    if "fail" in outcomes:
        verdict.word = "fail"
    elif "unknown" in outcomes or "error" in outcomes:
        verdict.word = "unknown"
        verdict.reason = "the adapter failed" if "unknown" in outcomes else "the suite failed"
    elif verdict.waivers:
        verdict.word, verdict.reason = "waived", ", ".join(sorted(verdict.waivers))
    elif "pass" not in outcomes:
        verdict.word, verdict.reason = "not run", next((case.message for case in mine), no_case)
    verdict.observed_reason = next((case.message for case in mine if case.outcome in ("unknown", "error")), "")
    return verdict


def _findings(cases: Sequence[CaseEnded]) -> Iterator[Finding]:
    return (finding for case in cases for finding in case.findings)


def _word_of(verdicts: Sequence[Verdict], deviation: Deviation) -> Word | None:
    """The verdict of the requirement of a deviation."""
    return next((v.word for v in verdicts if v.requirement.id == deviation.requirement), None)


def _stale(verdicts: Sequence[Verdict], criteria: Criteria) -> Iterator[Stale]:
    by_id = {verdict.requirement.id: verdict for verdict in verdicts}
    used = {finding.deviation for verdict in verdicts for finding in _findings(verdict.cases)}
    for deviation in criteria.deviations:
        verdict = by_id.get(deviation.requirement)
        if verdict is None:
            continue  # not chosen in this run
        if deviation.is_expired(criteria.today):
            yield Stale(deviation, f"it expired on {deviation.expires}")
        elif verdict.word in ("pass", "waived", "fail") and deviation.id not in used:
            yield Stale(deviation, f"no answer shows it any more, although {deviation.requirement} was judged")
        elif verdict.word == "not claimed":
            yield Stale(deviation, f"{deviation.requirement} is not claimed: {verdict.reason}")
