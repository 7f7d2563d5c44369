"""Decides whether a checkout deviates in the same way as its release. Only then it inherits the deviation."""

from conformance.json_type import Json
from conformance.vectors.predict import answers_of
from conformance.wire.answers import Raised
from conformance.wire.scenario import Scenario, matches, show_answer
from reference_impl.adapter import ReferenceAdapter


def is_as_in(release: str, scenario: Scenario, position: int, actual: Json) -> bool:
    """Does the reference, at the profile of the release, answer this call as the target did?"""
    answer = answers_of(ReferenceAdapter(release), scenario)[position]
    if isinstance(answer, Raised):
        return isinstance(actual, dict) and set(actual) == {"raised"}  # with any message
    expected = scenario.calls[position].expected
    ours, theirs = (_judged(expected, each) for each in (actual, show_answer(answer)))
    return matches(ours, theirs) and matches(theirs, ours)


def _judged(expected: Json, answer: Json) -> Json:
    """The part of an answer that the expectation covers."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        return {key: _judged(wanted, answer[key]) for key, wanted in expected.items() if key in answer}
    if isinstance(expected, list) and isinstance(answer, list) and len(expected) == len(answer):
        return [_judged(wanted, each) for wanted, each in zip(expected, answer, strict=True)]
    return answer
