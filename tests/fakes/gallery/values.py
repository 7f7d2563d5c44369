"""Adapters whose responses hold values that nobody expects."""

import json
import re
from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from conformance.wire.serve import Wire
from tests.fakes.gallery.serving import Asked, add, encode, responses, serve

Response = dict[str, Any]
MIB = 1024**2


def replaced(method: str, value: bytes) -> Callable[[Asked], bytes]:
    """In batches, write these bytes as the result of each call of a method."""

    def change(asked: Asked) -> bytes:
        if not asked.is_batch:
            return asked.answer
        parts = [
            b'{"jsonrpc":"2.0","id":%d,"result":%s}' % (call["id"], value)
            if call["method"] == method
            else encode(response)[:-1]
            for response, call in zip(asked.responses, asked.calls, strict=True)
        ]
        return b"[" + b",".join(parts) + b"]\n"

    return change


def add_value(name: str, method: str, value: bytes | Callable[[], bytes], text: str) -> None:
    def main(wire: Wire) -> None:
        serve(wire, replaced(method, value if isinstance(value, bytes) else value()))

    add(name, "values", text, main)


def many_keys() -> bytes:
    return json.dumps({"config": {f"key_{number}": number for number in range(100_000)}}).encode()


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * levels + closing * levels


SELECT = "select"
ROWS: list[tuple[str, str, bytes | Callable[[], bytes], str]] = [
    ("nested-900", SELECT, nested(900), "Answers `select` with a list nested 900 levels deep."),
    ("nested-100000", SELECT, lambda: nested(100_000), "Answers `select` with a list nested 100,000 levels deep."),
    (
        "config-nested-900",
        "load_config",
        b'{"config":{"debug":%s}}' % nested(900, b'{"a":', b"}").replace(b":}", b":1}"),
        "Answers `load_config` with an object nested 900 levels deep.",
    ),
    (
        "label-nested-900",
        "open",
        b'{"accounts":[%s]}' % nested(900),
        "Answers `open` with a label nested 900 levels deep.",
    ),
    ("nan", SELECT, b'{"label":"a","index":NaN}', "Answers `select` with the index NaN."),
    ("beyond-binary64", SELECT, b'{"label":"a","index":1e999}', "Answers `select` with the index 1e999."),
    ("huge-integer", SELECT, b'{"label":"a","index":9007199254740993}', "Answers `select` with the index 2^53 + 1."),
    (
        "integer-of-5000-digits",
        SELECT,
        b'{"label":"a","index":%s}' % (b"9" * 5000),
        "Answers `select` with an index of 5,000 digits.",
    ),
    ("duplicate-keys", SELECT, b'{"label":"a","label":"b","index":0}', "Answers `select` with two labels."),
    ("numeric-label", SELECT, b'{"label":7,"index":0}', "Answers `select` with a label that is a number."),
    (
        "label-of-1-mib",
        SELECT,
        lambda: b'{"label":"%s","index":0}' % (b"l" * MIB),
        "Answers `select` with a label of 1 MiB.",
    ),
    ("index-is-a-string", SELECT, b'{"label":"a","index":"0"}', "Answers `select` with an index that is a string."),
    ("index-is-true", SELECT, b'{"label":"a","index":true}', "Answers `select` with an index that is true."),
    ("index-is-negative", SELECT, b'{"label":"a","index":-1}', "Answers `select` with the index -1."),
    ("select-answers-a-string", SELECT, b'"a"', "Answers `select` with the label alone."),
    ("select-answers-a-list", SELECT, b'["a",0]', "Answers `select` with a list."),
    ("select-answers-null", SELECT, b"null", "Answers `select` with null, as if no account were available."),
    ("snapshot-answers-null", "snapshot", b"null", "Answers `snapshot` with null."),
    ("open-answers-null", "open", b"null", "Answers `open` with null in each batch."),
    ("numeric-labels", "open", b'{"accounts":[1,2]}', "Answers `open` with labels that are numbers."),
    ("config-is-a-list", "load_config", b'{"config":[]}', "Answers `load_config` with a list."),
    (
        "config-of-5-mib",
        "load_config",
        lambda: b'{"config":{"log_dir":"%s"}}' % (b"c" * 5 * MIB),
        "Answers `load_config` with a string of 5 MiB.",
    ),
    (
        "config-of-100000-keys",
        "load_config",
        many_keys,
        "Answers `load_config` with 100,000 keys.",
    ),
    (
        "one-key-of-many-twice",
        "load_config",
        lambda: many_keys()[:-2] + b',"key_99999":0}}',
        "Answers `load_config` with 100,000 keys and the last of them again.",
    ),
    ("close-answers-true", "close", b"true", "Answers `close` with true."),
]
for _row in ROWS:
    add_value(*_row)


