"""Sends generated sessions to a target and to the reference, and yields the sessions whose answers differ.

`DifferentialRunner` owns the target's process and restarts it after a fault; `Pipeline` keeps several sessions in
flight on one connection.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from conformance.json_type import Json
from conformance.search.compare import first_difference, show_snapshot
from conformance.search.oracle import Oracle
from conformance.search.source import Draft
from conformance.search.steps import GeneratedSession
from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault, GivenUp, NoAnswer
from conformance.targets.exchange import MAX_CALLS_A_LINE, RequestLine
from conformance.targets.group import Group, Launch
from conformance.targets.patience import Patience
from conformance.targets.resolve import Target
from conformance.wire.answers import REFUSED, Answer, Raised, Refused
from conformance.wire.files import ask, place_free, replace_text, temporary_folder, write_files
from conformance.wire.scenario import ROOT

MAX_FAULTS = 150  # each one costs a restart, and shrinking one failure needs some fifty
IN_FLIGHT = 8  # sessions: enough to keep the target busy, too few to fill the pipes
WITH_SWITCHES = ("consume_token", "has_other_account", "load_config")  # booleans in results; in Python, True == 1
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Difference:
    """The first call of a session with an unexpected answer. `expected` is None if the adapter failed."""

    session: GeneratedSession
    position: int
    expected: Answer | None
    answered: Answer
    draft: Draft | None = None
    is_silence: bool = False  # no answer in time; a repetition would take the time limit again


@dataclass
class Tally:
    """Counts of sessions and calls. Calls are counted by method, selections also by strategy."""

    sessions: int = 0
    calls: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)

    def add(self, session: GeneratedSession) -> None:
        self.sessions += 1
        self.calls += len(session.calls)
        self.by_kind.update(
            [f"select {params['strategy']}" if method == "select" else method for method, params in session.calls]
        )


@dataclass
class _Flight:
    """A session in flight: the calls that were sent and the results that the reference predicts."""

    session: GeneratedSession
    draft: Draft | None
    calls: list[tuple[str, Json]]
    expected: list[Json]
    own_root: str
    root: str
    folders: ExitStack


class Pipeline:
    """Sends sessions over one connection and compares each answer with the oracle's."""

    def __init__(
        self, connection: Connection, oracle: Oracle, tally: Tally | None = None, within: Path | None = None
    ) -> None:
        self.connection, self.oracle, self.within = connection, oracle, within
        self.tally = Tally() if tally is None else tally
        self._flights: deque[_Flight] = deque()
        self._paused: list[tuple[Draft | None, GeneratedSession]] = []

    def differences(self, sessions: Iterable[tuple[Draft | None, GeneratedSession]]) -> Iterator[Difference]:
        """Yields a difference for each session with an unexpected answer. Raises AdapterFault."""
        try:
            for draft, session in sessions:
                if session.saves:
                    while self._flights:
                        yield from self._receive()
                    yield from self._ask(draft, session)
                    continue
                self._flights.append(self._send(draft, session))
                if len(self._flights) > IN_FLIGHT:
                    yield from self._receive()
            while self._flights:
                yield from self._receive()
        finally:  # also if the caller stops early
            for flight in self._flights:
                flight.folders.close()

    def in_flight(self) -> list[tuple[Draft | None, GeneratedSession]]:
        """After a fault: the sessions that were sent and not answered in full."""
        return self._paused + [(flight.draft, flight.session) for flight in self._flights]

    def _ask(self, draft: Draft | None, session: GeneratedSession) -> Iterator[Difference]:
        """Run a session that saves over files changed by others. It runs alone, with no other session in flight."""
        self.tally.add(session)
        self._paused = [(draft, session)]
        scenario = session.to_scenario()
        answered = ask(scenario, self.connection.batch, self.within)
        self._paused = []
        expected = ask(scenario, self.oracle.answers, self.within)
        position = first_difference(session.calls, expected, answered)
        if position is not None:
            yield Difference(session, position, expected[position], answered[position], draft)

    def _send(self, draft: Draft | None, session: GeneratedSession) -> _Flight:
        self.tally.add(session)
        folders = ExitStack()
        own_root = root = ""
        calls = own_calls = session.calls
        if session.files:  # separate folders, because a release writes the pool files that it migrates
            own_root, root = (folders.enter_context(self._folder(session)) for _ in range(2))
            own_calls, calls = (
                [(method, replace_text(params, ROOT, place)) for method, params in session.calls]
                for place in (own_root, root)
            )
        self.connection.send_lines(to_lines(calls))
        expected = self.oracle.values(own_calls)
        return _Flight(session, draft, own_calls, expected, own_root, root, folders)

    @contextmanager
    def _folder(self, session: GeneratedSession) -> Iterator[str]:
        with temporary_folder(self.within) as root:
            write_files(Path(root), session.files)
            yield root

    def _receive(self) -> Iterator[Difference]:
        flight = self._flights[0]
        with flight.folders:
            lines = list(self.connection.receive_lines())
            if _is_as_expected(flight, lines):
                self._flights.popleft()
                return
            answered = [answer for asked, line in lines for answer in self.connection.read(asked, line)]
            answered = [place_free(answer, flight.root) for answer in answered] if flight.root else answered
            expected = self.oracle.answers(flight.calls)
            if flight.own_root:
                expected = [place_free(answer, flight.own_root) for answer in expected]
        self._flights.popleft()
        position = first_difference(flight.session.calls, expected, answered)
        if position is not None:
            yield Difference(flight.session, position, expected[position], answered[position], flight.draft)


