"""SOFT: an account whose usage has reached the threshold is skipped, as long as the cached quota is fresh."""

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
    "antigravity-claude-opus-high": "claude",
    "google/gemini-3-flash-preview": "gemini-flash",
    "gemini-3-flash": "gemini-flash",
    "Gemini-2.5-FLASH-lite": "gemini-flash",
    "flashlight-1": "gemini-flash",
    "myflash": "gemini-flash",
    "preclaude2": "claude",
    "gemini-3-pro": "gemini-pro",
    "gpt-oss": "gemini-pro",
}


def read(used_percent: float, *groups: str, age_ms: int = 0) -> Json:
    """Return the fields of an account with this usage of the given groups, by default of all groups."""
    quota = {group: {"remainingFraction": 1 - used_percent / 100} for group in groups or GROUPS}
    return {"cachedQuota": quota, "cachedQuotaUpdatedAt": NOW_MS - age_ms}


def soft(threshold: float | None, family: str = "claude", strategy: str = "sticky", **params: Json) -> Call:
    """Return a selection with this threshold."""
    limit: dict[str, Json] = {} if threshold is None else {"soft_quota_threshold_percent": threshold}
    return select(family, strategy, **limit, **params)


@covers("SOFT-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_sticky_replaces_account_above_threshold(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool([read(95), read(10), {}])), *[soft(90, family).gives(picks(1))] * 2]))


@covers("SOFT-002")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_round_robin_skips_accounts_above_threshold(judge: Judge, family: str) -> None:
    turns = [soft(90, family, "round-robin").gives(picks(index)) for index in (0, 2, 0, 2)]
    judge.check(Scenario([open_pool(pool([{}, read(95), read(10)])), *turns]))


@covers("SOFT-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_hybrid_skips_accounts_above_threshold(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool([read(95), read(10)])), *[soft(90, family, "hybrid").gives(picks(1))] * 2]))


@covers("SOFT-004")
@property_case(used=st.integers(1, 7), threshold=st.integers(1, 7))
def test_usage_equal_to_threshold_counts(judge: Judge, used: int, threshold: int) -> None:
    # Eighths are exact in binary, so that rounding does not affect the result.
    expected = picks(1) if used >= threshold else picks(0)
    judge.check(Scenario([open_pool(pool([read(used * 12.5), {}])), soft(threshold * 12.5).gives(expected)]))


@covers("SOFT-004")
@pytest.mark.parametrize(("used", "threshold", "account"), [(87.5, 87.6, 0), (87.5, 87.4, 1), (0.5, 0.75, 0)])
def test_threshold_has_fractions(judge: Judge, used: float, threshold: float, account: int) -> None:
    judge.check(Scenario([open_pool(pool([read(used), {}])), soft(threshold).gives(picks(account))]))


@covers("SOFT-005")
@pytest.mark.parametrize("threshold", [100, None], ids=["100", "none given"])
@pytest.mark.parametrize("strategy", ["sticky"])
def test_threshold_of_100_disables_soft_quota(judge: Judge, threshold: int | None, strategy: str) -> None:
    judge.check(Scenario([open_pool(pool([read(100), {}])), soft(threshold, strategy=strategy).gives(picks(0))]))


@covers("SOFT-006")
@property_case(ttl_ms=st.integers(1, 7_200_000), late_ms=st.integers(1, 1000))
def test_cached_quota_older_than_ttl_is_ignored(judge: Judge, ttl_ms: int, late_ms: int) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=ttl_ms).gives(picks(0))
    judge.check(Scenario([open_pool(pool([read(95, age_ms=ttl_ms + late_ms), {}])), asked]))


@covers("SOFT-006")
def test_cached_quota_expires_during_session(judge: Judge) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=TTL_MS)
    calls = [asked.gives(None), advance(TTL_MS + 1), asked.gives(picks(0))]
    judge.check(Scenario([open_pool(pool([read(95)] * 2)), *calls]))


