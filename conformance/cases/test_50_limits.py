"""LIM: rate limits. The cases use sticky selection, which moves away from a limited account."""

from collections.abc import Callable

import pytest

from conformance.cases.events_kit import FAILURES, LIMITS, RESET, other_events, rests, switch
from conformance.cases.kit import Judge, covers
from conformance.wire.calls import (
    NOW_MS,
    POOL_FILE,
    advance,
    cool,
    label,
    labels,
    limit,
    limit_family,
    open_pool,
    picks,
    pool,
    select,
    text,
)
from conformance.wire.scenario import ROOT, Call, Scenario

DAY_MS = 86_400_000
STYLES = ("antigravity", "gemini-cli")
GEMINI_KEYS = {"antigravity": "gemini-antigravity", "gemini-cli": "gemini-cli"}  # in a stored pool

OTHER_KEYS = [  # of no quota that the requests below use
    "gemini", "Claude", "claude ", "claude:claude-x", "claude-antigravity", "antigravity", "gemini_cli", "*", "",
    "gemini-antigravity:", "gemini-antigravity:gemini-y", "gemini-antigravity:GEMINI-X", "gemini-x",
]  # fmt: skip
REQUESTS = [select(), select(model="claude-x"), select("gemini"), select("gemini", model="gemini-x")]
STRATEGIES = ("sticky", "round-robin", "hybrid")
Limit = Callable[..., Call]
ASKED = [
    *[select("gemini", strategy) for strategy in STRATEGIES],
    Call("min_wait", {"family": "gemini"}),
    Call("has_other_account", {"label": label(1), "family": "gemini"}),
    Call("available_header_style", {"label": label(0), "family": "gemini"}),
]


@covers("LIM-001")
@pytest.mark.parametrize(("elapsed_ms", "account"), [(0, None), (999, None), (1000, 0), (1001, 0)])
def test_limit_ends_at_reset_time(judge: Judge, elapsed_ms: int, account: int | None) -> None:
    expected = None if account is None else picks(account)
    judge.check(Scenario([open_pool(pool(1)), limit(0, 1000), advance(elapsed_ms), select().gives(expected)]))


@covers("LIM-001")
@pytest.mark.parametrize("ms", [1000.75, 0.5, 400 * DAY_MS])
def test_limit_of_any_length_ends_at_reset_time(judge: Judge, ms: float) -> None:
    calls = [advance(ms - 0.25), select().gives(None), advance(0.25), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), limit(0, ms), *calls]))


@covers("LIM-001")
@pytest.mark.parametrize(("elapsed_ms", "account"), [(999, None), (1000, 0)])
@pytest.mark.parametrize("family", ["claude", "gemini"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_limit_ends_for_each_strategy(
    judge: Judge, strategy: str, family: str, elapsed_ms: int, account: int | None
) -> None:
    expected = None if account is None else picks(account)
    calls = [*limit_family(0, 1000, family), advance(elapsed_ms), select(family, strategy).gives(expected)]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("LIM-001")
def test_no_other_event_ends_a_limit(judge: Judge) -> None:
    for event in other_events(judge, LIMITS, FAILURES, RESET):
        waits = [*event, select().gives(None), advance(999), select().gives(None)]
        judge.check(Scenario([open_pool(pool(1)), limit(0, 1000), *waits]))


@covers("LIM-001")
def test_limit_of_resting_account_counts(judge: Judge) -> None:
    for begins, ends in rests(judge, 0):
        waits = [*begins, limit(0, 9000), *ends, select().gives(None), advance(9000), select().gives(picks(0))]
        judge.check(Scenario([open_pool(pool(1)), *waits]))


@covers("LIM-002")
@pytest.mark.parametrize("style", STYLES)
def test_claude_has_one_quota(judge: Judge, style: str) -> None:
    calls = [
        limit(0, 60_000, model="claude-x", header_style=style),
        select(model="claude-y").gives(None),
        select(style="gemini-cli").gives(None),
    ]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("LIM-003")
@pytest.mark.parametrize(("limited", "other"), [STYLES, STYLES[::-1]])
def test_gemini_has_one_quota_per_header_style(judge: Judge, limited: str, other: str) -> None:
    calls = [
        limit(0, 60_000, "gemini", header_style=limited),
        select("gemini", style=other).gives(picks(0)),
        select("gemini", style=limited).gives(picks(1)),
    ]
    judge.check(Scenario([open_pool(pool(2, activeIndexByFamily={"gemini": 0}, activeIndex=1)), *calls]))


@covers("LIM-003")
@pytest.mark.parametrize("style", ["antigravity", "gemini-cli"])
def test_account_is_replaced_for_both_styles(judge: Judge, style: str) -> None:
    """The family has one current account, whichever header style made it move (STK-002)."""
    calls = [limit(0, 1000, "gemini", header_style=style), select("gemini", style=style).gives(picks(1))]
    both = [select("gemini", style=each).gives(picks(1)) for each in ("antigravity", "gemini-cli")]
    judge.check(Scenario([open_pool(pool(2)), *calls, *both]))


@covers("LIM-003")
@pytest.mark.parametrize(("limited", "other"), [STYLES, STYLES[::-1]])
def test_stored_limit_of_one_header_style(judge: Judge, limited: str, other: str) -> None:
    stored = pool([{"rateLimitResetTimes": {GEMINI_KEYS[limited]: NOW_MS + 1000}}])
    calls = [select("gemini", style=other).gives(picks(0)), select("gemini", style=limited).gives(None)]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("LIM-004")
def test_gemini_moves_when_both_styles_are_limited(judge: Judge) -> None:
    calls = [
        limit(0, 60_000, "gemini", header_style="antigravity"),
        select("gemini", style="antigravity").gives(picks(0)),
        limit(0, 60_000, "gemini", header_style="gemini-cli"),
        select("gemini", style="antigravity").gives(picks(1)),
    ]
    judge.check(Scenario([open_pool(pool(2, activeIndexByFamily={"gemini": 0}, activeIndex=1)), *calls]))


@covers("LIM-005")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_limit_for_one_model_leaves_others(judge: Judge, strategy: str) -> None:
    # Both header styles are limited, so that a target which checks both passes too.
    limits = [limit(0, 60_000, "gemini", header_style=style, model="gemini-x") for style in STYLES]
    calls = [select("gemini", strategy, model=model).gives(picks(0)) for model in (None, "gemini-y")]
    asked = select("gemini", strategy, model="gemini-x").gives(None)
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls, asked]))


