"""The board of a survey: several implementations side by side, from the JSON reports of their runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.json_type import Json
from conformance.reports.events import first_problem, format_problem
from conformance.reports.report import Report
from conformance.reports.run import CONCLUSIONS
from conformance.reports.verdicts import (
    ADAPTER_FAULT,
    CONFORMANT,
    INTERRUPTED,
    NOT_CLAIMED,
    NOT_CONFORMANT,
    NOTHING_JUDGED,
    STALE,
    SUITE_FAULT,
    WORDS,
    WRONG_USAGE,
    Word,
)
from conformance.requirements import Catalogue

FORMAT: Final = 1
FAULT_LINES = 4  # lines of a message that the board shows; JSON has all of them
PRECEDENCE = (
    INTERRUPTED,
    SUITE_FAULT,
    NOT_CONFORMANT,
    WRONG_USAGE,
    ADAPTER_FAULT,
    STALE,
    NOTHING_JUDGED,
    CONFORMANT,
)


class BoardError(ValueError):
    """A document is not a board; the message says what was expected."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(_Frozen):
    """A column of the board."""

    prefix: str
    title: str


class Rule(_Frozen):
    """The text of a requirement that some implementation fails."""

    level: str
    title: str
    text: str


class Checkout(_Frozen):
    """The git commit that was judged, and its date."""

    commit: str
    date: str
    changed: bool  # tracked files differ from the commit


class Observed(_Frozen):
    """Values of one implementation that depend on the machine."""

    fault: str = ""  # why there is no verdict
    checkout: Checkout | None = None
    seconds: float | None = None


class Implementation(_Frozen):
    """One implementation and its verdicts: the ids of the requirements under each word."""

    target: str
    implementation: str = Field(description="name, version and language from `hello`; empty without an answer")
    profile: str | None
    profile_reason: str
    exit_code: int
    conclusion: str
    musts: Annotated[tuple[int, int, int], Field(description="judged, claimed, total")]
    verdicts: dict[Word, list[str]]
    reasons: dict[str, str]
    notes: list[str] = Field(default=[], description="how a checkout was built")
    inherited: bool = Field(default=False, description="the deviations are those of the release in `profile`")
    mended: list[str] = Field(default=[], description="deviations of that release that were not found")
    added_config_keys: list[str] = Field(default=[], description="config keys that no release has")


class Row(Implementation):
    """One implementation with its observed values."""

    observed: Observed = Observed()

    def ids(self, word: Word, prefix: str = "") -> list[str]:
        """The requirements with this verdict, of one section or of all."""
        return [id_ for id_ in self.verdicts.get(word, []) if not prefix or id_.partition("-")[0] == prefix]

    @property
    def is_judged(self) -> bool:
        return any(self.ids(word) for word in ("pass", "fail", "waived"))

    @property
    def profile_line(self) -> str:
        """`1.4.3 (claimed by the target)`."""
        reason = f" ({self.profile_reason})" if self.profile_reason else ""
        return f"{self.profile}{reason}" if self.profile else "none"

    @property
    def checkout_line(self) -> str:
        """`commit 49a0145 of 2026-08-18, with changes`. Empty if the target is not a checkout."""
        if (checkout := self.observed.checkout) is None:
            return ""
        changes = ", with changes" if checkout.changed else ""
        return f"commit {checkout.commit[:7]} of {checkout.date}{changes}"

    @property
    def musts_line(self) -> str:
        judged, claimed, total = self.musts
        return f"{judged} MUSTs judged / {claimed} claimed / {total} in all"

    @property
    def deviations_line(self) -> str:
        """`2 inherited from release 1.6.0, 1 of that release not found`. Empty if there are none."""
        waived = len(self.ids("waived"))
        parts = [f"{waived} inherited from release {self.profile}" if self.inherited else str(waived)] if waived else []
        return ", ".join([*parts, f"{len(self.mended)} of that release not found"] if self.mended else parts)

    def unanswered(self) -> Iterator[str]:
        """The requirements that were not judged, by reason: `does not claim config: 51 CFG, 20 PATH`."""
        if not self.verdicts and self.observed.fault:
            lines = self.observed.fault.splitlines()
            yield "\n".join([*lines[:FAULT_LINES], "…"] if len(lines) > FAULT_LINES else lines)
        for word in ("not claimed", "not run", "unknown"):
            by_reason: dict[str, Counter[str]] = {}
            for id_ in self.ids(word):
                by_reason.setdefault(self.reasons.get(id_, ""), Counter())[id_.partition("-")[0]] += 1
            for reason, counts in by_reason.items():
                rules = ", ".join(f"{count} {prefix}" for prefix, count in counts.items())
                why = f": {reason}" if reason else ""
                text = f"does not claim {reason.removeprefix(NOT_CLAIMED)}" if word == "not claimed" else f"{word}{why}"
                yield f"{text}: {rules}"


