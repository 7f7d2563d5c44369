"""What an implementation answers to the scenario that distinguishes a quirk."""

from conformance.json_type import Json
from conformance.wire.answers import Answer
from conformance.wire.scenario import Scenario, show_answer


def unexpected(scenario: Scenario, answers: list[Answer]) -> list[Json]:
    """What differs where something is expected. Any other call may fail: that is what some quirks do."""
    pairs = zip(scenario.calls, answers, strict=True)
    wrong = [(call.to_json(), show_answer(answer)) for call, answer in pairs if not call.accepts(answer)]
    return [(call, answer) for call, answer in wrong if {"expect", "refusal"} & set(call)]
