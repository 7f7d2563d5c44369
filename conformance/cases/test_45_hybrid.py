"""HYB: strategy hybrid. In most pools the families stand on account 0, which is no candidate: see `standing`."""

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.cases.standing import Standing, standing
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, advance, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

COUNTS = st.integers(2, 8)
PIDS = st.integers(1, 2**22)
NO_CANDIDATE: dict[str, Json] = {"health": {"initial": 40}}


def best(family: str = "claude", **params: Json) -> Call:
    """Ask for the best account."""
    return select(family, "hybrid", **params)


# Score


def score(account: Standing) -> float:
    return account.health * 2 + account.tokens / 50 * 100 * 5 + min(account.idle_s, 3600) * 0.1


def has_a_clear_winner(accounts: list[tuple[int, int, int]]) -> bool:
    """No two scores so close that the order of additions decides."""
    *_, second, first = sorted(score(Standing(*account)) for account in accounts)
    return first - second > 0.05


ACCOUNTS = st.lists(
    st.tuples(st.integers(50, 100), st.integers(1, 50), st.integers(0, 5000)), min_size=2, max_size=5
).filter(has_a_clear_winner)


@covers("HYB-002")
@property_case(accounts=ACCOUNTS)
def test_the_highest_score_wins(judge: Judge, accounts: list[tuple[int, int, int]]) -> None:
    standings = [Standing(*account) for account in accounts]
    winner = max(range(len(standings)), key=lambda i: score(standings[i]))
    judge.check(Scenario([*standing(standings), best().gives(picks(winner + 1))]))


@covers("HYB-002")
@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (Standing(health=74, tokens=49), Standing()),  # a token is worth five points of health
        (Standing(), Standing(health=76, tokens=49)),
        (Standing(idle_s=1019), Standing(health=71, idle_s=1000)),  # and a point of health 20 s
        (Standing(health=71, idle_s=1000), Standing(idle_s=1021)),
    ],
)
def test_a_little_more_is_enough(judge: Judge, worse: Standing, better: Standing) -> None:
    judge.check(Scenario([*standing([worse, better]), best().gives(picks(2))]))


@covers("HYB-001")
@pytest.mark.parametrize(
    "accounts",
    [
        [Standing(), Standing()],
        [Standing(), Standing(), Standing()],
        [Standing(health=75, tokens=49), Standing()],
        [Standing(), Standing(health=75, tokens=49)],
        [Standing(idle_s=1020), Standing(health=71, idle_s=1000)],
        [Standing(health=71, idle_s=1000), Standing(idle_s=1020)],
    ],
)
def test_of_equal_scores_the_first_wins(judge: Judge, accounts: list[Standing]) -> None:
    judge.check(Scenario([*standing(accounts), best().gives(picks(1))]))


@covers("HYB-009")
@pytest.mark.parametrize(
    ("first_idle_s", "second_idle_s", "selected"),
    [(3599, 3600, 2), (3600, 3601, 1), (3600, 1_000_000, 1), (3601, 3600, 1), (3599, 3601, 2)],
)
def test_idle_time_counts_up_to_an_hour(judge: Judge, first_idle_s: int, second_idle_s: int, selected: int) -> None:
    idle = [0, first_idle_s, second_idle_s]  # account 0, just used, stays behind with its bonus too
    stored = pool([{"lastUsed": NOW_MS - each * 1000} for each in idle])
    judge.check(Scenario([open_pool(stored), best().gives(picks(selected))]))


@covers("HYB-010")
def test_a_token_of_a_small_bucket_weighs_more(judge: Judge) -> None:
    # 9 of 10 tokens: 50 points less, which 490 s do not make up for and 510 s do.
    for idle_s, selected in [(3110, 2), (3090, 1)]:
        calls = standing(
            [Standing(tokens=9), Standing(tokens=10, idle_s=idle_s)],
            full=10,
            tokens={"max_tokens": 10, "initial_tokens": 10},
        )
        judge.check(Scenario([*calls, best().gives(picks(selected))]))


@covers("HYB-011")
def test_a_last_use_in_the_future_makes_no_score_negative(judge: Judge) -> None:
    # Account a has the bonus where there is one, and is the first of equal ones where there is none.
    stored = pool([{"lastUsed": NOW_MS + hours * 3_600_000} for hours in (20, 10)])
    judge.check(Scenario([open_pool(stored), best().gives(picks(0))]))


# Candidates


