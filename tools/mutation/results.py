"""The results of mutants: one JSON line each, so that an interrupted run continues where it ended."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from conformance.json_type import Json
from tools.mutation.instrumenting import Mutant

Status = Literal["killed", "survived", "no verdict", "not reached"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Result:
    """What became of one mutant. `case` and `requirements` are those that fail first; `note` explains other results."""

    key: str
    id: str
    file: str
    line: int
    mutator: str
    original: str
    replacement: str
    text: str
    column: int
    status: Status
    case: str = ""
    requirements: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def of(
        cls, mutant: Mutant, status: Status, *, case: str = "", requirements: tuple[str, ...] = (), note: str = ""
    ) -> "Result":
        return cls(mutant.key, **asdict(mutant), status=status, case=case, requirements=requirements, note=note)

    @classmethod
    def from_json(cls, document: Json) -> "Result":
        return cls(**document | {"requirements": tuple(document["requirements"])})

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def append(path: Path, result: Result) -> None:
    """Add a result. Several processes may write to one file, because a line is written at once."""
    line = json.dumps(asdict(result)) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read(path: Path) -> dict[str, Result]:
    """The results by mutant id, the last one of each. A line that was cut off is skipped."""
    if not path.exists():
        return {}
    found: dict[str, Result] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            result = Result.from_json(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue
        found[result.id] = result
    return found


def missing(mutants: Iterable[Mutant], results: Mapping[str, Result]) -> list[Mutant]:
    """The mutants without a result."""
    return [mutant for mutant in mutants if mutant.id not in results or results[mutant.id].key != mutant.key]
