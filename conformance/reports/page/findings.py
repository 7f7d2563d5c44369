"""A finding step by step: its calls with the clock, the expected and the given answer, and where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.json_type import Json
from conformance.reports.describe import describe, describe_params
from conformance.reports.events import CaseEnded, FileCall, Finding
from conformance.reports.failures import takes_any
from conformance.reports.page.pictures import ProcessPicture, SessionPicture, process_picture, session_picture
from conformance.reports.report import CaseResult, Report, RequirementResult
from conformance.texts import clip
from conformance.wire.scenario import UNJUDGED, Call, difference

VALUE_CHARACTERS = 500
FIRST_STEPS, LAST_STEPS = 15, 25  # of a longer scenario
DIFFERENCES = 8
KINDS = {"refusal": "the refusal", "raised": "an exception:", "not supported": "not supported:"}
UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call, or the steps that are left out before it."""

    number: int
    clock: str  # `now + 1 min`; empty where the time is the same as before
    files: Sequence[str]  # that are written before the call
    method: str
    params: str
    expected: str  # empty where any result is accepted
    given: str  # the answer, where it is the wrong one
    is_wrong: bool
    left_out: int
    times: int = 1  # equal calls with equal results, one after another


@dataclass(frozen=True)
class Difference:
    """One place in an answer, with both values."""

    place: str
    expected: str
    given: str


@dataclass(frozen=True, kw_only=True)
class ShownFinding:
    """A finding, as the page shows it."""

    files: Sequence[str]
    steps: Sequence[Step]
    later: int  # calls after the wrong one
    differences: Sequence[Difference]
    deviation: str
    race: str  # what was lost in a race
    calls: Sequence[FileCall] | None  # of a race
    session: SessionPicture | None
    processes: ProcessPicture | None


def shown_finding(finding: Finding) -> ShownFinding:
    """The finding for the page. Long scenarios and values are cut, with the number of what was left out."""
    return ShownFinding(
        files=list(_files(finding.scenario.files)),
        steps=list(_folded(_steps(finding))),
        later=0 if finding.position is None else len(finding.scenario.calls) - 1 - finding.position,
        differences=list(_differences(finding)),
        deviation=finding.deviation or "",
        race=f"{finding.what}: {finding.actual}",
        calls=finding.file_calls,
        session=session_picture(finding),
        processes=process_picture(finding),
    )


def case_size(case: CaseEnded | CaseResult) -> int:
    """For sorting: the scenario with the fewest calls is the easiest to understand."""
    return min((len(f.scenario.calls) for f in case.findings if f.deviation is None), default=0)


def first_unexplained(cases: Sequence[CaseEnded | CaseResult]) -> Finding | None:
    """The first finding of the smallest failed case that no deviation explains."""
    failed = sorted((case for case in cases if case.outcome == "fail"), key=case_size)
    return next((finding for case in failed for finding in case.findings if finding.deviation is None), None)


def first_of_report(report: Report, entry: RequirementResult) -> Finding | None:
    """The same for a rule in the JSON report, which has findings with values of the machine apart."""
    cases = [
        case.model_copy(update={"findings": [*case.findings, *report.observed.findings.get(case.case, ())]})
        for case in entry.cases
    ]
    return first_unexplained(cases)


def duration(milliseconds: float) -> str:
    """`1 h 30 min`, `250 ms`."""
    rest, words = round(milliseconds), []
    for size, unit in UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {unit}")
    if rest or not words:
        words.append(f"{rest} ms")
    return " ".join(words[:2])


def answer(value: Json) -> str:
    """An answer in words."""
    if kind := _kind(value):
        return clip(f"{KINDS[kind]} {describe(value[kind])}", VALUE_CHARACTERS)
    return clip(describe(value), VALUE_CHARACTERS)


def _kind(value: Json) -> str:
    """The kind of an answer that is not a result, else an empty string."""
    return next(iter(value)) if isinstance(value, dict) and len(value) == 1 and set(value) <= KINDS.keys() else ""


def _steps(finding: Finding) -> Iterator[Step]:
    calls, passed, shown_before = finding.scenario.calls, 0.0, ""
    last = len(calls) if finding.position is None else finding.position + 1
    kept = _kept(last)
    left_out = 0
    for number, call in enumerate(calls[:last]):
        passed = passed + _passes(call) if number else 0.0
        if number not in kept:
            left_out += 1
            continue
        clock = f"now + {duration(passed)}" if passed > 0 else "now"
        is_wrong = number == finding.position
        yield Step(
            number=number + 1,
            clock=clock if clock != shown_before else "",
            files=list(_files(call.files)),
            method=call.method,
            params=clip(describe_params(call.method, call.params), VALUE_CHARACTERS),
            expected=answer(finding.expected) if is_wrong and not takes_any(finding) else _expected(call),
            given=answer(finding.actual) if is_wrong else "",
            is_wrong=is_wrong,
            left_out=left_out,
        )
        shown_before, left_out = clock, 0


def _folded(steps: Iterator[Step]) -> Iterator[Step]:
    """Join calls that are repeated. The clock stands at the first one."""
    last: Step | None = None
    for step in steps:
        if last is not None and step == replace(last, number=step.number, clock=step.clock, times=1, left_out=0):
            last = replace(last, times=last.times + 1)
            continue
        if last is not None:
            yield last
        last = step
    if last is not None:
        yield last


def _kept(count: int) -> set[int]:
    """The steps to show, of those up to the wrong one: the first ones and the last ones."""
    if count <= FIRST_STEPS + LAST_STEPS:
        return set(range(count))
    return {*range(FIRST_STEPS), *range(count - LAST_STEPS, count)}


def _passes(call: Call) -> float:
    passed = call.params.get("ms", 0) if call.method == "advance" else 0
    return passed if isinstance(passed, int | float) and passed > 0 else 0


def _expected(call: Call) -> str:
    if call.expect is UNJUDGED and call.refusal is None:
        return ""
    return answer(call.expected)


def _files(files: object) -> Iterator[str]:
    if isinstance(files, dict):
        for path, content in files.items():
            kind, value = next(iter(content.items()))
            text = value if kind == "text" else f"{kind}: {describe(value)}"
            yield clip(f"{path}: {text}", VALUE_CHARACTERS)


def _differences(finding: Finding) -> Iterator[Difference]:
    expected, actual = finding.expected, finding.actual
    if takes_any(finding):
        yield Difference(finding.what, "any result", answer(actual))
        return
    whole = [("", expected, actual)]
    is_result = not (_kind(expected) or _kind(actual))
    places = (is_result and list(difference(expected, actual))) or whole
    for place, wanted, given in places[:DIFFERENCES]:
        yield Difference(f"{finding.what} {place}".strip(), answer(wanted), answer(given))
