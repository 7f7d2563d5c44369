"""Encodes and decodes one message per line: JSON in UTF-8, within the limits of the wire.

Uses only the standard library, because adapters import this module.
"""

import codecs
import json
import math
import re
from collections import Counter

from conformance.json_type import Json

MAX_LINE_BYTES = 8 * 1024 * 1024
MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64  # of nested arrays and objects; deeper nesting overflows the stack of some parsers
TOO_DEEP = f"arrays and objects nested more than {MAX_DEPTH} levels deep"
MAX_ITEMS = 200_000  # values in one line; a parsed value takes many times its length in memory

# Every line with a value that `_check_values` refuses matches this pattern. Checking each value takes far longer.
_DOUBTFUL = re.compile(rb"[0-9]{16}|[eE][+-]?[0-9]{3}|NaN|Infinity|\\u[dD]")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `json.dumps` would make one for each message


class FrameError(ValueError):
    """A line is not a message of the wire, or a value cannot be sent over it."""


def encode(message: Json) -> bytes:
    """Encode one message as a line.

    Raises FrameError for a value that is not JSON, a number that is not finite, an integer beyond 2^53 - 1, a lone
    surrogate, and a line longer than 8 MiB.
    """
    try:
        line = _ENCODER.encode(message).encode("utf-8") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise FrameError(f"this value cannot be sent over the wire: {error}") from error
    if _DOUBTFUL.search(line):
        _check_values(message)  # after `dumps`, which has refused circular values
    if len(line) > MAX_LINE_BYTES:
        raise FrameError(f"a line of {len(line)} bytes; at most {MAX_LINE_BYTES} are allowed: send smaller batches")
    return line


def decode(line: bytes) -> Json:
    """Decode one line. Raises FrameError, which quotes the line, if it is not JSON within the limits of the wire."""
    if len(line) > MAX_LINE_BYTES:
        raise FrameError(f"a line of {len(line)} bytes; at most {MAX_LINE_BYTES} are allowed")
    if (brackets := line.count(b"[") + line.count(b"{")) + line.count(b",") > MAX_ITEMS:
        raise FrameError(f"a line with more than {MAX_ITEMS} values; the line was {excerpt(line)}")
    if line.startswith(codecs.BOM_UTF8):
        raise FrameError(f"not a JSON message: it begins with a byte order mark; the line was {excerpt(line)}")
    if b"\0" in line:
        raise FrameError(f"not a JSON message: it contains a NUL byte; the line was {excerpt(line)}")
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except RecursionError as error:
        raise FrameError(f"{TOO_DEEP}; the line was {excerpt(line)}") from error
    except ValueError as error:
        raise FrameError(f"not a JSON message: {error}; the line was {excerpt(line)}") from error
    try:
        if _DOUBTFUL.search(line):
            _check_values(message)
        if brackets > MAX_DEPTH:
            _check_depth(message)
    except ValueError as error:
        raise FrameError(f"{error}; the line was {excerpt(line)}") from error
    return message


def excerpt(line: bytes, limit: int = 200) -> str:
    """The beginning of a line, safe to print."""
    text = line[:limit].decode("utf-8", errors="backslashreplace").rstrip("\n")
    return repr(text) + (f" and {len(line) - limit} bytes more" if len(line) > limit else "")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    message = dict(pairs)
    if len(message) != len(pairs):
        counts = Counter(name for name, _ in pairs)  # a list is too slow to search again for each of 200,000 names
        raise ValueError(f"duplicate key {next(name for name, count in counts.items() if count > 1)!r}")
    return message


def _check_depth(message: Json) -> None:
    level, depth = [message], 0
    while level := [
        item
        for value in level
        for item in (value.values() if isinstance(value, dict) else value)
        if isinstance(item, dict | list)
    ]:
        depth += 1
        if depth >= MAX_DEPTH:
            raise FrameError(TOO_DEEP)


def _check_values(value: Json) -> None:
    """Refuse values that parsers in other languages read differently. Iterative, because any depth can be sent."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item)
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)
        elif isinstance(item, str):
            item.encode("utf-8")  # JSON can escape a lone surrogate, which UTF-8 cannot encode
        elif isinstance(item, float) and not math.isfinite(item):
            raise FrameError(f"the number {item} is not finite")
        elif isinstance(item, int) and not isinstance(item, bool) and abs(item) > MAX_INTEGER:
            shown = item if item.bit_length() < 100 else f"of {item.bit_length()} bits"
            raise FrameError(f"the integer {shown} is beyond 2^53 - 1")
