"""Properties of whole sessions: changes that must not affect any result."""

import dataclasses
from collections.abc import Sequence

from hypothesis import strategies as st

from conformance.cases.generated import (
    ANY_SESSION,
    STRATEGIES,
    Row,
    claimed,
    comparable,
    events_of,
    opened,
    same_accounts,
    sessions,
)
from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, open_pool, pool
from conformance.wire.scenario import Call, Scenario

SHIFTS_MS = st.sampled_from([1, 7, 499, 500, 999, 1001, 61_234, 3_600_001, 86_400_123])


def calls_of(rows: Json, judge: Judge) -> list[Call]:
    return claimed([Call(method, params) for method, params in rows], judge.capabilities)


def answered_alike(judge: Judge, one: Sequence[Call], two: Sequence[Call], what: str) -> None:
    answers = comparable(judge.ask([*one, *two]))
    judge.expect(answers[: len(one)], answers[len(one) :], Scenario([*one, *two]), what)


@covers("WIRE-004")
@property_case(calls=ANY_SESSION, between=ANY_SESSION)
def test_earlier_session_has_no_effect(judge: Judge, calls: Json, between: Json) -> None:
    """A session has the same results after another session."""
    asked, other = calls_of(calls, judge), calls_of(between, judge)
    every = [*asked, *other, *asked]
    answers = comparable(judge.ask(every))
    judge.expect(answers[: len(asked)], answers[-len(asked) :], Scenario(every), "answers of the repeated session")


@covers("POOL-001")
@property_case(calls=ANY_SESSION)
def test_labels_do_not_affect_selection(judge: Judge, calls: Json) -> None:
    """With other labels in another alphabetical order, the same positions are selected."""
    asked = calls_of(calls, judge)
    tokens = [entry.get("refreshToken") for entry in asked[0].params["pool"]["accounts"] if isinstance(entry, dict)]
    names = {token: f"~{token[::-1]}" for token in tokens if isinstance(token, str) and token}
    other = [Call(call.method, _renamed(dict(call.params), names)) for call in asked]
    answers = comparable(judge.ask([*asked, *other]))
    one, two = _renamed(answers[: len(asked)], names), answers[len(asked) :]
    judge.expect(one, two, Scenario([*asked, *other]), "answers with other labels")


def _renamed(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


@covers("SOFT-005")
@property_case(calls=ANY_SESSION)
def test_threshold_of_100_equals_no_threshold(judge: Judge, calls: Json) -> None:
    """Every second account has used its whole quota."""
    nothing_left = {group: {"remainingFraction": 0} for group in ("claude", "gemini-pro", "gemini-flash")}
    read = {"cachedQuota": nothing_left, "cachedQuotaUpdatedAt": NOW_MS}
    asked = [call for call in calls_of(calls, judge) if call.method not in ("soft_quota_wait", "open")]
    stored = calls[0][1]["pool"]
    accounts = [{**a, **read} if isinstance(a, dict) and n % 2 == 0 else a for n, a in enumerate(stored["accounts"])]
    asked.insert(0, open_pool({**stored, "accounts": accounts}))
    name = "soft_quota_threshold_percent"
    off = [_with(call, **{name: 100}) if call.method == "select" else call for call in asked]
    none = [dataclasses.replace(c, params={k: v for k, v in c.params.items() if k != name}) for c in asked]
    answered_alike(judge, none, off, "answers with a threshold of 100")


@covers("LIM-001")
@property_case(session=sessions(blocked=True, strategies=STRATEGIES[:2]), shift_ms=SHIFTS_MS)
def test_time_of_day_has_no_effect(judge: Judge, session: Row, shift_ms: int) -> None:
    """If the clock and all stored times move by the same amount, rate limits and cooldowns end at the same calls."""
    _at_another_time(judge, session, shift_ms)


@covers("HYB-002")
@property_case(session=sessions(blocked=True, strategies=STRATEGIES[2:]), shift_ms=SHIFTS_MS)
def test_time_of_day_does_not_affect_hybrid(judge: Judge, session: Row, shift_ms: int) -> None:
    _at_another_time(judge, session, shift_ms)


def _at_another_time(judge: Judge, session: Row, shift_ms: int) -> None:
    events = events_of(session, judge.capabilities)
    now = opened(session)
    accounts = [_later(account, shift_ms) for account in session["stored"]["accounts"]]
    later = _with(opened(session, accounts=accounts), now_ms=now.params["now_ms"] + shift_ms)
    same_accounts(judge, [now, *events], [later, *events], "accounts later on")


def _later(value: Json, shift_ms: int) -> Json:
    """Return the value with every time moved. 0 stays, since it means that the account was never used."""
    if isinstance(value, dict):
        return {key: _later(item, shift_ms) for key, item in value.items()}
    return value + shift_ms if isinstance(value, int) and value else value


def _with(call: Call, **params: Json) -> Call:
    return dataclasses.replace(call, params={**call.params, **params})


@covers("WIRE-004")
@property_case(session=sessions(blocked=True), count=st.integers(1, 5))
def test_unused_open_has_no_effect(judge: Judge, session: Row, count: int) -> None:
    """Another pool is opened before the session, without further calls."""
    events = events_of(session, judge.capabilities)
    plain = [opened(session), *events]
    answers = comparable(judge.ask([*plain, open_pool(pool(count), pid=3), *plain]))
    judge.expect(answers[: len(plain)], answers[-len(plain) :], Scenario(plain), "answers after another pool")