@covers("HYB-003")
def test_a_limited_account_is_no_candidate_until_its_limit_ends(judge: Judge) -> None:
    calls = [limit(0, 1000), best().gives(picks(1)), advance(999), best().gives(picks(1)), advance(1)]
    judge.check(Scenario([open_pool(pool(2)), *calls, best().gives(picks(0))]))


@covers("HYB-004")
@pytest.mark.parametrize(("health", "selected"), [(49, 2), (50, 1)])
def test_a_health_of_50_is_enough(judge: Judge, health: int, selected: int) -> None:
    accounts = [Standing(health=health), Standing(health=50, idle_s=0)]
    judge.check(Scenario([*standing(accounts), best().gives(picks(selected))]))


@covers("HYB-006")
@pytest.mark.parametrize(
    ("least", "health", "selected"),
    [(60, 59, 0), (60, 60, 1), (20, 19, 0), (20, 20, 1), (0, 0, 1), (0, 49, 1), (100, 99, 0)],
)
def test_the_configured_health_is_enough(judge: Judge, least: int, health: int, selected: int) -> None:
    # Candidates: the one that has rested. None: the family's own, by the sticky path.
    stored = pool([{"lastUsed": NOW_MS}, {"lastUsed": 0}])
    opened = open_pool(stored, health={"min_usable": least, "initial": health})
    judge.check(Scenario([opened, best().gives(picks(selected))]))


@covers("HYB-007")
@pytest.mark.parametrize(("tokens", "selected"), [(0.999, 2), (1, 1)])
def test_one_token_is_enough(judge: Judge, tokens: float, selected: int) -> None:
    accounts = [Standing(tokens=tokens), Standing(tokens=1, idle_s=0)]
    judge.check(Scenario([*standing(accounts), best().gives(picks(selected))]))


@covers("HYB-008")
@pytest.mark.parametrize("style", ["antigravity", "gemini-cli"])
@pytest.mark.parametrize("model", [{}, {"model": "m"}])
def test_an_account_limited_for_the_style_is_no_candidate(judge: Judge, style: str, model: dict[str, str]) -> None:
    limited = limit(0, 60_000, "gemini", header_style=style, **model)
    judge.check(Scenario([open_pool(pool(2)), limited, best("gemini", style=style, **model).gives(picks(1))]))


@covers("HYB-008")
def test_no_account_is_answered_where_all_are_limited_for_the_style(judge: Judge) -> None:
    limited = limit(0, 60_000, "gemini", header_style="antigravity")
    judge.check(Scenario([open_pool(pool(1)), limited, best("gemini", style="antigravity").gives(None)]))


@covers("HYB-008")
def test_the_other_style_can_still_be_used(judge: Judge) -> None:
    limited = limit(0, 60_000, "gemini", header_style="antigravity")
    judge.check(Scenario([open_pool(pool(2)), limited, best("gemini", style="gemini-cli").gives(picks(0))]))


# What a selection leaves behind


@covers("HYB-005")
def test_the_selected_account_is_not_the_most_rested_any_more(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3)), *[best().gives(picks(index)) for index in (0, 1, 2)]]))


@covers("HYB-005")
def test_the_time_of_last_use_is_that_of_the_selection(judge: Judge) -> None:
    used = {"accounts": [{"last_used_ms": NOW_MS + 5}, {"last_used_ms": 0}]}
    judge.check(Scenario([open_pool(pool(2)), advance(5), best(), Call("snapshot").gives(used)]))


@covers("HYB-012")
def test_sticky_keeps_the_account_that_hybrid_selected(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3)), best(), best().gives(picks(1)), *[select().gives(picks(1))] * 2]))


@covers("HYB-013")
@pytest.mark.parametrize(("family", "other"), [("claude", "gemini"), ("gemini", "claude")])
def test_the_other_family_stays_where_it_was(judge: Judge, family: str, other: str) -> None:
    judge.check(Scenario([open_pool(pool(3)), best(family), best(family), select(other).gives(picks(0))]))


@covers("HYB-014")
def test_rotation_goes_on_as_if_nothing_had_been_selected(judge: Judge) -> None:
    rotated = [select(strategy="round-robin").gives(picks(index)) for index in (0, 1)]
    judge.check(Scenario([open_pool(pool(3)), best(), best(), rotated[0], best(), rotated[1]]))


# Without a candidate


@covers("HYB-015")
def test_without_a_candidate_the_account_is_kept(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=1), **NO_CANDIDATE), *[best().gives(picks(1))] * 3]))


