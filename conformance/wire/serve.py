"""`serve(adapter)`: the adapter's end of the wire for Python ports. Standard library only, one thread."""

import contextlib
import inspect
import io
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from conformance.wire import answers, framing

Json = Any


class Wire(NamedTuple):
    """What standard input and output were before they were claimed."""

    input: BinaryIO
    output: BinaryIO


def serve(adapter: object) -> None:
    """Answer calls on standard input until it ends.

    `adapter` is any object whose methods carry the names of the wire's methods and take their parameters as
    keywords; a method it lacks is answered "not supported". `fork` is provided for every adapter. Standard output
    belongs to the wire from here on: what the port prints goes to standard error.
    """
    with claimed() as wire:
        serve_on(wire, adapter)


def serve_on(wire: Wire, adapter: object) -> None:
    """The same after `claimed`: a port that prints while it is imported must find the wire taken."""
    for line in wire.input:
        wire.output.write(answer_line(adapter, line))
        wire.output.flush()


def answer_line(adapter: object, line: bytes) -> bytes:
    """The line that answers one line: an array for a batch, in its order."""
    try:
        message = framing.decode(line)
    except framing.FrameError as error:
        return framing.encode(_error(None, answers.PARSE_ERROR, str(error)))
    if isinstance(message, list) and message:
        return framing.encode([_answer(adapter, item) for item in message])
    return framing.encode(_answer(adapter, message))


def _answer(adapter: object, message: Json) -> Json:
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        return _error(None, answers.INVALID_REQUEST, f"expected a request, got {message!r}")
    call_id, method, params = message.get("id"), message["method"], message.get("params", {})
    if not isinstance(params, dict):
        return _error(
            call_id, answers.INVALID_PARAMS, f"params of {method} must be an object, got {params!r}"
        )
    function = (
        getattr(adapter, method, None) if method.isidentifier() and not method.startswith("_") else None
    )
    try:
        if callable(function):
            return {"jsonrpc": "2.0", "id": call_id, "result": function(**params)}
        if method == "fork":
            return {"jsonrpc": "2.0", "id": call_id, "result": _fork(adapter, params["calls"])}
    except answers.Refusal as refusal:
        return _error(call_id, answers.REFUSED, str(refusal), {"refusal": refusal.kind})
    except NotImplementedError:  # a part of the method, such as a strategy, that the port does not have
        return _error(call_id, answers.NOT_SUPPORTED, f"{method} is not supported as asked: {params}")
    except TypeError as error:
        return _type_error(call_id, function, method, params, error)
    except Exception as error:  # noqa: BLE001 - whatever the port raises is an answer, never a lost connection
        traceback.print_exc(file=sys.stderr)
        return _error(call_id, answers.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
    return _error(call_id, answers.NOT_SUPPORTED, f"{method} is not supported")


def _type_error(call_id: Json, function: Any, method: str, params: Json, error: TypeError) -> Json:
    """Parameters that the adapter does not take are the adapter's fault; any other TypeError is the port's."""
    try:
        inspect.signature(function).bind(**params)
    except (TypeError, ValueError):
        return _error(
            call_id, answers.INVALID_PARAMS, f"the adapter's {method} does not take {sorted(params)}: {error}"
        )
    traceback.print_exception(error, file=sys.stderr)
    return _error(call_id, answers.INTERNAL_ERROR, f"TypeError: {error}")


def _error(call_id: Json, code: int, message: str, data: Json = None) -> Json:
    error = {"code": code, "message": message} | ({"data": data} if data is not None else {})
    return {"jsonrpc": "2.0", "id": call_id, "error": error}


def _fork(adapter: object, calls: list[Json]) -> Json:
    """Fork this process; the child answers `calls` on the state it inherited, sends the answers back and ends."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            requests = [{"id": position, **call} for position, call in enumerate(calls)]
            line = framing.encode([_answer(adapter, item) for item in requests])
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(line)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        line = pipe.read()
    os.waitpid(child, 0)
    return {"pid": child, "answers": framing.decode(line)}


@contextlib.contextmanager
def claimed() -> Iterator[Wire]:
    """Keep the real standard input and output for the wire; from now on 0 is empty, 1 is standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what was printed is seen also if the process is killed
    with os.fdopen(os.dup(0), "rb") as calls, os.fdopen(os.dup(1), "wb") as output:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        yield Wire(calls, output)
