"""The JSON report of a run as a model. `make docs` makes docs/report.schema.json and tables of docs/report.md from it.

A new key needs a default here, so that the survey can still read older reports. Removing a key, or changing its type or
meaning, needs a new `FORMAT`.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, ValidationError

from conformance.json_type import Json
from conformance.reports.causes import Cause
from conformance.reports.events import CaseEnded, CaseOutcome, Document, Finding, first_problem, format_problem
from conformance.reports.report_reasons import PlaceInSource, ReasonOfFailures, place_document, reason_document
from conformance.reports.run import Run
from conformance.reports.verdicts import Verdict, Word
from conformance.requirements.catalogue import Level
from conformance.targets.pids import PidStatus

FORMAT: Final = 1
MAX_FINDINGS_BYTES = 1_000_000  # without indentation, beyond the first failed case of each requirement


class ReportError(ValueError):
    """A document is not the report of a run; the message says what was expected."""


class Hello(Document):
    """The answer of the target to `hello`, without its PID. An adapter may add keys."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="name of the target")
    version: str = Field(description="version of the target")
    language: str = Field(description="language that the target is written in")
    profile: str | None = Field(
        default=None, description="release that the target claims to behave like; left out if it claims none"
    )
    capabilities: Sequence[str] = Field(description="capabilities that the target claims (docs/wire.md)")


class CaseResult(Document):
    """The outcome of one case."""

    case: str = Field(description="file and name of the case")
    outcome: CaseOutcome = Field(description="outcome of the case; `error` is a fault of the suite")
    findings: Sequence[Finding] = Field(description="answers that differ from the expected ones")
    omitted: int = Field(
        default=0,
        description="number of further findings: those like the listed ones, or all if the report is too large",
    )


class RequirementResult(Document):
    """The verdict of one requirement."""

    id: str = Field(description="id of the requirement, such as `PID-001`")
    level: Level = Field(description="level of the requirement")
    title: str = Field(description="title of the requirement")
    verdict: Word = Field(description="the verdict")
    reason: str = Field(description="why; empty for `pass`, and for `fail` if the findings say why")
    follows_from: str | None = Field(default=None, description="id of the cause of a `fail`; left out if it has none")
    cases: Sequence[CaseResult] = Field(description="the cases that judged the requirement, sorted by name")


class CauseOfFailures(Document):
    """Something that many requirements take for granted, and that the target does not do."""

    id: str = Field(description="id of the precondition")
    text: str = Field(description="what the target should do")
    finding: Finding = Field(description="the answer that shows that it does not")
    follow: Sequence[str] = Field(description="ids of the requirements that fail because of it")
    places: Sequence[PlaceInSource] = Field(default=(), description="functions of a checkout that explain it")


class KnownOfRelease(Document):
    """Failures of a target that are known deviations of a release; `--deviations` accepts them by name."""

    release: str = Field(description="release that does most of what the target fails for")
    deviations: dict[str, list[str]] = Field(
        description="for each failing requirement that the release departs from in the same way: ids of its deviations"
    )


class InheritedDeviation(Document):
    """A known deviation of the release that a checkout is judged as, which an answer of the checkout shows."""

    id: str = Field(description="id of the deviation")
    requirement: str = Field(description="requirement that it departs from")
    has_code: bool = Field(description="true where the checkout has the code that the evidence quotes")
    files: Sequence[str] = Field(description="files of the checkout that have code of it")
    missing: Sequence[str] = Field(description="quoted code that no file of the checkout has")
    repaired: Sequence[str] = Field(description="files with code that the release lacks, and that repairs it")


class StaleDeviation(Document):
    """A known deviation that no longer holds."""

    id: str = Field(description="id of the deviation")
    why: str = Field(description="why it no longer holds")


