"""`serve(adapter)`: the wire for adapters in Python. Uses only the standard library and one thread."""

import contextlib
import functools
import inspect
import io
import os
import sys
import traceback
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from conformance.json_type import Json
from conformance.wire import answers, framing


class Wire(NamedTuple):
    """The original standard input and output of the process."""

    input: BinaryIO
    output: BinaryIO


def serve(adapter: object) -> None:
    """Answer the calls on standard input until it ends.

    `adapter` is any object whose methods have the names of the wire's methods and take their parameters as keyword
    arguments. A call of a missing method is answered "not supported". `serve` implements `fork` for every adapter.
    Standard output now belongs to the wire: everything that the port prints goes to standard error.
    """
    with claimed() as wire:
        serve_on(wire, adapter)


def serve_on(wire: Wire, adapter: object) -> None:
    """Like `serve`, after `claimed`. A host claims the streams first if the port may print while it is imported."""
    for line in wire.input:
        wire.output.write(answer_line(adapter, line))
        wire.output.flush()


def answer_line(adapter: object, line: bytes) -> bytes:
    """The answer to one line: for a batch, an array in the same order."""
    try:
        message = framing.decode(line)
    except framing.FrameError as error:
        return _encode(_error(None, answers.PARSE_ERROR, str(error)))
    if isinstance(message, list) and message:
        return _answer_batch(adapter, message)
    return _encode(_answer(adapter, message))


def _answer_batch(adapter: object, messages: list[Json]) -> bytes:
    line = b"[" + b",".join(_encode(_answer(adapter, message))[:-1] for message in messages) + b"]\n"
    if len(line) > framing.MAX_LINE_BYTES:
        problem = f"{len(messages)} answers make a line of {len(line)} bytes, which cannot be sent"
        return framing.encode(_error(None, answers.INTERNAL_ERROR, problem))
    return line


def _encode(response: dict[str, Json]) -> bytes:
    """Encode a response. If the result cannot be sent (NaN, an object), the response is an internal error instead."""
    try:
        return framing.encode(response)
    except framing.FrameError as error:
        problem = f"the answer cannot be sent: {error}"
        return framing.encode(_error(response["id"], answers.INTERNAL_ERROR, problem))


class _BadParameters(Exception):  # noqa: N818 - an answer
    """The adapter's method does not accept the parameters of the call."""


def _answer(adapter: object, message: Json) -> dict[str, Json]:
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        return _error(None, answers.INVALID_REQUEST, f"expected a request, got {message!r}")
    try:
        result = _call(adapter, message["method"], message.get("params", {}))
        return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}
    except Exception as error:  # an exception of the port is an answer; it must not end the connection
        return _error(message.get("id"), *_read_exception(error, message["method"]))


def _call(adapter: object, method: str, params: Json) -> Json:
    function = getattr(adapter, method, None) if method in answers.METHOD_NAMES else None
    if method == "fork" and not callable(function):
        function = functools.partial(_fork, adapter)
    if not callable(function):
        raise NotImplementedError
    try:
        return function(**params)
    except TypeError as error:  # raised by the call itself, or inside the port
        try:
            inspect.signature(function).bind(**params)
        except (TypeError, ValueError):
            raise _BadParameters(f"the adapter's {method} does not take {params}: {error}") from error
        raise


def _read_exception(error: Exception, method: str) -> tuple[int, str, Json]:
    """The code, message and data of the error response for an exception."""
    match error:
        case answers.Refusal():
            return answers.REFUSED, str(error), {"refusal": error.kind}
        case NotImplementedError():  # for the method, or for a parameter such as a strategy
            return answers.NOT_SUPPORTED, f"{method} is not supported as asked", None
        case _BadParameters():
            return answers.INVALID_PARAMS, str(error), None
    traceback.print_exception(error, file=sys.stderr)
    return answers.INTERNAL_ERROR, f"{type(error).__name__}: {error}", None


def _error(call_id: Json, code: int, message: str, data: Json = None) -> dict[str, Json]:
    error = {"code": code, "message": message} | ({"data": data} if data is not None else {})
    return {"jsonrpc": "2.0", "id": call_id, "error": error}


def _fork(adapter: object, calls: list[Json]) -> Json:
    """Fork this process. The child answers `calls` on its inherited state, sends the answers back and exits."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            line = _answer_batch(adapter, [{"id": position, **call} for position, call in enumerate(calls)])
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
    """Reserve standard input and output for the wire. Descriptor 0 is then empty, and 1 is standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # output is not lost if the process is killed
    with os.fdopen(os.dup(0), "rb") as calls, os.fdopen(os.dup(1), "wb") as output:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        yield Wire(calls, output)
