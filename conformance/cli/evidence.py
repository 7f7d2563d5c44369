"""Looks in a checkout for the code of its inherited deviations, because evidence of a release proves nothing for it."""

from collections.abc import Mapping

from conformance.cli.run_plan import Plan
from conformance.reports.run import Evidence
from conformance.reports.verdicts import Outcome
from conformance.requirements.deviations import ReleaseDeviation
from conformance.targets.checkout.quotes import Sources


def find_evidence(plan: Plan, outcome: Outcome) -> Mapping[str, Evidence]:
    """For each inherited deviation that an answer shows: the evidence in the checkout."""
    checkout = plan.subject.target.checkout
    if checkout is None or not plan.criteria.inherited:
        return {}
    shown = {id_ for verdict in outcome.verdicts for id_ in verdict.waivers}
    sources = Sources(checkout)
    return {
        deviation.id: _evidence(sources, deviation)
        for deviation in plan.criteria.deviations
        if deviation.id in shown and isinstance(deviation, ReleaseDeviation)
    }


def _evidence(sources: Sources, deviation: ReleaseDeviation) -> Evidence:
    files, missing = sources.all_with(deviation.code.present)
    repaired, _ = sources.all_with(deviation.code.absent)
    return Evidence(files, missing, repaired)
