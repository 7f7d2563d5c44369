"""Adapters that write JSON which is no correct JSON-RPC response."""

import json
import threading
from typing import Any

from conformance.wire.serve import Wire
from tests.fakes.gallery.serving import Asked, asked_lines, encode, in_batches, lines, process, responses, texts, write

Response = dict[str, Any]


@in_batches
def wrong_order(asked: Asked) -> bytes:
    """Answers each batch in the reverse order, with the right ids."""
    return encode(asked.responses[::-1])


@process
def wrong_order_of_state(wire: Wire) -> None:
    """Runs each batch from its last call to its first, and answers in the order of the calls."""
    from conformance.wire.serve import answer_line
    from reference_impl.adapter import ReferenceAdapter

    adapter = ReferenceAdapter()
    for line in wire.input:
        message = json.loads(line)
        if isinstance(message, list):
            answers = json.loads(answer_line(adapter, encode(message[::-1])))
            write(wire, encode(answers[::-1]))
        else:
            write(wire, answer_line(adapter, line))


@responses
def wrong_ids(response: Response, method: str) -> None:
    """Answers to ids that are 1,000 too high."""
    response["id"] += 1000


@responses
def missing_ids(response: Response, method: str) -> None:
    """Leaves out the ids."""
    del response["id"]


@in_batches
def duplicate_ids(asked: Asked) -> bytes:
    """Gives each answer of a batch the id of the first."""
    answers = asked.responses
    return encode([answer | {"id": answers[0]["id"]} for answer in answers])


@responses
def string_ids(response: Response, method: str) -> None:
    """Turns the ids into strings."""
    response["id"] = str(response["id"])


@process
def late_second_answer(wire: Wire) -> None:
    """Answers each batch a second time, 200 ms later."""
    for asked in asked_lines(wire):
        write(wire, asked.answer)
        if asked.is_batch:
            threading.Timer(0.2, write, (wire, asked.answer)).start()


@in_batches
def second_answer(asked: Asked) -> bytes:
    """Answers each batch twice, in two lines."""
    return asked.answer * 2


@in_batches
def unsolicited_lines(asked: Asked) -> bytes:
    """Sends an answer that nobody asked for before each answer."""
    return b'{"jsonrpc":"2.0","id":0,"result":null}\n' + asked.answer


@in_batches
def notifications(asked: Asked) -> bytes:
    """Sends a notification before each answer."""
    return b'{"jsonrpc":"2.0","method":"log","params":{"text":"selecting"}}\n' + asked.answer


@in_batches
def asks_back(asked: Asked) -> bytes:
    """Sends a request instead of a response, and waits."""
    return b'{"jsonrpc":"2.0","id":1,"method":"clock","params":{}}\n'


@responses
def result_and_error(response: Response, method: str) -> None:
    """Gives each answer both a result and an error."""
    response |= {"result": response.get("result"), "error": {"code": -32603, "message": "no error"}}


@responses
def result_and_null_error(response: Response, method: str) -> None:
    """Adds `"error": null` to each result, as JSON-RPC 1.0 has it."""
    if "result" in response:
        response["error"] = None


@responses
def neither_result_nor_error(response: Response, method: str) -> None:
    """Gives no answer a result or an error."""
    response.pop("result", None)
    response.pop("error", None)


def _fail(response: Response, error: Any) -> None:
    response.pop("result", None)
    response["error"] = error


@responses
def error_without_code(response: Response, method: str) -> None:
    """Answers `select` with an error that has no code."""
    if method == "select":
        _fail(response, {"message": "no account"})


@responses
def error_without_message(response: Response, method: str) -> None:
    """Answers `select` with an internal error that has no message."""
    if method == "select":
        _fail(response, {"code": -32603})


@responses
def error_is_a_string(response: Response, method: str) -> None:
    """Answers `select` with an error that is a string."""
    if method == "select":
        _fail(response, "no account")


@responses
def unknown_error_code(response: Response, method: str) -> None:
    """Answers `select` with the error code -32000."""
    if method == "select":
        _fail(response, {"code": -32000, "message": "no account"})


@responses
def unknown_refusal(response: Response, method: str) -> None:
    """Refuses `select` with a refusal that the wire does not have."""
    if method == "select":
        _fail(response, {"code": 1, "message": "no", "data": {"refusal": "busy"}})


@responses
def message_is_an_object(response: Response, method: str) -> None:
    """Answers `select` with an internal error whose message is an object."""
    if method == "select":
        _fail(response, {"code": -32603, "message": {"text": ["no account"]}})


@in_batches
def batch_too_short(asked: Asked) -> bytes:
    """Leaves out the last answer of each batch."""
    return encode(asked.responses[:-1])


@in_batches
def batch_too_long(asked: Asked) -> bytes:
    """Gives the last answer of each batch twice."""
    answers = asked.responses
    return encode([*answers, answers[-1]])


@in_batches
def batch_as_single_lines(asked: Asked) -> bytes:
    """Answers the calls of a batch in lines of their own."""
    return texts(map(encode, asked.responses))


@in_batches
def empty_batch(asked: Asked) -> bytes:
    """Answers each batch with an empty array."""
    return b"[]\n"


@in_batches
def nested_batch(asked: Asked) -> bytes:
    """Answers each batch with an array in an array."""
    return encode([asked.responses])


@in_batches
def only_the_last_answer(asked: Asked) -> bytes:
    """Answers only the last call of each batch, without an array."""
    return encode(asked.responses[-1])


@in_batches
def batches_are_not_supported(asked: Asked) -> bytes:
    """Answers each batch with one error: it knows no batches."""
    return b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"expected an object"}}\n'


@in_batches
def echo(asked: Asked) -> bytes:
    """Answers each batch with the batch."""
    return asked.line


@process
def one_answer_behind(wire: Wire) -> None:
    """Writes each answer only when the next line has come."""
    waiting = b""
    for asked in asked_lines(wire):
        if asked.is_batch:
            write(wire, waiting)
            waiting = asked.answer
        else:
            write(wire, asked.answer)


@responses
def no_jsonrpc_member(response: Response, method: str) -> None:
    """Leaves out `jsonrpc`."""
    del response["jsonrpc"]


@lines
def jsonrpc_is_a_number(asked: Asked) -> bytes:
    """Says `"jsonrpc": 2.0`, from `hello` on."""
    return asked.answer.replace(b'"2.0"', b"2.0", 1)


@responses
def members_of_its_own(response: Response, method: str) -> None:
    """Adds a member to each answer, which is harmless."""
    response["took_ms"] = 3
