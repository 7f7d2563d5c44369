"""Decides hypotheses: the verdict of each cell and of the whole, the best setting by situation, and the sensitivity."""

from collections.abc import Iterator

from conformance.advice.criterion import best_of
from conformance.json_type import Json
from conformance.simulation.measures import Estimate
from conformance.simulation.outcome import Outcome
from tools.lab import plan
from tools.lab.plan import Hypothesis
from tools.lab.results import Pair, Results

HOLDS, SOMETIMES, FAILS = "holds", "holds only if", "does not hold"
SHOWN = ("rejections", "goodput", "wait_p95_s", "resent_tokens")


def pairs() -> Iterator[Pair]:
    """Everything to simulate."""
    for hypothesis in plan.hypotheses():
        for cell in hypothesis.cells:
            for side in (cell.better, cell.than):
                yield side.situation, side.settings
    for *_, situation in [*plan.lookup(), *plan.variations()]:
        yield from ((situation, settings) for settings in plan.lookup_settings())


def document(results: Results) -> Json:
    """All results, as data."""
    return {
        "release": plan.RELEASE,
        "seeds": plan.SEEDS,
        "minutes": plan.LOAD.minutes,
        "hypotheses": [_decided(each, results) for each in plan.hypotheses()],
        "lookup": [
            {"kind": kind, "limit": limit, "accounts": accounts, **_best(situation, results)}
            for kind, limit, accounts, situation in plan.lookup()
        ],
        "sensitivity": [
            {"varied": name, "kind": kind, "limit": limit, **_best(situation, results)}
            for name, kind, limit, situation in plan.variations()
        ],
    }


def _decided(hypothesis: Hypothesis, results: Results) -> Json:
    cells = []
    for cell in hypothesis.cells:
        better, than = (results.outcome(side.situation, side.settings) for side in (cell.better, cell.than))
        difference = better.against(than, hypothesis.measure)
        cells.append(
            {
                "kind": cell.kind,
                "limit": cell.limit,
                "better": round(better.estimate(hypothesis.measure).mean, 3),
                "than": round(than.estimate(hypothesis.measure).mean, 3),
                "difference": [round(value, 3) for value in (difference.mean, difference.low, difference.high)],
                "holds": cell_holds(hypothesis.direction, hypothesis.margin, difference),
            }
        )
    first = hypothesis.cells[0]
    return {
        "id": hypothesis.id,
        "claim": hypothesis.claim,
        "source": hypothesis.source,
        "measure": hypothesis.measure,
        "direction": hypothesis.direction,
        "better": first.better.settings.name,
        "than": first.than.settings.name,
        "accounts": [side.situation.limits.accounts for side in (first.better, first.than)],
        "agents": first.than.situation.agents.count,
        "cells": cells,
        "note": hypothesis.note,
        "verdict": verdict([bool(each["holds"]) for each in cells]),
    }


def cell_holds(direction: str, margin: float, difference: Estimate) -> bool:
    """Whether the whole interval of the difference lies where the claim says."""
    if direction == "equal":
        return -margin <= difference.low and difference.high <= margin
    return difference.high < 0 if direction == "lower" else difference.low > 0


def verdict(holds: list[bool]) -> str:
    """The verdict over all cells."""
    return HOLDS if all(holds) else SOMETIMES if any(holds) else FAILS


def _best(situation: object, results: Results) -> Json:
    outcomes = [results.outcome(situation, each) for each in plan.lookup_settings()]  # type: ignore[arg-type]
    return {
        "best": best_of(outcomes).settings.name,
        "settings": {each.settings.name: _shown(each) for each in outcomes},
    }


def _shown(outcome: Outcome) -> Json:
    return {name: [round(value, 2) for value in _ends(outcome.estimate(name))] for name in SHOWN}


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.mean, estimate.low, estimate.high
