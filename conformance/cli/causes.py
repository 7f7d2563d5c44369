"""Asks a target that fails rules whether it meets their preconditions."""

from collections.abc import Sequence

from conformance.cases.findings import bounded, of_call
from conformance.cli.run_plan import Plan
from conformance.reports.causes import Cause, attribute, worth_asking
from conformance.reports.events import Finding
from conformance.reports.verdicts import Outcome
from conformance.requirements.preconditions import Precondition, load_preconditions
from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.wire.files import ask


def find_causes(plan: Plan, outcome: Outcome) -> list[Cause]:
    """Mark the failures that follow from an unmet precondition. A target that passes is not asked."""
    capabilities = set(plan.subject.hello.capabilities)
    preconditions = [each for each in load_preconditions(plan.catalogue) if capabilities.issuperset(each.needs)]
    asked = worth_asking(outcome, preconditions)
    return attribute(outcome, _unmet(plan, asked)) if asked else []


def _unmet(plan: Plan, preconditions: Sequence[Precondition]) -> list[tuple[Precondition, Finding]]:
    """The unmet preconditions. A fault of the adapter ends this: the findings explain the remaining failures."""
    target, options = plan.subject.target, plan.options
    launch = Launch(target.argv, target.environment, target.word)
    unmet: list[tuple[Precondition, Finding]] = []
    not_met: set[str] = set()
    try:
        with Group([launch], timeout_s=options.timeout, pass_environment=options.env) as group:
            for precondition in preconditions:
                if not_met & set(precondition.builds_on):
                    not_met.add(precondition.id)
                    continue
                scenario = precondition.asked
                answers = ask(scenario, group.connections[0].batch, group.folder)
                for position, (call, answer) in enumerate(zip(scenario.calls, answers, strict=True)):
                    if not call.accepts(answer):
                        unmet.append((precondition, bounded(of_call(scenario, position, answer))))
                        not_met.add(precondition.id)
                        break
    except AdapterFault:
        pass
    return unmet
