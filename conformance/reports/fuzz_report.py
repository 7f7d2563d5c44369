"""The report of a search: one shard, or several merged."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.json_type import Json
from conformance.reports.discrepancy import describe_discrepancy
from conformance.reports.markdown_text import block, code

SHOWN = 10  # discrepancies in the text of an issue


class FuzzReportError(ValueError):
    """The document is not the report of a search, or the reports are of different searches."""


class FuzzReport(BaseModel):
    """What one search has found. `discrepancies` has one of each kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    kit: str
    target: str = Field(description="the target, as in the command line")
    profile: str
    options: list[str] = Field(description="options of `replay` that affect the answers")
    seeds: list[str]
    sessions: int
    differences: int = Field(description="number of sessions with a different answer")
    calls: dict[str, int] = Field(description="number of calls by kind")
    ended_early: list[str] = Field(description="why searches ended early")
    discrepancies: list[Json]


def read_fuzz_report(text: str) -> FuzzReport:
    """Raises FuzzReportError."""
    try:
        return FuzzReport.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError) as error:
        raise FuzzReportError("not the JSON report of `fuzz`") from error


def of_each_kind(discrepancies: Sequence[Json]) -> list[Json]:
    """One of each kind, in order: the one with the fewest calls. It is new if one of its kind was not stored before."""
    kinds: dict[str, list[Json]] = {}
    for discrepancy in discrepancies:
        kinds.setdefault(discrepancy["kind"], []).append(discrepancy)
    shortest = [(min(same, key=lambda one: len(one["scenario"]["calls"])), same) for same in kinds.values()]
    return [{**one, "from_database": all(other["from_database"] for other in same)} for one, same in shortest]


def merge(reports: Sequence[FuzzReport]) -> FuzzReport:
    """The report of all shards. Raises FuzzReportError if they are not of one target, profile and kit."""
    first = reports[0]
    for report in reports:
        for name in ("kit", "target", "profile"):
            ours, theirs = getattr(first, name), getattr(report, name)
            if ours != theirs:
                raise FuzzReportError(f"the reports are of different searches: {name} is {ours} and {theirs}")
    calls: Counter[str] = Counter()
    for report in reports:
        calls.update(report.calls)
    return first.model_copy(
        update={
            "seeds": list(dict.fromkeys(seed for report in reports for seed in report.seeds)),
            "sessions": sum(report.sessions for report in reports),
            "differences": sum(report.differences for report in reports),
            "calls": dict(calls),
            "ended_early": list(dict.fromkeys(why for report in reports for why in report.ended_early)),
            "discrepancies": of_each_kind([one for report in reports for one in report.discrepancies]),
        }
    )


def render_issue(report: FuzzReport) -> str:
    """The text of an issue in Markdown. Empty if no discrepancy is new."""
    new = [discrepancy for discrepancy in report.discrepancies if not discrepancy["from_database"]]
    return "\n".join(_issue(report, new)) + "\n" if new else ""


def _issue(report: FuzzReport, new: Sequence[Json]) -> Iterator[str]:
    many = "One answer differs" if len(new) == 1 else f"{len(new)} answers differ"
    yield f"{many} from the reference for {code(report.target)}, judged as {code(report.profile)}. No search had found"
    yield f"{'it' if len(new) == 1 else 'them'} before."
    yield ""
    yield f"Kit {report.kit}; {sum(report.calls.values()):,} calls; seeds: {', '.join(map(code, report.seeds))}."
    for number, discrepancy in enumerate(new[:SHOWN], 1):
        call = discrepancy["scenario"]["calls"][discrepancy["position"]]
        yield from ("", f"## {number}. {code(title_of(call))}", "", block("\n".join(describe_discrepancy(discrepancy))))
        if (vector := discrepancy["vector"]) is not None:
            file = f"{vector['id']}.json"
            again = " ".join(["antigravity-conformance replay", *report.options, file, report.target])
            yield from ("", f"To repeat it, save this as {code(file)}:", "")
            yield block(json.dumps(vector, ensure_ascii=False), "json")
            yield from ("", block(again, "sh"))
    if len(new) > SHOWN:
        yield from ("", f"{len(new) - SHOWN} more are in the JSON report.")


def title_of(call: Json) -> str:
    """The method of a call, with the strategy of a selection."""
    return f"{call['method']} {call['params'].get('strategy', '')}".rstrip()