@covers("LIM-005")
@pytest.mark.parametrize(
    "other",
    [
        "Gemini-3-pro", " gemini-3-pro", "gemini-3-pro ", "gemini-3-pro-preview", "gemini-3-pro-high", "gemini-3",
        "google/gemini-3-pro", "antigravity-gemini-3-pro", "gemini-3-pro:free", "gemini.3-pro", "gemini-3-pro@1",
    ],
)  # fmt: skip
def test_models_are_compared_exactly(judge: Judge, other: str) -> None:
    """A limit for either name leaves the other one."""
    for limited, asked in (("gemini-3-pro", other), (other, "gemini-3-pro")):
        limits = [limit(0, 60_000, "gemini", header_style=style, model=limited) for style in STYLES]
        calls = [select("gemini", model=asked).gives(picks(0)), select("gemini", model=limited).gives(None)]
        judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("LIM-005")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("style", STYLES)
def test_limit_without_model_applies_to_all_models(judge: Judge, style: str, strategy: str) -> None:
    limits = [limit(0, 60_000, "gemini", header_style=each) for each in STYLES]
    calls = [select("gemini", strategy, style=style, model=model).gives(None) for model in (None, "gemini-y")]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("LIM-006")
def test_claude_limit_leaves_gemini(judge: Judge) -> None:
    judge.check(
        Scenario([open_pool(pool(1)), limit(0, 60_000), select("gemini").gives(picks(0)), select().gives(None)])
    )


@covers("LIM-006")
def test_gemini_limit_leaves_claude(judge: Judge) -> None:
    limits = [limit(0, 60_000, "gemini", header_style=style) for style in STYLES]
    calls = [select().gives(picks(0)), select("gemini").gives(None)]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("LIM-007")
@pytest.mark.parametrize("ms", [1000, 400 * DAY_MS])
def test_stored_limits_take_effect(judge: Judge, ms: int) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": NOW_MS + ms}}])
    waits = [advance(ms - 1), select().gives(None), advance(1), select().gives(picks(0))]
    judge.check(Scenario([open_pool(stored), select().gives(None), select("gemini").gives(picks(0)), *waits]))


@covers("LIM-007")
@pytest.mark.parametrize("key", OTHER_KEYS)
def test_stored_limit_of_another_quota_has_no_effect(judge: Judge, key: str) -> None:
    stored = pool([{"rateLimitResetTimes": {key: NOW_MS + 60_000}}, {}])
    judge.check(Scenario([open_pool(stored), *[call.gives(picks(0)) for call in REQUESTS]]))


@covers("LIM-007")
def test_limits_of_other_quotas_in_file_are_ignored(judge: Judge) -> None:
    """Version 2 of the pool file had the quota `gemini`. Later versions have a quota for each header style."""
    stored = pool([{"rateLimitResetTimes": dict.fromkeys(OTHER_KEYS, NOW_MS + 60_000)}, {}])
    opened = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS}).gives({"accounts": labels(0, 1)})
    judge.check(Scenario([opened, *[call.gives(picks(0)) for call in REQUESTS]], {POOL_FILE: text(stored)}))


