"""`serve(adapter)`: the adapter's end of the wire for Python ports. Standard library only, one thread."""

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
    """The line of a response. A result that cannot travel (NaN, an object) becomes an internal error in its place."""
    try:
        return framing.encode(response)
    except framing.FrameError as error:
        problem = f"the answer cannot be sent: {error}"
        return framing.encode(_error(response["id"], answers.INTERNAL_ERROR, problem))


class _BadParameters(Exception):  # noqa: N818 - an answer
    """The adapter's method does not take the parameters it was given."""


def _answer(adapter: object, message: Json) -> dict[str, Json]:
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        return _error(None, answers.INVALID_REQUEST, f"expected a request, got {message!r}")
    try:
        result = _call(adapter, message["method"], message.get("params", {}))
        return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}
    except Exception as error:  # whatever the port raises is an answer, never a lost connection
        return _error(message.get("id"), *_read_exception(error, message["method"]))


def _call(adapter: object, method: str, params: Json) -> Json:
    function = getattr(adapter, method, None) if method in answers.METHOD_NAMES else None
    if method == "fork" and not callable(function):
        function = functools.partial(_fork, adapter)
    if not callable(function):
        raise NotImplementedError
    try:
        return function(**params)
    except TypeError as error:  # from the call itself, or from somewhere in the port
        try:
            inspect.signature(function).bind(**params)
        except (TypeError, ValueError):
            raise _BadParameters(f"the adapter's {method} does not take {params}: {error}") from error
        raise


def _read_exception(error: Exception, method: str) -> tuple[int, str, Json]:
    """Code, message and data of the answer that an exception becomes."""
    match error:
        case answers.Refusal():
            return answers.REFUSED, str(error), {"refusal": error.kind}
        case NotImplementedError():  # the method, or a part of it such as a strategy
            return answers.NOT_SUPPORTED, f"{method} is not supported as asked", None
        case _BadParameters():
            return answers.INVALID_PARAMS, str(error), None
    traceback.print_exception(error, file=sys.stderr)
    return answers.INTERNAL_ERROR, f"{type(error).__name__}: {error}", None


def _error(call_id: Json, code: int, message: str, data: Json = None) -> dict[str, Json]:
    error = {"code": code, "message": message} | ({"data": data} if data is not None else {})
    return {"jsonrpc": "2.0", "id": call_id, "error": error}


def _fork(adapter: object, calls: list[Json]) -> Json:
    """Fork this process; the child answers `calls` on the state it inherited, sends the answers back and ends."""
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
    """Keep the real standard input and output for the wire; from now on 0 is empty, 1 is standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what was printed is seen also if the process is killed
    with os.fdopen(os.dup(0), "rb") as calls, os.fdopen(os.dup(1), "wb") as output:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        yield Wire(calls, output)
