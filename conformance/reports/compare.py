"""Two runs compared, from their JSON reports: what fails now and did not, what was repaired, what was added."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from conformance.reports.report import Report, RequirementResult
from conformance.reports.report_reasons import PlaceInSource
from conformance.reports.verdicts import (
    ADAPTER_FAULT,
    CONFORMANT,
    INTERRUPTED,
    NOT_CONFORMANT,
    NOTHING_JUDGED,
    SUITE_FAULT,
    WRONG_USAGE,
    Word,
)

Kind = Literal["broken", "lost", "new failure", "repaired", "added", "failing", "unjudged"]
KINDS: Final[dict[Kind, str]] = {
    "broken": "Fails now and did not",
    "lost": "No longer claimed, so no longer judged",
    "new failure": "Fails, and was not judged before",
    "repaired": "Repaired",
    "added": "Added: judged for the first time, and holds",
    "unjudged": "Held before, and was not judged now",
    "failing": "Fails as before",
}
SHORT: Final[dict[Kind, str]] = {
    "broken": "failing now",
    "lost": "no longer claimed",
    "new failure": "failing, not judged before",
    "repaired": "repaired",
    "added": "added",
    "unjudged": "not judged now",
    "failing": "failing as before",
}
REGRESSIONS: Final[Sequence[Kind]] = ("broken", "lost")
HELD = ("pass", "waived")
WITHOUT_VERDICT = (INTERRUPTED, SUITE_FAULT, WRONG_USAGE, ADAPTER_FAULT)


@dataclass(frozen=True)
class Change:
    """One rule whose verdict differs, or that still fails. `old` is None where the old run does not have the rule."""

    kind: Kind
    old: Word | None
    new: RequirementResult
    counts: bool  # does it decide the exit code?

    @property
    def words(self) -> str:
        """`pass → fail`."""
        return f"{self.old or 'not in the old run'} → {self.new.verdict}"


@dataclass(frozen=True)
class Comparison:
    """An old and a new run. With `strict`, a SHOULD counts too."""

    old: Report
    new: Report
    strict: bool = False

    @cached_property
    def changes(self) -> list[Change]:
        """In the order of `KINDS`, then of the catalogue."""
        before = {entry.id: entry.verdict for entry in self.old.requirements}
        levels = ("MUST", "SHOULD") if self.strict else ("MUST",)
        changes = []
        for entry in self.new.requirements:
            if (kind := self._kind(before.get(entry.id), entry)) is not None:
                counts = kind in REGRESSIONS and entry.level in levels
                changes.append(Change(kind, before.get(entry.id), entry, counts))
        return sorted(changes, key=lambda change: list(KINDS).index(change.kind))

    def of(self, kind: Kind) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    def place_of(self, requirement: str) -> PlaceInSource | None:
        """The function in the new checkout that explains the failure of the requirement best, if it is known."""
        for reason in self.new.reasons:
            if requirement in (reason.rule, *reason.further, *reason.also) and reason.places:
                return reason.places[0]
        return None

    @property
    def regressions(self) -> list[Change]:
        """The changes that decide."""
        return [change for change in self.changes if change.counts]

    @property
    def unchanged(self) -> int:
        """The number of rules of the new run with nothing to tell."""
        return len(self.new.requirements) - len(self.changes)

    @property
    def exit_code(self) -> int:
        """1 for regressions only. A run without a verdict gives its own code, after 130 and 4 and before 3 of `run`."""
        if self.new.exit_code in (INTERRUPTED, SUITE_FAULT):
            return self.new.exit_code
        if self.regressions:
            return NOT_CONFORMANT
        if self.new.exit_code in WITHOUT_VERDICT:
            return self.new.exit_code
        if self.old.exit_code in WITHOUT_VERDICT:
            return self.old.exit_code
        return CONFORMANT if self.old.requirements and self.new.requirements else NOTHING_JUDGED

    @property
    def conclusion(self) -> str:
        """The exit code in words."""
        if self.exit_code == CONFORMANT:
            return "no regression"
        if self.exit_code == NOT_CONFORMANT:
            return f"{len(self.regressions)} regression{'' if len(self.regressions) == 1 else 's'}"
        if self.exit_code == NOTHING_JUDGED:
            return "no verdict: nothing was judged"
        side, report = ("new", self.new) if self.new.exit_code == self.exit_code else ("old", self.old)
        return f"no verdict, because the {side} run has none ({report.conclusion})"

    @property
    def summary(self) -> str:
        """`2 fails now and did not, 1 repaired`."""
        found = [(kind, len(self.of(kind))) for kind in KINDS]
        counted = [f"{count} {SHORT[kind]}" for kind, count in found if count]
        return ", ".join([*counted, f"{self.unchanged} as before"])

    @property
    def remarks(self) -> list[str]:
        """Why the two runs may differ for other reasons than the target."""
        old, new = self.old, self.new
        told = []
        uncounted = [change for change in self.changes if change.kind in REGRESSIONS and not change.counts]
        if uncounted:
            told.append(f"rules that fail now and count only with --strict: {len(uncounted)}")
        if old.profile != new.profile and None not in (old.profile, new.profile):
            told.append(f"the old run was judged as {old.profile}, the new one as {new.profile}")
        if old.kit != new.kit:
            told.append(f"the old run was judged by version {old.kit} of the kit, the new one by {new.kit}")
        told += [
            f"the {side} run was not complete: {report.observed.fault or report.conclusion}"
            for side, report in (("old", old), ("new", new))
            if not report.complete
        ]
        gone = {entry.id for entry in old.requirements} - {entry.id for entry in new.requirements}
        if gone and new.requirements:
            told.append(f"rules of the old run that the new one does not have: {', '.join(sorted(gone))}")
        return told

    def _kind(self, old: Word | None, entry: RequirementResult) -> Kind | None:
        new, held = entry.verdict, old in HELD
        if new == "waived" and old == "pass" and self._inherits_alike:
            return "broken"  # a deviation of the release that the old run did not have
        if new in HELD:
            return "repaired" if old == "fail" else None if held else "added"
        if new == "fail":
            return "failing" if old == "fail" else "broken" if held or old == "not claimed" else "new failure"
        return None if not held else "lost" if new == "not claimed" else "unjudged"

    @property
    def _inherits_alike(self) -> bool:
        """Does the new run waive the deviations of the release that the old run was judged as too?"""
        return self.new.inherited_deviations and self.old.profile == self.new.profile
