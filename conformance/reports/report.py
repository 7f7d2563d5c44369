"""The JSON report of a run as a model: `docs/report.schema.json` and the table of `docs/report.md` are made from it.

A key that a later version adds needs a default here, so that reports of this version can still be read. A key that
goes, changes its type or its meaning needs another `FORMAT`.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, ValidationError

from conformance.json_type import Json
from conformance.reports.events import CaseEnded, CaseOutcome, Document, Finding, Text, first_problem
from conformance.reports.run import Run
from conformance.reports.verdicts import Verdict, Word
from conformance.requirements.catalogue import Level
from conformance.targets.pids import PidStatus

FORMAT: Final = 1


class ReportError(ValueError):
    """A document is no report of a run; the message says what was expected."""


class Hello(Document):
    """What the target answered to `hello`, without its PID. An adapter may add fields of its own."""

    model_config = ConfigDict(extra="allow")

    name: str
    version: str
    language: str
    profile: str | None = Field(
        default=None, description="release that it claims to behave like; left out where it claims none"
    )
    capabilities: Sequence[str]


class CaseResult(Document):
    """What one case came to."""

    case: Text = Field(description="file and name of the case")
    outcome: CaseOutcome = Field(description="`error`: the case itself failed, which is a fault of the suite")
    findings: Sequence[Finding] = Field(description="answers that were not the ones expected")


class RequirementResult(Document):
    """The verdict of one requirement."""

    id: str
    level: Level
    title: str
    verdict: Word
    reason: Text = Field(description="why it has this verdict; empty for `pass`, and where findings say it")
    cases: Sequence[CaseResult] = Field(description="cases that judged it, by name")


class StaleDeviation(Document):
    """A known deviation that no longer holds."""

    id: str
    why: str


class Observed(Document):
    """What the machine gave. Each key may be missing."""

    pid: int | None = Field(default=None, description="PID that the target named in `hello`")
    pid_status: PidStatus | None = Field(
        default=None,
        description="`verified`: the kit started the process with this PID; `false`: the PID of another process; "
        "`unverified`: neither is certain",
    )
    today: str | None = Field(default=None, description="the day, where `--today` was not given")
    seconds: float | None = Field(default=None, description="how long judging took")
    python: str | None = Field(default=None, description="version of Python")
    system: str | None = Field(default=None, description="name and version of the operating system")
    folder: Text | None = Field(default=None, description="current folder of the run")
    suite_faults: Sequence[Text] = Field(default=(), description="what failed in the suite itself")
    reasons: dict[str, Text] = Field(
        default={}, description="by requirement: what the adapter or the suite said when it failed"
    )
    findings: dict[str, Sequence[Finding]] = Field(
        default={}, description="by case: findings whose values depend on the machine"
    )
    fault: Text | None = Field(default=None, description="why nothing was judged; only there in that case")


class Report(Document):
    """One run. Where nothing could be judged, `hello` and `profile` are null and `observed.fault` says why."""

    format: Literal[1] = Field(description="version of this document")
    kit: str = Field(description="version of the kit that wrote it")
    target: Text = Field(description="the target, as the user named it")
    hello: Hello | None
    notes: Sequence[Text] = Field(description="how a checkout was built")
    profile: str | None = Field(description="profile that the target is judged by: a release, or `recommended`")
    profile_reason: Text = Field(description="why by this one")
    inherited_deviations: bool = Field(
        description="true where the deviations are those of the release that a checkout is judged as"
    )
    between: Annotated[tuple[str, str], Field(strict=False)] | None = Field(
        description="the two releases that a checkout lies between, older first"
    )
    today: str | None = Field(description="the day of `--today`, against which expiry is judged")
    complete: bool = Field(description="false where the run was cut short")
    exit_code: int = Field(description="exit code of the run")
    conclusion: str = Field(description="the exit code in words")
    requirements: Sequence[RequirementResult] = Field(
        description="every requirement that was chosen and applies to the profile, in the order of the catalogue"
    )
    mended_deviations: Sequence[str] = Field(
        description="ids of inherited deviations that the checkout does not have any more"
    )
    stale_deviations: Sequence[StaleDeviation]
    observed: Observed


def report_of(run: Run) -> Report:
    """Everything of the run."""
    outcome, hello = run.outcome, run.hello.model_dump(exclude_none=True, exclude={"pid"})
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
        today=str(run.today) if run.today else None,
        complete=outcome.complete,
        exit_code=outcome.exit_code,
        conclusion=run.conclusion,
        requirements=[_requirement(verdict) for verdict in outcome.verdicts],
        mended_deviations=[deviation.id for deviation in outcome.mended],
        stale_deviations=[StaleDeviation(id=stale.deviation.id, why=stale.why) for stale in outcome.stale],
        observed=_observed(run),
    )


def read_report(document: Json) -> Report:
    """The report that a run wrote. Raises ReportError, naming the first key that is wrong, for any other document."""
    try:
        return Report.model_validate(document)
    except ValidationError as error:
        raise ReportError(f"not the JSON report of a run, format {FORMAT}: {first_problem(error)}") from error


def _requirement(verdict: Verdict) -> RequirementResult:
    return RequirementResult(
        id=verdict.requirement.id,
        level=verdict.requirement.level,
        title=verdict.requirement.title,
        verdict=verdict.word,
        reason=verdict.reason,
        cases=[
            CaseResult(case=case.name, outcome=case.outcome, findings=_findings(case, observed=False))
            for case in verdict.cases
        ],
    )


def _observed(run: Run) -> Observed:
    machine, verdicts = run.machine, run.outcome.verdicts
    cases = {case.name: case for verdict in verdicts for case in verdict.cases}
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
