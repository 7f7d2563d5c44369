"""Turns a difference into a discrepancy: repeats it, shrinks it, explains it and writes it as a vector."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.json_type import Json
from conformance.search.differential import Difference, DifferentialRunner
from conformance.search.explain import explaining_quirks, reasons
from conformance.search.sessions import decode
from conformance.search.shrink import shrink
from conformance.search.source import Draft
from conformance.search.steps import GeneratedSession
from conformance.targets.errors import GivenUp
from conformance.wire.answers import Answer
from conformance.wire.needs import needs
from conformance.wire.scenario import Call, Scenario, show_answer
from reference_impl.releases import RECOMMENDED

MAX_SHRINK_FAULTS = 50  # each one costs a restart
# The requirement that a vector names, by the method of its last call. Selections depend on the strategy. Whoever adds
# the vector to the fixtures replaces it by the exact one.
RULES = {
    "open": "POOL-001",
    "mark_rate_limited": "LIM-001",
    "mark_rate_limited_with_reason": "BACK-001",
    "mark_used": "HYB-002",
    "mark_success": "BACK-001",
    "mark_cooling_down": "COOL-001",
    "set_enabled": "ENA-001",
    "remove": "REM-001",
    "record_health": "HEA-001",
    "consume_token": "TOK-001",
    "refund_token": "TOK-001",
    "min_wait": "WAIT-001",
    "soft_quota_wait": "SOFT-001",
    "reset_limits": "WAIT-013",
    "has_other_account": "OTH-001",
    "available_header_style": "STYLE-001",
    "update_quota": "READ-004",
    "require_verification": "VER-001",
    "clear_verification": "VER-003",
    "use_session": "SES-001",
    "pool_path": "PLACE-001",
    "read_reason": "ERR-001",
    "soft_quota_ttl": "READ-001",
    "advance": "WIRE-003",
    "snapshot": "WIRE-003",
    "save": "STO-013",
    "request_save": "STO-034",
    "flush_save": "STO-034",
    "load_config": "CFG-001",
    "close": "WIRE-003",
}
RULES_OF_STRATEGIES = {"sticky": "STK-001", "round-robin": "RR-001", "hybrid": "HYB-001"}


@dataclass(frozen=True)
class Discrepancy:
    """One way in which a target differs. `asked_again` is the second answer, if it was not the same as the first."""

    scenario: Scenario
    position: int
    profile: str
    expected: Answer | None
    answered: Answer
    reasons: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    asked_again: Answer | None = None
    draft: Draft | None = field(default=None, compare=False)
    from_database: bool = field(default=False, compare=False)  # an earlier search had found it

    @property
    def is_repeatable(self) -> bool:
        return self.asked_again is None

    @property
    def kind(self) -> str:
        """Groups discrepancies that mostly share one cause: by method, and by quirk or earlier methods."""
        call = self.scenario.calls[self.position]
        before = ",".join(sorted({each.method for each in self.scenario.calls[: self.position]}))
        strategy = call.params.get("strategy", "")
        return f"{call.method} {strategy} {','.join(self.quirks) or before} {self.is_repeatable}"

    def to_json(self, target: str) -> dict[str, Json]:
        """Plain data for workers and reports. Includes a vector if the discrepancy is repeatable."""
        return {
            "scenario": self.scenario.to_json(),
            "position": self.position,
            "profile": self.profile,
            "failed": self.expected is None,  # the adapter failed; an expected null is an answer
            "expected": None if self.expected is None else show_answer(self.expected),
            "answered": show_answer(self.answered),
            "reasons": list(self.reasons),
            "quirks": list(self.quirks),
            "asked_again": None if self.asked_again is None else show_answer(self.asked_again),
            "kind": self.kind,
            "from_database": self.from_database,
            "vector": to_vector(self, target) if self.is_repeatable else None,
        }


def investigate(runner: DifferentialRunner, difference: Difference, capabilities: list[str]) -> Discrepancy:
    """Repeat the session in a new process; if the difference repeats, shrink and explain it.

    If the target fails too often, the difference stays as it was found.
    """
    if difference.is_silence:
        return _find(difference, runner.oracle.profile.name)
    try:
        return _investigate(runner, difference, capabilities)
    except GivenUp:
        return _find(difference, runner.oracle.profile.name)


def _investigate(runner: DifferentialRunner, difference: Difference, capabilities: list[str]) -> Discrepancy:
    session, profile = difference.session, runner.oracle.profile
    again = runner.alone(session, difference.draft)
    if again is None or again.position != difference.position or again.answered != difference.answered:
        second = difference.expected if again is None else again.answered
        if difference.expected is not None and second is not None:
            return _find(difference, profile.name, asked_again=second)
    if difference.draft is not None:
        difference = _shrunk(runner, difference, difference.draft, capabilities)
    session = difference.session
    if difference.expected is None:
        return _find(difference, profile.name)
    why = tuple(reasons(session, difference.position, profile))
    quirks = tuple(explaining_quirks(session, difference.position, difference.answered, profile))
    return _find(difference, profile.name, why=why, quirks=quirks)


def _find(
    difference: Difference,
    profile: str,
    *,
    why: tuple[str, ...] = (),
    quirks: tuple[str, ...] = (),
    asked_again: Answer | None = None,
) -> Discrepancy:
    position = difference.position
    scenario = difference.session.to_scenario()
    part = Scenario(scenario.calls[: position + 1], scenario.files)
    answers = (difference.expected, difference.answered)
    return Discrepancy(part, position, profile, *answers, why, quirks, asked_again, difference.draft)


def _shrunk(runner: DifferentialRunner, difference: Difference, draft: Draft, capabilities: list[str]) -> Difference:
    fails, most = difference.expected is None, runner.faults + MAX_SHRINK_FAULTS

    def shows(smaller: Draft) -> bool:
        if runner.faults >= most:
            return False
        found = runner.first(decode(smaller, capabilities), smaller)
        return found is not None and (found.expected is None) == fails

    smallest = shrink(_shortest(draft, shows), shows)
    # Alone, the shrunk session may not differ: the difference may depend on earlier sessions.
    return runner.alone(decode(smallest, capabilities), smallest) or difference


def _shortest(draft: Draft, shows: Callable[[Draft], bool]) -> Draft:
    """Drop the calls after the one that differs. A binary search is cheaper than shrinking."""
    cut = [replace(draft, calls=draft.calls[:count]) for count in range(len(draft.calls) + 1)]
    return cut[bisect_left(range(len(draft.calls)), True, key=lambda count: shows(cut[count]))]


def to_vector(discrepancy: Discrepancy, target: str) -> dict[str, Json]:
    """The discrepancy as a vector file (docs/vectors.md), for `replay` or for the fixtures."""
    *before, last = discrepancy.scenario.calls
    method, params = last.method, last.params
    expected = show_answer(discrepancy.expected) if discrepancy.expected is not None else None
    judged: dict[str, Json] = {}
    if isinstance(expected, dict) and set(expected) == {"refusal"}:
        judged = dict(expected)
    elif discrepancy.expected is not None and not (isinstance(expected, dict) and set(expected) == {"raised"}):
        judged = {"expect": expected}
    calls = [*(call.to_json() for call in before), {**last.to_json(), **judged}]
    rule = RULES_OF_STRATEGIES[params["strategy"]] if method == "select" else RULES[method]
    files = {"files": {path: dict(content) for path, content in discrepancy.scenario.files.items()}}
    digest = hashlib.sha256(json.dumps([calls, files], sort_keys=True).encode()).hexdigest()[:8]
    return {
        "id": f"found-{digest}",
        "title": f"{method.replace('_', ' ').capitalize()} after {len(before)} calls, as found by search",
        "why": f"{target} answered {_short(show_answer(discrepancy.answered))}",
        "requirements": ["PID-001" if params.get("pid_offset_enabled") else rule],
        **_range(discrepancy.profile),
        "needs": sorted(needs([Call(call["method"], call["params"]) for call in calls])),
        **(files if discrepancy.scenario.files else {}),
        "calls": calls,
    }


def _range(profile: str) -> dict[str, Json]:
    return {} if profile == RECOMMENDED else {"since": profile, "until": profile, "recommended": False}


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."


def write_vector(vector: Json, folder: Path) -> Path:
    """Write the vector of a discrepancy. Its file name is a digest of its calls."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{vector['id']}.json"
    path.write_text(json.dumps(vector, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def to_session(scenario: Scenario) -> GeneratedSession:
    """A scenario in the form that the search sends."""
    calls = [(call.method, dict(call.params)) for call in scenario.calls]
    writes = {position: call.files for position, call in enumerate(scenario.calls) if call.files}
    return GeneratedSession(calls, dict(scenario.files), writes)
