"""Decides which vectors a target is not asked, in the same way for `run` and `vectors check`."""

from collections.abc import Callable, Collection, Mapping, Sequence

from conformance.vectors.load import Vector
from conformance.wire.answers import Answer
from conformance.wire.scenario import Scenario


def reason_not_asked(
    vector: Vector,
    vectors: Mapping[str, Vector],
    capabilities: Collection[str],
    ask: Callable[[Scenario], Sequence[Answer]],
) -> str | None:
    """Why the vector is not asked, or None. `ask` sends the scenario of the vector that comes first."""
    if missing := sorted(set(vector.document["needs"]) - set(capabilities)):
        return f"not asked; the target does not claim: {', '.join(missing)}"
    if vector.given is None:
        return None
    first = vectors[vector.given].scenario
    holds = all(call.accepts(answer) for call, answer in zip(first.calls, ask(first), strict=True))
    return None if holds else f"not asked, because {vector.given}, which has the same first calls, fails"
