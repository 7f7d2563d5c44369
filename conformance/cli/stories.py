"""Explains the failures of a run: asks the target shorter scenarios, and measures which lines of a checkout run.

This comes after the verdicts and changes none of them. If the adapter fails, earlier explanations stay in the report.
"""

import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, zip_longest
from pathlib import Path

from conformance.cases.findings import bounded_answer, facts
from conformance.cli.causes import find_causes
from conformance.cli.faults import TRACEBACK_VARIABLE
from conformance.cli.run_plan import Plan
from conformance.json_type import Json
from conformance.reports.causes import Cause
from conformance.reports.events import CaseEnded, Finding
from conformance.reports.reasons import group_failures
from conformance.reports.story import Edit, Place, Reason, Step
from conformance.reports.verdicts import Outcome, Verdict
from conformance.requirements.behaviours import digest, load_behaviours
from conformance.search.stories import IsKnown, Storyteller
from conformance.search.suspects import Lines, Suspect, executed_lines, rank, runs
from conformance.targets.checkout import prepare
from conformance.targets.checkout.bundle import BUNDLE
from conformance.targets.errors import AdapterFault, TargetError
from conformance.targets.group import Group, Launch
from conformance.targets.npm import install
from conformance.targets.self_removing import self_removing_folder
from conformance.vectors import Vector, load_vectors
from conformance.wire.needs import needs_of_scenario
from conformance.wire.scenario import Scenario
from reference_impl.releases import NPM_VERSIONS

PACKAGE = "opencode-antigravity-auth"
VECTOR_CASE = "test_90_vectors.py::test_vector["
MOST_REASONS = 6  # explained in full
MOST_FINDINGS = 6  # of a rule that are tried
MOST_FAILING, MOST_PASSING = 80, 32  # scenarios whose lines are measured
SCENARIOS_A_RULE = 2  # whose lines are measured
MOST_EDITS = 3  # changed lines that are shown of a function
MOST_PLACES = 3  # functions that are named for one reason
NEARLY = 0.75  # of the best score, for a function to be named beside the best one
BOUND_S = 60.0  # for a slow target; the report has the explanations found so far
SUSPECT = 0.3  # score from which lines explain failures


def explain_failures(plan: Plan, outcome: Outcome) -> tuple[list[Cause], list[Reason]]:
    """The causes and reasons of the failures. An explanation never costs a verdict: without one, the run goes on."""
    causes: list[Cause] = []
    try:
        causes = find_causes(plan, outcome)
        causes = place_causes(plan, outcome, causes)
        return causes, find_reasons(plan, outcome)
    except (Exception, KeyboardInterrupt):
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        return causes, []


def find_reasons(plan: Plan, outcome: Outcome) -> list[Reason]:
    """The failures without a known cause, grouped and explained. Empty if there are none."""
    failed: dict[str, Verdict] = {
        verdict.requirement.id: verdict
        for verdict in outcome.verdicts
        if verdict.word == "fail" and not verdict.follows_from and any(case.findings for case in verdict.cases)
    }
    if not failed:
        return []
    cases = {case.name: case for verdict in outcome.verdicts for case in verdict.cases}
    musts_first = sorted(failed, key=lambda id_: failed[id_].requirement.level != "MUST")
    explained = [verdict.requirement.id for verdict in outcome.verdicts if verdict.follows_from]
    wrong_answers = list(_wrong_answers(list(cases.values())))
    reasons = group_failures(musts_first, wrong_answers, load_behaviours(), plan.criteria.judged, explained)
    reasons.sort(key=lambda reason: failed[reason.rule].requirement.level != "MUST")
    told = [*_told(plan, reasons[:MOST_REASONS], failed), *reasons[MOST_REASONS:]]
    if plan.subject.target.checkout is None:
        return told
    with suppress(AdapterFault):
        return _placed(plan, told, failed, list(cases.values()))
    return told


def place_causes(plan: Plan, outcome: Outcome, causes: Sequence[Cause]) -> list[Cause]:
    """The causes with the functions of a checkout that explain them."""
    if plan.subject.target.checkout is None or not causes:
        return list(causes)
    scenarios = [cause.finding.scenario for cause in causes]
    cases = {case.name: case for verdict in outcome.verdicts for case in verdict.cases}
    passing = list(_passing(plan, list(cases.values()), scenarios))
    with suppress(AdapterFault), self_removing_folder() as folder:
        lines = _measure(plan, [*scenarios, *passing], folder)
        passed = lines[len(scenarios) :]
        return [
            replace(cause, places=_best_places(plan.subject.target.checkout, [mine], passed))
            for cause, mine in zip(causes, lines, strict=False)
        ] + list(causes[len(lines) :])
    return list(causes)


