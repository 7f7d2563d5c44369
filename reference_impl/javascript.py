"""JavaScript's conversions and comparisons, for stored times that are not numbers."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Infinity)")
_DIGITS = re.compile(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_WHITE_SPACE = " \t\n\r\v\f\u00a0\ufeff\u2028\u2029"


class QuirkFailure(TypeError):  # noqa: N818 - a quirk of a release, not an error of the reference
    """A quirk makes this call fail, as in the release. The reference fails for no other reason."""


QuirkFailure.__name__ = "TypeError"  # as the release calls it; its known deviation matches the word


def to_number(value: Any) -> float:
    """Converts a value as JavaScript does for a comparison with a number. NaN means: not a number."""
    value = _primitive(value)
    if isinstance(value, str):
        text = value.strip(_WHITE_SPACE)
        if not text:
            return 0.0
        decimal = text.replace("Infinity", "inf") if _NUMBER.fullmatch(text) else "nan"
        return float(int(text, 0) if _DIGITS.fullmatch(text) else decimal)
    if value is None:
        return 0.0
    return float(value) if isinstance(value, int | float) else math.nan


def _primitive(value: Any) -> Any:
    """Converts a list or an object to a string, as JavaScript does before it compares."""
    if isinstance(value, list):
        return ",".join("" if item is None else _text(_primitive(item)) for item in value)
    return "[object Object]" if isinstance(value, dict) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def is_greater(left: Any, right: Any) -> bool:
    """Returns whether `left > right` holds in JavaScript: two strings compare as strings, other values as numbers."""
    left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return left.encode("utf-16-be", "surrogatepass") > right.encode("utf-16-be", "surrogatepass")
    return to_number(left) > to_number(right)


def least(values: Sequence[float], default: float) -> float:
    """Returns the smallest number, as `Math.min` does: NaN if any of them is NaN."""
    return math.nan if any(math.isnan(value) for value in values) else min(values, default=default)


def is_truthy(value: Any) -> bool:
    """Returns whether JavaScript treats the value as true. Empty lists and objects are true."""
    return value is not None and value != "" and (not isinstance(value, int | float) or value != 0)
