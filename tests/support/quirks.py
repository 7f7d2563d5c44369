"""The answers of an implementation to the scenario that distinguishes a quirk."""

from conformance.json_type import Json
from conformance.wire.answers import Answer
from conformance.wire.scenario import Scenario, show_answer


def unexpected(scenario: Scenario, answers: list[Answer]) -> list[Json]:
    """The unexpected answers of judged calls. Other calls may fail, because some quirks do exactly that."""
    pairs = zip(scenario.calls, answers, strict=True)
    wrong = [(call.to_json(), show_answer(answer)) for call, answer in pairs if not call.accepts(answer)]
    return [(call, answer) for call, answer in wrong if {"expect", "refusal"} & set(call)]
