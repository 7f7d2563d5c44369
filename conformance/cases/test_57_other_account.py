"""OTH: whether another account can serve a Gemini request with the header style antigravity."""

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, advance, label, limit, open_pool, pool
from conformance.wire.scenario import Call, Scenario


def other_than(index: int, *, available: bool, family: str = "gemini", **params: Json) -> Call:
    """Return a `has_other_account` call that expects `available`."""
    asked = Call("has_other_account", {"label": label(index), "family": family, **params})
    return asked.gives({"available": available})


@covers("OTH-001")
@property_case(count=st.integers(2, 8), asked=st.integers(0, 7), steps=st.integers(1, 7))
def test_any_other_available_account_counts(judge: Judge, count: int, asked: int, steps: int) -> None:
    named = asked % count
    free = (named + 1 + steps % (count - 1)) % count
    limits = [limit(index, 60_000, "gemini") for index in range(count) if index != free]
    judge.check(Scenario([open_pool(pool(count)), *limits, other_than(named, available=True)]))


@covers("OTH-001")
@pytest.mark.parametrize("asked", [{"enabled": False}, {"coolingDownUntil": NOW_MS + 1000}])
def test_state_of_given_account_makes_no_difference(judge: Judge, asked: dict[str, Json]) -> None:
    judge.check(Scenario([open_pool(pool([asked, {}])), other_than(0, available=True)]))


@covers("OTH-002")
@property_case(count=st.integers(1, 8), asked=st.integers(0, 7))
def test_given_account_does_not_count(judge: Judge, count: int, asked: int) -> None:
    named = asked % count
    limits = [limit(index, 60_000, "gemini") for index in range(count) if index != named]
    judge.check(Scenario([open_pool(pool(count)), *limits, other_than(named, available=False)]))


@covers("OTH-003")
@pytest.mark.parametrize("count", [1, 3])
def test_claude_result_is_always_false(judge: Judge, count: int) -> None:
    judge.check(Scenario([open_pool(pool(count)), other_than(0, available=False, family="claude")]))


@covers("OTH-004")
@pytest.mark.parametrize(("style", "available"), [("antigravity", False), ("gemini-cli", True)])
def test_only_header_style_antigravity_counts(judge: Judge, style: str, available: bool) -> None:
    limited = limit(1, 60_000, "gemini", header_style=style)
    judge.check(Scenario([open_pool(pool(2)), limited, other_than(0, available=available)]))


@covers("OTH-005")
@pytest.mark.parametrize(("limited", "available"), [("gemini-x", False), (None, False), ("gemini-y", True)])
def test_model_limit_and_base_limit_count(judge: Judge, limited: str | None, available: bool) -> None:
    limits = limit(1, 60_000, "gemini", **({"model": limited} if limited else {}))
    judge.check(Scenario([open_pool(pool(2)), limits, other_than(0, available=available, model="gemini-x")]))


@covers("OTH-005")
@pytest.mark.parametrize("model", [{}, {"model": "gemini-x"}], ids=["no model", "a model"])
@pytest.mark.parametrize(("elapsed_ms", "available"), [(999, False), (1000, True)])
def test_account_counts_when_its_limit_ends(
    judge: Judge, elapsed_ms: int, available: bool, model: dict[str, Json]
) -> None:
    calls = [limit(1, 1000, "gemini", **model), advance(elapsed_ms), other_than(0, available=available, **model)]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("OTH-006")
def test_cooling_account_does_not_count(judge: Judge) -> None:
    rest = Call("mark_cooling_down", {"label": label(1), "cooldown_ms": 1000, "reason": "network-error"})
    calls = [rest, advance(999), other_than(0, available=False), advance(1), other_than(0, available=True)]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("OTH-007")
def test_disabled_account_does_not_count(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool([{}, {"enabled": False}])), other_than(0, available=False)]))
