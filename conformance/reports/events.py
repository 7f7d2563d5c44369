"""The events of a run, as models and as lines of a JSON Lines file.

The engine appends each event as it happens, so an interrupted run leaves all its earlier results.
"""

import errno
import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from conformance.json_type import Json
from conformance.processes.record import Entry
from conformance.wire.messages import HelloResult
from conformance.wire.scenario import Scenario

FORMAT: Final = 1  # of the lines
CaseOutcome = Literal["pass", "fail", "unknown", "not run", "error"]

SCENARIO_SCHEMA = {
    "type": "object",
    "properties": {
        "files": {"type": "object", "description": "content by path; left out if there are no files"},
        "calls": {"type": "array", "items": {"type": "object", "required": ["method", "params"]}},
    },
    "required": ["calls"],
    "additionalProperties": False,
}
ScenarioDocument = Annotated[
    Scenario,
    PlainValidator(lambda given: given if isinstance(given, Scenario) else Scenario.from_json(given)),
    PlainSerializer(Scenario.to_json),
    WithJsonSchema(SCENARIO_SCHEMA),
]


class EventError(ValueError):
    """A line is not an event of this version; the message names the file and the line."""


class Document(BaseModel):
    """A JSON object with fixed keys. `to_json` leaves out the keys that the constructor was not given."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def to_json(self) -> dict[str, Json]:
        return self.model_dump(exclude_unset=True)


class FileCall(Document):
    """One call on a file in the home folder, in a race."""

    process: int = Field(description="1 or 2")
    text: str = Field(description="name of the call, and the paths; POOL is the pool file, ~ the home folder")
    is_wrong: bool = Field(description="the rule is broken after this call")


class Finding(Document):
    """One answer that differs from the expected one."""

    scenario: ScenarioDocument = Field(description="the files and calls (docs/vectors.md)")
    position: int | None = Field(
        description="index of the call in the scenario; null for a value computed from several answers"
    )
    what: str = Field(description="name of the method, or of the value")
    expected: Json = Field(description='the result expected, or `{"refusal": KIND}`')
    actual: Json = Field(
        description='the result, or one of `{"refusal": KIND}`, `{"raised": MESSAGE}`, `{"not supported": METHOD}`'
    )
    observed: bool = Field(description="true if the values depend on the machine, such as PIDs")
    deviation: str | None = Field(description="id of the known deviation that covers it; null if none does")
    waives: str | None = Field(description="requirement of the deviation")
    process: int | None = Field(
        default=None, description="number of the process that gave the answer; null for a value computed from several"
    )
    record: Sequence[Entry] = Field(default=(), description="what all processes did, in order")
    file_calls: Sequence[FileCall] | None = Field(
        default=None, description="for a race: what the processes did to files; null for other findings"
    )


class RunStarted(Document):
    """The first line of the log."""

    event: Literal["run"] = "run"
    format: Literal[1]
    target: str
    hello: HelloResult
    judged: Sequence[str]


class CaseEnded(Document):
    """The outcome of a case, with the requirements that it judges."""

    event: Literal["case"] = "case"
    name: str
    requirements: Sequence[str]
    outcome: CaseOutcome
    message: str
    findings: Sequence[Finding]
    omitted: int = 0
    seconds: float = 0


class RunEnded(Document):
    """The last line of the log. It is missing if the run was interrupted."""

    event: Literal["end"] = "end"
    pytest_exit: int
    interference: str | None = None  # somebody ended or stopped the engine, so cases are missing


Event: TypeAlias = RunStarted | CaseEnded | RunEnded
_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def event_line(event: Event) -> str:
    """The event as one line, with its kind first."""
    return json.dumps({"event": event.event} | event.to_json(), separators=(",", ":")) + "\n"


def append_event(path: Path, event: Event) -> None:
    """Append one event."""
    append_line(path, event_line(event))


def append_line(path: Path, line: str) -> None:
    """Append the whole line or nothing. Raises OSError if the disk is full. Several processes may append."""
    content = line.encode("ascii")
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        if os.write(descriptor, content) != len(content):
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def read_events(path: Path) -> list[Event]:
    """All events, without an incomplete last line. Raises EventError if another line is not an event."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [_read(line, f"{path.name}, line {number}") for number, line in enumerate(lines[:-1], 1)]


def _read(line: bytes, where: str) -> Event:
    try:
        return _EVENTS.validate_python(json.loads(line))
    except ValidationError as error:
        raise EventError(f"{where}: not an event of format {FORMAT}: {first_problem(error)}") from error
    except ValueError as error:
        raise EventError(f"{where}: not JSON: {error}") from error


def format_problem(document: Json, expected: int) -> str:
    """What is wrong if the document has another format, as from another version of the kit; else empty."""
    found = document.get("format", expected) if isinstance(document, dict) else expected
    return "" if found == expected else f"it has format {found!r}; write it again with this version of the kit"


def first_problem(error: ValidationError) -> str:
    """`findings.0.what: Field required`."""
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
