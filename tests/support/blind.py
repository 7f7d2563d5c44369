"""Asks the ports of `tests/fakes/blind` their proofs."""

import os

from conformance.json_type import Json
from conformance.wire.answers import Answer, Result
from conformance.wire.files import ask
from conformance.wire.scenario import show_answer
from reference_impl.adapter import ReferenceAdapter
from tests.fakes.blind.ports import Port
from tests.support.in_process import InProcessConnection

MOST_CALLS = 1000  # a longer proof is asked without the wire, which takes a millisecond for each call
ACCOUNTS = 97  # of the proofs that fork
TRIES = 5  # the PID of a child can equal that of its parent modulo ACCOUNTS


def is_proven(port: Port) -> bool:
    """Whether the port answers its proof differently from the reference. Raises ValueError if a call fails."""
    return any(_answers(port, port.create()) != _answers(port, ReferenceAdapter()) for _ in range(TRIES))


def _answers(port: Port, adapter: object) -> list[Json]:
    if len(port.proof.calls) > MOST_CALLS:
        return [getattr(adapter, each.method)(**each.params) for each in port.proof.calls]
    shown = [_shown(answer) for answer in ask(port.proof, InProcessConnection(adapter).batch)]
    for each in shown:
        if isinstance(each, dict) and "raised" in each:
            raise ValueError(f"{port.name}: {each['raised']}")
    return shown


def _shown(answer: Answer) -> Json:
    """The answer as JSON. Of a fork: whether the child uses its own PID or that of its parent."""
    if not (isinstance(answer, Result) and isinstance(answer.value, dict) and "answers" in answer.value):
        return show_answer(answer)
    pids = (answer.value["pid"], os.getpid())
    return [[each["result"]["index"] == pid % ACCOUNTS for pid in pids] for each in answer.value["answers"]]
