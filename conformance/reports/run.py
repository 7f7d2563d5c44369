"""All that the writers of reports know about one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.reports.verdicts import (
    ADAPTER_FAULT,
    CONFORMANT,
    INTERRUPTED,
    NOT_CONFORMANT,
    NOTHING_JUDGED,
    STALE,
    SUITE_FAULT,
    WRONG_USAGE,
    Outcome,
)
from conformance.requirements import Catalogue
from conformance.requirements.deviations import Deviation

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
class Run:
    """A run and what it came to. `observed` holds what the machine gave; all else repeats from run to run."""

    target_word: str
    hello: Mapping[str, Any]
    profile: str
    profile_reason: str
    kit_version: str
    catalogue: Catalogue
    left_out: Sequence[str]  # ids of requirements that hold for other profiles only
    deviations: Sequence[Deviation]
    today: str | None  # that was asked for; the real one is observed
    options: Sequence[str]  # words of the command line that shape verdicts, quoted for a shell
    outcome: Outcome
    observed: Mapping[str, Any]
    notes: Sequence[str] = ()  # how the target was built
    inherited: bool = False  # the deviations are those of the release that a checkout is judged as
    between: tuple[str, str] | None = None  # the two releases that a checkout lies between

    @property
    def hello_line(self) -> str:
        return f"{self.hello['name']} {self.hello['version']}, {self.hello['language']}"

    def repeat_command(self, requirement: str) -> str:
        """The command that judges this target by one requirement again, with the options that shape verdicts."""
        return " ".join(["antigravity-conformance run --only", requirement, *self.options, self.target_word])

    @property
    def conclusion(self) -> str:
        if not self.outcome.complete:
            return "no verdict: the run was cut short"
        waived = self.outcome.count("waived")
        plural = "s" if waived > 1 else ""
        known = f", with {waived} known deviation{plural}" if waived else ""
        if self.inherited and waived:
            known = f", with {waived} deviation{plural} inherited from release {self.profile}"
        return CONCLUSIONS[self.outcome.exit_code] + (known if self.outcome.exit_code == CONFORMANT else "")
