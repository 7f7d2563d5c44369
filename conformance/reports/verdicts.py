"""From events to a verdict for every requirement, and from verdicts to the exit code."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from conformance.reports.events import Event
from conformance.requirements.catalogue import Requirement
from conformance.requirements.deviations import Deviation

Word = Literal["pass", "fail", "waived", "unknown", "not run", "not claimed"]
WORDS: tuple[Word, ...] = get_args(Word)

CONFORMANT, NOT_CONFORMANT, WRONG_USAGE, ADAPTER_FAULT, SUITE_FAULT, NOTHING_JUDGED, STALE = range(7)
INTERRUPTED = 130  # as shells report Ctrl-C
NOT_CLAIMED = "the target does not claim: "


@dataclass
class Verdict:
    """What is known of one requirement."""

    requirement: Requirement
    word: Word
    reason: str = ""
    cases: list[Event] = field(default_factory=list)  # the cases that judged it, by name
    observed_reason: str = ""  # what depends on the machine: an adapter's last words, paths, pids

    @property
    def is_definite(self) -> bool:
        return self.word in ("pass", "fail", "waived")


@dataclass(frozen=True)
class Stale:
    """A deviation that no longer holds, and the edit that mends it."""

    deviation: Deviation
    why: str


@dataclass
class Outcome:
    """All that a run came to."""

    verdicts: list[Verdict]
    stale: list[Stale]
    complete: bool
    suite_faults: list[str]
    strict: bool = False
    interrupted: bool = False
    mended: list[Deviation] = field(default_factory=list)  # those of the release it is judged as that do not show

    def count(self, word: Word) -> int:
        return sum(verdict.word == word for verdict in self.verdicts)

    @property
    def failures(self) -> list[Verdict]:
        """The failures that decide: MUSTs, with `strict` SHOULDs too."""
        levels = ("MUST", "SHOULD") if self.strict else ("MUST",)
        return [v for v in self.verdicts if v.word == "fail" and v.requirement.level in levels]

    @property
    def exit_code(self) -> int:
        """A proven failure outranks an unknown: 4, 1, 3, 6, 5, 0; a run that was interrupted decides nothing."""
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
    """Why a target is not judged by a requirement that applies to it; empty where it is."""
    missing = [need for need in requirement.needs if need not in capabilities]
    return NOT_CLAIMED + ", ".join(missing) if missing else ""


def conclude(
    chosen: Sequence[Requirement],
    events: Sequence[Event],
    capabilities: Sequence[str],
    deviations: Sequence[Deviation],
    today: datetime.date,
    *,
    required: Sequence[str] = (),
    strict: bool = False,
    cut_short: bool = False,
    interrupted: bool = False,
    inherited: bool = False,
) -> Outcome:
    """Work out the verdict of every chosen requirement, all of which apply to the target's profile.

    `required` are ids that must be judged: not claimed and not run then fail. `cut_short`: cases may be missing, so
    that nothing can be said of stale deviations. `inherited`: the deviations are another's, that of the release a
    checkout is judged as; one that does not show is mended here, not stale.
    """
    cases = sorted((e for e in events if e["event"] == "case"), key=lambda e: e["case"])
    ends = [e for e in events if e["event"] == "end"]
    verdicts = []
    for requirement in chosen:
        reason = not_claimed_reason(requirement, capabilities)
        verdict = Verdict(requirement, "not claimed", reason) if reason else _judge(requirement, cases)
        if requirement.id in required and verdict.word in ("not claimed", "not run"):
            verdict = Verdict(requirement, "fail", f"required, but {verdict.word}: {verdict.reason}")
        verdicts.append(verdict)
    faults = [f"{c['case']}: {c['message']}" for c in cases if c["outcome"] == "error"]
    if ends and ends[-1]["pytest_exit"] not in (0, 1, 5):
        faults.append(f"the engine ended with pytest's exit code {ends[-1]['pytest_exit']}")
    stale = [] if cut_short else _stale(verdicts, deviations, today)
    mended = [entry.deviation for entry in stale if _word_of(verdicts, entry.deviation) == "pass"] if inherited else []
    return Outcome(verdicts, [] if inherited else stale, bool(ends), faults, strict, interrupted, mended)


def _word_of(verdicts: Sequence[Verdict], deviation: Deviation) -> Word | None:
    """The verdict of the requirement that a deviation departs from."""
    return next((v.word for v in verdicts if v.requirement.id == deviation.requirement), None)


def _judge(requirement: Requirement, cases: Sequence[Event]) -> Verdict:
    mine = [case for case in cases if requirement.id in case["requirements"]]
    outcomes = {case["outcome"] for case in mine}
    waived = any(f["waives"] == requirement.id for case in mine for f in case["findings"])
    word: Word
    if "fail" in outcomes:
        word, reason = "fail", ""
    elif "unknown" in outcomes or "error" in outcomes:
        word, reason = "unknown", "the adapter failed" if "unknown" in outcomes else "the suite failed"
    elif waived:
        word, reason = "waived", ", ".join(sorted(_waivers(requirement, mine)))
    elif "pass" in outcomes:
        word, reason = "pass", ""
    else:
        word, reason = "not run", next((case["message"] for case in mine), "no case was run")
    troubled = next((case for case in mine if case["outcome"] in ("unknown", "error")), None)
    return Verdict(requirement, word, reason, mine, troubled["message"] if troubled else "")


def _waivers(requirement: Requirement, cases: Sequence[Event]) -> set[str]:
    return {f["deviation"] for case in cases for f in case["findings"] if f["waives"] == requirement.id}


def _stale(verdicts: Sequence[Verdict], deviations: Sequence[Deviation], today: datetime.date) -> list[Stale]:
    by_id = {verdict.requirement.id: verdict for verdict in verdicts}
    used = {f["deviation"] for verdict in verdicts for case in verdict.cases for f in case["findings"]}
    stale = []
    for deviation in deviations:
        verdict = by_id.get(deviation.requirement)
        if verdict is None:
            continue  # not chosen in this run
        if deviation.is_expired(today):
            stale.append(Stale(deviation, f"it expired on {deviation.expires}"))
        elif verdict.word in ("pass", "waived", "fail") and deviation.id not in used:
            stale.append(Stale(deviation, f"no answer shows it any more, and {deviation.requirement} was judged"))
        elif verdict.word == "not claimed":
            stale.append(Stale(deviation, f"{deviation.requirement} is not claimed: {verdict.reason}"))
    return stale
