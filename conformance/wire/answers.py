"""The answers to a call: result, refusal, not supported, or an exception. Uses only the standard library."""

import json
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.texts import NAME_CHARACTERS, clip, safe

# The error codes of JSON-RPC, and one of this wire.
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
NOT_SUPPORTED = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REFUSED = 1

# The names in `methods.METHODS`, for Python adapters, which do not import that table.
METHOD_NAMES = frozenset(
    [
        "hello",
        "open",
        "select",
        "mark_rate_limited",
        "mark_rate_limited_with_reason",
        "mark_used",
        "mark_success",
        "mark_cooling_down",
        "set_enabled",
        "remove",
        "record_health",
        "consume_token",
        "refund_token",
        "min_wait",
        "soft_quota_wait",
        "reset_limits",
        "has_other_account",
        "available_header_style",
        "update_quota",
        "require_verification",
        "clear_verification",
        "advance",
        "snapshot",
        "save",
        "request_save",
        "flush_save",
        "use_session",
        "pool_path",
        "read_reason",
        "soft_quota_ttl",
        "load_config",
        "fork",
        "close",
    ]
)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Raise this in an adapter to refuse a call. `kind` is one of the refusals in the table of methods."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Result:
    """The call succeeded. `value` has the shape given in the table of methods."""

    value: Json


@dataclass(frozen=True)
class Refused:
    """The target refused the call. `kind` is one of the refusals in the table of methods."""

    kind: str
    message: str


@dataclass(frozen=True)
class NotSupported:
    """The target does not have this feature. It is never shown as passed."""

    method: str


@dataclass(frozen=True)
class Raised:
    """The target raised an exception on the call (an internal error). No case expects this."""

    message: str


Answer = Result | Refused | NotSupported | Raised


class AnswerError(ValueError):
    """A response is not a JSON-RPC response to the request that was sent: a fault of the adapter."""


class MalformedAnswerError(AnswerError):
    """The response belongs to the request, but its content does not fit the method. Later answers can be valid."""


def request(call_id: int, method: str, params: dict[str, Json]) -> dict[str, Json]:
    """One JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}


def check_envelope(response: Json, call_id: int, method: str, first_id: int | None = None) -> None:
    """Check that this is the response to the request with `call_id`, in a line whose first request has `first_id`.

    Raises AnswerError, which quotes the response, if it is not.
    """
    if not isinstance(response, dict) or response.get("jsonrpc") != "2.0":
        raise AnswerError(f"{method}: expected a JSON-RPC 2.0 response, got {shown(response)}")
    if response.get("id") is None and isinstance(response.get("error"), dict):
        message = clip(str(response["error"].get("message")))
        raise AnswerError(f"{method}: the adapter could not read the call: {message}")
    given_id = response.get("id")
    if type(given_id) is int and given_id < (call_id if first_id is None else first_id):
        raise AnswerError(f"{method}: expected the answer to id {call_id}, got another one to id {given_id}")
    if given_id != call_id or isinstance(given_id, bool):
        raise AnswerError(
            f"{method}: expected the answer to id {call_id}, got one to id {shown(given_id)}; "
            "answers must come in the order of the calls, one for each"
        )


def read_response(response: Json, call_id: int, method: str) -> Answer:
    """Read the response to one request.

    Raises AnswerError if it is not the response to this request, MalformedAnswerError if its content is wrong.
    """
    check_envelope(response, call_id, method)
    if ("result" in response) == ("error" in response):
        raise MalformedAnswerError(
            f"{method}: expected either result or error, got {shown(sorted(response))}; {_advice(response)}"
        )
    if "result" in response:
        return Result(response["result"])
    return _read_error(response["error"], method)


def _advice(response: dict[str, Json]) -> str:
    if "result" in response:
        return "leave out the one that is null"
    if "method" in response:
        return "this is a request, not an answer"
    return 'to a call without a result, answer "result": null, which JSON.stringify leaves out if it is undefined'


def _read_error(error: Json, method: str) -> Answer:
    if not isinstance(error, dict) or type(error.get("code")) is not int:  # True is an int to isinstance
        raise MalformedAnswerError(f"{method}: expected an error object with a code, got {shown(error)}")
    code, message = error["code"], safe(str(error.get("message", "")))
    if code == NOT_SUPPORTED:
        return NotSupported(method)
    if code == INTERNAL_ERROR:
        return Raised(message)
    data = error.get("data")
    if code == REFUSED and isinstance(data, dict) and isinstance(data.get("refusal"), str):
        return Refused(safe(data["refusal"], NAME_CHARACTERS), message)
    raise MalformedAnswerError(f"{method}: the adapter failed with error {code}: {message}")


def in_words(answer: Answer) -> str:
    """The answer as words of a message."""
    match answer:
        case Result(value):
            return f"the result {clip(json.dumps(value, ensure_ascii=False))}"
        case Refused(kind):
            return f"the refusal {kind}"
        case Raised(message):
            return f"an exception: {message}"
        case NotSupported():
            return "the error -32601 (not supported)"


def shown(value: Json) -> str:
    """A value for a message, shortened if it is long."""
    return clip(repr(value))
