"""The stored vectors that judge rules. Each case has the id of its vector."""

import pytest

from conformance.cases.kit import Judge
from conformance.cases.settings import read_settings
from conformance.vectors import Vector, load_vectors
from conformance.vectors.asking import reason_not_asked

VECTORS = {vector.id: vector for vector in load_vectors(of=read_settings().judged)}


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(
            vector,
            id=vector.id,
            marks=[pytest.mark.covers(*vector.requirements), pytest.mark.holds_for(*vector.profiles)],
        )
        for vector in VECTORS.values()
        if vector.shows_a_rule
    ],
)
def test_vector(judge: Judge, vector: Vector) -> None:
    reason = reason_not_asked(vector, VECTORS, judge.capabilities, lambda first: judge.ask(first.calls, first.files))
    if reason is not None:
        pytest.skip(reason)
    judge.check(vector.scenario)
