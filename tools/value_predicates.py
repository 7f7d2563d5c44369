"""Predicates of values, and kinds that several places of the wire share. `value_kinds` has the kinds of each place."""

import json
import math
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from conformance.json_type import Json
from conformance.wire.calls import LABELS, NOW_MS
from conformance.wire.scenario import ROOT, Scenario
from reference_impl.config.environment import PREFIX, VARIABLES
from reference_impl.config.keys import KEYS
from tools.value_places import Accounts

Predicate = Callable[[Any], bool]
Kinds = Mapping[str, Predicate]

MONTH_MS = 30 * 86_400_000
YEAR_2038_MS = 2**31 * 1000
NARROW_MS = 2**31  # milliseconds that a signed 32-bit counter holds
EXACT = 2**53


def is_number(value: Json) -> bool:
    return type(value) in (int, float)


def number(holds: Callable[[float], bool]) -> Predicate:
    """A number for which this holds. A long integer counts as the infinity that a reader of JSON makes of it."""
    return lambda value: is_number(value) and holds(_read(value))


def _read(value: float) -> float:
    if abs(value) <= sys.float_info.max:
        return value
    return math.inf if value > 0 else -math.inf


def text(holds: Callable[[str], bool]) -> Predicate:
    return lambda value: isinstance(value, str) and holds(value)


def is_(*values: Json) -> Predicate:
    return lambda value: any(type(value) is type(each) and value == each for each in values)


def no_number(value: Json) -> bool:
    return value is not None and not is_number(value)


TIMES: Kinds = {
    "now": number(lambda ms: ms == NOW_MS),
    "1 ms from now": number(lambda ms: abs(ms - NOW_MS) == 1),
    "within an hour": number(lambda ms: 1 < abs(ms - NOW_MS) <= 3_600_000),
    "months away": number(lambda ms: MONTH_MS < ms - NOW_MS < YEAR_2038_MS),
    "past 2038": number(lambda ms: YEAR_2038_MS < ms < 1e15),
    "beyond the exact integers": number(lambda ms: EXACT < abs(ms) < math.inf),
    "beyond binary64": number(math.isinf),
    "0": is_(0),
    "negative": number(lambda ms: ms < 0),
    "a fraction": number(lambda ms: math.isfinite(ms) and ms != int(ms)),
    "not a number": no_number,
    "null": is_(None),
}
DURATIONS: Kinds = {
    "0": is_(0),
    "negative": number(lambda ms: ms < 0),
    "a fraction": number(lambda ms: ms != int(ms)),
    "below a second": number(lambda ms: 1 <= ms < 1000),
    "seconds to hours": number(lambda ms: 1000 <= ms <= 4 * 3_600_000),
    "past 31 bits": number(lambda ms: NARROW_MS <= ms < 1e15),
    "beyond the exact integers": number(lambda ms: ms > EXACT),
}
NAMES: Kinds = {
    "upper and lower case": text(lambda word: word.lower() != word),
    "a space": text(lambda word: " " in word),
    "a dot": text(lambda word: "." in word),
    "a colon": text(lambda word: ":" in word),
    "empty": is_(""),
}
BASE_QUOTAS = ("claude", "gemini-antigravity", "gemini-cli")
SETTINGS: Kinds = {
    "0": is_(0),
    "negative": number(lambda value: value < 0),
    "a fraction": number(lambda value: value != int(value)),
    "positive": number(lambda value: value > 0),
    "above 255": number(lambda value: value > 255),
}
INDICES: Kinds = {
    "0": is_(0),
    "another account": number(lambda index: 0 < index <= 3),
    "behind the last account": number(lambda index: 8 <= index < 1e15),
    "negative": number(lambda index: index < 0),
    "a fraction": number(lambda index: math.isfinite(index) and index != int(index)),
    "beyond the exact integers": number(lambda index: index > EXACT),
    "not a number": no_number,
}
LABELLED = set(LABELS)
LOWER = {label.lower() for label in LABELS}
FOLDER: Kinds = {
    "absolute": text(lambda path: path.startswith(ROOT) and ".." not in path),
    "absolute, with ..": text(lambda path: ".." in path),
    "a slash at the end": text(lambda path: path.endswith("/")),
}
FOLDER_OF_A_VARIABLE: Kinds = {
    **FOLDER,
    "relative": text(lambda path: path != "" and path[0] not in "/~{"),
    "with ~": text(lambda path: path.startswith("~")),
    "empty": is_(""),
}


def has_zone(moment: str) -> bool | None:
    """Whether the text of a time names a time zone; None if it is no time."""
    try:
        return datetime.fromisoformat(moment).tzinfo is not None
    except ValueError:
        return None


def alike(accounts: Accounts, key: str, same: Callable[[str], str]) -> bool:
    """Do two accounts differ in this text, and are equal after `same`?"""
    texts = set(accounts.texts(key))
    return len({same(each) for each in texts}) < len(texts)


def prefixed(accounts: Accounts, key: str) -> bool:
    texts = [each for each in set(accounts.texts(key)) if each]
    return any(one != other and other.startswith(one) for one in texts for other in texts)


def opens(scenario: Scenario) -> int:
    return sum(call.method == "open" for call in scenario.calls)


def unknown_label(scenario: Scenario) -> bool:
    """Is a call with a label that no account has ever had followed by a selection?"""
    is_after = False
    for call in scenario.calls:
        is_after = is_after or call.params.get("label") in UNKNOWN_LABELS
        if is_after and call.method in ("select", "snapshot", "min_wait"):
            return True
    return False


def before_open(scenario: Scenario) -> bool:
    """Is there a call that needs a pool, while none is open?"""
    is_open = False
    for call in scenario.calls:
        is_open = call.method == "open" or (is_open and call.method != "close")
        if not is_open and call.method not in ("close", "load_config"):
            return True
    return False


def has_two(scenario: Scenario, key: str) -> bool:
    return len({json.dumps(call.params[key]) for call in scenario.calls if key in call.params}) > 1


def _parses(content: str) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


REASONS = ("QUOTA_EXHAUSTED", "MODEL_CAPACITY_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "SERVER_ERROR")
UNKNOWN_LABELS = ("nobody", "Mango", "mango ", "man", "")
KEY_PATHS = {key.path for key in KEYS}
LOWER_PATHS = {path.lower() for path in KEY_PATHS}
VARIABLE_NAMES = {PREFIX + variable.name for variable in VARIABLES}
