"""HYB: the hybrid strategy. In most pools the current account is 0, which is not a candidate: see `standing`."""

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import SELECTIONS, USE, other_events
from conformance.cases.hybrid_kit import AccountState, consume, open_with, record
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, advance, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

COUNTS = st.integers(2, 8)
PIDS = st.integers(1, 2**22)
HOUR_MS = 3_600_000


def best(family: str = "claude", **params: Json) -> Call:
    """Return a hybrid selection."""
    return select(family, "hybrid", **params)


# Score


def score(account: AccountState) -> float:
    return account.health * 2 + account.tokens / 50 * 100 * 5 + min(account.idle_s, 3600) * 0.1


def has_a_clear_winner(accounts: list[tuple[int, int, int]]) -> bool:
    """Are no two scores so close that the order of additions decides?"""
    *_, second, first = sorted(score(AccountState(*account)) for account in accounts)
    return first - second > 0.05


ACCOUNTS = st.lists(
    st.tuples(st.integers(50, 100), st.integers(1, 50), st.integers(0, 5000)), min_size=2, max_size=5
).filter(has_a_clear_winner)


@covers("HYB-002")
@property_case(accounts=ACCOUNTS)
def test_highest_score_wins(judge: Judge, accounts: list[tuple[int, int, int]]) -> None:
    states = [AccountState(*account) for account in accounts]
    winner = max(range(len(states)), key=lambda i: score(states[i]))
    judge.check(Scenario([*open_with(states), best().gives(picks(winner + 1))]))


@covers("HYB-002")
@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (AccountState(health=74, tokens=49), AccountState()),  # a token equals five health points
        (AccountState(), AccountState(health=76, tokens=49)),
        (AccountState(idle_s=1019), AccountState(health=71, idle_s=1000)),  # and a health point equals 20 s
        (AccountState(health=71, idle_s=1000), AccountState(idle_s=1021)),
    ],
)
def test_slightly_higher_score_wins(judge: Judge, worse: AccountState, better: AccountState) -> None:
    judge.check(Scenario([*open_with([worse, better]), best().gives(picks(2))]))


@covers("HYB-001")
@pytest.mark.parametrize(
    "accounts",
    [
        [AccountState(), AccountState()],
        [AccountState(), AccountState(), AccountState()],
        [AccountState(health=75, tokens=49), AccountState()],
        [AccountState(), AccountState(health=75, tokens=49)],
        [AccountState(idle_s=1020), AccountState(health=71, idle_s=1000)],
        [AccountState(health=71, idle_s=1000), AccountState(idle_s=1020)],
    ],
)
def test_first_of_equal_scores_wins(judge: Judge, accounts: list[AccountState]) -> None:
    judge.check(Scenario([*open_with(accounts), best().gives(picks(1))]))


@covers("HYB-002")
@pytest.mark.parametrize("never", [{"lastUsed": 0}, {"lastUsed": None}], ids=["0", "null"])
def test_account_never_used_is_idle_since_time_0(judge: Judge, never: Json) -> None:
    """The clock is at 1000 s, so idle times are below an hour. Account 0 is current and no candidate."""
    stored = pool([{}, {"lastUsed": 1}, never])
    better = [consume(0, 50), record(1, "success")]
    judge.check(Scenario([open_pool(stored, now_ms=1_000_000), *better, best().gives(picks(1))]))


@covers("HYB-009")
@pytest.mark.parametrize(
    ("first_idle_s", "second_idle_s", "selected"),
    [(3599, 3600, 2), (3600, 3601, 1), (3600, 1_000_000, 1), (3601, 3600, 1), (3599, 3601, 2)],
)
def test_idle_time_is_capped_at_one_hour(judge: Judge, first_idle_s: int, second_idle_s: int, selected: int) -> None:
    idle = [0, first_idle_s, second_idle_s]  # account 0 was just used, and loses even with the bonus
    stored = pool([{"lastUsed": NOW_MS - each * 1000} for each in idle])
    judge.check(Scenario([open_pool(stored), best().gives(picks(selected))]))


@covers("HYB-010")
def test_tokens_count_as_share_of_bucket(judge: Judge) -> None:
    # 9 of 10 tokens give 50 points less. 490 s of idle time do not compensate for this, 510 s do.
    for idle_s, selected in [(3110, 2), (3090, 1)]:
        calls = open_with(
            [AccountState(tokens=9), AccountState(tokens=10, idle_s=idle_s)],
            full=10,
            tokens={"max_tokens": 10, "initial_tokens": 10},
        )
        judge.check(Scenario([*calls, best().gives(picks(selected))]))


@covers("HYB-011")
def test_future_last_use_gives_no_negative_score(judge: Judge) -> None:
    # Account a has the bonus in releases with a bonus, and is the first of equal accounts in the others.
    stored = pool([{"lastUsed": NOW_MS + hours * 3_600_000} for hours in (20, 10)])
    judge.check(Scenario([open_pool(stored), best().gives(picks(0))]))


# Candidates


