"""The difference between two answers, in words."""

from collections.abc import Iterator

from conformance.json_type import Json
from conformance.reports.describe import describe, duration, opened_at, relative
from conformance.reports.story import Step
from conformance.texts import clip
from conformance.wire.scenario import ABSENT, difference

SHOWN = 3  # differing places of one answer
VALUE_CHARACTERS = 120
KINDS = {"refusal": "the refusal", "raised": "an exception:", "not supported": "not supported:"}


def kind_of(answer: Json) -> str:
    """The kind of an answer that is not a result, else an empty string."""
    return next(iter(answer)) if isinstance(answer, dict) and len(answer) == 1 and set(answer) <= KINDS.keys() else ""


def sentence(step: Step) -> str:
    """What the target does instead, such as `it selects b instead of a`."""
    method, now_ms = step.scenario.calls[-1].method, opened_at(step.scenario)
    return "; ".join(in_words(method, step.expected, step.actual, now_ms))


def in_words(method: str, expected: Json, actual: Json, now_ms: float) -> Iterator[str]:
    """Phrases such as `it selects b instead of a`."""
    if kind_of(actual) == "raised":
        yield f"it fails with {_answer(actual, now_ms)}"
    elif kind_of(actual) or kind_of(expected):
        yield f"it answers with {_answer(actual, now_ms)} instead of {_answer(expected, now_ms)}"
    elif method == "select":
        yield f"it selects {_account(actual)} instead of {_account(expected)}"
    else:
        yield from _places(method, expected, actual, now_ms)


def _places(method: str, expected: Json, actual: Json, now_ms: float) -> Iterator[str]:
    places = list(difference(expected, actual)) or [("", expected, actual)]
    for place, wanted, given in places[:SHOWN]:
        name = place or f"the result of {method}"
        if given == ABSENT:
            yield f"{name} is missing instead of {_answer(wanted, now_ms)}"
            continue
        differs = f"{name} is {_answer(given, now_ms)} instead of {_answer(wanted, now_ms)}"
        yield differs + _by_how_much(place, wanted, given)
    if len(places) > SHOWN:
        yield f"{len(places) - SHOWN} more places differ"


def _by_how_much(place: str, wanted: Json, given: Json) -> str:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (wanted, given))
    if not numbers or not place.endswith("_ms"):
        return ""
    return f" ({duration(abs(given - wanted))} too {'much' if given > wanted else 'little'})"


def _account(answer: Json) -> str:
    if answer is None:
        return "no account"
    if isinstance(answer, dict) and isinstance(answer.get("label"), str):
        index = f" (index {answer['index']})" if "index" in answer else ""
        return f"{clip(describe(answer['label']), VALUE_CHARACTERS)}{index}"
    return clip(describe(answer), VALUE_CHARACTERS)


def _answer(value: Json, now_ms: float) -> str:
    kind = kind_of(value)
    shown = f"{KINDS[kind]} {describe(value[kind])}" if kind else describe(relative(value, now_ms))
    return clip(shown, VALUE_CHARACTERS)
