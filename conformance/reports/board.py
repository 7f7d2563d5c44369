"""The board of a survey: what several implementations came to, side by side, made from the JSON reports of runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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

Document = Mapping[str, Any]
FORMAT = 1
FAULT_LINES = 4  # of a message that are shown on the board; JSON has all of it
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
    """A file is no report that a board can be made from; the message says what was expected."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(_Frozen):
    """A column of the board."""

    prefix: str
    title: str


class Rule(_Frozen):
    """What a requirement says, for those that an implementation fails."""

    level: str
    title: str
    text: str


class Checkout(_Frozen):
    """The commit of a git checkout that was judged, and its day."""

    commit: str
    date: str
    changed: bool  # tracked files differ from the commit


class Observed(_Frozen):
    """What the machine gave for one implementation."""

    fault: str = ""  # why there is no verdict, as the user is told it
    checkout: Checkout | None = None
    seconds: float | None = None


class Row(_Frozen):
    """One implementation and its verdicts: the ids of the requirements under each word."""

    target: str
    implementation: str = Field(description="name, version and language, as it says in hello; empty: it said nothing")
    profile: str | None
    profile_reason: str
    exit_code: int
    conclusion: str
    musts: Annotated[tuple[int, int, int], Field(description="judged, claimed, in all")]
    verdicts: dict[Word, list[str]]
    reasons: dict[str, str]
    notes: list[str] = Field(default=[], description="how a checkout was built")
    inherited: bool = Field(default=False, description="the deviations are those of the release it is judged as")
    mended: list[str] = Field(default=[], description="deviations of that release that do not show")
    observed: Observed = Observed()

    def ids(self, word: Word, prefix: str = "") -> list[str]:
        """The requirements with this verdict; of one section, if its prefix is given."""
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
        """`commit 49a0145 of 2026-08-18, with changes`; empty where the target is no checkout."""
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
        """`2 inherited from release 1.6.0, 1 of that release not here`; empty where there are none."""
        waived = len(self.ids("waived"))
        told = [f"{waived} inherited from release {self.profile}" if self.inherited else str(waived)] if waived else []
        return ", ".join([*told, f"{len(self.mended)} of that release not here"] if self.mended else told)

    def unanswered(self) -> Iterator[str]:
        """What it was not judged by, and why: `does not claim config: 51 CFG, 20 PATH`."""
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
                told = f"does not claim {reason.removeprefix(NOT_CLAIMED)}" if word == "not claimed" else f"{word}{why}"
                yield f"{told}: {rules}"


class Board(_Frozen):
    """All of a survey. Whatever the machine gave lies in the rows' `observed`; all else is the same every time."""

    kit: str
    sections: list[Section]
    rules: dict[str, Rule]
    rows: list[Row]

    @property
    def exit_code(self) -> int:
        """That of the row that comes first in 130, 4, 1, 2, 3, 6, 5, 0: a proven failure outranks an unknown."""
        return min((row.exit_code for row in self.rows), key=PRECEDENCE.index, default=NOTHING_JUDGED)

    @property
    def failures(self) -> dict[str, list[int]]:
        """For each requirement that fails somewhere, in the order of the catalogue, the numbers of those rows."""
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
        told = ", ".join(f"{count} {words}" for words, count in counts.items())
        return f"{len(self.rows)} implementation{'' if len(self.rows) == 1 else 's'}: {told}"


def cell(row: Row, prefix: str) -> str:
    """One section of one implementation in few letters; `LEGEND` says what they mean."""
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
    "D2": "2 rules are broken as a known deviation says, all others hold",
    "F2": "2 rules fail",
    "~": "some rules of the section were not judged",
    "-": "none was judged",
    "?": "no answer",
    "empty": "no rule of that profile",
}


def make_board(kit: str, catalogue: Catalogue, rows: Sequence[Row]) -> Board:
    """The board of these rows, with the sections and the rules of the catalogue."""
    failed = {id_ for row in rows for id_ in row.ids("fail")}
    return Board(
        kit=kit,
        sections=[Section(prefix=section.prefix, title=section.title) for section in catalogue.sections],
        rules={r.id: Rule(level=r.level, title=r.title, text=r.text) for r in catalogue if r.id in failed},
        rows=list(rows),
    )


def read_run(document: Document, observed: Observed | None = None) -> Row:
    """The row of one run from its JSON report. Raises BoardError for a document that is none."""
    try:
        return _read_run(document, observed or Observed())
    except (AttributeError, KeyError, TypeError, ValidationError) as error:
        raise BoardError(f"not the JSON report of a run, format {FORMAT}: {error}") from error


def _read_run(document: Document, observed: Observed) -> Row:
    verdicts: dict[str, list[str]] = {}
    for entry in document["requirements"]:
        verdicts.setdefault(entry["verdict"], []).append(entry["id"])
    musts = [entry["verdict"] for entry in document["requirements"] if entry["level"] == "MUST"]
    claimed = [word for word in musts if word != "not claimed"]
    judged = [word for word in claimed if word in ("pass", "fail", "waived")]
    hello = document["hello"]
    return Row.model_validate(
        {
            "target": document["target"],
            "implementation": f"{hello['name']} {hello['version']}, {hello['language']}" if hello else "",
            "profile": document["profile"],
            "profile_reason": document.get("profile_reason", ""),
            "exit_code": document["exit_code"] if document["exit_code"] in PRECEDENCE else SUITE_FAULT,
            "conclusion": document["conclusion"],
            "musts": (len(judged), len(claimed), len(musts)),
            "verdicts": {word: verdicts[word] for word in WORDS if word in verdicts},
            "notes": document.get("notes", []),
            "inherited": document.get("inherited_deviations", False),
            "mended": document.get("mended_deviations", []),
            "reasons": {entry["id"]: entry["reason"] for entry in document["requirements"] if entry["reason"]},
            "observed": observed.model_copy(update={"fault": document["observed"].get("fault", "")}),
        }
    )


def write_board(board: Board) -> Document:
    """The JSON of a survey; `observed` has an entry for each implementation, in their order."""
    rows = [row.model_dump(mode="json", exclude={"observed"}) for row in board.rows]
    return {
        "format": FORMAT,
        "kit": board.kit,
        "exit_code": board.exit_code,
        "summary": board.summary,
        "sections": [section.model_dump() for section in board.sections],
        "rules": {id_: rule.model_dump() for id_, rule in board.rules.items()},
        "implementations": rows,
        "observed": {"implementations": [row.observed.model_dump(exclude_none=True) for row in board.rows]},
    }


def read_board(document: Document) -> Board:
    """The board that `write_board` wrote. Raises BoardError for a document that it did not."""
    try:
        pairs = zip(document["implementations"], document["observed"]["implementations"], strict=True)
        rows = [{**row, "observed": observed} for row, observed in pairs]
        return Board.model_validate(
            {"kit": document["kit"], "sections": document["sections"], "rules": document["rules"], "rows": rows}
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BoardError(f"not the JSON of a survey, format {FORMAT}: {error}") from error


def is_board(document: Any) -> bool:
    """Was it written by a survey, and not by a run?"""
    return isinstance(document, dict) and "implementations" in document