def _best_places(checkout: Path, failing: Sequence[Lines], passed: Sequence[Lines]) -> list[Place]:
    """The most suspect functions, the best first."""
    suspects = rank(failing, passed)
    if suspects and suspects[0].changed:
        suspects = [suspect for suspect in suspects if suspect.changed]
    near = [suspect for suspect in suspects[:MOST_PLACES] if suspect.score >= NEARLY * suspects[0].score]
    return [_place(checkout, suspect, passed) for suspect in near]


def _measure(plan: Plan, scenarios: Sequence[Scenario], folder: Path) -> list[Lines]:
    target, timeout_s = plan.subject.target, plan.options.timeout
    return executed_lines(
        target, scenarios, folder, timeout_s=timeout_s, release=_release(plan), until_s=time.monotonic() + BOUND_S
    )


def _release(plan: Plan) -> Path | None:
    """The bundle of the release that a checkout is judged as. None if npm does not have it, or is not there."""
    if (name := plan.subject.profile.name) not in NPM_VERSIONS:
        return None
    with suppress(TargetError):
        return Path(prepare(str(install(PACKAGE, name))).argv[-1]) / BUNDLE
    return None


def _findings(cases: Collection[CaseEnded]) -> Iterator[Finding]:
    """What no deviation covers, the smallest scenario first. Values of the machine, such as PIDs, are left out."""
    found = [f for case in cases for f in case.findings if f.deviation is None and not f.observed]
    return iter(sorted(found, key=lambda finding: (not finding.scenario.calls, len(str(finding.scenario.to_json())))))


def _wrong_answers(cases: Collection[CaseEnded]) -> Iterator[str]:
    """Digests of the first unexpected answer to each vector."""
    for case in cases:
        finding = next((finding for finding in case.findings if finding.deviation is None), None)
        if case.name.startswith(VECTOR_CASE) and finding is not None and finding.position is not None:
            yield digest(case.name.removeprefix(VECTOR_CASE).removesuffix("]"), finding.position, finding.actual)


def _told(plan: Plan, reasons: Sequence[Reason], failed: dict[str, Verdict]) -> list[Reason]:
    """The reasons with the shortest scenario that shows each."""
    target, options = plan.subject.target, plan.options
    launch = Launch(target.argv, target.environment, target.word)
    told: list[Reason] = []
    with suppress(AdapterFault), Group([launch], timeout_s=options.timeout, pass_environment=options.env) as group:
        until_s = time.monotonic() + BOUND_S
        teller = Storyteller(group.connections[0].batch, group.folder, plan.subject.profile.name, until_s)
        for reason in reasons:  # one by one, because a fault keeps the earlier ones
            if time.monotonic() >= until_s:
                break
            shortest = _shortest(teller, failed[reason.rule], _known_to(plan))
            told.append(replace(reason, shortest=shortest))
    return [*told, *reasons[len(told) :]]


def _known_to(plan: Plan) -> IsKnown:
    """Whether an accepted deviation covers a wrong answer. Those of the release of a checkout are no wrong answers."""
    waivers = [deviation.waiver for deviation in plan.criteria.current_deviations if not plan.criteria.inherited]

    def is_known(scenario: Scenario, expected: Json, actual: Json) -> bool:
        last = len(scenario.calls) - 1
        finding = Finding(
            scenario=scenario,
            position=last,
            what=scenario.calls[last].method,
            expected=expected,
            actual=actual,
            observed=False,
            deviation=None,
            waives=None,
        )
        return any(waiver.covers([waiver.requirement], facts(finding)) for waiver in waivers)

    return is_known


def _shortest(teller: Storyteller, verdict: Verdict, is_known: IsKnown) -> Step | None:
    for finding in list(_findings(verdict.cases))[:MOST_FINDINGS]:
        found = teller.tell(finding.scenario, is_known) if finding.scenario.calls else None
        if found is not None:
            return Step(found.scenario, found.expected, bounded_answer(found.actual), found.before)
    return None


