"""Failures of a target without a release that match known deviations of a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownElsewhere:
    """The release that shares the most failures, and its deviations by failing requirement."""

    release: str
    deviations: Mapping[str, Sequence[str]]
    failures: int  # of the run, shared or not

    @property
    def names(self) -> list[str]:
        """Ids of the deviations, without repetitions."""
        return list(dict.fromkeys(id_ for ids in self.deviations.values() for id_ in ids))
