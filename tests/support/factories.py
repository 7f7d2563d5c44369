"""Factories for requirements, events, deviations and runs, with defaults for the tests of reports."""

import datetime
from collections.abc import Sequence
from typing import Any

from conformance.json_type import Json
from conformance.reports.events import CaseEnded, CaseOutcome, Event, Finding, RunEnded
from conformance.reports.run import ChosenProfile, Machine, Run
from conformance.reports.verdicts import Criteria, Outcome, conclude
from conformance.requirements import Catalogue, Requirement, Section
from conformance.requirements.catalogue import Level
from conformance.requirements.deviations import Deviation
from conformance.wire.messages import HelloResult

TODAY = datetime.date(2026, 3, 1)
END = RunEnded(pytest_exit=0)
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


def case(
    outcome: CaseOutcome, *ids: str, name: str = "", message: str = "", findings: Sequence[Finding] = ()
) -> CaseEnded:
    """The event of one case that judges these requirements (default: ONE-001)."""
    covered = list(ids or ("ONE-001",))
    return CaseEnded(
        name=name or f"test_one.py::test_{outcome.replace(' ', '_')}_{'_'.join(covered)}",
        requirements=covered,
        outcome=outcome,
        message=message,
        findings=list(findings),
    )


def finding(expected: Json = "a", actual: Json = "b", by: Deviation | None = None, **changed: Json) -> Finding:
    """An unexpected answer, explained by the deviation if one is given."""
    return Finding.model_validate(
        {
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
    )


def deviation(requirement_id: str = "ONE-001", **changed: Json) -> Deviation:
    return Deviation.model_validate(deviation_entry(requirement=requirement_id, **changed))


def deviation_entry(**changed: Json) -> dict[str, Json]:
    """One entry of a deviations file: `b` instead of `a`."""
    return {
        "id": "answers-b",
        "requirement": "ONE-001",
        "reason": "It answers b, which was decided.",
        "evidence": "accounts.js, line 7",
        "when": {"properties": {"expected": {"const": "a"}, "actual": {"const": "b"}}},
        "counterexample": SCENARIO,
        **changed,
    }


def criteria(*requirements: Requirement, **changed: Any) -> Criteria:
    """The criteria for a target without capabilities (default: only ONE-001)."""
    fields: dict[str, Any] = {"requirements": requirements or (requirement(),), "capabilities": (), "today": TODAY}
    return Criteria(**(fields | changed))


def concluded(
    events: Sequence[Event],
    *requirements: Requirement,
    complete: bool = True,
    interrupted: bool = False,
    **changed: Any,
) -> Outcome:
    """The outcome of a run with these events; `changed` replaces fields of the criteria."""
    ended = [*events, END] if complete else events
    return conclude(criteria(*requirements, **changed), ended, interrupted=interrupted)


def catalogue(*requirements: Requirement) -> Catalogue:
    """A catalogue with one section for each prefix, in order of appearance."""
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


def hello(**changed: Json) -> HelloResult:
    fields = {"name": "port", "version": "1.0", "language": "python", "capabilities": [], "pid": 4711}
    return HelloResult.model_validate(fields | changed)


def machine(**changed: Any) -> Machine:
    fields: dict[str, Any] = {
        "pid": 4711,
        "pid_status": "verified",
        "seconds": 1.5,
        "python": "3.11.2",
        "system": "a system",
        "folder": "a folder",
    }
    return Machine(**(fields | changed))


def finished_run(outcome: Outcome, **changed: Any) -> Run:
    requirements = [verdict.requirement for verdict in outcome.verdicts]
    fields: dict[str, Any] = {
        "target_word": "python:port:Port",
        "hello": hello(),
        "profile": ChosenProfile("recommended", "the target claims none"),
        "kit_version": "0.1.0",
        "catalogue": catalogue(*requirements),
        "left_out": [],
        "criteria": criteria(*requirements),
        "today": TODAY,
        "options": [],
        "outcome": outcome,
        "machine": machine(),
    }
    return Run(**(fields | changed))
