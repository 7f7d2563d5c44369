"""When a vector says nothing of a target, so that it is not asked: the same for `run` and for `vectors check`."""

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
    """Why the vector is not asked; None where it is. `ask` puts the vector that is given to the target."""
    if missing := sorted(set(vector.document["needs"]) - set(capabilities)):
        return f"not asked; the target does not claim: {', '.join(missing)}"
    if vector.given is None:
        return None
    first = vectors[vector.given].scenario
    holds = all(call.accepts(answer) for call, answer in zip(first.calls, ask(first), strict=True))
    return None if holds else f"not asked, since {vector.given} fails, whose calls come first"