@covers("SOFT-006")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_old_cached_quota_is_ignored_before_its_reset(judge: Judge, strategy: str) -> None:
    """The reset time of the group is an hour ahead."""
    reading = read(95, age_ms=TTL_MS + 1)
    for group in reading["cachedQuota"].values():
        group["resetTime"] = at(3_600_000)
    asked = soft(90, "claude", strategy, soft_quota_cache_ttl_ms=TTL_MS)
    judge.check(Scenario([open_pool(pool([reading] * 2)), asked.gives(picks(0))]))


@covers("SOFT-006", "SOFT-007")
@pytest.mark.parametrize("late_ms", [0, 1])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_ttl_holds_for_each_strategy(judge: Judge, strategy: str, late_ms: int) -> None:
    asked = soft(90, "claude", strategy, soft_quota_cache_ttl_ms=1000).gives(picks(1 - late_ms))
    accounts = [read(95, age_ms=1000 + late_ms), {**read(10), "lastUsed": NOW_MS}]  # hybrid prefers the first
    judge.check(Scenario([open_pool(pool(accounts)), asked]))


@covers("SOFT-007")
@property_case(ttl_ms=st.integers(1, 7_200_000))
def test_cached_quota_exactly_at_ttl_counts(judge: Judge, ttl_ms: int) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=ttl_ms).gives(picks(1))
    judge.check(Scenario([open_pool(pool([read(95, age_ms=ttl_ms), {}])), asked]))


@covers("SOFT-006", "SOFT-007")
@pytest.mark.parametrize(("age_ms", "account"), [(0, 1), (1, 0)])
def test_ttl_of_0_counts_only_now(judge: Judge, age_ms: int, account: int) -> None:
    asked = soft(90, soft_quota_cache_ttl_ms=0).gives(picks(account))
    judge.check(Scenario([open_pool(pool([read(95, age_ms=age_ms), {}])), asked]))


@covers("SOFT-007")
def test_measurement_at_time_0_counts(judge: Judge) -> None:
    stored = [pool([read(95) | {"cachedQuotaUpdatedAt": time}, {}]) for time in (0, "0")]  # a text is converted
    for each in stored:
        judge.check(Scenario([open_pool(each, now_ms=TTL_MS), soft(90).gives(picks(1))]))


@covers("SOFT-007")
@pytest.mark.parametrize("ahead_ms", [1, TTL_MS + 1, 10 * TTL_MS])
def test_cached_quota_from_the_future_counts(judge: Judge, ahead_ms: int) -> None:
    """The clock of the process that stored it was ahead."""
    asked = soft(90, soft_quota_cache_ttl_ms=TTL_MS).gives(picks(1))
    judge.check(Scenario([open_pool(pool([read(95, age_ms=-ahead_ms), {}])), asked]))


@covers("SOFT-008")
@pytest.mark.parametrize(("age_ms", "account"), [(TTL_MS, 1), (TTL_MS + 1, 0)])
def test_default_quota_ttl_is_ten_minutes(judge: Judge, age_ms: int, account: int) -> None:
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
        "nothing", "no reading", "null reading", "no group", "no fraction", "null group", "null fraction",
        "another group", "no time", "null time",
    ],
)  # fmt: skip
def test_account_with_unknown_quota_is_available(judge: Judge, reading: Json) -> None:
    judge.check(Scenario([open_pool(pool([reading, {}])), soft(1).gives(picks(0))]))


@covers("SOFT-010")
@pytest.mark.parametrize(
    ("used_percent", "threshold", "account"),
    [(-50, 0, 1), (-50, 1, 0), (150, 99, 1)],  # a usage of 0 reaches only a threshold of 0
)
def test_remaining_fraction_is_clamped(judge: Judge, used_percent: int, threshold: int, account: int) -> None:
    judge.check(Scenario([open_pool(pool([read(used_percent), {}])), soft(threshold).gives(picks(account))]))


