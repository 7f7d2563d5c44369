"""The stored vectors that show a rule; each judges its requirements, and is named by its id."""

import pytest

from conformance.cases.kit import Judge
from conformance.cases.settings import read_settings
from conformance.requirements import load_catalogue
from conformance.vectors import Vector, load_vectors

VECTORS = {vector.id: vector for vector in load_vectors()}
CATALOGUE, SETTINGS = load_catalogue(), read_settings()
JUDGED = [vector for vector in VECTORS.values() if vector.is_judged(SETTINGS.profile, CATALOGUE)]


@pytest.mark.parametrize(
    "vector",
    [pytest.param(vector, id=vector.id, marks=pytest.mark.covers(*vector.requirements)) for vector in JUDGED],
)
def test_vector(judge: Judge, vector: Vector) -> None:
    if missing := sorted(set(vector.document["needs"]) - set(SETTINGS.capabilities)):
        pytest.skip(f"the target does not claim: {', '.join(missing)}")
    if vector.given is not None:
        first = VECTORS[vector.given].scenario
        if not all(call.accepts(answer) for call, answer in zip(first.calls, judge.ask(first.calls), strict=True)):
            pytest.skip(f"what comes first fails by itself: {vector.given}")
    judge.check(vector.scenario)
