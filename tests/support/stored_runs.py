"""A run from its JSON report: what its writers are tested with, where judging a target takes too long."""

import datetime
from collections.abc import Sequence

from conformance.reports.causes import Cause
from conformance.reports.events import CaseEnded, Event, RunEnded
from conformance.reports.report import Report
from conformance.reports.run import ChosenProfile, Machine, Run
from conformance.reports.verdicts import Criteria, conclude
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import shipped_deviations
from conformance.requirements.preconditions import load_preconditions
from conformance.wire.messages import HelloResult


def run_of(report: Report) -> Run:
    """The run that wrote the report, with the deviations of its release."""
    assert report.hello is not None
    assert report.profile is not None
    catalogue = load_catalogue()
    criteria = Criteria(
        requirements=[catalogue.by_id[entry.id] for entry in report.requirements if entry.id in catalogue.by_id],
        capabilities=report.hello.capabilities,
        deviations=shipped_deviations(report.profile, catalogue),
        inherited=report.inherited_deviations,
        today=datetime.date(2026, 3, 1),
    )
    outcome = conclude(criteria, _events(report))
    preconditions = {each.id: each for each in load_preconditions(catalogue)}
    follows = {entry.id: entry.follows_from or "" for entry in report.requirements}
    for verdict in outcome.verdicts:
        verdict.follows_from = follows[verdict.requirement.id]
    return Run(
        target_word=report.target,
        notes=report.notes,
        hello=HelloResult.model_validate(report.hello.to_json() | {"pid": 4711}),
        profile=ChosenProfile(report.profile, report.profile_reason, report.between),
        kit_version=report.kit,
        catalogue=catalogue,
        left_out=[],
        criteria=criteria,
        options=[],
        outcome=outcome,
        causes=[Cause(preconditions[cause.id], cause.finding, cause.follow) for cause in report.causes],
        machine=Machine(pid=4711, pid_status="verified", seconds=9.5, python="3.12", system="Linux", folder="/"),
    )


def _events(report: Report) -> Sequence[Event]:
    covered: dict[str, list[str]] = {}
    cases = {}
    for entry in report.requirements:
        for case in entry.cases:
            covered.setdefault(case.case, []).append(entry.id)
            cases[case.case] = case
    return [
        *(
            CaseEnded(
                name=name,
                requirements=covered[name],
                outcome=case.outcome,
                message=report.observed.reasons.get(covered[name][0], ""),
                findings=[*case.findings, *report.observed.findings.get(name, ())],
            )
            for name, case in cases.items()
        ),
        RunEnded(pytest_exit=0),
    ]
