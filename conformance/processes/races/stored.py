"""Schedules in files, which `replay` runs again."""

from collections.abc import Collection
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.processes.races.model import MAX_PROCESSES, Fault, Outcome, Schedule, segments, turns_of

FORMAT = 1
FAULTS = ("kill", "ENOSPC", "EIO", "EACCES", "short write", "power failure")


@dataclass(frozen=True)
class StoredRace:
    """A schedule in a state, with the rule that it breaks, and its trace."""

    state: str
    rule: str
    schedule: Schedule
    trace: tuple[str, ...]
    processes: int = 2


def to_json(state: str, rule: str, outcome: Outcome) -> Json:
    """The document of a schedule that breaks a rule."""
    fault = outcome.schedule.fault
    return {
        "format": FORMAT,
        "state": state,
        "processes": max(2, len(outcome.answers)),
        "rule": rule,
        "finding": next((finding.text for finding in outcome.findings if finding.rule == rule), ""),
        "schedule": segments(outcome.turns),
        **({"fault": {"kind": fault.kind, "at": fault.at}} if fault else {}),
        "trace": outcome.trace,
    }


def is_stored_race(document: Json) -> bool:
    return isinstance(document, dict) and "schedule" in document


def from_json(document: Json, rules: Collection[str]) -> StoredRace:
    """Raises ValueError if the document is not a stored race of one of these rules."""
    if not is_stored_race(document):
        raise ValueError("expected an object with the key `schedule`")
    state, rule, trace = (document.get(key) for key in ("state", "rule", "trace"))
    if document.get("format", FORMAT) != FORMAT:
        raise ValueError(f"expected the format {FORMAT}, got {document['format']!r}")
    if not isinstance(state, str) or not isinstance(rule, str):
        raise ValueError("expected the names of a state and of a rule")
    if not isinstance(trace, list) or not all(isinstance(line, str) for line in trace):
        raise ValueError("expected `trace` to be a list of texts")
    schedule = Schedule(turns_of(document["schedule"]), _fault(document.get("fault")))
    if rule not in rules:
        raise ValueError(f"there is no rule {rule!r}; expected one of {', '.join(rules)}")
    processes = document.get("processes", 2)
    if (
        type(processes) is not int
        or processes not in range(2, MAX_PROCESSES + 1)
        or max(schedule.turns, default=0) >= processes
    ):
        raise ValueError(f"expected a number of processes up to {MAX_PROCESSES}, got {processes!r}")
    return StoredRace(state, rule, schedule, tuple(trace), processes)


def _fault(document: Json) -> Fault | None:
    match document:
        case None:
            return None
        case {"kind": kind, "at": int(at)} if kind in FAULTS and at >= 0:
            return Fault(kind, at)
    raise ValueError(f"expected a fault with a kind ({', '.join(FAULTS)}) and the number of a call, got {document!r}")