@covers("HYB-015")
def test_without_a_candidate_a_limited_account_is_left_for_good(judge: Judge) -> None:
    calls = [limit(0, 60_000), *[best().gives(picks(1))] * 2, limit(1, 60_000), *[best().gives(picks(2))] * 2]
    judge.check(Scenario([open_pool(pool(3), **NO_CANDIDATE), *calls, limit(2, 60_000), best().gives(None)]))


@covers("HYB-016")
@property_case(count=COUNTS, pid=PIDS, base=st.integers(0, 7))
def test_without_a_candidate_the_offset_leads_to_the_account(judge: Judge, count: int, pid: int, base: int) -> None:
    start = base % count
    moved = [best(offset=True).gives(picks((start + pid) % count))] * 2
    judge.check(Scenario([open_pool(pool(count, activeIndex=start), pid=pid, **NO_CANDIDATE), *moved]))


@covers("HYB-018")
@property_case(count=COUNTS, pid=PIDS)
def test_the_offset_is_not_applied_by_both_strategies(judge: Judge, count: int, pid: int) -> None:
    opened = open_pool(pool(count), pid=pid, **NO_CANDIDATE)
    both = [best(offset=True), select(offset=True)]
    for calls in (both, both[::-1]):
        judge.check(Scenario([opened, *[call.gives(picks(pid % count)) for call in calls]]))


# With a candidate


@covers("HYB-017")
@property_case(count=COUNTS, pid=PIDS)
def test_candidates_are_selected_alike_in_every_process(judge: Judge, count: int, pid: int) -> None:
    selected = [best(offset=True).gives(picks(index)) for index in range(count)]
    judge.check(Scenario([open_pool(pool(count), pid=pid), *selected]))


@covers("HYB-019")
@property_case(count=COUNTS, pid=PIDS)
def test_the_offset_counts_from_the_account_that_hybrid_selected(judge: Judge, count: int, pid: int) -> None:
    selected = [best(offset=True).gives(picks(index)) for index in (0, 1)]
    moved = [select(offset=True).gives(picks((1 + pid) % count))] * 2
    judge.check(Scenario([open_pool(pool(count), pid=pid), *selected, *moved]))


# The family's account


@covers("HYB-020")
@pytest.mark.parametrize("lead_s", [500, 1001, 1499, 1500, 1501])
@pytest.mark.parametrize("current", [0, 1])
def test_a_lead_of_more_than_150_is_wanted(judge: Judge, lead_s: int, current: int) -> None:
    other = 1 - current
    idle_s = {current: 0, other: lead_s}  # a second is worth 0.1
    stored = pool([{"lastUsed": NOW_MS - idle_s[index] * 1000} for index in (0, 1)], activeIndex=current)
    leads = lead_s * 0.1
    selected = 0 if leads == 150 else other if leads > 150 else current
    judge.check(Scenario([open_pool(stored), best().gives(picks(selected))]))


@covers("HYB-021")
def test_each_family_keeps_its_own_account(judge: Judge) -> None:
    stored = pool([{"lastUsed": NOW_MS}] * 3, activeIndexByFamily={"claude": 2, "gemini": 1})
    for family, index in [("claude", 2), ("gemini", 1)]:
        judge.check(Scenario([open_pool(stored), best(family).gives(picks(index))]))


@covers("HYB-022")
def test_the_account_that_round_robin_chose_has_the_bonus(judge: Judge) -> None:
    rotated = [select(strategy="round-robin")] * 2
    judge.check(Scenario([open_pool(pool(3)), *rotated, best().gives(picks(1))]))


@covers("HYB-023")
@pytest.mark.parametrize("current", [0, 1, 2])
def test_the_family_s_account_is_weighed_like_any_other(judge: Judge, current: int) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=current)), best().gives(picks(0))]))


# Release 1.2.8


@covers("HYB-024")
@pytest.mark.parametrize("current", [0, 1, 2])
def test_accounts_are_used_in_their_order(judge: Judge, current: int) -> None:
    stored = pool([{"lastUsed": NOW_MS}, {}, {}], activeIndex=current)
    judge.check(Scenario([open_pool(stored), *[best().gives(picks(index)) for index in (0, 1, 2)]]))


@covers("HYB-024")
@property_case(count=COUNTS, pid=PIDS)
def test_after_each_has_been_used_the_offset_applies_once(judge: Judge, count: int, pid: int) -> None:
    moved = [best(offset=True).gives(picks((count - 1 + pid) % count))] * 2
    judge.check(Scenario([open_pool(pool(count), pid=pid), *[best()] * count, *moved]))
