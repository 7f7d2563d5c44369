"""WIRE: rules of the wire protocol that every other case relies on."""

import pytest

from conformance.cases.hybrid_kit import consume, record, refund
from conformance.cases.kit import Judge, covers, values
from conformance.json_type import Json
from conformance.wire.calls import (
    NOW_MS,
    POOL_FILE,
    advance,
    cool,
    label,
    limit,
    open_pool,
    picks,
    pool,
    remove,
    select,
    text,
)
from conformance.wire.methods import METHODS
from conformance.wire.needs import DRAWING_REASON
from conformance.wire.scenario import ROOT, Call, Scenario

CLOSE = Call("close")
POOL = pool(3, activeIndex=1)
LIMITED_FOR_A_REASON = {"label": label(0), "family": "claude", "reason": "QUOTA_EXHAUSTED"}

# One call for each method that needs a pool. Calls with a label name the first account of `pool`.
CALLS = {
    call.method: call
    for call in (
        select(),
        limit(0, 1000),
        Call("mark_rate_limited_with_reason", LIMITED_FOR_A_REASON),
        Call("mark_used", {"label": label(0)}),
        Call("mark_success", {"label": label(0)}),
        cool(0, 1000, "auth-failure"),
        Call("set_enabled", {"label": label(0), "enabled": False}),
        remove(0),
        record(0, "failure"),
        consume(0),
        refund(0),
        Call("min_wait", {"family": "claude"}),
        Call("soft_quota_wait", {"family": "claude"}),
        Call("reset_limits", {"family": "claude"}),
        Call("has_other_account", {"label": label(0), "family": "gemini"}),
        Call("available_header_style", {"label": label(0), "family": "gemini"}),
        Call("update_quota", {"label": label(0), "quota": {}}),
        Call("require_verification", {"label": label(0)}),
        Call("clear_verification", {"label": label(0)}),
        advance(1),
        Call("snapshot"),
        Call("save"),
        Call("request_save"),
        Call("flush_save"),
    )
}
ONE = open_pool(pool(1))
STATES = {
    "one account": [ONE],
    "limited": [ONE, limit(0, 60_000)],
    "cooling": [ONE, cool(0, 60_000, "auth-failure")],
    "clock set back": [ONE, select(), advance(-60_000)],
    "removed": [ONE, remove(0)],
    "several": [open_pool(pool(3)), select(), select("gemini", "round-robin")],
}
NEED_A_POOL = [name for name, method in METHODS.items() if "not_open" in method.refusals]
NEED_A_FOLDER = [name for name, method in METHODS.items() if "no_folder" in method.refusals]
NAME_AN_ACCOUNT = [name for name, method in METHODS.items() if "unknown_account" in method.refusals]


def between(call: Call) -> list[Call]:
    """Return a session that has this call, which must not change anything, before and after each other call."""
    turns = [select("claude", "round-robin").gives(picks(index)) for index in (0, 1, 2, 0)]
    moved = [select("gemini", offset=True).gives(picks(1))] * 2
    clock = advance(0).gives({"now_ms": NOW_MS})
    session = [open_pool(pool(3), pid=1), *turns, *moved, clock, select().gives(picks(0))]
    return [session[0], *(each for other in session[1:] for each in (call, other))]


@covers("WIRE-001")
@pytest.mark.parametrize("method", NEED_A_POOL)
def test_call_after_close_is_refused(judge: Judge, method: str) -> None:
    judge.check(Scenario([open_pool(POOL), CLOSE, CALLS[method].refuses("not_open")]))


@covers("WIRE-001")
def test_call_after_reopen_is_answered(judge: Judge) -> None:
    judge.check(Scenario([CLOSE, select().refuses("not_open"), open_pool(POOL), select().gives(picks(1))]))


@covers("WIRE-002")
@pytest.mark.parametrize("unknown", ["nobody", "", label(2)])
@pytest.mark.parametrize("method", NAME_AN_ACCOUNT)
def test_unknown_account_is_refused(judge: Judge, method: str, unknown: str) -> None:
    call = Call(method, {**CALLS[method].params, "label": unknown})
    calls = [call.refuses("unknown_account"), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool([{}, {}, {"refreshToken": ""}])), *calls]))


@covers("WIRE-002")
@pytest.mark.parametrize("method", NAME_AN_ACCOUNT)
def test_refused_call_changes_nothing(judge: Judge, method: str) -> None:
    refused = Call(method, {**CALLS[method].params, "label": "nobody"}).refuses("unknown_account")
    judge.check(Scenario(between(refused)))


@covers("WIRE-002")
def test_refused_call_draws_no_random_number(judge: Judge) -> None:
    """The jitter of later failures is the same with and without refused calls."""
    failed = {**LIMITED_FOR_A_REASON, "reason": DRAWING_REASON}
    calls = [Call("mark_rate_limited_with_reason", failed)] * 3
    refused = [Call("mark_rate_limited_with_reason", {**failed, "label": "nobody"})]
    opened = open_pool(pool(1), random=[0.25, 0.75, 0.5])
    one = values(judge.ask([opened, *calls]))[1:]
    asked = [opened, *(each for call in calls for each in (*refused, call))]
    judge.expect(one, values(judge.ask(asked))[2::2], Scenario(asked), "backoffs after refused calls")