@covers("HYB-003")
def test_limited_account_is_no_candidate_until_reset(judge: Judge) -> None:
    calls = [limit(0, 1000), best().gives(picks(1)), advance(999), best().gives(picks(1)), advance(1)]
    judge.check(Scenario([open_pool(pool(2)), *calls, best().gives(picks(0))]))


@covers("HYB-004")
@pytest.mark.parametrize(("health", "selected"), [(49, 2), (50, 1)])
def test_health_of_50_is_enough(judge: Judge, health: int, selected: int) -> None:
    accounts = [AccountState(health=health), AccountState(health=50, idle_s=0)]
    judge.check(Scenario([*open_with(accounts), best().gives(picks(selected))]))


@covers("HYB-004")
@pytest.mark.parametrize(("elapsed_ms", "selected"), [(10 * HOUR_MS - 1, 1), (10 * HOUR_MS, 0)])
def test_recovered_health_is_enough(judge: Judge, elapsed_ms: int, selected: int) -> None:
    """Account 0 recovers from 30 to 50. Account 1 has recovered to 70 by then, and has fewer tokens."""
    failed = [record(0, "failure"), record(0, "failure"), record(1, "failure"), consume(1, 10)]
    opened = open_pool(pool(2), tokens={"regeneration_rate_per_minute": 0})
    judge.check(Scenario([opened, *failed, advance(elapsed_ms), best().gives(picks(selected))]))


@covers("HYB-006")
@pytest.mark.parametrize(
    ("least", "health", "selected"),
    [(60, 59, 0), (60, 60, 1), (20, 19, 0), (20, 20, 1), (0, 0, 1), (0, 49, 1), (100, 99, 0)],
)
def test_configured_min_usable_takes_effect(judge: Judge, least: int, health: int, selected: int) -> None:
    # With candidates, the idle account is selected. Without, sticky keeps the current account.
    stored = pool([{"lastUsed": NOW_MS}, {"lastUsed": 0}])
    opened = open_pool(stored, health={"min_usable": least, "initial": health})
    judge.check(Scenario([opened, best().gives(picks(selected))]))


@covers("HYB-007")
@pytest.mark.parametrize(("tokens", "selected"), [(0.999, 2), (1, 1)])
def test_one_token_is_enough(judge: Judge, tokens: float, selected: int) -> None:
    accounts = [AccountState(tokens=tokens), AccountState(tokens=1, idle_s=0)]
    judge.check(Scenario([*open_with(accounts), best().gives(picks(selected))]))


@covers("HYB-007")
@pytest.mark.parametrize(("elapsed_ms", "selected"), [(4_990, 1), (5_000, 0), (60_000, 0)])
def test_refilled_token_is_enough(judge: Judge, elapsed_ms: int, selected: int) -> None:
    """Account 0 has half a token and gets another half. Account 1 is current, and its health is too low."""
    spent = [consume(0, 49.5), record(1, "failure"), record(1, "failure")]
    calls = [*spent, advance(elapsed_ms), best().gives(picks(selected))]
    judge.check(Scenario([open_pool(pool(2, activeIndex=1)), *calls]))


@covers("HYB-008")
@pytest.mark.parametrize("style", ["antigravity", "gemini-cli"])
@pytest.mark.parametrize("model", [{}, {"model": "m"}])
def test_account_limited_for_header_style_is_no_candidate(judge: Judge, style: str, model: dict[str, str]) -> None:
    limited = limit(0, 60_000, "gemini", header_style=style, **model)
    judge.check(Scenario([open_pool(pool(2)), limited, best("gemini", style=style, **model).gives(picks(1))]))


@covers("HYB-008")
def test_all_limited_for_header_style_selects_none(judge: Judge) -> None:
    limited = limit(0, 60_000, "gemini", header_style="antigravity")
    judge.check(Scenario([open_pool(pool(1)), limited, best("gemini", style="antigravity").gives(None)]))


@covers("HYB-008")
def test_other_header_style_is_still_available(judge: Judge) -> None:
    limited = limit(0, 60_000, "gemini", header_style="antigravity")
    judge.check(Scenario([open_pool(pool(2)), limited, best("gemini", style="gemini-cli").gives(picks(0))]))


# Effects of a selection


@covers("HYB-005")
def test_selection_resets_idle_time(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3)), *[best().gives(picks(index)) for index in (0, 1, 2)]]))


@covers("HYB-005")
def test_last_use_is_the_selection_time(judge: Judge) -> None:
    used = {"accounts": [{"last_used_ms": NOW_MS + 5}, {"last_used_ms": 0}]}
    judge.check(Scenario([open_pool(pool(2)), advance(5), best(), Call("snapshot").gives(used)]))


@covers("HYB-005")
@pytest.mark.parametrize("ms", [5, -5])
def test_next_selection_of_the_account_updates_last_use(judge: Judge, ms: int) -> None:
    """Also if the account stays the same, and if the clock was set back."""
    used = {"accounts": [{"last_used_ms": NOW_MS + ms}]}
    judge.check(Scenario([open_pool(pool(1)), best(), advance(ms), best(), Call("snapshot").gives(used)]))


