"""Schedules, what happened in them, and the files that they leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from conformance.json_type import Json
from conformance.wire.answers import Answer

MAX_PROCESSES = 4
FaultKind = Literal["kill", "ENOSPC", "EIO", "EACCES", "short write", "power failure"]


@dataclass(frozen=True)
class Fault:
    """A fault at a call of the first process: the call is the `at`-th of that process, counted from 0.

    A power failure comes after its call. All other faults replace it.
    """

    kind: FaultKind
    at: int


@dataclass(frozen=True)
class Schedule:
    """The process of each file call, from the first on. Later calls are those of the process that runs, until it ends.

    Processes are counted from 0 here, and from 1 in texts and files.
    """

    turns: tuple[int, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True)
class FileState:
    """A file: its kind, its permissions, and its content or the goal of a link. Pipes and sockets are "other"."""

    kind: Literal["file", "folder", "link", "other"]
    mode: int
    content: bytes = b""


Files = Mapping[str, FileState]  # by path in the home folder


@dataclass(frozen=True)
class Access:
    """The paths that a call changes, and those that it reads, with random names replaced."""

    changed: frozenset[str]
    read: frozenset[str]
    listed: frozenset[str] = frozenset()  # folders whose entries are read

    def affects(self, other: "Access") -> bool:
        """Whether the order of the two calls can matter."""
        return _hits(self, other) or _hits(other, self)


def _hits(one: Access, other: Access) -> bool:
    for path in one.changed:
        if path in other.changed or path in other.read or path.rpartition("/")[0] in other.listed:
            return True
        if any(touched.startswith(path + "/") for touched in (*other.changed, *other.read)):
            return True
    return False


@dataclass(frozen=True)
class Step:
    """One call: the process that made it, its text, and the other processes that could have run instead.

    `was_free` says whether the process of the step before could have gone on.
    """

    process: int
    text: str
    access: Access
    others: tuple[int, ...] = ()
    previous: int | None = None
    pending: Access | None = None  # of the process of the step before

    @property
    def is_preemption(self) -> bool:
        return self.previous is not None and self.previous != self.process


@dataclass(frozen=True)
class Finding:
    """What was wrong, and after which step (counted from 0; None: at the end)."""

    rule: str
    text: str
    step: int | None = None


class Line(NamedTuple):
    """A call as a report shows it: its process (from 1), its text, and whether a rule is broken after it."""

    process: int
    text: str
    is_wrong: bool


@dataclass
class Outcome:
    """What one schedule did."""

    schedule: Schedule
    steps: list[Step] = field(default_factory=list)
    answers: dict[int, list[Answer] | None] = field(default_factory=dict)  # None: the process was killed
    before: Files = field(default_factory=dict)
    after: Files = field(default_factory=dict)
    seen: list[Files] = field(default_factory=list)  # after each step
    names: dict[str, str] = field(default_factory=dict)  # the repeatable name of each path
    findings: list[Finding] = field(default_factory=list)
    next_answers: list[Answer] | None = None  # of the save after a fault
    is_diverged: bool = False  # a process did not make the call that the schedule let go
    is_endless: bool = False  # after very many calls, the rest went on without a schedule

    @property
    def preemptions(self) -> int:
        return sum(step.is_preemption for step in self.steps)

    @property
    def trace(self) -> list[str]:
        return [f"{step.process + 1} {step.text}" for step in self.steps]

    def lines(self, rule: str) -> list[Line]:
        """All calls, and after which of them the rule was broken."""
        wrong = {finding.step for finding in self.findings if finding.rule == rule}
        return [Line(step.process + 1, step.text, number in wrong) for number, step in enumerate(self.steps)]

    @property
    def turns(self) -> tuple[int, ...]:
        return tuple(step.process for step in self.steps)


def segments(turns: tuple[int, ...]) -> list[list[int]]:
    """`[[process, number of calls], ...]`, with processes counted from 1."""
    found: list[list[int]] = []
    for process in turns:
        if found and found[-1][0] == process + 1:
            found[-1][1] += 1
        else:
            found.append([process + 1, 1])
    return found


def turns_of(listed: Json) -> tuple[int, ...]:
    """The turns of `segments`. Raises ValueError if they are not such a list."""
    turns: list[int] = []
    for item in listed if isinstance(listed, list) else [None]:
        match item:
            case [int(process), int(count)] if 1 <= process <= MAX_PROCESSES and 0 < count <= 10_000:
                turns += [process - 1] * count
            case _:
                raise ValueError(f"expected a list of [process, number of calls], got {item!r}")
    return tuple(turns)
