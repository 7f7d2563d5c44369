"""Writes `docs/wire.md`: the table of methods, for authors of adapters."""

# ruff: noqa: E501 - lines of Markdown tables and of the wire cannot be wrapped

import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from conformance.generated import MARKDOWN_NOTE
from conformance.wire.methods import CAPABILITIES, METHODS, REFUSALS

PAGE = Path(__file__).parents[2] / "docs" / "wire.md"

HEAD = """\
# The wire, version 1

An adapter is a program that reads JSON-RPC 2.0 requests from standard input and writes the responses to standard output:
one message per line, in UTF-8, at most 8 MiB. It may write anything to standard error. The kit shows this output if a call
fails.

- A line is a request, or an array of requests (a batch). **The adapter runs a batch strictly in order and answers it with
  one array in the same order.**
- Arrays and objects are nested at most 64 levels deep. A line has at most 200,000 values.
- Numbers are finite. Integers are between -(2^53 - 1) and 2^53 - 1. -0 equals 0, and 1.0 is the integer 1.
- The **label** of an account is its `refreshToken` in the pool. The kit uses synthetic words.
- The adapter exits when its standard input ends.

```
--> {"jsonrpc":"2.0","id":1,"method":"hello","params":{"wire":1}}
<-- {"jsonrpc":"2.0","id":1,"result":{"name":"my-port","version":"0.1","language":"go","capabilities":["sticky","pid","offset"],"pid":4711}}
--> [{"jsonrpc":"2.0","id":2,"method":"open","params":{"pool":{"version":3,"accounts":[{"refreshToken":"a"},{"refreshToken":"b"}],"activeIndex":0},"pid":7}},{"jsonrpc":"2.0","id":3,"method":"select","params":{"family":"claude","strategy":"sticky","pid_offset_enabled":true}}]
<-- [{"jsonrpc":"2.0","id":2,"result":{"accounts":["a","b"]}},{"jsonrpc":"2.0","id":3,"result":{"label":"b","index":1}}]
```

## Answers

| answer | sent as | effect |
|-|-|-|
| a result | `result` | the kit compares it |
| a refusal | error code 1, `"data": {"refusal": KIND}` | the kit compares it |
| not supported | error code -32601 | the requirement is "not claimed"; if the adapter claims the capability, "unknown" |
| the target failed | error code -32603 | the requirement fails; the report shows the message |
| anything else | | the adapter is at fault: the requirement is "unknown" |

Refusals: {refusals}

`conformance/wire/schema.json` (JSON Schema 2020-12) describes every message. Vectors use the same format.
[The requirements](requirements.md) say what the answers must be. [Write an adapter](adapter.md) begins at the beginning.
"""


def render() -> str:
    """The page, made from the table of methods."""
    refusals = "; ".join(f"`{kind}`: {text}" for kind, text in REFUSALS.items()) + "."
    lines = [MARKDOWN_NOTE + HEAD.replace("{refusals}", refusals), "## Capabilities\n"]
    lines.append(
        "A target lists its capabilities in its answer to `hello`. The kit never uses a capability that is not listed, and never\n"
        "shows its requirements as passed. A target without `clock` uses the clock of its machine. The kit then sends no stored\n"
        "times, no limit shorter than 60 s, and no call whose answer changes with every millisecond.\n"
    )
    lines.append("[Capabilities](capabilities.md) has an order in which to claim them, and the rules that need each.\n")
    lines.append("| capability | claims |\n|-|-|")
    lines += [f"| `{name}` | {text} |" for name, text in CAPABILITIES.items()]
    lines.append("\n## Methods")
    for name, method in METHODS.items():
        lines.append(f"\n### `{name}`\n\n{method.text}\n")
        lines += _fields(method.params, "parameters")
        if method.result is None:
            lines.append("- result: null")
        else:
            lines += _result(method.result)
        if method.refusals:
            lines.append("- refusals: " + ", ".join(f"`{kind}`" for kind in method.refusals))
    return "\n".join(lines) + "\n"


def _result(result: Any) -> list[str]:
    parts = [part for part in typing.get_args(result) if part is not type(None)] or [result]
    nullable = len(parts) != len(typing.get_args(result)) and bool(typing.get_args(result))
    return _fields(parts[0], "result, or null" if nullable else "result")


def _fields(model: type[BaseModel], heading: str) -> list[str]:
    if not model.model_fields:
        return [f"- {heading}: none"]
    return [f"- {heading}:", *_listed(model)]


def _listed(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = (
            "" if field.is_required() or field.default is None else f", `{json.dumps(field.default)}` unless given"
        )
        optional = ", optional" if not field.is_required() and field.default is None else ""
        text = f": {field.description}" if field.description and field.description != "milliseconds" else ""
        yield f"  - `{name}` ({_type(field.annotation)}{optional}{default}){text}"


def _type(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f"`{json.dumps(value)}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        named = [_type(part) for part in arguments if part not in (type(None), *([int] if float in arguments else []))]
        return " or ".join(dict.fromkeys(named))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "object: " + ", ".join(f"`{name}`" for name in annotation.model_fields)
    element = f" of {_type(arguments[0])}" if origin is list else ""
    return _WORDS.get(origin or annotation, "any JSON") + element


_WORDS: dict[Any, str] = {
    str: "string", int: "integer", float: "number", bool: "boolean", list: "list", dict: "object"
}  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