@covers("HYB-005")
def test_no_other_event_is_a_use(judge: Judge) -> None:
    used = Call("snapshot").gives({"accounts": [{"last_used_ms": NOW_MS}]})
    for event in other_events(judge, SELECTIONS, USE):
        judge.check(Scenario([open_pool(pool(1)), best(), advance(5), *event, used]))


@covers("HYB-012")
def test_sticky_keeps_account_that_hybrid_selected(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3)), best(), best().gives(picks(1)), *[select().gives(picks(1))] * 2]))


@covers("HYB-013")
@pytest.mark.parametrize(("family", "other"), [("claude", "gemini"), ("gemini", "claude")])
def test_hybrid_does_not_move_other_family(judge: Judge, family: str, other: str) -> None:
    judge.check(Scenario([open_pool(pool(3)), best(family), best(family), select(other).gives(picks(0))]))


@covers("HYB-014")
def test_hybrid_does_not_advance_cursor(judge: Judge) -> None:
    rotated = [select(strategy="round-robin").gives(picks(index)) for index in (0, 1)]
    judge.check(Scenario([open_pool(pool(3)), best(), best(), rotated[0], best(), rotated[1]]))


# With a candidate


@covers("HYB-017")
@property_case(count=COUNTS, pid=PIDS)
def test_offset_does_not_affect_candidates(judge: Judge, count: int, pid: int) -> None:
    selected = [best(offset=True).gives(picks(index)) for index in range(count)]
    judge.check(Scenario([open_pool(pool(count), pid=pid), *selected]))


@covers("HYB-019")
@property_case(count=COUNTS, pid=PIDS)
def test_offset_counts_from_account_that_hybrid_selected(judge: Judge, count: int, pid: int) -> None:
    selected = [best(offset=True).gives(picks(index)) for index in (0, 1)]
    moved = [select(offset=True).gives(picks((1 + pid) % count))] * 2
    judge.check(Scenario([open_pool(pool(count), pid=pid), *selected, *moved]))


# The current account


@covers("HYB-020")
@pytest.mark.parametrize("lead_s", [500, 1001, 1499, 1500, 1501])
@pytest.mark.parametrize("current", [0, 1])
def test_lead_of_more_than_150_switches_account(judge: Judge, lead_s: int, current: int) -> None:
    other = 1 - current
    idle_s = {current: 0, other: lead_s}  # a second is worth 0.1
    stored = pool([{"lastUsed": NOW_MS - idle_s[index] * 1000} for index in (0, 1)], activeIndex=current)
    leads = lead_s * 0.1
    selected = 0 if leads == 150 else other if leads > 150 else current
    judge.check(Scenario([open_pool(stored), best().gives(picks(selected))]))


@covers("HYB-020")
def test_bonus_is_added_to_a_score_of_0(judge: Judge) -> None:
    """Account 0 is current, and used in the future. The score of account 1 is 110: not 150 higher than 0 (HYB-011)."""
    stored = pool([{"lastUsed": NOW_MS + 20 * HOUR_MS}, {"lastUsed": NOW_MS + 10 * HOUR_MS}, {"lastUsed": NOW_MS}])
    given = [open_pool(stored), record(2, "failure"), consume(2, 49)]
    if values(judge.ask([*given, limit(2, 60_000), best()]))[-1] != picks(0):
        return  # HYB-011 judges scores below 0
    judge.check(Scenario([*given, limit(1, 60_000), best().gives(picks(0))]))


@covers("HYB-021")
def test_bonus_goes_to_own_current_account(judge: Judge) -> None:
    stored = pool([{"lastUsed": NOW_MS}] * 3, activeIndexByFamily={"claude": 2, "gemini": 1})
    for family, index in [("claude", 2), ("gemini", 1)]:
        judge.check(Scenario([open_pool(stored), best(family).gives(picks(index))]))


@covers("HYB-022")
def test_account_that_round_robin_selected_has_bonus(judge: Judge) -> None:
    rotated = [select(strategy="round-robin")] * 2
    judge.check(Scenario([open_pool(pool(3)), *rotated, best().gives(picks(1))]))


@covers("HYB-023")
@pytest.mark.parametrize("current", [0, 1, 2])
def test_current_account_has_no_bonus(judge: Judge, current: int) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=current)), best().gives(picks(0))]))


# Release 1.2.8


@covers("HYB-024")
@pytest.mark.parametrize("current", [0, 1, 2])
def test_unused_accounts_are_used_in_order(judge: Judge, current: int) -> None:
    stored = pool([{"lastUsed": NOW_MS}, {}, {}], activeIndex=current)
    judge.check(Scenario([open_pool(stored), *[best().gives(picks(index)) for index in (0, 1, 2)]]))


@covers("HYB-024")
@property_case(count=COUNTS, pid=PIDS)
def test_offset_applies_once_after_all_are_used(judge: Judge, count: int, pid: int) -> None:
    moved = [best(offset=True).gives(picks((count - 1 + pid) % count))] * 2
    judge.check(Scenario([open_pool(pool(count), pid=pid), *[best()] * count, *moved]))
