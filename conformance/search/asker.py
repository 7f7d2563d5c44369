"""A target that is asked whole sessions, and started again after a fault: one session must not end the search."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from conformance.search.hunt import Difference, Hunt, Tally
from conformance.search.oracle import Oracle
from conformance.search.source import Draft
from conformance.search.steps import Session
from conformance.targets.connection import Group, Launch
from conformance.targets.errors import AdapterFault
from conformance.targets.resolve import Target
from conformance.wire.answers import Raised

MOST_FAULTS = 500  # each costs a start; a target that fails at every session has been seen enough


class Asker:
    """A context manager. `tally` counts what was asked by `differences`: what shrinking asks is no search."""

    def __init__(
        self, target: Target, oracle: Oracle, *, timeout_s: float, pass_environment: Sequence[str] = ()
    ) -> None:
        self.target, self.oracle = target, oracle
        self.tally = Tally()
        self.faults = 0
        self._timeout_s, self._pass_environment = timeout_s, pass_environment
        self._group: Group | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def differences(self, sessions: Iterable[tuple[Draft | None, Session]]) -> Iterator[Difference]:
        """The sessions that are answered otherwise than expected, or in which the target fails."""
        rest = iter(sessions)
        while True:
            hunt = self._hunt(self.tally)
            group = self._group
            try:
                for found in hunt.differences(rest):
                    yield found
                    if self._group is not group:  # ended by who looked into the difference
                        break
                else:
                    return
            except AdapterFault:
                self._end()
            for draft, session in hunt.in_flight():
                lost = self.first(session, draft)
                if lost is not None:
                    yield lost

    def first(self, session: Session, draft: Draft | None = None) -> Difference | None:
        """What one session shows, asked in the process that is there."""
        try:
            return next(self._hunt(Tally()).differences([(draft, session)]), None)
        except AdapterFault as fault:
            self._end()
            self.faults += 1
            if self.faults > MOST_FAULTS:
                raise
            return Difference(session, len(session.calls) - 1, None, Raised(str(fault)), draft)

    def alone(self, session: Session, draft: Draft | None = None) -> Difference | None:
        """The same in a process of its own, which knows of no earlier session."""
        self._end()
        try:
            return self.first(session, draft)
        finally:
            self._end()

    def _hunt(self, tally: Tally) -> Hunt:
        if self._group is None:
            launch = Launch(self.target.argv, self.target.environment, self.target.word)
            self._group = Group([launch], timeout_s=self._timeout_s, pass_environment=self._pass_environment)
        return Hunt(self._group.connections[0], self.oracle, tally, self._group.folder)

    def _end(self) -> None:
        if self._group is not None:
            self._group.close()
            self._group = None
