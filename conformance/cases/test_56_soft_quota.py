"""SOFT: an account whose reading has reached the threshold is passed over, as long as the reading is fresh."""

import datetime

import pytest
from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, advance, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

STRATEGIES = ("sticky", "round-robin", "hybrid")
GROUPS = ("claude", "gemini-pro", "gemini-flash")
TTL_MS = 600_000
MODELS = {
    "claude-sonnet-4": "claude",
    "CLAUDE-OPUS": "claude",
    "claude-flash": "claude",
    "gemini-3-flash": "gemini-flash",
    "Gemini-2.5-FLASH-lite": "gemini-flash",
    "gemini-3-pro": "gemini-pro",
    "gpt-oss": "gemini-pro",
}


def read(used_percent: float, *groups: str, age_ms: int = 0) -> Json:
    """The fields of an account with a reading: so much is used of these groups, of all where none is named."""
    quota = {group: {"remainingFraction": 1 - used_percent / 100} for group in groups or GROUPS}
    return {"cachedQuota": quota, "cachedQuotaUpdatedAt": NOW_MS - age_ms}


def soft(threshold: float | None, family: str = "claude", strategy: str = "sticky", **params: Json) -> Call:
    """Select with this threshold."""
    limit: dict[str, Json] = {} if threshold is None else {"soft_quota_threshold_percent": threshold}
    return select(family, strategy, **limit, **params)


@covers("SOFT-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_sticky_leaves_an_account_above_the_threshold(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool([read(95), read(10), {}])), *[soft(90, family).gives(picks(1))] * 2]))


@covers("SOFT-002")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_round_robin_passes_over_accounts_above_the_threshold(judge: Judge, family: str) -> None:
    turns = [soft(90, family, "round-robin").gives(picks(index)) for index in (0, 2, 0, 2)]
    judge.check(Scenario([open_pool(pool([{}, read(95), read(10)])), *turns]))


@covers("SOFT-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_hybrid_passes_over_accounts_above_the_threshold(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool([read(95), read(10)])), *[soft(90, family, "hybrid").gives(picks(1))] * 2]))


@covers("SOFT-004")
@property_case(used=st.integers(1, 7), threshold=st.integers(1, 7))
def test_the_threshold_counts_when_it_is_reached(judge: Judge, used: int, threshold: int) -> None:
    # Eighths, which binary numbers hold exactly: what is judged is the rule, not how a port rounds.
    expected = picks(1) if used >= threshold else picks(0)
    judge.check(Scenario([open_pool(pool([read(used * 12.5), {}])), soft(threshold * 12.5).gives(expected)]))


@covers("SOFT-005")
@pytest.mark.parametrize("threshold", [100, None], ids=["100", "none given"])
@pytest.mark.parametrize("strategy", ["sticky"])
def test_nothing_is_left_where_the_soft_quota_is_off(judge: Judge, threshold: int | None, strategy: str) -> None:
    judge.check(Scenario([open_pool(pool([read(100), {}])), soft(threshold, strategy=strategy).gives(picks(0))]))


@covers("SOFT-006")
@property_case(ttl_ms=st.integers(1, 7_200_000), late_ms=st.integers(1, 1000))
def test_a_reading_older_than_the_ttl_does_not_count(judge: Judge, ttl_ms: int, late_ms: int) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=ttl_ms).gives(picks(0))
    judge.check(Scenario([open_pool(pool([read(95, age_ms=ttl_ms + late_ms), {}])), asked]))


@covers("SOFT-006")
def test_a_reading_grows_old_while_the_plugin_runs(judge: Judge) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=TTL_MS)
    calls = [asked.gives(None), advance(TTL_MS + 1), asked.gives(picks(0))]
    judge.check(Scenario([open_pool(pool([read(95)])), *calls]))


@covers("SOFT-007")
@property_case(ttl_ms=st.integers(1, 7_200_000))
def test_a_reading_exactly_as_old_as_the_ttl_counts(judge: Judge, ttl_ms: int) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=ttl_ms).gives(picks(1))
    judge.check(Scenario([open_pool(pool([read(95, age_ms=ttl_ms), {}])), asked]))