def _placed(
    plan: Plan, reasons: Sequence[Reason], failed: dict[str, Verdict], cases: Collection[CaseEnded]
) -> list[Reason]:
    """The reasons with the functions that explain them. Reasons whose scenarios run the same lines become one."""
    by_reason = [
        [
            (reason.rule, scenario)
            for rule in reason.rules
            for scenario in islice(_scenarios_of(failed[rule]), SCENARIOS_A_RULE)
        ]
        for reason in reasons
    ]
    turns = zip_longest(*by_reason)  # one of each reason first, so that none lacks its lines
    failing = [found for turn in turns for found in turn if found is not None][:MOST_FAILING]
    passing = list(_passing(plan, cases, [scenario for _, scenario in failing]))
    with self_removing_folder() as folder:
        scenarios = [*(scenario for _, scenario in failing), *passing]
        lines = executed_lines(
            plan.subject.target, scenarios, folder, timeout_s=plan.options.timeout, release=_release(plan)
        )
    measured = list(zip([rule for rule, _ in failing], lines, strict=False))
    checkout = plan.subject.target.checkout or Path()
    return list(_merged(reasons, measured, lines[len(failing) :], checkout))


def _merged(
    reasons: Sequence[Reason], measured: Sequence[tuple[str, Lines]], passed: Sequence[Lines], checkout: Path
) -> Iterator[Reason]:
    """Find the most suspect lines of all failures, put the reasons that run them into one, and go on with the rest."""
    left = list(reasons)
    while left:
        rules = {reason.rule for reason in left}
        mine = [(rule, lines) for rule, lines in measured if rule in rules]
        suspects = rank([lines for _, lines in mine], passed) if mine else []
        if not suspects or suspects[0].score < SUSPECT:
            break
        same = [
            reason for reason in left if any(runs(lines, suspects[0]) for rule, lines in mine if rule == reason.rule)
        ]
        first, *others = same
        also = tuple(rule for other in others for rule in other.rules)
        yield replace(first, places=_best_places(checkout, [lines for _, lines in mine], passed), also=also)
        left = [reason for reason in left if reason not in same]
    yield from left


def _place(checkout: Path, suspect: Suspect, passed: Sequence[Lines]) -> Place:
    first = (suspect.file, suspect.lines[0], suspect.function)
    return Place(
        file=suspect.file,
        function=_own_name(checkout, suspect),
        line=suspect.line,
        lines=suspect.lines,
        failing=suspect.shared,
        passing=sum(any(line[:3] == first for line in lines) for lines in passed),
        changed=suspect.changed,
        edits=[Edit(number, now, before) for number, (now, before) in suspect.edits[:MOST_EDITS]],
    )


def _own_name(checkout: Path, suspect: Suspect) -> str:
    """The name in the source. esbuild appends a number where two modules have a function of one name."""
    with suppress(OSError, IndexError):
        lines = (checkout / suspect.file).read_text(encoding="utf-8", errors="replace").splitlines()
        if suspect.function not in lines[suspect.line - 1]:
            return suspect.function.rstrip("0123456789")
    return suspect.function


def _scenarios_of(verdict: Verdict) -> Iterator[Scenario]:
    """The failing scenarios, the smallest first, each up to the wrong answer."""
    for finding in _findings(verdict.cases):
        if finding.scenario.calls:
            end = len(finding.scenario.calls) if finding.position is None else finding.position + 1
            yield Scenario(finding.scenario.calls[:end], finding.scenario.files)


def _passing(plan: Plan, cases: Collection[CaseEnded], failing: Sequence[Scenario]) -> Iterator[Scenario]:
    """Vectors that the target passes: first those with the same last method as a failing scenario, for the contrast."""
    passed = {case.name.removeprefix(VECTOR_CASE).removesuffix("]") for case in cases if _is_passed_vector(case)}
    capabilities = set(plan.subject.hello.capabilities)
    vectors = [
        each for each in load_vectors() if each.id in passed and needs_of_scenario(each.scenario) <= capabilities
    ]
    methods = {scenario.calls[-1].method for scenario in failing}
    alike = [each for each in vectors if each.scenario.calls[-1].method in methods]
    for vector in [*_spread(alike, MOST_PASSING * 3 // 4), *_spread(vectors, MOST_PASSING // 4)]:
        yield vector.scenario


def _is_passed_vector(case: CaseEnded) -> bool:
    return case.outcome == "pass" and case.name.startswith(VECTOR_CASE) and not case.findings


def _spread(vectors: Sequence[Vector], most: int) -> Sequence[Vector]:
    """Evenly over the sections, and the same ones in each run."""
    return vectors[:: max(1, -(-len(vectors) // most))]