@covers("WIRE-001")
@pytest.mark.parametrize("method", NEED_A_FOLDER)
def test_session_goes_on_after_refused_save(judge: Judge, method: str) -> None:
    judge.check(Scenario(between(Call(method).refuses("no_folder"))))


@covers("WIRE-006")
@pytest.mark.parametrize("method", ["min_wait", "soft_quota_wait", "has_other_account", "snapshot"])
def test_questions_change_nothing(judge: Judge, method: str) -> None:
    judge.check(Scenario(between(CALLS[method])))


@covers("WIRE-003")
def test_calls_take_effect_in_order(judge: Judge) -> None:
    first = [open_pool(POOL), select().gives(picks(1)), limit(1, 60_000), select().gives(picks(2))]
    then = [open_pool(pool(2)), select().gives(picks(0)), limit(0, 60_000), select().gives(picks(1))]
    judge.check(Scenario([*first, *then]))


@covers("WIRE-005")
@pytest.mark.parametrize("method", [name for name in NEED_A_POOL if name not in NEED_A_FOLDER])
@pytest.mark.parametrize("state", STATES)
def test_no_call_fails(judge: Judge, method: str, state: str) -> None:
    """Each call is sent twice, and a selection shows that the session goes on."""
    call = CALLS[method]
    calls = STATES[state]
    if state == "removed" and "label" in call.params:
        call = call.refuses("unknown_account")
    again = call.refuses("unknown_account") if method == "remove" else call
    judge.check(Scenario([*calls, call, again, select("gemini")]))


AFRESH = [open_pool(POOL, pid=1), select().gives(picks(1)), select("gemini").gives(picks(1))]


@covers("WIRE-004")
def test_open_resets_pid_offset(judge: Judge) -> None:
    moved = [open_pool(POOL, pid=1), select(offset=True).gives(picks(2)), select("gemini", offset=True).gives(picks(2))]
    judge.check(Scenario([*moved, *moved, CLOSE, *moved]))


@covers("WIRE-004")
@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param([select(offset=True)], id="account"),
        pytest.param([limit(1, 60_000), limit(1, 60_000, "gemini")], id="limit"),
        pytest.param([cool(1, 60_000, "auth-failure")], id="cooldown"),
        pytest.param([Call("set_enabled", {"label": label(1), "enabled": False})], id="disabled"),
        pytest.param([remove(0)], id="removed"),
    ],
)
def test_open_resets_limits_and_current_accounts(judge: Judge, earlier: list[Call]) -> None:
    judge.check(Scenario([open_pool(POOL, pid=1), *earlier, *AFRESH]))


@covers("WIRE-004")
def test_open_resets_the_clock(judge: Judge) -> None:
    limited = open_pool(pool([{"rateLimitResetTimes": {"claude": NOW_MS + 1000}}, {}]))
    judge.check(Scenario([limited, advance(1000), select().gives(picks(0)), limited, select().gives(picks(1))]))


@covers("WIRE-004")
@pytest.mark.parametrize("call", [record(0, "failure"), consume(0, 7)], ids=["health", "tokens"])
def test_open_of_a_folder_resets_trackers(judge: Judge, call: Call) -> None:
    first = {"failure": {"score": 50}}.get(str(call.params.get("outcome")), {"tokens": 43})
    opened = Call("open", {"home": f"{ROOT}/home", "now_ms": NOW_MS})
    judge.check(Scenario([opened, call.gives(first), opened, call.gives(first)], {POOL_FILE: text(pool(1))}))


OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "now_ms": NOW_MS})
FIRST, FLUSH = Call("use_session", {"session": 0}), Call("flush_save")


def flushed(*calls: Call) -> Scenario:
    """End the delay of saves after these calls, and expect that the file has no rate limit."""
    read = [OPEN_FILE, select().gives(picks(0))]
    return Scenario([OPEN_FILE, *calls, FLUSH, *read], files={POOL_FILE: text(pool(1))})


@covers("WIRE-004")
def test_requested_save_ends_with_its_session(judge: Judge) -> None:
    judge.check(flushed(Call("request_save"), OPEN_FILE, limit(0, 60_000)))
    judge.check(flushed(limit(0, 60_000), OPEN_FILE))  # without a request, neither `open` nor `close` saves
    judge.check(flushed(limit(0, 60_000), CLOSE, OPEN_FILE))


@covers("WIRE-002")
@pytest.mark.parametrize(
    "refused", [("set_enabled", {"enabled": False}), ("require_verification", {}), ("clear_verification", {})]
)
def test_refused_call_requests_no_save(judge: Judge, refused: tuple[str, dict[str, Json]]) -> None:
    method, params = refused
    call = Call(method, {"label": "no such account", **params}).refuses("unknown_account")
    judge.check(flushed(limit(0, 60_000), call))


@covers("WIRE-001")
def test_new_session_has_no_pool(judge: Judge) -> None:
    """No other case opens a pool in this session."""
    refused = select().refuses("not_open")
    judge.check(Scenario([FIRST, open_pool(pool(3)), Call("use_session", {"session": 7}), refused, FIRST]))


@covers("WIRE-001")
def test_refused_advance_moves_no_clock(judge: Judge) -> None:
    """The clock belongs to all sessions, and the chosen one has no pool."""
    refused = [Call("use_session", {"session": 7}), advance(1000).refuses("not_open"), FIRST]
    judge.check(Scenario([FIRST, open_pool(pool(1)), limit(0, 1000), *refused, select().gives(None)]))