@covers("SOFT-008")
@pytest.mark.parametrize(("age_ms", "account"), [(TTL_MS, 1), (TTL_MS + 1, 0)])
def test_unless_told_a_reading_counts_for_ten_minutes(judge: Judge, age_ms: int, account: int) -> None:
    judge.check(Scenario([open_pool(pool([read(95, age_ms=age_ms), {}])), soft(90).gives(picks(account))]))


@covers("SOFT-009")
@pytest.mark.parametrize(
    "reading",
    [
        {},
        {"cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": None, "cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": {}, "cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": {"claude": {}}, "cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": {"claude": None}, "cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": {"claude": {"remainingFraction": None}}, "cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": {"gemini-pro": {"remainingFraction": 0}}, "cachedQuotaUpdatedAt": NOW_MS},
        {"cachedQuota": {"claude": {"remainingFraction": 0}}},
        {"cachedQuota": {"claude": {"remainingFraction": 0}}, "cachedQuotaUpdatedAt": None},
    ],
    ids=[
        "nothing",
        "no reading",
        "null reading",
        "no group",
        "no fraction",
        "null group",
        "null fraction",
        "another group",
        "no time",
        "null time",
    ],
)
def test_where_nothing_is_known_the_account_can_be_used(judge: Judge, reading: Json) -> None:
    judge.check(Scenario([open_pool(pool([reading, {}])), soft(1).gives(picks(0))]))


@covers("SOFT-010")
@pytest.mark.parametrize(
    ("used_percent", "threshold", "account"),
    [(-50, 0, 1), (-50, 1, 0), (150, 99, 1)],  # nothing used reaches a threshold of 0, and no other
)
def test_a_fraction_outside_0_to_1_is_the_nearer_end(
    judge: Judge, used_percent: int, threshold: int, account: int
) -> None:
    judge.check(Scenario([open_pool(pool([read(used_percent), {}])), soft(threshold).gives(picks(account))]))


@covers("SOFT-011")
@pytest.mark.parametrize("family", ["claude", "gemini"])
@pytest.mark.parametrize("model", MODELS)
def test_the_group_is_found_by_the_models_name(judge: Judge, family: str, model: str) -> None:
    group = MODELS[model]
    others = [other for other in GROUPS if other != group]
    asked = soft(90, family, model=model)
    judge.check(Scenario([open_pool(pool([read(95, group), {}])), asked.gives(picks(1))]))
    judge.check(Scenario([open_pool(pool([read(95, *others), {}])), asked.gives(picks(0))]))


@covers("SOFT-012")
@pytest.mark.parametrize(("family", "group"), [("claude", "claude"), ("gemini", "gemini-pro")])
def test_without_a_model_the_family_names_the_group(judge: Judge, family: str, group: str) -> None:
    others = [other for other in GROUPS if other != group]
    judge.check(Scenario([open_pool(pool([read(95, group), {}])), soft(90, family).gives(picks(1))]))
    judge.check(Scenario([open_pool(pool([read(95, *others), {}])), soft(90, family).gives(picks(0))]))


@covers("SOFT-013")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_is_selected_while_all_are_above_the_threshold(judge: Judge, strategy: str) -> None:
    judge.check(Scenario([open_pool(pool([read(95)] * 3)), *[soft(90, strategy=strategy).gives(None)] * 2]))


@covers("SOFT-014")
@pytest.mark.parametrize(("left", "threshold"), [(0.9, 10), (0.8, 20), (0.05, 95), (0.11, 89), (0.999, 0.1)])
def test_a_share_reaches_the_threshold_that_it_equals(judge: Judge, left: float, threshold: float) -> None:
    reading = {"cachedQuota": {"claude": {"remainingFraction": left}}, "cachedQuotaUpdatedAt": NOW_MS}
    judge.check(Scenario([open_pool(pool([reading, {}])), soft(threshold).gives(picks(1))]))


