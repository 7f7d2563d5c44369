"""A Python port on the wire: answers in order, only public methods can be called, and faults are never silent."""

import pytest

from conformance.json_type import Json
from conformance.wire import answers
from conformance.wire.answers import Refusal, request
from conformance.wire.framing import MAX_LINE_BYTES, decode, encode
from conformance.wire.serve import answer_line


class Port:
    """A port whose methods are right, wrong or broken."""

    secret = "not callable"  # noqa: S105 - a word

    def __init__(self) -> None:
        self.total = 0

    def advance(self, ms: float) -> Json:
        self.total += int(ms)
        return {"now_ms": self.total}

    def select(self, family: str, strategy: str = "sticky") -> Json:  # noqa: ARG002 - the wire gives it
        if strategy != "sticky":
            raise NotImplementedError(strategy)
        raise Refusal("not_open", "call `open` first")

    def min_wait(self, family: str) -> Json:
        return len(family) + None  # type: ignore[operator]  # a mistake inside the port

    def snapshot(self) -> Json:
        return {"cursor": float("nan")}

    def consume_token(self, amount: int) -> Json:
        return "x" * amount

    def _private(self) -> Json:
        return "reached"


def ask(method: str, **params: Json) -> Json:
    return answer(encode(request(1, method, params)))


def answer(line: bytes, port: object = None) -> Json:
    return decode(answer_line(port or Port(), line))


def error_code(response: Json) -> int:
    code: int = response["error"]["code"]
    return code


def test_batch_is_run_and_answered_in_order() -> None:
    batch = [request(call_id, "advance", {"ms": ms}) for call_id, ms in ((9, 1), (3, 10), (7, 100))]
    assert answer(encode(batch)) == [
        {"jsonrpc": "2.0", "id": 9, "result": {"now_ms": 1}},
        {"jsonrpc": "2.0", "id": 3, "result": {"now_ms": 11}},
        {"jsonrpc": "2.0", "id": 7, "result": {"now_ms": 111}},
    ]


def test_failing_call_does_not_stop_its_batch() -> None:
    batch = [request(1, "advance", {"ms": 1}), request(2, "min_wait", {"family": "claude"}), 3, request(4, "save", {})]
    first, *failed, last = answer(encode([*batch, request(5, "advance", {"ms": 1})]))
    assert [first["result"], last["result"]] == [{"now_ms": 1}, {"now_ms": 2}]
    assert [error_code(response) for response in failed] == [
        answers.INTERNAL_ERROR,
        answers.INVALID_REQUEST,
        answers.NOT_SUPPORTED,
    ]


@pytest.mark.parametrize("method", ["save", "secret", "_private", "__init__", "__class__", "total.real", ""])
def test_only_public_methods_of_the_port_are_reached(method: str) -> None:
    response = ask(method)
    assert error_code(response) == answers.NOT_SUPPORTED
    assert response["id"] == 1


def test_a_refusal_travels_with_its_kind() -> None:
    assert ask("select", family="claude")["error"] == {
        "code": answers.REFUSED,
        "message": "call `open` first",
        "data": {"refusal": "not_open"},
    }


def test_part_of_a_method_can_be_unsupported() -> None:
    error = ask("select", family="claude", strategy="hybrid")["error"]
    assert error == {"code": answers.NOT_SUPPORTED, "message": "select is not supported as asked"}


@pytest.mark.parametrize("params", [{}, {"ms": 1, "unit": "s"}, {"millis": 1}, [1], None])
def test_unknown_parameters_are_named(params: Json) -> None:
    response = answer(encode(request(1, "advance", params)))
    assert error_code(response) == answers.INVALID_PARAMS
    assert f"the adapter's advance does not take {params}" in response["error"]["message"]


def test_type_error_inside_the_port_is_internal(capsys: pytest.CaptureFixture[str]) -> None:
    error = ask("min_wait", family="claude")["error"]
    assert error["code"] == answers.INTERNAL_ERROR
    assert error["message"].startswith("TypeError: unsupported operand")
    assert "in min_wait" in capsys.readouterr().err  # the kit shows the standard error


@pytest.mark.parametrize("line", [b"Listening on 80\n", b"\xff\n", b"\n", b'{"id":1,"id":2}\n'])
def test_a_garbage_line_is_answered_and_quoted(line: bytes) -> None:
    response = answer(line)
    assert (response["id"], error_code(response)) == (None, answers.PARSE_ERROR)
    assert "the line was" in response["error"]["message"]


def test_error_message_too_long_is_shortened() -> None:
    key = b'"' + b"\x7f" * (MAX_LINE_BYTES // 3) + b'":1'  # the quote needs four characters for each of these bytes
    response = answer(b"{" + key + b"," + key + b"}")
    assert response["error"]["message"].startswith("the answer cannot be sent: a line of")


@pytest.mark.parametrize("message", [[], {}, 7, None, {"method": 3}])
def test_invalid_request_is_quoted(message: Json) -> None:
    response = answer(encode(message))
    assert (response["id"], error_code(response)) == (None, answers.INVALID_REQUEST)
    assert response["error"]["message"] == f"expected a request, got {message!r}"


def test_unsendable_result_is_an_internal_error() -> None:
    batch = [request(1, "snapshot", {}), request(2, "advance", {"ms": 1})]
    broken, whole = answer(encode(batch))
    assert (broken["id"], error_code(broken)) == (1, answers.INTERNAL_ERROR)
    assert broken["error"]["message"] == "the answer cannot be sent: the number nan is not finite"
    assert whole["result"] == {"now_ms": 1}


def test_overlong_line_of_answers_is_an_error() -> None:
    batch = [request(call_id, "consume_token", {"amount": MAX_LINE_BYTES // 2}) for call_id in (1, 2)]
    response = answer(encode(batch))
    assert error_code(response) == answers.INTERNAL_ERROR
    assert "2 answers make a line of 8388" in response["error"]["message"]


@pytest.mark.parametrize("params", [{}, {"call": []}, {"calls": [], "more": 1}])
def test_fork_refuses_wrong_parameters_without_forking(params: Json) -> None:
    response = answer(encode(request(1, "fork", params)))
    assert error_code(response) == answers.INVALID_PARAMS


def test_a_port_may_fork_in_its_own_way() -> None:
    class Forking:
        def fork(self, calls: list[Json]) -> Json:
            return {"pid": 5, "answers": calls}

    response = answer(encode(request(1, "fork", {"calls": []})), Forking())
    assert response["result"] == {"pid": 5, "answers": []}
