"""Properties of whole sessions: changes that must not affect any result."""

import dataclasses
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import other_events
from conformance.cases.generated import (
    ANY_SESSION,
    FAMILIES,
    STRATEGIES,
    Row,
    claimed,
    comparable,
    events_of,
    opened,
    same_accounts,
    sessions,
)
from conformance.cases.hybrid_kit import consume, record
from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, label, open_pool, pool, remove, select
from conformance.wire.methods import METHODS
from conformance.wire.needs import DRAWING_REASON
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


# One account with the refresh token of another


@covers("POOL-001")
@property_case(calls=ANY_SESSION, first=st.integers(0, 4), second=st.integers(1, 4))
def test_accounts_with_equal_tokens_are_two_accounts(judge: Judge, calls: Json, first: int, second: int) -> None:
    """Two accounts have one refresh token, or two. The calls name the first of them."""
    stored = calls[0][1]["pool"]
    count = len(stored["accounts"])
    one, two = sorted((first % max(1, count), (first + second) % max(1, count)))
    if one == two:
        pytest.skip("the pool has one account")
    names = [f"token {index}" for index in range(count)]
    pairs = list(zip(stored["accounts"], names, strict=True))
    tokens = {entry["refreshToken"]: name for entry, name in reversed(pairs)}
    accounts = [{**entry, "refreshToken": name} for entry, name in pairs]
    apart = [Call("open", {**calls[0][1], "pool": {**stored, "accounts": accounts}})]
    unnamed = names[two]  # the account that no call can name, because its token is that of the other account
    for call in claimed([Call(method, params) for method, params in calls[1:]], judge.capabilities):
        method, params = call.method, call.params
        named = tokens.get(params.get("label", ""), params.get("label"))
        if method not in ("open", "use_session") and named != unnamed:
            apart.append(Call(method, {**params, "label": named} if "label" in params else params))
            unnamed = names[one] if method == "remove" and named == names[one] else unnamed
    _alike_with_one_token(judge, apart, {names[two]: names[one]})


@covers("POOL-001")
def test_event_affects_one_account_of_a_token(judge: Judge) -> None:
    """The first of them has the event and is removed. The second one is selected, and named from then on."""
    other = "another account"
    stored = pool([{}, {"refreshToken": other}, {}], activeIndex=1)
    every = [select(family, strategy) for family in FAMILIES for strategy in ("hybrid", "sticky", "round-robin")]
    failed = {"label": other, "family": "claude", "reason": "QUOTA_EXHAUSTED"}
    then = [
        Call("mark_rate_limited_with_reason", failed),
        Call("available_header_style", {"label": other, "family": "claude"}),
    ]
    then += [Call(call.method, {**call.params, "label": other}) for call in (record(0, "success"), consume(0))]
    if "remove" not in judge.capabilities:  # a call then names the first account still
        then = []
    off = claimed([Call("set_enabled", {"label": label(0), "enabled": False})], judge.capabilities)
    for event in [*other_events(judge), *([off] if off else []), []]:
        asked = [open_pool(stored), *event, *event, *every, *event, remove(0), *then, *every, Call("snapshot")]
        _alike_with_one_token(judge, asked, {other: label(0)})


def _alike_with_one_token(judge: Judge, apart: Sequence[Call], names: dict[str, str]) -> None:
    """Expect the same answers when one label is replaced by the other, so that two accounts have one token."""
    asked = claimed(apart, judge.capabilities)
    alike = [Call(call.method, _renamed(dict(call.params), names)) for call in asked]
    answers = comparable(judge.ask([*asked, *alike]))
    expected, then = _renamed(answers[: len(asked)], names), answers[len(asked) :]
    judge.expect(expected, then, Scenario([*asked, *alike]), "answers with equal tokens")


# Calls that change nothing

PARAMETERS: dict[str, dict[str, Json]] = {
    "mark_rate_limited": {"retry_after_ms": 60_000, "family": "claude"},
    "mark_rate_limited_with_reason": {"family": "claude", "reason": DRAWING_REASON},
    "mark_cooling_down": {"cooldown_ms": 60_000, "reason": "auth-failure"},
    "set_enabled": {"enabled": False},
    "record_health": {"outcome": "failure"},
    "has_other_account": {"family": "gemini"},
    "available_header_style": {"family": "gemini"},
    "update_quota": {"quota": {}},
}
REFUSED = [name for name, method in METHODS.items() if "unknown_account" in method.refusals]
QUESTIONS = [
    Call("min_wait", {"family": "claude"}),
    Call("min_wait", {"family": "gemini"}),
    Call("min_wait", {"family": "gemini", "model": "gemini-3-pro"}),
    Call("soft_quota_wait", {"family": "claude", "soft_quota_threshold_percent": 50}),
    Call("has_other_account", {"label": label(0), "family": "gemini"}),
    Call("snapshot"),
]


@covers("WIRE-002")
@property_case(calls=ANY_SESSION)
def test_refused_calls_change_no_session(judge: Judge, calls: Json) -> None:
    """Before each call, a call names an account that is not loaded."""
    asked = calls_of(calls, judge)
    refused = [Call(name, {**PARAMETERS.get(name, {}), "label": "nobody"}) for name in REFUSED]
    _unchanged_by(judge, asked, claimed(refused, judge.capabilities))


@covers("WIRE-006")
@property_case(calls=ANY_SESSION)
def test_questions_change_no_session(judge: Judge, calls: Json) -> None:
    """Before each call, a question is asked. The clock is not set back (LIM-010)."""
    shown = [[name, params] for name, params in calls if name != "snapshot"]  # it may show limits that have ended
    forward = [[name, {**params, "ms": abs(params["ms"])} if name == "advance" else params] for name, params in shown]
    asked = calls_of(forward, judge)
    tokens = [entry["refreshToken"] for entry in asked[0].params["pool"]["accounts"]]
    questions = [_with(call, label=(tokens or ["nobody"])[0]) if "label" in call.params else call for call in QUESTIONS]
    _unchanged_by(judge, asked, claimed(questions, judge.capabilities))


def _unchanged_by(judge: Judge, asked: Sequence[Call], between: Sequence[Call]) -> None:
    """Expect the same answers with one of the calls `between` before each call, which is another one each time."""
    if not between:
        pytest.skip("the target supports none of the calls that must change nothing")
    opened, *others = asked
    further = itertools.islice(itertools.cycle(between), len(asked) % len(between), None)
    every = [opened, *(each for pair in zip(further, others, strict=False) for each in pair)]
    answers = comparable(judge.ask([*asked, *every]))
    after = [answers[len(asked)], *answers[len(asked) + 2 :: 2]]
    judge.expect(answers[: len(asked)], after, Scenario(every), "answers of the session")
