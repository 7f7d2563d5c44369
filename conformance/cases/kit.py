"""What a case module imports: `covers`, to name requirements, and `Judge`, which asks the target and compares."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import pytest

from conformance.targets.connection import Group
from conformance.wire.answers import Answer, Result
from conformance.wire.scenario import Call, Scenario

Json = Any
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

    def expect(self, expected: Any, actual: Any, scenario: Scenario, what: str, *, observed: bool = False) -> None:
        """Compare one value that was worked out from the answers; `what` names it in the report.

        `observed`: the values depend on what the machine gave, such as real process ids.
        """

    def start_group(self) -> Group:
        """Start several real processes of the target at the same moment."""


def covers(*requirement_ids: str) -> Callable[[Case], Case]:
    """Name the requirements that a case judges. When the case fails, each of them fails: keep it to few."""
    return pytest.mark.covers(*requirement_ids)


def values(answers: Sequence[Answer]) -> list[Json]:
    """The values of results, for a case that compares answers with each other.

    An answer that is no result becomes None, as if no account had been selected: the comparison then fails.
    """
    return [answer.value if isinstance(answer, Result) else None for answer in answers]