# How long to wait


def waits(threshold: float | None = 90, family: str = "claude", **params: Json) -> Call:
    """Ask how long the soft quota keeps all accounts from being used."""
    limit: dict[str, Json] = {} if threshold is None else {"soft_quota_threshold_percent": threshold}
    return Call("soft_quota_wait", {"family": family, **limit, **params})


def renewed(*resets: object, used_percent: float = 95, group: str = "claude") -> Json:
    """A pool of accounts that have used so much, and are renewed at these times."""
    left = 1 - used_percent / 100
    quotas = [{group: {"remainingFraction": left, "resetTime": reset}} for reset in resets]
    return pool([{"cachedQuota": quota, "cachedQuotaUpdatedAt": NOW_MS} for quota in quotas])


def at(ms: int) -> str:
    """So many milliseconds after NOW_MS, as services write it."""
    instant = datetime.datetime.fromtimestamp((NOW_MS + ms) / 1000, datetime.UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


NO_WAIT, UNKNOWN_WAIT = {"wait_ms": 0}, {"wait_ms": None}


@covers("SOFT-015")
@pytest.mark.parametrize("threshold", [96, 100, None])
def test_there_is_no_wait_below_the_threshold(judge: Judge, threshold: float | None) -> None:
    judge.check(Scenario([open_pool(renewed(at(60_000))), waits(threshold).gives(NO_WAIT)]))


@covers("SOFT-015")
def test_one_account_below_the_threshold_is_enough(judge: Judge) -> None:
    stored = renewed(at(60_000), at(1000))
    stored["accounts"].append(pool([{}])["accounts"][0] | {"refreshToken": "z"})
    judge.check(Scenario([open_pool(stored), waits().gives(NO_WAIT)]))


@covers("SOFT-016")
def test_the_first_renewal_ends_the_wait(judge: Judge) -> None:
    opened = open_pool(renewed(at(60_000), at(1000), at(30_000)))
    judge.check(Scenario([opened, waits().gives({"wait_ms": 1000}), advance(400), waits().gives({"wait_ms": 600})]))


@covers("SOFT-016")
@pytest.mark.parametrize(("model", "group"), [("gemini-3-pro", "gemini-pro"), ("gemini-3-flash", "gemini-flash")])
def test_the_group_of_the_model_is_waited_for(judge: Judge, model: str, group: str) -> None:
    asked = waits(family="gemini", model=model).gives({"wait_ms": 5000})
    judge.check(Scenario([open_pool(renewed(at(5000), group=group)), asked]))


@covers("SOFT-016")
def test_disabled_accounts_are_not_waited_for(judge: Judge) -> None:
    stored = renewed(at(1000), at(60_000))
    stored["accounts"][0]["enabled"] = False
    judge.check(Scenario([open_pool(stored), waits().gives({"wait_ms": 60_000})]))


@covers("SOFT-017")
@pytest.mark.parametrize("reset", [None, "", "soon", at(0), at(-60_000)], ids=["none", "empty", "word", "now", "past"])
def test_without_a_renewal_to_come_the_wait_is_unknown(judge: Judge, reset: object) -> None:
    judge.check(Scenario([open_pool(renewed(reset)), waits().gives(UNKNOWN_WAIT)]))


@covers("SOFT-017")
@pytest.mark.parametrize("accounts", [0, [{"enabled": False}]], ids=["empty", "disabled"])
def test_without_an_account_the_wait_is_unknown(judge: Judge, accounts: Json) -> None:
    judge.check(Scenario([open_pool(pool(accounts)), waits().gives(UNKNOWN_WAIT)]))


@covers("SOFT-018")
def test_without_a_model_the_wait_of_gemini_is_unknown(judge: Judge) -> None:
    opened = open_pool(renewed(at(1000), group="gemini-pro"))
    judge.check(Scenario([opened, waits(family="gemini").gives(UNKNOWN_WAIT)]))
