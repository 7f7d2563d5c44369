"""The search itself: what was found before is asked first, then fresh sessions, until calls or time are used up."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis.database import ExampleDatabase

from conformance.search.differential import DifferentialRunner, Tally
from conformance.search.discrepancy import Discrepancy, investigate
from conformance.search.sessions import decode
from conformance.search.source import Draft, from_choices, stream, to_choices
from conformance.search.steps import GeneratedSession
from conformance.targets.errors import GivenUp

KEY = b"antigravity-conformance sessions"  # one for all targets: what one was wrong on is worth asking another
SESSIONS_A_REPORT = 100
LOOKED_INTO = 3  # differences a kind of call: shrinking takes a while, and most have one cause


@dataclass(frozen=True)
class Bounds:
    """When a search ends: after so many calls, or seconds, or finds, whichever comes first."""

    calls: int | None = None
    seconds: float | None = None
    discrepancies: int = 5


@dataclass
class Search:
    """One search of one target."""

    runner: DifferentialRunner
    capabilities: list[str]
    seed: str
    bounds: Bounds
    database: ExampleDatabase | None = None
    on_progress: Callable[[], None] = lambda: None
    differences: int = 0
    given_up: str = ""  # why the target is not asked any more
    discrepancies: list[Discrepancy] = field(default_factory=list)
    _looked_into: Counter[str] = field(default_factory=Counter)
    _began_s: float = 0

    @property
    def tally(self) -> Tally:
        return self.runner.tally

    def run(self) -> Iterator[Discrepancy]:
        """Each discrepancy that is unlike those before it, as soon as it is shrunk.

        Ends early, with `given_up` set, where the target fails too often.
        """
        try:
            yield from self._run()
        except GivenUp as fault:
            self.given_up = str(fault)

    def _run(self) -> Iterator[Discrepancy]:
        for difference in self.runner.differences(self._sessions()):
            self.differences += 1
            method, params = difference.session.calls[difference.position]
            fails = difference.expected is None  # where the process ended, its calls say little
            about = "failure" if fails else f"{method} {params.get('strategy', '')}"
            if self._looked_into[about] >= (1 if fails else LOOKED_INTO):
                continue
            self._looked_into[about] += 1
            discrepancy = investigate(self.runner, difference, self.capabilities)
            if self.database is not None and discrepancy.draft is not None:
                self.database.save(KEY, to_choices(discrepancy.draft))
            if any(discrepancy.kind == other.kind for other in self.discrepancies):
                continue
            self.discrepancies.append(discrepancy)
            yield discrepancy
            if len(self.discrepancies) >= self.bounds.discrepancies:
                return

    def _sessions(self) -> Iterator[tuple[Draft, GeneratedSession]]:
        self._began_s = time.monotonic()
        for draft in self._stored():
            yield draft, decode(draft, self.capabilities)
        fresh, bounds = stream(self.seed), self.bounds
        while (bounds.calls is None or self.tally.calls < bounds.calls) and (
            bounds.seconds is None or time.monotonic() - self._began_s < bounds.seconds
        ):
            if self.tally.sessions % SESSIONS_A_REPORT == 0:
                self.on_progress()
            draft = next(fresh)
            yield draft, decode(draft, self.capabilities)

    def _stored(self) -> Sequence[Draft]:
        if self.database is None:
            return []
        kept = [from_choices(stored) for stored in sorted(self.database.fetch(KEY), key=lambda s: (len(s), s))]
        return [draft for draft in kept if draft is not None]
