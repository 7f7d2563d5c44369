"""Turns calls into request lines, and lines from a target into answers. Starts no processes."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conformance.wire import answers, framing
from conformance.wire.answers import (
    Answer,
    AnswerError,
    MalformedAnswerError,
    Result,
    check_envelope,
    read_response,
    shown,
)
from conformance.wire.methods import METHODS

WORDS = {"model_type": "expected an object", "dict_type": "expected an object"}  # in place of pydantic's messages
# Batches are also split by count: the answers to many short calls could exceed the size of a line.
MAX_CALLS_A_LINE = 256

MethodCall = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class RequestLine:
    """One line to a target, with the ids and methods of its calls."""

    line: bytes
    first_id: int
    methods: tuple[str, ...]
    is_batch: bool

    @property
    def described(self) -> str:
        """The calls, for messages."""
        if not self.is_batch:
            return f"`{self.methods[0]}`"
        shown = ", ".join(self.methods[:3]) + (", ..." if len(self.methods) > 3 else "")
        return f"a batch of {len(self.methods)} call{'s' if len(self.methods) > 1 else ''} ({shown})"


def ask_one(call: MethodCall, call_id: int) -> RequestLine:
    """The line for one call without a batch."""
    method, params = call
    return RequestLine(framing.encode(answers.request(call_id, method, params)), call_id, (method,), is_batch=False)


def ask_batch(calls: Sequence[MethodCall], first_id: int) -> Iterator[RequestLine]:
    """The lines for the calls, as batches in order. Several lines only if one could exceed the limits of the wire.

    Raises FrameError for a call that cannot be sent.
    """
    parts: list[bytes] = []
    methods: list[str] = []
    size_bytes = 0
    for call_id, (method, params) in enumerate(calls, first_id):
        part = framing.encode(answers.request(call_id, method, params))[:-1]
        too_long = size_bytes + len(part) + 3 > framing.MAX_LINE_BYTES
        if parts and (too_long or len(parts) == MAX_CALLS_A_LINE):
            yield _batch(parts, call_id - len(parts), methods)
            parts, methods, size_bytes = [], [], 0
        parts.append(part)
        methods.append(method)
        size_bytes += len(part) + 1
    if parts:
        yield _batch(parts, first_id + len(calls) - len(parts), methods)


def _batch(parts: list[bytes], first_id: int, methods: list[str]) -> RequestLine:
    return RequestLine(b"[" + b",".join(parts) + b"]\n", first_id, tuple(methods), is_batch=True)


def read_answers(asked: RequestLine, line: bytes) -> list[Answer]:
    """The answers in a line.

    Raises AnswerError if the line does not answer the request, MalformedAnswerError if the content of an answer is
    wrong.
    """
    try:
        message = framing.decode(line)
    except framing.FrameError as error:
        raise AnswerError(
            f"wrote a line that is no answer to {asked.described}: {error}. Standard output belongs to the "
            "wire: one JSON message a line, without headers and without line breaks inside. The adapter must write "
            "everything else to standard error"
        ) from error
    responses = message if asked.is_batch else [message]
    count = len(asked.methods)
    if not isinstance(responses, list):
        raise AnswerError(
            f"answered {asked.described} with {framing.excerpt(line)}; expected one array of {count} answers"
        )
    if len(responses) != count:
        raise AnswerError(
            f"answered {asked.described} with {len(responses)} answers; expected {count}, one for each call, "
            "in the order of the calls"
        )
    place, answers = 0, []
    try:
        for place, method in enumerate(asked.methods):  # all ids before any content: the line may answer other calls
            check_envelope(responses[place], asked.first_id + place, method, asked.first_id)
        for place, method in enumerate(asked.methods):
            answers.append(_read(responses[place], asked.first_id + place, method))
    except AnswerError as error:
        where = f", call {place + 1} of {count} in a batch" if asked.is_batch else ""
        raise type(error)(f"gave no valid answer{where}: {error}") from error
    return answers


def _read(response: Any, call_id: int, method: str) -> Answer:
    answer = read_response(response, call_id, method)
    if isinstance(answer, Result) and method in METHODS:
        try:
            _result_type(method).validate_python(answer.value)
        except ValidationError as error:
            raise MalformedAnswerError(
                f"{method}: malformed result: {_problems(error)}. The result was {shown(answer.value)}; "
                "docs/wire.md has its shape"
            ) from error
    return answer


@functools.cache
def _result_type(method: str) -> TypeAdapter[Any]:
    return METHODS[method].result_adapter


def _problems(error: ValidationError) -> str:
    problems = [
        ": ".join(filter(None, [".".join(map(str, problem["loc"])), WORDS.get(problem["type"], problem["msg"])]))
        for problem in error.errors(include_url=False, include_context=False)
    ]
    return "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
