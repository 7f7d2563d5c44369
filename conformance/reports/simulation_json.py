"""The JSON result of `simulate`. The same seed gives the same bytes, on any number of cores."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from conformance.json_type import Json
from conformance.simulation.loop_data import document as loop_document
from conformance.simulation.measures import NAMES, Estimate
from conformance.simulation.model import Situation
from conformance.simulation.outcome import Outcome

DIGITS = 6


def document(
    version: str, target: tuple[str, str], situation: Situation, seed: str, outcomes: Sequence[Outcome]
) -> Json:
    """The question, and for each setting its estimates, its paired differences to the first, and its runs.

    `target` is the word of the target and the release whose defaults apply.
    """
    return {
        "version": version,
        "target": target[0],
        "release": target[1],
        "request_loop": loop_document()["release"],
        "seed": seed,
        "situation": asdict(situation),
        "settings": [_outcome(each, outcomes[0]) for each in outcomes],
    }


def render(document: Json) -> str:
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _outcome(outcome: Outcome, base: Outcome) -> Json:
    return {
        "name": outcome.settings.name,
        "config": dict(outcome.settings.config),
        "estimates": {name: estimate(outcome.estimate(name)) for name in NAMES},
        "differences": {name: estimate(outcome.against(base, name)) for name in NAMES},
        "runs": [asdict(run) for run in outcome.runs],
    }


def estimate(value: Estimate) -> Json:
    """A mean and the ends of its 95 % interval."""
    named = {"mean": value.mean, "low": value.low, "high": value.high}
    return {name: round(number, DIGITS) for name, number in named.items()}
