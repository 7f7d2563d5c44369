"""For case modules: `covers`, which names requirements, and `Judge`, which calls the target and compares answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import pytest

from conformance.json_type import Json
from conformance.processes.fleet import Fleet, Transcript
from conformance.processes.record import Record
from conformance.targets.group import Group, Launch
from conformance.wire.answers import Answer, Result
from conformance.wire.scenario import Call, Scenario

Case = TypeVar("Case", bound=Callable[..., Any])


class Judge(Protocol):
    """The fixture `judge`: calls the target under test, and fails the case if an answer is not the expected one."""

    @property
    def capabilities(self) -> Sequence[str]:
        """The capabilities that the target claims."""

    def check(self, scenario: Scenario) -> None:
        """Run the scenario and compare each answer with the expectation of its call."""

    def ask(self, calls: Sequence[Call], files: Mapping[str, Mapping[str, Json]] | None = None) -> list[Answer]:
        """Send calls without a comparison, for rules about several answers. Use `expect` to compare.

        The case fails if a call raises an error: two sessions that both raise one are not alike.
        """

    def expect(
        self,
        expected: Any,
        actual: Any,
        scenario: Scenario,
        what: str,
        *,
        observed: bool = False,
        record: Record | None = None,
    ) -> None:
        """Compare one value that was computed from the answers. `what` names it in the report.

        `observed`: the values depend on the machine, such as real PIDs, or there is a `record`.
        """

    @property
    def processes(self) -> int:
        """The number of real processes to start."""

    def check_transcripts(self, transcripts: Sequence[Transcript], record: Record) -> None:
        """Compare the answers of many processes with the expectations in their transcripts."""

    def shared_fleet(self, shape: "Shape") -> Fleet:
        """The fleet that `shape` starts. Cases share it until a process fails or exits.

        There is only one fleet at a time. Each case begins with a new record and the common home.
        """

    def launch(self, *, start_method: str = "") -> Launch:
        """How to start a process of the target.

        `start_method`: `fork`, `spawn` or `forkserver` of `multiprocess`. If the target is not a Python port, the case
        is not run.
        """

    def start_group(self, launches: Sequence[Launch], *, pids: Sequence[int] = (), held: bool = False) -> Group:
        """Start processes (see `Group`), and end the processes of the previous fleet.

        The case is not run if it needs `pids` and the system does not allow them.
        """

    def skip_without_namespaces(self) -> None:
        """Skip the case if the system does not allow PID namespaces."""


Shape = Callable[[Judge], Fleet]  # starts a fleet; cases with the same shape share it


def covers(*requirement_ids: str) -> Callable[[Case], Case]:
    """Name the requirements that a case judges. If the case fails, all of them fail, so name only a few."""
    return pytest.mark.covers(*requirement_ids)


def document_of(read: Json) -> dict[str, Json]:
    """The JSON object in a file that was read; empty if there is no file, or something else in it."""
    document = read.get("json") if isinstance(read, dict) else None
    return document if isinstance(document, dict) else {}


def values(answers: Sequence[Answer]) -> list[Json]:
    """The values of results, for a case that compares answers with each other.

    An answer that is not a result becomes None, as if no account had been selected, so that the comparison fails.
    """
    return [answer.value if isinstance(answer, Result) else None for answer in answers]