class Observed(Document):
    """Values that depend on the machine or on the moment. Every key may be missing."""

    pid: int | None = Field(default=None, description="PID that the target gave in `hello`")
    pid_status: PidStatus | None = Field(
        default=None,
        description="`verified`: a process that the kit started has this PID; `false`: another process has it; "
        "`unverified`: the kit cannot tell",
    )
    today: str | None = Field(default=None, description="date of the run; left out if `--today` was given")
    seconds: float | None = Field(default=None, description="duration of the run")
    python: str | None = Field(default=None, description="version of the Python that ran the kit")
    system: str | None = Field(default=None, description="name and version of the operating system")
    folder: str | None = Field(default=None, description="working directory of the run")
    suite_faults: Sequence[str] = Field(
        default=(), description="faults of the suite, which end the run with exit code 4"
    )
    reasons: dict[str, str] = Field(
        default={}, description="for each `unknown` requirement: the message of the adapter or of the suite"
    )
    findings: dict[str, Sequence[Finding]] = Field(
        default={}, description="for each case: its findings with values that depend on the machine"
    )
    fault: str | None = Field(default=None, description="why nothing was judged; left out if the run started")


class Report(Document):
    """One run."""

    format: Literal[1] = Field(description="version of the format")
    kit: str = Field(description="version of the kit that wrote the report")
    target: str = Field(description="the target, as in the command line")
    hello: Hello | None = Field(description="answer of the target to `hello`; null if there was none")
    notes: Sequence[str] = Field(description="how the kit built the checkout")
    profile: str | None = Field(
        description="release that the target is judged as, or `recommended`; null if nothing was judged"
    )
    profile_reason: str = Field(description="why the kit chose this profile")
    inherited_deviations: bool = Field(
        description="true if a checkout inherits the known deviations of the release that it is judged as"
    )
    between: Annotated[tuple[str, str], Field(strict=False)] | None = Field(
        description="the two releases that a checkout lies between, older first"
    )
    added_config_keys: Sequence[str] = Field(
        default=(), description="paths of config keys that no release has; at most the first 40"
    )
    today: str | None = Field(description="date given with `--today`; it decides which deviations have expired")
    complete: bool = Field(description="false if the run did not reach its end")
    exit_code: int = Field(description="exit code of `run`")
    conclusion: str = Field(description="the exit code in words")
    requirements: Sequence[RequirementResult] = Field(
        description="every chosen requirement that applies to the profile, in the order of the catalogue"
    )
    causes: Sequence[CauseOfFailures] = Field(default=(), description="causes that several failures have in common")
    reasons: Sequence[ReasonOfFailures] = Field(
        default=(), description="the other failures by reason, with the shortest scenario and what explains it"
    )
    inherited: Sequence[InheritedDeviation] = Field(
        default=(), description="inherited deviations that show in an answer, and whether the checkout has their code"
    )
    known_of_release: KnownOfRelease | None = Field(
        default=None,
        description="failures that a release has as well; null if there are none, or if deviations were accepted",
    )
    mended_deviations: Sequence[str] = Field(description="ids of inherited deviations that the checkout lacks")
    stale_deviations: Sequence[StaleDeviation] = Field(description="known deviations that no longer hold")
    observed: Observed = Field(description="values that depend on the machine or on the moment")


def report_of(run: Run) -> Report:
    """The report of a run."""
    outcome, hello = run.outcome, run.hello.model_dump(exclude_none=True, exclude={"pid"})
    listed = _cases_with_findings(outcome.verdicts)
    return Report(
        format=FORMAT,
        kit=run.kit_version,
        target=run.target_word,
        hello=Hello.model_validate(hello),
        notes=list(run.notes),
        profile=run.profile.name,
        profile_reason=run.profile.reason,
        inherited_deviations=run.criteria.inherited,
        between=run.profile.between,
        added_config_keys=list(run.added_config_keys),
        today=str(run.today) if run.today else None,
        complete=outcome.complete,
        exit_code=outcome.exit_code,
        conclusion=run.conclusion,
        requirements=[_requirement(verdict, listed) for verdict in outcome.verdicts],
        causes=[_cause(cause) for cause in run.causes],
        reasons=[reason_document(reason) for reason in run.reasons],
        inherited=list(_inherited(run)),
        known_of_release=_known(run),
        mended_deviations=[deviation.id for deviation in outcome.mended],
        stale_deviations=[StaleDeviation(id=stale.deviation.id, why=stale.why) for stale in outcome.stale],
        observed=_observed(run, listed),
    )


