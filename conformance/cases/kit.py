"""What a case module imports: `covers`, to name requirements, and `Judge`, which asks the target and compares."""

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
    """The fixture `judge`: asks the target under test, and fails the case where an answer is not the one expected."""

    @property
    def capabilities(self) -> Sequence[str]:
        """What the target claims."""

    def check(self, scenario: Scenario) -> None:
        """Run the scenario and compare each answer with what its call expects."""

    def ask(self, calls: Sequence[Call], files: Mapping[str, Mapping[str, Json]] | None = None) -> list[Answer]:
        """Ask without comparing: for rules about many answers together, compared by `expect`."""

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
        """Compare one value that was worked out from the answers; `what` names it in the report.

        `observed`: the values depend on what the machine gave, such as real process ids, or a `record` is kept.
        """

    @property
    def processes(self) -> int:
        """How many real processes the user wants."""

    def check_transcripts(self, transcripts: Sequence[Transcript], record: Record) -> None:
        """Compare what each of many processes answered with what its transcript expects."""

    def shared_fleet(self, shape: "Shape") -> Fleet:
        """The fleet that `shape` starts: the same one for each case, while no process is at fault or gone.

        There is one fleet at a time. It begins each case with a new record, on the common home.
        """

    def launch(self, *, start_method: str = "") -> Launch:
        """How a process of the target is started.

        `start_method`: `fork`, `spawn` or `forkserver`, by `multiprocess`; not run where the target is no Python port.
        """

    def start_group(self, launches: Sequence[Launch], *, pids: Sequence[int] = (), held: bool = False) -> Group:
        """Start processes (see `Group`), and end those of the fleet before.

        The case is not run where `pids` are asked for and the system refuses them.
        """

    def skip_without_namespaces(self) -> None:
        """The case is not run where the system refuses PID namespaces."""


Shape = Callable[[Judge], Fleet]  # starts a fleet; a fleet is shared by the cases that name the same shape


def covers(*requirement_ids: str) -> Callable[[Case], Case]:
    """Name the requirements that a case judges. When the case fails, each of them fails: keep it to few."""
    return pytest.mark.covers(*requirement_ids)


def values(answers: Sequence[Answer]) -> list[Json]:
    """The values of results, for a case that compares answers with each other.

    An answer that is no result becomes None, as if no account had been selected: the comparison then fails.
    """
    return [answer.value if isinstance(answer, Result) else None for answer in answers]
