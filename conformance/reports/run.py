"""The data of one run that the reports are written from."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.reports.causes import Cause
from conformance.reports.known import KnownElsewhere
from conformance.reports.story import Reason
from conformance.reports.verdicts import (
    ADAPTER_FAULT,
    CONFORMANT,
    INTERRUPTED,
    NOT_CONFORMANT,
    NOTHING_JUDGED,
    STALE,
    SUITE_FAULT,
    WRONG_USAGE,
    Criteria,
    Outcome,
)
from conformance.requirements import Catalogue
from conformance.targets.pids import PidStatus
from conformance.wire.messages import HelloResult

CONCLUSIONS = {
    CONFORMANT: "conformant",
    NOT_CONFORMANT: "not conformant",
    ADAPTER_FAULT: "no verdict: the adapter failed",
    SUITE_FAULT: "no verdict: a fault of the suite",
    NOTHING_JUDGED: "no verdict: nothing was judged",
    STALE: "conformant, but a deviation is stale",
    WRONG_USAGE: "no verdict: wrong usage",
    INTERRUPTED: "no verdict: the run was cut short",
}


@dataclass(frozen=True)
class ChosenProfile:
    """The profile that a target is judged by, and why. `between`: the two releases that a checkout lies between."""

    name: str
    reason: str
    between: tuple[str, str] | None = None


@dataclass(frozen=True)
class Evidence:
    """What a checkout has of the code by which a release departs from a rule."""

    files: Sequence[str]  # that have code of it
    missing: Sequence[str]  # the code that no file has
    repaired: Sequence[str]  # the files that have code which the release lacks, and which repairs it

    @property
    def holds(self) -> bool:
        return not self.missing and not self.repaired


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Values of a run that depend on the machine or on the moment."""

    pid: int  # from the answer to hello
    pid_status: PidStatus
    seconds: float
    python: str
    system: str
    folder: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run. Only `machine` and the observed values in `outcome` differ between runs."""

    target_word: str
    notes: Sequence[str] = ()  # how the target was built
    hello: HelloResult
    is_port: bool = False  # no release, no checkout: the report names the next step of the build order
    added_config_keys: Sequence[str] = ()  # that no release has
    profile: ChosenProfile
    kit_version: str
    catalogue: Catalogue
    left_out: Sequence[str]  # ids of requirements that apply to other profiles only
    criteria: Criteria
    today: datetime.date | None = None  # the date given with --today
    options: Sequence[str]  # options that affect verdicts, quoted for a shell
    outcome: Outcome
    causes: Sequence[Cause] = ()
    reasons: Sequence[Reason] = ()  # of the failures without a cause, the most specific rule of each first
    known: KnownElsewhere | None = None  # what it fails for, and a release does too
    evidence: Mapping[str, Evidence] = field(default_factory=dict)  # by inherited deviation that shows
    machine: Machine

    @property
    def hello_line(self) -> str:
        return f"{self.hello.name} {self.hello.version}, {self.hello.language}"

    def repeat_command(self, requirement: str) -> str:
        """The command that judges this target again by one requirement, with the options that affect verdicts."""
        return " ".join(["antigravity-conformance run --only", requirement, *self.options, self.target_word])

    @property
    def conclusion(self) -> str:
        if not self.outcome.complete:
            return "no verdict: the run was cut short"
        waived = self.outcome.count("waived")
        plural = "s" if waived > 1 else ""
        known = f", with {waived} known deviation{plural}" if waived else ""
        if self.criteria.inherited and waived and not self.criteria.own_deviations:
            known = f", with {waived} deviation{plural} inherited from release {self.profile.name}"
        return CONCLUSIONS[self.outcome.exit_code] + (known if self.outcome.exit_code == CONFORMANT else "")
