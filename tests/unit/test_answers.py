"""A response is a result, a refusal, "not supported" or "raised"; anything else is a fault of the adapter."""

import pytest

from conformance.json_type import Json
from conformance.wire.answers import AnswerError, NotSupported, Raised, Refused, Result, read_response, request


def response(**members: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": 7, **members}


def failing(code: Json, message: str = "no", **members: Json) -> dict[str, Json]:
    return response(error={"code": code, "message": message, **members})


def read(answer: Json) -> Json:
    return read_response(answer, 7, "select")


def test_a_request_carries_its_id_method_and_parameters() -> None:
    assert request(7, "select", {"family": "claude"}) == {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "select",
        "params": {"family": "claude"},
    }


@pytest.mark.parametrize("value", [None, False, 0, {"label": "a", "index": 0}])
def test_result_is_kept_unchanged_even_null(value: Json) -> None:
    assert read(response(result=value)) == Result(value)


def test_a_refusal_has_its_kind_from_the_data() -> None:
    answer = failing(1, "no pool", data={"refusal": "not_open"})
    assert read(answer) == Refused("not_open", "no pool")


def test_not_supported_names_the_method() -> None:
    assert read(failing(-32601)) == NotSupported("select")


def test_internal_error_is_raised_by_the_target() -> None:
    assert read(failing(-32603, "KeyError: 'a'")) == Raised("KeyError: 'a'")


@pytest.mark.parametrize("answer", [None, [], "ok", {"id": 7, "result": 1}, {"jsonrpc": "1.0", "id": 7, "result": 1}])
def test_invalid_response_is_quoted(answer: Json) -> None:
    with pytest.raises(AnswerError) as caught:
        read(answer)
    assert str(caught.value) == f"select: expected a JSON-RPC 2.0 response, got {answer!r}"


def test_second_answer_to_an_earlier_call_is_named() -> None:
    with pytest.raises(AnswerError, match="expected the answer to id 7, got another one to id 6"):
        read(response(result=1) | {"id": 6})


@pytest.mark.parametrize("call_id", [8, "7", None, True])
def test_an_answer_to_another_call_breaks_the_order(call_id: Json) -> None:
    with pytest.raises(AnswerError) as caught:
        read(response(result=1) | {"id": call_id})
    assert f"expected the answer to id 7, got one to id {call_id!r}" in str(caught.value)
    assert "in the order of the calls" in str(caught.value)


def test_true_is_not_accepted_as_id_1() -> None:
    with pytest.raises(AnswerError, match="expected the answer to id 1, got one to id True"):
        read_response({"jsonrpc": "2.0", "id": True, "result": None}, 1, "hello")


@pytest.mark.parametrize("members", [{}, {"result": None, "error": {"code": 1}}])
def test_response_needs_either_result_or_error(members: dict[str, Json]) -> None:
    with pytest.raises(AnswerError, match="expected either result or error, got") as caught:
        read(response(**members))
    assert f"got {sorted(response(**members))}" in str(caught.value)
    assert ("leave out the one that is null" in str(caught.value)) is bool(members)


@pytest.mark.parametrize(
    ("members", "advice"), [({}, 'answer "result": null'), ({"method": "hello", "params": {}}, "this is a request")]
)
def test_response_without_content_gets_the_next_step(members: dict[str, Json], advice: str) -> None:
    with pytest.raises(AnswerError, match=advice):
        read(response(**members))


@pytest.mark.parametrize(
    "error", [None, "no", [], {}, {"message": "no"}, {"code": "1"}, {"code": None}, {"code": True}]
)
def test_an_error_without_a_code_is_quoted(error: Json) -> None:
    with pytest.raises(AnswerError) as caught:
        read(response(error=error))
    assert str(caught.value) == f"select: expected an error object with a code, got {error!r}"


@pytest.mark.parametrize("code", [-32700, -32600, -32602, 2, 0])
def test_unknown_error_code_is_an_adapter_fault(code: int) -> None:
    with pytest.raises(AnswerError, match=f"the adapter failed with error {code}: unknown parameter familiy"):
        read(failing(code, "unknown parameter familiy"))


@pytest.mark.parametrize("members", [{}, {"data": None}, {"data": "not_open"}, {"data": {}}, {"data": {"refusal": 3}}])
def test_refusal_without_kind_is_rejected(members: dict[str, Json]) -> None:
    with pytest.raises(AnswerError, match="the adapter failed with error 1: no"):
        read(failing(1, **members))
