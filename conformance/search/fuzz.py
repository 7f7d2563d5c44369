"""The search: runs the stored sessions first, then new ones, until the limit of calls or time is reached."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from hypothesis.database import ExampleDatabase

from conformance.search.differential import DifferentialRunner, Tally
from conformance.search.discrepancy import Discrepancy, investigate
from conformance.search.sessions import decode
from conformance.search.source import Draft, from_choices, stream, to_choices
from conformance.search.steps import GeneratedSession
from conformance.targets.errors import GivenUp

KEY = b"antigravity-conformance sessions"  # shared by all targets: a session that failed on one may fail on another
SESSIONS_A_REPORT = 100
MAX_EMPTY = 1000  # sessions in a row without a call: what the target claims gives none, and the search would never end
INVESTIGATED = 3  # differences that are investigated for each kind of call: shrinking is slow, and most share one cause


@dataclass(frozen=True)
class Bounds:
    """The limits of a search: calls, seconds, discrepancies. It ends at the first that it reaches."""

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
    given_up: str = ""  # why the search ended early
    discrepancies: list[Discrepancy] = field(default_factory=list)
    _known: set[Draft] = field(default_factory=set)  # from the database
    _investigated: Counter[str] = field(default_factory=Counter)
    _began_s: float = 0

    @property
    def tally(self) -> Tally:
        return self.runner.tally

    def run(self) -> Iterator[Discrepancy]:
        """Yields each discrepancy of a new kind as soon as it is shrunk.

        Ends early, with `given_up` set, if the target fails too often.
        """
        try:
            yield from self._run()
        except GivenUp as fault:
            self.given_up = str(fault)

    def _run(self) -> Iterator[Discrepancy]:
        for difference in self.runner.differences(self._sessions()):
            self.differences += 1
            method, params = difference.session.calls[difference.position]
            fails = difference.expected is None  # after a crash the last call says little about the cause
            about = "failure" if fails else f"{method} {params.get('strategy', '')}"
            if self._investigated[about] >= (1 if fails else INVESTIGATED):
                continue
            self._investigated[about] += 1
            self._save(difference.draft, None)  # before it is shrunk: the process may be killed meanwhile
            discrepancy = investigate(self.runner, difference, self.capabilities)
            self._save(discrepancy.draft, difference.draft)
            discrepancy = replace(discrepancy, from_database=difference.draft in self._known)
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
        fresh, bounds, empty = stream(self.seed), self.bounds, 0
        while (bounds.calls is None or self.tally.calls < bounds.calls) and (
            bounds.seconds is None or time.monotonic() - self._began_s < bounds.seconds
        ):
            if self.tally.sessions % SESSIONS_A_REPORT == 0:
                self.on_progress()
            draft = next(fresh)
            session = decode(draft, self.capabilities)
            empty = 0 if session.calls else empty + 1
            if empty == MAX_EMPTY:
                return
            yield draft, session

    def _stored(self) -> Sequence[Draft]:
        if self.database is None:
            return []
        kept = [from_choices(stored) for stored in sorted(self.database.fetch(KEY), key=lambda s: (len(s), s))]
        drafts = [draft for draft in kept if draft is not None]
        self._known.update(drafts)
        return drafts

    def _save(self, draft: Draft | None, longer: Draft | None) -> None:
        """Save a draft, in place of a longer one with the same fault."""
        if self.database is None or draft is None:
            return
        self.database.save(KEY, to_choices(draft))
        if longer is not None and longer != draft:
            self.database.delete(KEY, to_choices(longer))