def changed(value: Json, change: Callable[[Json], Json]) -> Json:
    """The same with every value that is no list and no object changed."""
    if isinstance(value, dict):
        return {key: changed(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    return change(value)


def _change_results(response: Response, change: Callable[[Json], Json]) -> None:
    if "result" in response:
        response["result"] = changed(response["result"], change)


@responses
def numbers_as_strings(response: Response, method: str) -> None:
    """Writes each number of a result as a string."""
    number = (int, float)
    _change_results(response, lambda v: str(v) if isinstance(v, number) and not isinstance(v, bool) else v)


@responses
def booleans_as_numbers(response: Response, method: str) -> None:
    """Writes 1 and 0 for true and false."""
    _change_results(response, lambda value: int(value) if isinstance(value, bool) else value)


@responses
def numbers_as_booleans(response: Response, method: str) -> None:
    """Writes true and false for 1 and 0."""
    _change_results(response, lambda value: bool(value) if type(value) is int and value in (0, 1) else value)


@responses
def strings_as_numbers(response: Response, method: str) -> None:
    """Writes the length of each string in its place."""
    _change_results(response, lambda value: len(value) if isinstance(value, str) else value)


@responses
def nulls_in_results(response: Response, method: str) -> None:
    """Writes null for each value in a result."""
    _change_results(response, lambda _: None)


@responses
def integers_as_floats(response: Response, method: str) -> None:
    """Writes 1.0 for 1, which is correct."""
    _change_results(response, lambda value: float(value) if type(value) is int else value)


@responses
def results_as_json_texts(response: Response, method: str) -> None:
    """Writes each result as a string of JSON."""
    if "result" in response:
        response["result"] = json.dumps(response["result"])


@responses
def results_in_lists(response: Response, method: str) -> None:
    """Writes each result in a list."""
    if "result" in response:
        response["result"] = [response["result"]]


@responses
def camel_case(response: Response, method: str) -> None:
    """Names the members of results in camel case."""
    if isinstance(response.get("result"), dict):
        text = json.dumps(response["result"])
        response["result"] = json.loads(re.sub(r'_([a-z])(?=\w*":)', lambda found: found[1].upper(), text))


@responses
def members_of_results_of_its_own(response: Response, method: str) -> None:
    """Adds a member to each result that is an object."""
    if isinstance(response.get("result"), dict):
        response["result"]["took_ms"] = 3


def _serve_long_error(code: int) -> Callable[[Asked], bytes]:
    def change(asked: Asked) -> bytes:
        answers = asked.responses
        for answer, call in zip(answers, asked.calls, strict=True):
            if asked.is_batch and call["method"] == "select":
                answer.pop("result", None)
                answer["error"] = {"code": code, "message": "select failed: " + "e" * 4 * MIB}
                break
        return encode(answers) if asked.is_batch else asked.answer

    return change


add(
    "long-internal-error",
    "values",
    "Answers the first `select` of a batch with an internal error of 4 MiB.",
    lambda wire: serve(wire, _serve_long_error(-32603)),
)
add(
    "long-unknown-error",
    "values",
    "Answers the first `select` of a batch with the error -32000 and a text of 4 MiB.",
    lambda wire: serve(wire, _serve_long_error(-32000)),
)
