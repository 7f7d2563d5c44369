"""The published schema is generated from the table of methods, and accepts what the reference sends."""

import json

import pytest
from jsonschema import Draft202012Validator

from conformance.json_type import Json
from conformance.wire.answers import METHOD_NAMES, request
from conformance.wire.calls import advance, limit, open_pool, pool, select
from conformance.wire.framing import decode, encode
from conformance.wire.methods import METHODS, REFUSALS
from conformance.wire.scenario import Call
from conformance.wire.schema import SCHEMA_FILE, render
from conformance.wire.serve import answer_line
from reference_impl.adapter import ReferenceAdapter

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
MESSAGES = Draft202012Validator(SCHEMA)

SMALLEST: dict[str, dict[str, Json]] = {  # the required parameters of each method
    "hello": {},
    "open": {"pool": {}},
    "select": {"family": "claude", "strategy": "sticky"},
    "mark_rate_limited": {"label": "a", "retry_after_ms": 1, "family": "claude"},
    "mark_rate_limited_with_reason": {"label": "a", "family": "claude", "reason": "QUOTA_EXHAUSTED"},
    "mark_used": {"label": "a"},
    "mark_success": {"label": "a"},
    "mark_cooling_down": {"label": "a", "cooldown_ms": 1.5, "reason": "auth-failure"},
    "set_enabled": {"label": "a", "enabled": False},
    "remove": {"label": "a"},
    "record_health": {"label": "a", "outcome": "success"},
    "consume_token": {"label": "a"},
    "refund_token": {"label": "a"},
    "min_wait": {"family": "gemini"},
    "soft_quota_wait": {"family": "gemini"},
    "reset_limits": {"family": "gemini"},
    "has_other_account": {"label": "a", "family": "gemini"},
    "available_header_style": {"label": "a", "family": "gemini"},
    "update_quota": {"label": "a", "quota": {}},
    "require_verification": {"label": "a"},
    "clear_verification": {"label": "a"},
    "advance": {"ms": 1},
    "snapshot": {},
    "save": {},
    "request_save": {},
    "flush_save": {},
    "use_session": {"session": 1},
    "pool_path": {"home": "/home/user"},
    "read_reason": {},
    "soft_quota_ttl": {},
    "load_config": {"directory": "/project", "home": "/home/user"},
    "fork": {"calls": [{"method": "hello"}]},
    "close": {},
}


def part(name: str) -> Draft202012Validator:
    """The validator of one definition."""
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def test_stored_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render(), "run `python -m conformance.wire.schema`"


def test_stored_schema_is_valid() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("method", METHODS)
def test_requests_are_valid_alone_and_in_batches(method: str) -> None:
    message = request(1, method, SMALLEST[method])
    MESSAGES.validate(message)
    MESSAGES.validate([message, message])
    assert part("request").is_valid(message)
    assert not part("response").is_valid(message)


@pytest.mark.parametrize("method", METHODS)
def test_a_misspelt_parameter_is_refused_in_every_method(method: str) -> None:
    assert not MESSAGES.is_valid(request(1, method, {**SMALLEST[method], "misspelt": 1}))


@pytest.mark.parametrize(
    ("method", "name"), [(method, name) for method, given in SMALLEST.items() for name in given if method != "open"]
)
def test_a_missing_parameter_is_refused(method: str, name: str) -> None:
    assert not MESSAGES.is_valid(request(1, method, {k: v for k, v in SMALLEST[method].items() if k != name}))


@pytest.mark.parametrize(
    "message",
    [
        request(1, "choose", {}),
        request(1, "select", {"family": "gpt", "strategy": "sticky"}),
        request(1, "set_enabled", {"label": "a", "enabled": 1}),
        {**request(1, "close", {}), "jsonrpc": "1.0"},
        {**request(1, "close", {}), "extra": 1},
        {"jsonrpc": "2.0", "method": "close", "params": {}},
        {"jsonrpc": "2.0", "id": 1, "result": None, "error": {"code": 1, "message": ""}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "", "data": {"refusal": "unheard_of"}}},
        {"jsonrpc": "2.0", "id": 1, "error": {"message": "no code"}},
        {"jsonrpc": "2.0", "id": 1},
        [],
        "close",
    ],
    ids=str,
)
def test_invalid_message_is_refused(message: Json) -> None:
    assert not MESSAGES.is_valid(message)


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_of_the_table_is_accepted(kind: str) -> None:
    MESSAGES.validate({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no", "data": {"refusal": kind}}})


CONVERSATION = [
    select(),  # refused: no pool is open
    Call("hello", {"wire": 1}),
    open_pool(pool(3), pid=7),
    select(offset=True),
    limit(1, 60_000),
    limit(20, 60_000),  # refused: no such account
    select("gemini", "round-robin", style="gemini-cli", model="m1"),
    select(strategy="hybrid"),
    advance(1000),
    Call("snapshot"),
    open_pool(pool(0)),
    select(),  # no account is available
    Call("load_config", {"directory": "/nowhere/project", "home": "/nowhere/home", "environment": {}}),
    Call("save"),  # not supported
    Call("close"),
]


def test_answers_of_the_reference_are_valid() -> None:
    requests = [request(call_id, call.method, dict(call.params)) for call_id, call in enumerate(CONVERSATION, 1)]
    adapter = ReferenceAdapter()
    responses = [decode(answer_line(adapter, encode(message))) for message in requests]
    together = decode(answer_line(ReferenceAdapter(), encode(requests)))
    assert together == responses
    for message in [*requests, *responses, requests, together]:
        MESSAGES.validate(message)
    for call, response in zip(CONVERSATION, responses, strict=True):
        if "result" in response:
            part(f"{call.method}.result").validate(response["result"])
    assert [call.method for call, response in zip(CONVERSATION, responses, strict=True) if "error" in response] == [
        "select", "mark_rate_limited", "save",
    ]  # fmt: skip


def test_adapters_know_the_methods_of_the_table() -> None:
    assert set(METHODS) == METHOD_NAMES, "METHOD_NAMES in conformance/wire/answers.py differs from METHODS"