class Board(_Frozen):
    """A whole survey. Only `observed` of each row depends on the machine."""

    kit: str
    sections: list[Section]
    rules: dict[str, Rule]
    rows: list[Row]

    @property
    def exit_code(self) -> int:
        """The exit code of a row that comes first in 130, 4, 1, 2, 3, 6, 5, 0: a proven failure outranks an unknown."""
        return min((row.exit_code for row in self.rows), key=PRECEDENCE.index, default=NOTHING_JUDGED)

    @property
    def shown_sections(self) -> list[Section]:
        """The sections of which some row has a rule: with `--only`, not all. All if no row has any."""
        in_use = {id_.partition("-")[0] for row in self.rows for ids in row.verdicts.values() for id_ in ids}
        return [section for section in self.sections if section.prefix in in_use or not in_use]

    @property
    def failures(self) -> dict[str, list[int]]:
        """The numbers of the failing rows, for each requirement that fails somewhere, in the order of the catalogue."""
        order = {section.prefix: number for number, section in enumerate(self.sections)}
        failed: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows, 1):
            for id_ in row.ids("fail"):
                failed.setdefault(id_, []).append(number)
        return dict(sorted(failed.items(), key=lambda item: (order.get(item[0].partition("-")[0], 99), item[0])))

    @property
    def summary(self) -> str:
        """`3 implementations: 2 conformant, 1 not conformant`."""
        counts = Counter(CONCLUSIONS.get(row.exit_code, "no verdict").partition(":")[0] for row in self.rows)
        counted = ", ".join(f"{count} {words}" for words, count in counts.items())
        return f"{len(self.rows)} implementation{'' if len(self.rows) == 1 else 's'}: {counted}"


def cell(row: Row, prefix: str) -> str:
    """The short result of one section of one implementation; see `LEGEND`."""
    if failed := len(row.ids("fail", prefix)):
        return f"F{failed}"
    if row.ids("unknown", prefix) or not row.verdicts:
        return "?"
    if not any(row.ids(word, prefix) for word in WORDS):
        return ""
    waived = len(row.ids("waived", prefix))
    if not waived and not row.ids("pass", prefix):
        return "-"
    is_partial = row.ids("not claimed", prefix) or row.ids("not run", prefix)
    return (f"D{waived}" if waived else "ok") + ("~" if is_partial else "")


LEGEND = {
    "ok": "every rule holds",
    "D2": "2 rules have a known deviation, all others hold",
    "F2": "2 rules fail",
    "~": "some rules of the section were not judged",
    "-": "no rule was judged",
    "?": "no verdict",
    "empty": "no rule applies to the profile",
}


def make_board(kit: str, catalogue: Catalogue, rows: Sequence[Row]) -> Board:
    """The board of these rows, with sections and rules from the catalogue."""
    failed = {id_ for row in rows for id_ in row.ids("fail")}
    return Board(
        kit=kit,
        sections=[Section(prefix=section.prefix, title=section.title) for section in catalogue.sections],
        rules={r.id: Rule(level=r.level, title=r.title, text=r.text) for r in catalogue if r.id in failed},
        rows=list(rows),
    )


class ObservedOfAll(_Frozen):
    """The values that depend on the machine, of all implementations."""

    implementations: list[Observed]


class BoardDocument(_Frozen):
    """The JSON document of a survey. `observed` has one entry for each implementation, in the same order."""

    format: Literal[1]
    kit: str
    exit_code: int
    summary: str
    sections: list[Section]
    rules: dict[str, Rule]
    implementations: list[Implementation]
    observed: ObservedOfAll


def make_row(report: Report, observed: Observed | None = None) -> Row:
    """The row of one run. An unknown exit code counts as a fault of the suite."""
    verdicts: dict[Word, list[str]] = {}
    for word in WORDS:
        if ids := [entry.id for entry in report.requirements if entry.verdict == word]:
            verdicts[word] = ids
    musts = [entry.verdict for entry in report.requirements if entry.level == "MUST"]
    claimed = [word for word in musts if word != "not claimed"]
    judged = [word for word in claimed if word in ("pass", "fail", "waived")]
    hello = report.hello
    return Row(
        target=report.target,
        implementation=f"{hello.name} {hello.version}, {hello.language}" if hello else "",
        profile=report.profile,
        profile_reason=report.profile_reason,
        exit_code=report.exit_code if report.exit_code in PRECEDENCE else SUITE_FAULT,
        conclusion=report.conclusion,
        musts=(len(judged), len(claimed), len(musts)),
        verdicts=verdicts,
        notes=list(report.notes),
        inherited=report.inherited_deviations,
        mended=list(report.mended_deviations),
        added_config_keys=list(report.added_config_keys),
        reasons={entry.id: entry.reason for entry in report.requirements if entry.reason},
        observed=(observed or Observed()).model_copy(update={"fault": report.observed.fault or ""}),
    )


def write_board(board: Board) -> dict[str, Json]:
    """The JSON document of a survey."""
    document = BoardDocument(
        format=FORMAT,
        kit=board.kit,
        exit_code=board.exit_code,
        summary=board.summary,
        sections=board.sections,
        rules=board.rules,
        implementations=[Implementation(**row.model_dump(exclude={"observed"})) for row in board.rows],
        observed=ObservedOfAll(implementations=[row.observed for row in board.rows]),
    )
    written = document.model_dump(exclude={"observed"})
    return written | {"observed": document.observed.model_dump(exclude_none=True)}


def read_board(document: Json) -> Board:
    """The board from its JSON document. Raises BoardError with the first wrong key."""
    expected = f"not the JSON of a survey, format {FORMAT}"
    if problem := format_problem(document, FORMAT):
        raise BoardError(f"{expected}: {problem}")
    try:
        read = BoardDocument.model_validate(document)
    except ValidationError as error:
        raise BoardError(f"{expected}: {first_problem(error)}") from error
    if len(read.implementations) != len(read.observed.implementations):
        raise BoardError(f"{expected}: observed.implementations must have as many entries as implementations")
    pairs = zip(read.implementations, read.observed.implementations, strict=True)
    rows = [Row(**implementation.model_dump(), observed=observed) for implementation, observed in pairs]
    return Board(kit=read.kit, sections=read.sections, rules=read.rules, rows=rows)


def is_board(document: Json) -> bool:
    """Is it the document of a survey, not of a run?"""
    return isinstance(document, dict) and "implementations" in document