@covers("SOFT-011")
@pytest.mark.parametrize("family", ["claude", "gemini"])
@pytest.mark.parametrize("model", MODELS)
def test_model_name_decides_quota_group(judge: Judge, family: str, model: str) -> None:
    group = MODELS[model]
    others = [other for other in GROUPS if other != group]
    asked = soft(90, family, model=model)
    judge.check(Scenario([open_pool(pool([read(95, group), {}])), asked.gives(picks(1))]))
    judge.check(Scenario([open_pool(pool([read(95, *others), {}])), asked.gives(picks(0))]))


@covers("SOFT-012")
@pytest.mark.parametrize(("family", "group"), [("claude", "claude"), ("gemini", "gemini-pro")])
def test_family_decides_quota_group_without_model(judge: Judge, family: str, group: str) -> None:
    others = [other for other in GROUPS if other != group]
    judge.check(Scenario([open_pool(pool([read(95, group), {}])), soft(90, family).gives(picks(1))]))
    judge.check(Scenario([open_pool(pool([read(95, *others), {}])), soft(90, family).gives(picks(0))]))


@covers("SOFT-013")
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_accounts_above_threshold_selects_none(judge: Judge, strategy: str, count: int) -> None:
    """This is the only rule that asks it of an only account."""
    judge.check(Scenario([open_pool(pool([read(95)] * count)), *[soft(90, strategy=strategy).gives(None)] * 2]))


@covers("SOFT-014")
@pytest.mark.parametrize(("left", "threshold"), [(0.9, 10), (0.8, 20), (0.05, 95), (0.11, 89), (0.999, 0.1)])
def test_usage_is_calculated_in_decimal(judge: Judge, left: float, threshold: float) -> None:
    reading = {"cachedQuota": {"claude": {"remainingFraction": left}}, "cachedQuotaUpdatedAt": NOW_MS}
    judge.check(Scenario([open_pool(pool([reading, {}])), soft(threshold).gives(picks(1))]))


@covers("SOFT-019")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("model", [None, "gemini-3-pro", "gemini-3-flash"])
def test_soft_quota_does_not_block_gemini_cli(judge: Judge, strategy: str, model: str | None) -> None:
    named = {"model": model} if model else {}
    asked = [soft(90, "gemini", strategy, style=style, **named) for style in ("antigravity", "gemini-cli")]
    opened = open_pool(pool([read(95)] * 2))
    judge.check(Scenario([opened, asked[0].gives(None), asked[1].gives(picks(0)), asked[0].gives(None)]))


# Waiting


def waits(threshold: float | None = 90, family: str = "claude", **params: Json) -> Call:
    """Return a `soft_quota_wait` call."""
    limit: dict[str, Json] = {} if threshold is None else {"soft_quota_threshold_percent": threshold}
    return Call("soft_quota_wait", {"family": family, **limit, **params})


def renewed(*resets: object, used_percent: float = 95, group: str = "claude") -> Json:
    """Return a pool of accounts with this usage and these reset times. If one is given, two accounts have it."""
    resets = resets * 2 if len(resets) == 1 else resets
    left = 1 - used_percent / 100
    quotas = [{group: {"remainingFraction": left, "resetTime": reset}} for reset in resets]
    return pool([{"cachedQuota": quota, "cachedQuotaUpdatedAt": NOW_MS} for quota in quotas])