def read_report(document: Json) -> Report:
    """The report from its JSON document. Raises ReportError with the first wrong key."""
    expected = f"not the JSON report of a run, format {FORMAT}"
    if problem := format_problem(document, FORMAT):
        raise ReportError(f"{expected}: {problem}")
    try:
        return Report.model_validate(document)
    except ValidationError as error:
        raise ReportError(f"{expected}: {first_problem(error)}") from error


def _cases_with_findings(verdicts: Sequence[Verdict]) -> Collection[str]:
    """The cases whose findings are listed: the first failed one of each requirement, and others while there is room."""
    first = {next((case.name for case in verdict.cases if case.findings), "") for verdict in verdicts}
    others = {case.name: case for verdict in verdicts for case in verdict.cases if case.name not in first}
    left_bytes = MAX_FINDINGS_BYTES
    for case in others.values():
        left_bytes -= sum(len(finding.model_dump_json()) for finding in case.findings)
        if left_bytes > 0:
            first.add(case.name)
    return first


def _requirement(verdict: Verdict, listed: Collection[str]) -> RequirementResult:
    return RequirementResult(
        id=verdict.requirement.id,
        level=verdict.requirement.level,
        title=verdict.requirement.title,
        verdict=verdict.word,
        reason=verdict.reason,
        **({"follows_from": verdict.follows_from} if verdict.follows_from else {}),
        cases=[_case(case, listed) for case in verdict.cases],
    )


def _case(case: CaseEnded, listed: Collection[str]) -> CaseResult:
    is_listed = case.name in listed
    omitted = case.omitted + (0 if is_listed else len(case.findings))
    result = CaseResult(case=case.name, outcome=case.outcome, findings=_findings(case, observed=False) * is_listed)
    return result.model_copy(update={"omitted": omitted}) if omitted else result


def _known(run: Run) -> KnownOfRelease | None:
    if run.known is None:
        return None
    deviations = {id_: list(by) for id_, by in run.known.deviations.items()}
    return KnownOfRelease(release=run.known.release, deviations=deviations)


def _inherited(run: Run) -> Iterator[InheritedDeviation]:
    for deviation in run.criteria.deviations:
        if (evidence := run.evidence.get(deviation.id)) is not None:
            yield InheritedDeviation(
                id=deviation.id,
                requirement=deviation.requirement,
                has_code=evidence.holds,
                files=list(evidence.files),
                missing=list(evidence.missing),
                repaired=list(evidence.repaired),
            )


def _cause(cause: Cause) -> CauseOfFailures:
    return CauseOfFailures(
        id=cause.precondition.id,
        text=cause.precondition.text,
        finding=cause.finding,
        follow=list(cause.follow),
        **({"places": [place_document(place) for place in cause.places]} if cause.places else {}),
    )


def _observed(run: Run, listed: Collection[str]) -> Observed:
    machine, verdicts = run.machine, run.outcome.verdicts
    cases = {case.name: case for verdict in verdicts for case in verdict.cases if case.name in listed}
    return Observed(
        pid=machine.pid,
        pid_status=machine.pid_status,
        **({} if run.today else {"today": str(run.criteria.today)}),
        seconds=machine.seconds,
        python=machine.python,
        system=machine.system,
        folder=machine.folder,
        suite_faults=run.outcome.suite_faults,
        reasons={v.requirement.id: v.observed_reason for v in verdicts if v.observed_reason},
        findings={name: found for name, case in cases.items() if (found := _findings(case, observed=True))},
    )


def _findings(case: CaseEnded, *, observed: bool) -> list[Finding]:
    return [finding for finding in case.findings if finding.observed is observed]
