"""Why mutants survive, or are not reached: `mutation_reasons.toml`.

It names lines of survivors by their text, so that small edits change nothing.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict

from conformance.json_type import Json
from tools.mutation.results import Result

FILE = Path(__file__).parents[1] / "mutation_reasons.toml"
Kind = Literal["equivalent", "outside the wire", "missing rule"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def _pattern(text: str) -> str:
    re.compile(text)
    return text


class Reason(BaseModel):
    """One line of reason, for all mutants that it matches. What is not given matches everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    why: str
    file: str  # the end of its path
    lines: tuple[str, ...] = ()  # the mutated lines, without indentation
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None  # instead of `lines`: found in the mutated line
    original: str | None = None
    code: Annotated[str, AfterValidator(_pattern)] | None = None  # found in the original code
    replacement: str | None = None
    mutator: str | None = None

    def matches(self, result: Result) -> bool:
        """Whether the reason is about this mutant."""
        return (
            result.file.endswith(self.file)
            and (not self.lines or result.text in self.lines)
            and (self.pattern is None or re.search(self.pattern, result.text) is not None)
            and self.original in (None, result.original)
            and (self.code is None or re.search(self.code, result.original) is not None)
            and self.replacement in (None, result.replacement)
            and self.mutator in (None, result.mutator)
        )


class Unreached(BaseModel):
    """Why no case reaches the mutants of some lines of the checkout that is stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str  # the end of its path
    lines: tuple[tuple[int, int], ...]  # first and last
    why: str

    def matches(self, file: str, line: int) -> bool:
        """Whether the reason is about this line."""
        return file.endswith(self.file) and any(first <= line <= last for first, last in self.lines)


def load_unreached(file: Path = FILE) -> list[Unreached]:
    """The reasons for lines that are not reached, in the order of the file."""
    return [Unreached.model_validate(entry) for entry in _read(file)["unreached"]]


def _read(file: Path) -> dict[str, Json]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def load(file: Path = FILE) -> list[Reason]:
    """The reasons, in the order of the file. Raises ValueError if one is malformed or names no line."""
    reasons = [Reason.model_validate(entry) for entry in _read(file)["reason"]]
    for reason in reasons:
        if bool(reason.lines) == bool(reason.pattern):
            raise ValueError(f"{reason.why!r}: expected either `lines` or `pattern`")
    return reasons


def reason_of(result: Result, reasons: Sequence[Reason]) -> Reason | None:
    """The first reason that matches."""
    return next((reason for reason in reasons if reason.matches(result)), None)


def unused(results: Iterable[Result], reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons that explain none of these results: the mutants were killed, or their lines changed."""
    used = [reason_of(result, reasons) for result in results]
    return [reason for reason in reasons if reason not in used]