def at(ms: int) -> str:
    """Return the time this number of milliseconds after NOW_MS, in the format of the service."""
    instant = datetime.datetime.fromtimestamp((NOW_MS + ms) / 1000, datetime.UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


NO_WAIT, UNKNOWN_WAIT = {"wait_ms": 0}, {"wait_ms": None}


@covers("SOFT-015")
@pytest.mark.parametrize("threshold", [96, 100, None])
def test_wait_is_0_below_threshold(judge: Judge, threshold: float | None) -> None:
    judge.check(Scenario([open_pool(renewed(at(60_000))), waits(threshold).gives(NO_WAIT)]))


@covers("SOFT-015")
@pytest.mark.parametrize("accounts", [0, [{"enabled": False}]], ids=["empty", "disabled"])
@pytest.mark.parametrize("threshold", [100, None])
def test_wait_is_0_without_soft_quota(judge: Judge, threshold: float | None, accounts: Json) -> None:
    judge.check(Scenario([open_pool(pool(accounts)), waits(threshold).gives(NO_WAIT)]))


@covers("SOFT-015")
def test_wait_is_0_with_one_account_below_threshold(judge: Judge) -> None:
    stored = renewed(at(60_000), at(1000))
    stored["accounts"].append(pool([{}])["accounts"][0] | {"refreshToken": "z"})
    judge.check(Scenario([open_pool(stored), waits().gives(NO_WAIT)]))


@covers("SOFT-016")
def test_wait_lasts_until_first_reset_time(judge: Judge) -> None:
    opened = open_pool(renewed(at(60_000), at(1000), at(30_000)))
    judge.check(Scenario([opened, waits().gives({"wait_ms": 1000}), advance(400), waits().gives({"wait_ms": 600})]))


@covers("SOFT-016")
@pytest.mark.parametrize(("model", "group"), [("gemini-3-pro", "gemini-pro"), ("gemini-3-flash", "gemini-flash")])
def test_wait_uses_reset_time_of_quota_group(judge: Judge, model: str, group: str) -> None:
    asked = waits(family="gemini", model=model).gives({"wait_ms": 5000})
    judge.check(Scenario([open_pool(renewed(at(5000), group=group)), asked]))


@covers("SOFT-016")
@pytest.mark.parametrize(
    "reset",
    ["2023-11-14T22:14:20Z", "2023-11-14T22:14:20.000Z", "2023-11-15T00:14:20.000+02:00", "2023-11-14T16:44:20-05:30"],
)
def test_reset_time_has_a_time_zone(judge: Judge, reset: str) -> None:
    judge.check(Scenario([open_pool(renewed(reset)), waits().gives({"wait_ms": 60_000})]))


@covers("SOFT-016")
def test_wait_has_milliseconds(judge: Judge) -> None:
    judge.check(Scenario([open_pool(renewed(at(1999))), waits().gives({"wait_ms": 1999})]))


@covers("SOFT-015")
def test_limited_account_below_threshold_needs_no_wait(judge: Judge) -> None:
    """`min_wait` is about the limit."""
    stored = renewed(at(60_000), None)
    stored["accounts"][1] |= {"cachedQuota": None, "rateLimitResetTimes": {"claude": NOW_MS + 60_000}}
    judge.check(Scenario([open_pool(stored), waits().gives(NO_WAIT)]))


@covers("SOFT-016")
def test_wait_ignores_disabled_accounts(judge: Judge) -> None:
    stored = renewed(at(1000), at(60_000), at(90_000))
    stored["accounts"][0]["enabled"] = False
    judge.check(Scenario([open_pool(stored), waits().gives({"wait_ms": 60_000})]))


@covers("SOFT-017")
@pytest.mark.parametrize(
    "reset",
    [None, "", "soon", at(0), at(-60_000), NOW_MS + 60_000, True, {}],
    ids=["none", "empty", "word", "now", "past", "number", "true", "object"],
)
def test_wait_is_null_without_future_reset_time(judge: Judge, reset: object) -> None:
    judge.check(Scenario([open_pool(renewed(reset)), waits().gives(UNKNOWN_WAIT)]))


@covers("SOFT-017")
def test_one_past_reset_time_makes_wait_null(judge: Judge) -> None:
    """Its reading is older than the reset, so that nobody knows what the account has left."""
    judge.check(Scenario([open_pool(renewed(at(60_000), at(-1000))), waits().gives(UNKNOWN_WAIT)]))


@covers("SOFT-017")
@pytest.mark.parametrize("accounts", [0, [{"enabled": False}]], ids=["empty", "disabled"])
def test_wait_is_null_without_enabled_account(judge: Judge, accounts: Json) -> None:
    judge.check(Scenario([open_pool(pool(accounts)), waits().gives(UNKNOWN_WAIT)]))


@covers("SOFT-018")
def test_gemini_wait_is_null_without_model(judge: Judge) -> None:
    judge.check(Scenario([open_pool(renewed(at(9), group="gemini-pro")), waits(family="gemini").gives(UNKNOWN_WAIT)]))
