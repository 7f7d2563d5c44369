"""Differences in words, and times relative to the clock."""

import pytest

from conformance.json_type import Json
from conformance.reports.describe import at_time, describe, describe_scenario, relative
from conformance.reports.words import in_words
from conformance.wire.scenario import ABSENT, Scenario

NOW_MS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("method", "expected", "actual", "said"),
    [
        ("select", {"label": "a", "index": 0}, {"label": "b"}, "it selects b instead of a (index 0)"),
        ("select", {"label": "a"}, None, "it selects no account instead of a"),
        ("min_wait", {"wait_ms": 60_000}, {"wait_ms": 61_000}, "wait_ms is 61000 instead of 60000 (1 s too much)"),
        ("min_wait", {"wait_ms": 5}, {"wait_ms": 4}, "wait_ms is 4 instead of 5 (1 ms too little)"),
        ("select", None, {"raised": "TypeError: x"}, 'it fails with an exception: "TypeError: x"'),
        ("select", {"refusal": "not_open"}, None, "it answers with null instead of the refusal not_open"),
        ("load_config", {"a": 1}, {"a": ABSENT}, "a is missing instead of 1"),
        ("snapshot", {"end": NOW_MS}, {"end": NOW_MS + 60_000}, "end is now + 60 s instead of now"),
        ("open", 1, 2, "the result of open is 2 instead of 1"),
    ],
)  # fmt: skip
def test_difference_is_said_in_words(method: str, expected: Json, actual: Json, said: str) -> None:
    assert list(in_words(method, expected, actual, NOW_MS)) == [said]


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "now"), (60_000, "now + 60 s"), (-1, "now - 1 ms"), (1500, "now + 1500 ms")]
)
def test_times_are_relative_to_the_clock(ms: float, shown: str) -> None:
    assert at_time(ms) == shown
    assert describe(relative({"until": NOW_MS + ms}, NOW_MS)) == f'{{"until": {shown}}}'


def test_numbers_far_from_the_clock_stay() -> None:
    assert relative([5, 0.5, True, None, "1700000000000"], NOW_MS) == [5, 0.5, True, None, "1700000000000"]


def test_scenario_shows_clock_after_advance() -> None:
    accounts = [{"refreshToken": "a", "coolingDownUntil": NOW_MS + 2000}]
    opened = {"method": "open", "params": {"pool": {"version": 3, "accounts": accounts}, "now_ms": NOW_MS}}
    calls = [opened, {"method": "advance", "params": {"ms": 1999}}]
    assert list(describe_scenario(Scenario.from_json({"calls": calls}), None)) == [
        '  open pool={1 account: a{"coolingDownUntil": now + 2 s}}',
        "  advance ms=1999  (the clock is at now + 1999 ms)",
    ]
