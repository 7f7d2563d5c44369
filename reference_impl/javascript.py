"""How JavaScript reads a value as a number: what releases do with stored times that are none."""

import math
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Infinity)")
_WHITE_SPACE = " \t\n\r\v\f\u00a0\ufeff\u2028\u2029"


def to_number(value: Any) -> float:
    """The number that a comparison takes the value for: NaN for what is none, which no comparison meets."""
    match value:
        case None:
            return 0.0
        case bool() | int() | float():
            return float(value)
        case str():
            text = value.strip(_WHITE_SPACE)
            if not text:
                return 0.0
            return float(text.replace("Infinity", "inf")) if _NUMBER.fullmatch(text) else math.nan
        case []:
            return 0.0
        case [single] if not isinstance(single, bool | dict):
            return to_number("" if single is None else single)
    return math.nan


def is_truthy(value: Any) -> bool:
    """Would an `if` take the value for true?"""
    if isinstance(value, int | float):
        return value != 0 and not math.isnan(value)
    return value is not None and value != ""
