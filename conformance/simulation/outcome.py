"""The measures of one setting over all seeds."""

from dataclasses import dataclass

from conformance.simulation.measures import Estimate, Measures, estimate, paired
from conformance.simulation.model import Settings


@dataclass(frozen=True)
class Outcome:
    """The measures of one setting, one for each seed in order."""

    settings: Settings
    runs: tuple[Measures, ...]

    def values(self, name: str) -> list[float]:
        return [float(getattr(run, name)) for run in self.runs]

    def estimate(self, name: str) -> Estimate:
        return estimate(self.values(name))

    def against(self, base: "Outcome", name: str) -> Estimate:
        """The paired difference to another setting."""
        return paired(self.values(name), base.values(name))
