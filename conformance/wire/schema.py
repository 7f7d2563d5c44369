"""Generates the JSON Schema of every message, `schema.json`, from the table of methods."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from conformance.generated import json_note, schema_text
from conformance.wire.methods import CAPABILITIES, METHODS, REFUSALS, WIRE_VERSION

SCHEMA_FILE = Path(__file__).with_name("schema.json")


def build() -> dict[str, Any]:
    """JSON Schema (2020-12): `$defs/request`, `$defs/response` and, by method, `$defs/METHOD.params|result`."""
    definitions: dict[str, Any] = {}
    _, shared = models_json_schema([(m.params, "validation") for m in METHODS.values()], ref_template="#/$defs/{model}")
    definitions.update(shared["$defs"])
    for name, method in METHODS.items():
        result = TypeAdapter(method.result).json_schema(ref_template="#/$defs/{model}")
        definitions.update(result.pop("$defs", {}))
        definitions[f"{name}.params"] = {
            "$ref": f"#/$defs/{method.params.__name__}",
            "description": method.text,
        }
        definitions[f"{name}.result"] = result
    definitions["request"] = {"oneOf": [_request(name) for name in METHODS]}
    definitions["response"] = _response()
    return {
        **json_note(),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"antigravity-conformance wire, version {WIRE_VERSION}",
        "description": "A line is a request, a response, or an array of either. Responses keep the order of requests.",
        "x-capabilities": CAPABILITIES,
        "anyOf": [_either("request"), _either("response")],
        "$defs": dict(sorted(definitions.items())),
    }


def _either(name: str) -> dict[str, Any]:
    one = {"$ref": f"#/$defs/{name}"}
    return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}


def _request(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["jsonrpc", "id", "method", "params"],
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": {"type": "integer"},
            "method": {"const": name},
            "params": {"$ref": f"#/$defs/{name}.params"},
        },
    }


def _response() -> dict[str, Any]:
    head = {"jsonrpc": {"const": "2.0"}, "id": {"type": ["integer", "null"]}}
    refusal = {
        "type": "object",
        "required": ["refusal"],
        "properties": {"refusal": {"enum": sorted(REFUSALS)}},
    }
    error = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "data": refusal},
    }
    return {
        "oneOf": [
            {"type": "object", "required": ["jsonrpc", "id", "result"], "properties": {**head, "result": {}}},
            {
                "type": "object",
                "required": ["jsonrpc", "id", "error"],
                "properties": {**head, "error": error},
            },
        ]
    }


def render() -> str:
    return schema_text(build())


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render(), encoding="utf-8")