@covers("LIM-007")
@pytest.mark.parametrize("model", [None, "gemini-x"])
@pytest.mark.parametrize(("style", "other"), [STYLES, STYLES[::-1]])
def test_stored_limit_for_style_or_model_takes_effect(judge: Judge, style: str, other: str, model: str | None) -> None:
    """The other header style is limited first, so that a target which checks both header styles passes too."""
    key = GEMINI_KEYS[style] + (f":{model}" if model else "")
    calls = [
        limit(0, 60_000, "gemini", header_style=other),
        select("gemini", style=style, model=model).gives(None),
        select().gives(picks(0)),
        *([select("gemini", style=style, model="gemini-y").gives(picks(0))] if model else []),
        advance(1000),
        select("gemini", style=style, model=model).gives(picks(0)),
    ]
    judge.check(Scenario([open_pool(pool([{"rateLimitResetTimes": {key: NOW_MS + 1000}}])), *calls]))


@covers("LIM-008")
def test_all_accounts_limited_selects_none(judge: Judge) -> None:
    limits = [limit(i, 60_000) for i in range(3)]
    calls = [
        select().gives(None),
        select(strategy="round-robin").gives(None),
        select(offset=True).gives(None),
    ]
    judge.check(Scenario([open_pool(pool(3), pid=1), *limits, *calls]))


def for_a_reason(index: int, retry_after_ms: int, family: str = "claude", **params: str) -> Call:
    """Limit the account as `limit` does, after a failure with a retry-after."""
    given = {"label": label(index), "family": family, "retry_after_ms": retry_after_ms, **params}
    return Call("mark_rate_limited_with_reason", {**given, "reason": "RATE_LIMIT_EXCEEDED"})


@covers("LIM-009")
@pytest.mark.parametrize("family", ["claude", "gemini"])
@pytest.mark.parametrize("newer", [limit, for_a_reason])
@pytest.mark.parametrize("older", [limit, for_a_reason])
@pytest.mark.parametrize(("older_ms", "newer_ms"), [(60_000, 5000), (5000, 60_000)])
def test_new_limit_replaces_the_old_one(
    judge: Judge, older: Limit, newer: Limit, older_ms: int, newer_ms: int, family: str
) -> None:
    model = {"model": "m"} if family == "gemini" else {}
    of_styles = [{**model, "header_style": style} for style in STYLES] if family == "gemini" else [model]
    limits = [make(0, ms, family, **each) for make, ms in ((older, older_ms), (newer, newer_ms)) for each in of_styles]
    asked = select(family, model=model.get("model"))
    ends = [advance(newer_ms - 1), asked.gives(None), advance(1), asked.gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *limits, *ends]))


@covers("LIM-009")
@pytest.mark.parametrize("ms", [0, -1, -60_000])
def test_limit_that_has_ended_replaces_the_old_one(judge: Judge, ms: int) -> None:
    calls = [limit(0, 60_000), select().gives(None), limit(0, ms), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("LIM-010")
def test_expired_limit_stays_expired(judge: Judge) -> None:
    ended = [limit(0, 1000), advance(1000), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *ended, advance(-1), select().gives(picks(0))]))


@covers("LIM-010")
@pytest.mark.parametrize("asked", ASKED, ids=lambda call: f"{call.method} {call.params.get('strategy', '')}")
def test_each_question_ends_expired_limits(judge: Judge, asked: Call) -> None:
    """The limit is that of account 0. `has_other_account` asks for another account than 1."""
    limits = limit_family(0, 1000, "gemini")
    back = [advance(1000), asked, advance(-1), select("gemini").gives(picks(0))]
    judge.check(Scenario([open_pool(pool([{}, {"enabled": False}])), *limits, *back]))


@covers("LIM-010")
@pytest.mark.parametrize("asked", [*ASKED[1:4], select(strategy="hybrid")], ids=lambda call: f"{call.method}")
@pytest.mark.parametrize("first", [[], [cool(1, 5)]], ids=["available", "cooling"])
def test_question_ends_limits_behind_free_account(judge: Judge, asked: Call, first: list[Call]) -> None:
    """The limit is that of account 1. Account 0 is available, and the first that is asked about."""
    back = [advance(1000), *first, asked, advance(-1), *([cool(1, 0)] if first else [])]
    limits = limit_family(1, 1000, "gemini")
    turns = [switch(0, on=False), select("gemini").gives(picks(1))]
    judge.check(Scenario([open_pool(pool(2)), *limits, *back, *turns]))


@covers("LIM-010")
@pytest.mark.parametrize("style", STYLES)
def test_every_expired_limit_stays_expired(judge: Judge, style: str) -> None:
    """A selection for Claude finds the limit for Gemini expired, too."""
    limits = [limit(0, 1000), limit(0, 1000, "gemini", header_style=style)]
    ended = [*limits, advance(1000), select().gives(picks(0)), advance(-1)]
    asked = select("gemini", style=style).gives(picks(0))
    judge.check(Scenario([open_pool(pool(1)), *ended, asked, select().gives(picks(0))]))


@covers("LIM-001")
def test_sessions_share_the_clock(judge: Judge) -> None:
    first, second = (Call("use_session", {"session": number}) for number in (0, 1))
    opened = open_pool(pool(1))
    limited = [limit(0, 1000), select().gives(None)]
    ended = [advance(1000), first, select().gives(picks(0))]
    judge.check(Scenario([first, opened, second, opened, first, *limited, second, *ended]))
