"""The reference's answers to a vector, in this process, and drift: answers that the vector does not expect."""

import contextlib
import io
import json
from collections.abc import Iterator, Sequence

from conformance.json_type import Json
from conformance.vectors.load import Vector
from conformance.wire import framing
from conformance.wire.answers import Answer, read_response, request
from conformance.wire.files import Send, ask
from conformance.wire.scenario import Scenario, show_answer
from conformance.wire.serve import answer_line
from reference_impl.adapter import ReferenceAdapter


def answers_of(adapter: object, scenario: Scenario) -> list[Answer]:
    """The answers of an adapter in this process."""
    return ask(scenario, send_to(adapter))


def send_to(adapter: object) -> Send:
    """Sends calls to an adapter in this process, as the same lines that a target receives."""

    def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
        requests = [request(number, method, params) for number, (method, params) in enumerate(calls)]
        with contextlib.redirect_stderr(io.StringIO()):  # some releases raise on some pools, by design
            responses = json.loads(answer_line(adapter, framing.encode(requests)))
        return [read_response(response, n, calls[n][0]) for n, response in enumerate(responses)]

    return send


def differences(vector: Vector, answers: list[Answer]) -> Iterator[str]:
    """One line for each unexpected answer."""
    for position, (call, answer) in enumerate(zip(vector.scenario.calls, answers, strict=True)):
        if not call.accepts(answer):
            expected = "a result" if "expect" not in call.to_json() and call.refusal is None else call.expected
            shown = json.dumps(show_answer(answer), ensure_ascii=False)
            wanted = json.dumps(expected, ensure_ascii=False)
            yield f"calls.{position}: {call.method} answered {shown}; expected {wanted}"


def drift(vector: Vector) -> Iterator[str]:
    """One line for each unexpected answer of the reference, at any profile for which the vector holds."""
    for profile in vector.profiles:
        for difference in differences(vector, answers_of(ReferenceAdapter(profile), vector.scenario)):
            yield (
                f"{vector.place}: {difference}, from the reference at {profile}; if the vector is wrong, "
                f"drop the profile or the expectation and run `make vectors`"
            )
