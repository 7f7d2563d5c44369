"""Describes a failed rule for a person: its text, the shortest scenario, the difference, and what explains it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.json_type import Json
from conformance.processes.races.model import Line
from conformance.reports.describe import (
    WIDTH,
    command,
    describe,
    describe_params,
    describe_scenario,
    opened_at,
    relative,
    wrap,
)
from conformance.reports.events import CaseEnded, FileCall, Finding
from conformance.reports.races_text import nearest, render_lines
from conformance.reports.run import Evidence, Run
from conformance.reports.story import Likeness, Place, Reason, Step
from conformance.reports.verdicts import Verdict
from conformance.reports.words import KINDS, VALUE_CHARACTERS, kind_of, sentence
from conformance.reports.writer import styled
from conformance.texts import clip
from conformance.wire.scenario import UNJUDGED, Scenario, difference

RECORD_SHOWN = 10
CALLS_SHOWN = 12
STATE_SHOWN = 5  # lines of the state before a call
SAME = 0.999
DIFFERENCES_SHOWN = 4
LINE_CHARACTERS = 320  # for a call, a file or a value


def describe_failure(run: Run, verdict: Verdict, *, with_command: bool = True) -> Iterator[str]:
    """The lines below the title of the rule."""
    if verdict.reason:
        yield wrap(verdict.reason, " " * 6)
    failed = [case for case in verdict.cases if case.outcome == "fail"]
    if failed:
        yield from _case(verdict, min(failed, key=_size))
    if with_command:
        yield from command(f"repeat: {run.repeat_command(verdict.requirement.id)}", " " * 6)


def describe_reason(run: Run, reason: Reason, verdict: Verdict, *, brief: bool = False) -> Iterator[str]:
    """The story of a failure: the rule, the shortest scenario that breaks it, and what explains it.

    `brief` leaves out the text of the rule, the state before the call, and all places but the first.
    """
    if reason.shortest is None:
        yield from describe_failure(run, verdict, with_command=False)
    else:
        if not brief:
            yield wrap(verdict.requirement.text, " " * 6)
        yield from _step(reason.shortest, () if brief else reason.shortest.before[:STATE_SHOWN])
    yield from _explanation(replace(reason, places=reason.places[:1]) if brief else reason)
    yield from command(f"repeat: {run.repeat_command(verdict.requirement.id)}", " " * 6)


def _step(step: Step, before: Sequence[str]) -> Iterator[str]:
    now_ms = opened_at(step.scenario)
    last = step.scenario.calls[-1]
    yield from _scenario(step.scenario, len(step.scenario.calls) - 1)
    for number, state in enumerate(before):
        label = "before the call: " if number == 0 else " " * 17
        yield wrap(f"{label}{state}", " " * 8, 17)
    places = [("", step.expected, step.actual)]
    if not (kind_of(step.expected) or kind_of(step.actual)) and last.method != "select":
        places = list(difference(step.expected, step.actual))[:DIFFERENCES_SHOWN] or places
    for place, wanted, given in places:
        named = f"{place} " if place else ""
        shown = clip(_answer(relative(wanted, now_ms)), VALUE_CHARACTERS)
        yield styled(wrap(f"expected {named}{shown}", " " * 8), "green")
        yield styled(wrap(f"got      {named}{_answer(relative(given, now_ms))}", " " * 8), "red")


def _explanation(reason: Reason) -> Iterator[str]:
    if reason.shortest is not None:
        yield wrap(f"In words: {sentence(reason.shortest)}.", " " * 6)
    if reason.like is not None:
        yield wrap(as_if(reason.like), " " * 6)
    for place in reason.places:
        yield from (styled(line, "cyan") for line in describe_place(place, " " * 6))


def as_if(like: Likeness) -> str:
    """The known wrong behaviour that the target is like."""
    many = "All" if like.score > SAME else f"{like.score:.0%} of the"
    return f"Like {like.name}{': ' + like.text if like.text else '.'} {many} wrong answers are the same."


def describe_place(place: Place, indent: str) -> Iterator[str]:
    """The function, how it was changed, and how well its lines explain the failures."""
    changed = ", changed since the release" if place.changed else ""
    yield wrap(f"see {place.function} ({place.file}:{place.line}){changed}", indent)
    for edit in place.edits:
        yield wrap(f"line {edit.line}: {clip(edit.now, LINE_CHARACTERS)}", f"{indent}  ")
        was = "not in the release" if edit.before is None else f"was: {clip(edit.before, LINE_CHARACTERS)}"
        yield wrap(was, f"{indent}  ")
    runs = "runs" if len(set(place.lines)) == 1 else "run"
    failing = f"{place.failing} failing scenario{'' if place.failing == 1 else 's'}"
    passing = f"{place.passing} that pass{'es' if place.passing == 1 else ''}"
    yield wrap(f"{_ranges(place.lines)} {runs} in {failing} and in {passing}", f"{indent}  ")


def _ranges(lines: Sequence[int]) -> str:
    first, last = min(lines), max(lines)
    return f"line {first}" if first == last else f"lines {first} to {last}"


def describe_waived(run: Run, verdict: Verdict) -> Iterator[str]:
    """The known deviations of the rule that the target showed, with reason and evidence."""
    for deviation in run.criteria.deviations:
        if deviation.id in verdict.waivers:
            yield wrap(f"{deviation.id}: {deviation.reason}", " " * 11)
            evidence = run.evidence.get(deviation.id)
            if evidence is None or evidence.holds:
                yield wrap(f"evidence: {deviation.evidence}", " " * 11)
            if evidence is not None:
                yield from _in_checkout(run, evidence)


def _in_checkout(run: Run, evidence: Evidence) -> Iterator[str]:
    """Where the checkout has the code of the release, or what is other in it."""
    if evidence.holds and evidence.files:
        yield wrap(f"in this checkout: {', '.join(evidence.files)}", " " * 11)
    if evidence.missing:
        told = f"It answers as release {run.profile.name} does, by other code: no file has"
        yield wrap(f"{told} {evidence.missing[0]}", " " * 11)
    if evidence.repaired:
        told = "It may repair this where the kit does not call it: see"
        yield wrap(f"{told} {', '.join(evidence.repaired)}", " " * 11)


def describe_finding(finding: Finding) -> Iterator[str]:
    """The calls, and where the answer differs. For a race: what was lost, and the file calls of both processes."""
    if finding.file_calls is not None:
        yield wrap(f"{finding.what}: {finding.actual}", " " * 6)
        yield from (f"      {line}" for line in race_lines(finding.file_calls))
        return
    yield from _scenario(finding.scenario, finding.position)
    yield from _difference(finding)


def _in_words(case: str) -> str:
    """`test_30_pid.py::test_a_b[7]` as `a b [7], in test_30_pid.py`."""
    file, _, name = case.partition("::")
    words, bracket, parameters = name.removeprefix("test_").partition("[")
    return f"{words.replace('_', ' ')}{' ' + bracket + parameters if bracket else ''}, in {file}"


def _size(case: CaseEnded) -> int:
    """For sorting: the smallest scenario is the easiest to understand."""
    return min(
        (len(json.dumps(finding.scenario.to_json())) for finding in case.findings if finding.deviation is None),
        default=0,
    )


def _case(verdict: Verdict, case: CaseEnded) -> Iterator[str]:
    yield wrap(verdict.requirement.text, " " * 6)
    yield wrap(f"case: {_in_words(case.name)}", " " * 6)
    finding = next((f for f in case.findings if f.deviation is None), None)
    if finding is None:
        return
    yield from describe_finding(finding)
    yield from _what_happened(finding)
    others = sum(other.outcome == "fail" for other in verdict.cases) - 1
    if others:
        yield f"      and {others} more case{'s' if others > 1 else ''} of this requirement; all are in --json FILE"


def _scenario(scenario: Scenario, position: int | None) -> Iterator[str]:
    lines = list(describe_scenario(scenario, position))
    first = lines[: CALLS_SHOWN // 2]
    shown = lines if len(lines) <= CALLS_SHOWN else [*first, *lines[-CALLS_SHOWN // 2 :]]
    for number, full in enumerate(shown):
        if len(lines) > len(shown) and number == len(first):
            yield f"        [{len(lines) - len(shown)} more]"
        line = clip(full, LINE_CHARACTERS)
        yield wrap(line.strip() if line.startswith("  ") else line, " " * (8 if line.startswith("  ") else 6))


def _difference(finding: Finding) -> Iterator[str]:
    expected, actual = finding.expected, finding.actual
    whole = [("", expected, actual)]
    places = whole if kind_of(expected) or kind_of(actual) else (list(difference(expected, actual)) or whole)
    for place, wanted, given in places[:DIFFERENCES_SHOWN]:
        where = f"{finding.what}{' ' + place if place else ''}: "
        wanted_text = "any result" if takes_any(finding) else _answer(wanted)
        yield wrap(f"{where}expected {wanted_text}, got {_answer(given)}", " " * 6)


def race_lines(calls: Sequence[FileCall]) -> Iterator[str]:
    """The file calls that matter most, one column for each process."""
    lines = [Line(call.process, call.text, call.is_wrong) for call in calls]
    if lines:
        yield from render_lines(lines, nearest(lines), WIDTH - 6)


def takes_any(finding: Finding) -> bool:
    """Does the call accept any result, so that only a failure is wrong?"""
    if finding.position is None or finding.expected is not None or not kind_of(finding.actual):
        return False
    call = finding.scenario.calls[finding.position]
    return call.expect is UNJUDGED and call.refusal is None


def _answer(value: Json) -> str:
    kind = kind_of(value)
    return clip(f"{KINDS[kind]} {describe(value[kind])}" if kind else describe(value), LINE_CHARACTERS)


def _what_happened(finding: Finding) -> Iterator[str]:
    """The last events of the process with the wrong answer, and which processes were killed."""
    mine = [entry for entry in finding.record if entry.process == finding.process or entry.did == "killed"]
    if mine:
        all_of_them = max(entry.process for entry in finding.record)
        what = "its events (number in the record, PID, event):"
        yield wrap(f"process {finding.process} of {all_of_them}, {what}", " " * 6)
    for entry in mine[-RECORD_SHOWN:]:
        did = f"{entry.did} {describe_params(entry.did, entry.params)}".rstrip()
        shown = entry.answer.get("label", entry.answer) if isinstance(entry.answer, dict) else entry.answer
        answered = f": {describe(shown)}" if shown else ""
        yield wrap(f"{entry.order:5} {entry.pid:8} {did}{answered}", " " * 4, 16)
