"""Requirements, events, deviations and runs with the defaults that most tests of the reports want."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from conformance.json_type import Json
from conformance.reports.events import Event
from conformance.reports.run import Run
from conformance.reports.verdicts import Outcome, conclude
from conformance.requirements import Catalogue, Requirement, Section
from conformance.requirements.deviations import Deviation

Level = Literal["MUST", "SHOULD", "MAY"]
TODAY = datetime.date(2026, 3, 1)
END: Event = {"event": "end", "pytest_exit": 0}
SCENARIO: dict[str, Json] = {"calls": [{"method": "select", "params": {"family": "claude", "strategy": "sticky"}}]}


def requirement(id_: str = "ONE-001", level: Level = "MUST", **changed: Json) -> Requirement:
    fields: dict[str, Json] = {
        "id": id_,
        "level": level,
        "title": f"The rule {id_}",
        "text": f"What {id_} asks for.",
        "source": "a document",
        "since": "1.3.0",
        "until": "1.3.0",
        "needs": [],
        "mutant": "does-something-else",
        "mutant_text": "Does something else.",
    }
    return Requirement.model_validate(fields | changed)


def case(outcome: str, *ids: str, name: str = "", message: str = "", findings: Sequence[Json] = ()) -> Event:
    """The event of one case that judges these requirements (ONE-001 if none is named)."""
    covered = list(ids or ("ONE-001",))
    return {
        "event": "case",
        "case": name or f"test_one.py::test_{outcome.replace(' ', '_')}_{'_'.join(covered)}",
        "requirements": covered,
        "outcome": outcome,
        "message": message,
        "findings": list(findings),
    }


def finding(expected: Json = "a", actual: Json = "b", by: Deviation | None = None, **changed: Json) -> dict[str, Json]:
    """An answer that was not the one expected, explained by a deviation if one is given."""
    return {
        "scenario": SCENARIO,
        "position": 0,
        "what": "select",
        "expected": expected,
        "actual": actual,
        "observed": False,
        "deviation": by.id if by else None,
        "waives": by.requirement if by else None,
        **changed,
    }


def deviation(requirement_id: str = "ONE-001", **changed: Json) -> Deviation:
    return Deviation.model_validate(deviation_entry(requirement=requirement_id, **changed))


def deviation_entry(**changed: Json) -> dict[str, Json]:
    """One entry of a file of deviations: `b` where `a` is expected."""
    return {
        "id": "answers-b",
        "requirement": "ONE-001",
        "reason": "It answers b, which was decided.",
        "evidence": "accounts.js, line 7",
        "when": {"properties": {"expected": {"const": "a"}, "actual": {"const": "b"}}},
        "counterexample": SCENARIO,
        **changed,
    }


def concluded(
    events: Sequence[Event],
    *requirements: Requirement,
    capabilities: Sequence[str] = (),
    deviations: Sequence[Deviation] = (),
    complete: bool = True,
    **options: Any,
) -> Outcome:
    """What a run with these events came to; it judged ONE-001 alone unless requirements are given."""
    chosen = requirements or (requirement(),)
    ended = [*events, END] if complete else events
    return conclude(chosen, ended, capabilities, deviations, TODAY, **options)


def catalogue(*requirements: Requirement) -> Catalogue:
    """One section for each prefix, in the order in which they come."""
    prefixes = dict.fromkeys(entry.id.partition("-")[0] for entry in requirements)
    return Catalogue(
        tuple(
            Section(
                prefix=prefix,
                title=f"Section {prefix}",
                about="",
                requirement=[entry for entry in requirements if entry.id.startswith(f"{prefix}-")],
            )
            for prefix in prefixes
        )
    )


def finished_run(outcome: Outcome, hello: Mapping[str, Json] | None = None, **changed: Json) -> Run:
    fields: dict[str, Json] = {
        "target_word": "python:port:Port",
        "hello": {"name": "port", "version": "1.0", "language": "python", "capabilities": [], **(hello or {})},
        "profile": "recommended",
        "profile_reason": "the target claims none",
        "kit_version": "0.1.0",
        "catalogue": catalogue(*(verdict.requirement for verdict in outcome.verdicts)),
        "left_out": [],
        "deviations": [],
        "today": str(TODAY),
        "options": [],
        "outcome": outcome,
        "observed": {"pid": 4711, "folder": "a folder"},
    }
    return Run(**(fields | changed))
