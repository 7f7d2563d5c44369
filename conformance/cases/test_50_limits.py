"""LIM: rate limits, seen through sticky selection: a limited account is left."""

import pytest

from conformance.cases.kit import Judge, covers
from conformance.wire.calls import NOW_MS, advance, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Scenario

STYLES = ("antigravity", "gemini-cli")
GEMINI_KEYS = {"antigravity": "gemini-antigravity", "gemini-cli": "gemini-cli"}  # in a stored pool


@covers("LIM-001")
@pytest.mark.parametrize(("elapsed_ms", "account"), [(0, None), (999, None), (1000, 0), (1001, 0)])
def test_a_limit_ends_at_its_reset_time(judge: Judge, elapsed_ms: int, account: int | None) -> None:
    expected = None if account is None else picks(account)
    judge.check(Scenario([open_pool(pool(1)), limit(0, 1000), advance(elapsed_ms), select().gives(expected)]))


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
def test_gemini_has_a_quota_for_each_header_style(judge: Judge, limited: str, other: str) -> None:
    calls = [
        limit(0, 60_000, "gemini", header_style=limited),
        select("gemini", style=other).gives(picks(0)),
        select("gemini", style=limited).gives(picks(1)),
    ]
    judge.check(Scenario([open_pool(pool(2, activeIndexByFamily={"gemini": 0}, activeIndex=1)), *calls]))


@covers("LIM-003")
@pytest.mark.parametrize(("limited", "other"), [STYLES, STYLES[::-1]])
def test_a_stored_limit_of_one_style_leaves_the_other(judge: Judge, limited: str, other: str) -> None:
    stored = pool([{"rateLimitResetTimes": {GEMINI_KEYS[limited]: NOW_MS + 1000}}])
    calls = [select("gemini", style=other).gives(picks(0)), select("gemini", style=limited).gives(None)]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("LIM-004")
def test_gemini_is_left_only_when_both_styles_are_limited(judge: Judge) -> None:
    calls = [
        limit(0, 60_000, "gemini", header_style="antigravity"),
        select("gemini", style="antigravity").gives(picks(0)),
        limit(0, 60_000, "gemini", header_style="gemini-cli"),
        select("gemini", style="antigravity").gives(picks(1)),
    ]
    judge.check(Scenario([open_pool(pool(2, activeIndexByFamily={"gemini": 0}, activeIndex=1)), *calls]))


@covers("LIM-005")
def test_a_limit_for_one_model_leaves_the_others(judge: Judge) -> None:
    # Both styles are limited, so that the answer does not depend on how styles are told apart.
    limits = [limit(0, 60_000, "gemini", header_style=style, model="gemini-x") for style in STYLES]
    calls = [select("gemini").gives(picks(0)), select("gemini", model="gemini-y").gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls, select("gemini", model="gemini-x").gives(None)]))


@covers("LIM-005")
def test_a_limit_without_a_model_holds_for_all_models(judge: Judge) -> None:
    limits = [limit(0, 60_000, "gemini", header_style=style) for style in STYLES]
    calls = [select("gemini").gives(None), select("gemini", model="gemini-y").gives(None)]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("LIM-006")
def test_a_claude_limit_leaves_gemini(judge: Judge) -> None:
    judge.check(
        Scenario([open_pool(pool(1)), limit(0, 60_000), select("gemini").gives(picks(0)), select().gives(None)])
    )


@covers("LIM-006")
def test_a_gemini_limit_leaves_claude(judge: Judge) -> None:
    limits = [limit(0, 60_000, "gemini", header_style=style) for style in STYLES]
    calls = [select().gives(picks(0)), select("gemini").gives(None)]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("LIM-007")
def test_limits_stored_in_the_pool_count(judge: Judge) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": NOW_MS + 1000}}])
    calls = [select().gives(None), select("gemini").gives(picks(0)), advance(1000), select().gives(picks(0))]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("LIM-007")
@pytest.mark.parametrize("model", [None, "gemini-x"])
@pytest.mark.parametrize(("style", "other"), [STYLES, STYLES[::-1]])
def test_a_limit_stored_for_a_style_or_a_model_counts(judge: Judge, style: str, other: str, model: str | None) -> None:
    """The other style is limited beforehand, so that the answer does not depend on how styles are told apart."""
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
def test_nothing_is_selected_while_every_account_is_limited(judge: Judge) -> None:
    limits = [limit(i, 60_000) for i in range(3)]
    calls = [
        select().gives(None),
        select(strategy="round-robin").gives(None),
        select(offset=True).gives(None),
    ]
    judge.check(Scenario([open_pool(pool(3), pid=1), *limits, *calls]))


@covers("LIM-009")
@pytest.mark.parametrize(("older_ms", "newer_ms"), [(60_000, 1000), (1000, 60_000)])
def test_the_newer_limit_counts(judge: Judge, older_ms: int, newer_ms: int) -> None:
    limits = [limit(0, older_ms), limit(0, newer_ms)]
    ends = [advance(newer_ms - 1), select().gives(None), advance(1), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *limits, *ends]))


@covers("LIM-010")
def test_a_limit_that_was_seen_to_be_over_stays_over(judge: Judge) -> None:
    ended = [limit(0, 1000), advance(1000), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *ended, advance(-1), select().gives(picks(0))]))
