"""The JSON report of `races`. What depends on the machine is under `observed`."""

import json
from collections.abc import Sequence

from conformance.json_type import Json
from conformance.processes.races.model import segments
from conformance.processes.races.results import Found, Judged, verdict
from conformance.requirements.races import RULES

FORMAT = 1


def render(target: str, version: str, judged: Sequence[Judged]) -> str:
    """The JSON text. Every run on the same target writes the same document, except for `observed`."""
    document: Json = {
        "format": FORMAT,
        "target": target,
        "version": version,
        "rules": {rule: {"level": about.level, "verdict": verdict(judged, rule)} for rule, about in RULES.items()},
        "states": [_row(row) for row in judged],
        **({"interrupted": True} if any(row.is_interrupted for row in judged) else {}),
        "observed": {"took_s": [round(row.took_s, 3) for row in judged]},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def render_not_run(reason: str) -> str:
    return json.dumps({"format": FORMAT, "not_run": reason}, indent=2, ensure_ascii=False) + "\n"


def _row(row: Judged) -> Json:
    return {
        "state": row.state,
        "kind": row.kind,
        "schedules": row.explored.schedules,
        "exhausted": row.explored.is_exhausted,
        "longest": row.explored.longest,
        "verdicts": {rule: row.verdict(rule) for rule in row.rules},
        "failures": [_failure(found) for _, found in sorted(row.found.items())],
    }


def _failure(found: Found) -> Json:
    outcome = found.outcome
    return {
        "rule": found.rule,
        "schedules": found.count,
        "repeated": found.is_repeated,
        "finding": next(finding.text for finding in outcome.findings if finding.rule == found.rule),
        "preemptions": outcome.preemptions,
        "schedule": segments(outcome.turns),
        **({"fault": {"kind": outcome.schedule.fault.kind, "at": outcome.schedule.fault.at}}
           if outcome.schedule.fault else {}),
        "trace": outcome.trace,
    }  # fmt: skip