class DifferentialRunner:
    """Runs sessions on a target. Restarts the target after a fault, so that a search goes on after a crash.

    A context manager. Each method raises GivenUp after too many faults of the target. `tally` counts the calls of
    `differences`, without those of shrinking.
    """

    def __init__(
        self, target: Target, oracle: Oracle, *, timeout_s: float, pass_environment: Sequence[str] = ()
    ) -> None:
        self.target, self.oracle = target, oracle
        self.tally = Tally()
        self.faults = 0
        self._patience = Patience(in_a_row=MAX_FAULTS, faults=MAX_FAULTS, slow=False)
        self._timeout_s, self._pass_environment = timeout_s, pass_environment
        self._group: Group | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def differences(self, sessions: Iterable[tuple[Draft | None, GeneratedSession]]) -> Iterator[Difference]:
        """Yields a difference for each session with an unexpected answer, and for each that makes the target fail."""
        rest = iter(sessions)
        while True:
            pipeline = self._pipeline(self.tally)
            group = self._group
            try:
                for found in pipeline.differences(rest):
                    yield found
                    if self._group is not group:  # the caller restarted the target while it investigated
                        break
                else:
                    return
            except GivenUp:
                raise
            except AdapterFault as fault:
                self._patience.note(fault)
                self._end()
            for draft, session in pipeline.in_flight():
                lost = self.first(session, draft)
                if lost is not None:
                    yield lost

    def first(self, session: GeneratedSession, draft: Draft | None = None) -> Difference | None:
        """Run one session in the current process, and return its difference."""
        try:
            return next(self._pipeline(Tally()).differences([(draft, session)]), None)
        except GivenUp:
            raise
        except AdapterFault as fault:
            self._end()
            self.faults += 1
            self._patience.note(fault)
            silence = isinstance(fault, NoAnswer)
            return Difference(session, len(session.calls) - 1, None, Raised(str(fault)), draft, silence)

    def alone(self, session: GeneratedSession, draft: Draft | None = None) -> Difference | None:
        """Run one session in a new process, without the effects of earlier sessions."""
        self._end()
        try:
            return self.first(session, draft)
        finally:
            self._end()

    def _pipeline(self, tally: Tally) -> Pipeline:
        self._patience.check(self.target.word)
        if self._group is None:
            launch = Launch(self.target.argv, self.target.environment, self.target.word)
            self._group = Group(
                [launch],
                timeout_s=self._timeout_s,
                pass_environment=self._pass_environment,
                patience=self._patience,
            )
        return Pipeline(self._group.connections[0], self.oracle, tally, self._group.folder)

    def _end(self) -> None:
        if self._group is not None:
            self._group.close()
            self._group = None


def _switches(result: dict[str, Json]) -> list[str]:
    """The keys of boolean values, in a result and in its groups."""
    found = []
    for key, value in result.items():
        if value is True or value is False:
            found.append(key)
        elif type(value) is dict:
            found += _switches(value)
    return sorted(found)


def to_lines(calls: Sequence[tuple[str, Json]]) -> list[RequestLine]:
    """Request lines for these calls. Generated calls are always within the limits, so nothing is checked."""
    lines = []
    for first_id in range(1, len(calls) + 1, MAX_CALLS_A_LINE):
        part = calls[first_id - 1 : first_id - 1 + MAX_CALLS_A_LINE]
        requests = [
            {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}
            for call_id, (method, params) in enumerate(part, first_id)
        ]
        line = _encode(requests).encode() + b"\n"
        lines.append(RequestLine(line, first_id, tuple([method for method, _ in part]), is_batch=True))
    return lines


def _is_as_expected(flight: _Flight, lines: Sequence[tuple[RequestLine, bytes]]) -> bool:
    """Fast path: are all results exactly as predicted? False only means that the full comparison is needed."""
    try:
        responses = [response for _, line in lines for response in json.loads(line)]
        if len(responses) != len(flight.calls):
            return False
        for (method, _), response, predicted in zip(flight.calls, responses, flight.expected, strict=True):
            if type(predicted) is Refused:
                if response["error"]["code"] != REFUSED or response["error"]["data"]["refusal"] != predicted.kind:
                    return False
                continue
            answered, expected = response["result"], predicted
            if method == "snapshot":
                now_ms = flight.session.now_ms
                answered, expected = show_snapshot(answered, now_ms), show_snapshot(predicted, now_ms)
            if answered != expected or (method in WITH_SWITCHES and _switches(answered) != _switches(expected)):
                return False
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True
