"""READ: how long a quota reading counts, and new readings."""

import pytest

from conformance.cases.events_kit import clear_verification, require_verification, rests, switch
from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, POOL_FILE, advance, cool, label, limit, open_pool, picks, pool, select, text
from conformance.wire.scenario import ROOT, Call, Scenario

MINUTE_MS = 60_000
TTL_MS = 600_000


def counts(ms: float, **keys: Json) -> Scenario:
    """Expect that a reading counts this long with these config keys."""
    return Scenario([Call("soft_quota_ttl", keys).gives({"ttl_ms": ms})])


def read(index: int, **left: float) -> Call:
    """A new reading with these remaining fractions."""
    quota = {group.replace("_", "-"): {"remainingFraction": fraction} for group, fraction in left.items()}
    return Call("update_quota", {"label": label(index), "quota": quota})


def chosen(index: int, family: str = "claude") -> Call:
    asked = select(family, soft_quota_threshold_percent=90, soft_quota_cache_ttl_ms=TTL_MS)
    return asked.gives(picks(index))


@covers("READ-001")
@pytest.mark.parametrize("interval", [5, 15, 60, 7.5])
def test_reading_counts_for_two_intervals(judge: Judge, interval: float) -> None:
    judge.check(counts(2 * interval * MINUTE_MS, quota_refresh_interval_minutes=interval))
    auto = {"soft_quota_cache_ttl_minutes": "auto"}
    judge.check(counts(2 * interval * MINUTE_MS, quota_refresh_interval_minutes=interval, **auto))


@covers("READ-001")
def test_reading_counts_for_half_an_hour_by_default(judge: Judge) -> None:
    judge.check(counts(30 * MINUTE_MS))


@covers("READ-002")
@pytest.mark.parametrize("interval", [0, 1, 4.5])
def test_reading_counts_for_at_least_ten_minutes(judge: Judge, interval: float) -> None:
    judge.check(counts(10 * MINUTE_MS, quota_refresh_interval_minutes=interval))


@covers("READ-003")
@pytest.mark.parametrize("minutes", [1, 2.5, 120])
@pytest.mark.parametrize("interval", [0, 15, 60])
def test_configured_time_replaces_the_default(judge: Judge, minutes: float, interval: float) -> None:
    keys: dict[str, Json] = {
        "soft_quota_cache_ttl_minutes": minutes, "quota_refresh_interval_minutes": interval
    }  # fmt: skip
    judge.check(counts(minutes * MINUTE_MS, **keys))


STALE = open_pool(
    pool([{"cachedQuota": {"claude": {"remainingFraction": 0.9}}, "cachedQuotaUpdatedAt": NOW_MS - 2 * TTL_MS}, {}])
)


@covers("READ-004")
@pytest.mark.parametrize(("passed_ms", "index"), [(0, 1), (TTL_MS, 1), (TTL_MS + 1, 0)])
def test_new_reading_counts_from_now(judge: Judge, passed_ms: int, index: int) -> None:
    judge.check(Scenario([STALE, chosen(0), read(0, claude=0.05), advance(passed_ms), chosen(index)]))


@covers("READ-004")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_each_strategy_uses_the_new_reading(judge: Judge, family: str, strategy: str) -> None:
    asked = select(family, strategy, soft_quota_threshold_percent=90)
    little, other, much = (read(i, claude=left, gemini_pro=left) for i, left in ((0, 0.05), (1, 0.05), (0, 0.5)))
    judge.check(Scenario([open_pool(pool(2)), little, asked.gives(picks(1)), other, much, asked.gives(picks(0))]))


@covers("READ-004")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(switch(0, on=False), switch(0, on=True), id="disabled"),
        pytest.param(require_verification(0), clear_verification(0), id="waiting"),
        pytest.param(cool(0, 1000), advance(1000), id="cooling down"),
        pytest.param(limit(0, 1000), advance(1000), id="limited"),
    ],
)
def test_reading_of_unavailable_account_counts(judge: Judge, before: Call, after: Call) -> None:
    turns = [select(strategy="round-robin", soft_quota_threshold_percent=90).gives(picks(1))] * 2
    judge.check(Scenario([open_pool(pool(2)), before, read(0, claude=0.05), after, *turns]))


@covers("READ-004")
@pytest.mark.parametrize(("passed_ms", "index"), [(TTL_MS, 1), (TTL_MS + 1, 0)])
def test_equal_reading_counts_from_now_too(judge: Judge, passed_ms: int, index: int) -> None:
    again = [advance(TTL_MS), read(0, claude=0.05), advance(passed_ms), chosen(index)]
    judge.check(Scenario([open_pool(pool(2)), read(0, claude=0.05), *again]))


@covers("READ-004")
def test_new_reading_replaces_one_of_the_future(judge: Judge) -> None:
    """The clock of the process that stored it was ahead."""
    stored = {"cachedQuota": {"claude": {"remainingFraction": 0.9}}, "cachedQuotaUpdatedAt": NOW_MS + 1000}
    judge.check(Scenario([open_pool(pool([stored, {}])), chosen(0), read(0, claude=0.05), chosen(1)]))


@covers("READ-005")
def test_new_reading_replaces_all_groups(judge: Judge) -> None:
    calls = [read(0, claude=0.05), read(0, gemini_pro=0.05), chosen(0), chosen(1, "gemini")]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("READ-005")
@pytest.mark.parametrize("quota", [{}, {"claude": {}}, {"claude": {"resetTime": "2030-01-01T00:00:00Z"}}], ids=str)
def test_new_reading_without_fraction_replaces_old_one(judge: Judge, quota: Json) -> None:
    update = Call("update_quota", {"label": label(0), "quota": quota})
    judge.check(Scenario([open_pool(pool(2)), read(0, claude=0.05), update, chosen(0)]))


@covers("READ-006")
def test_new_reading_changes_no_other_account(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), read(0, claude=0.05), chosen(1)]))


@covers("READ-006")
def test_new_reading_leaves_account_with_the_same_token(judge: Judge) -> None:
    """The first of them is measured."""
    stored = pool([{}, {"refreshToken": label(0)}], activeIndex=1)
    judge.check(Scenario([open_pool(stored), read(0, claude=0.05), chosen(0).gives({"label": label(0), "index": 1})]))


@covers("READ-007")
def test_new_reading_is_saved(judge: Judge) -> None:
    home = Call("open", {"home": f"{ROOT}/home", "now_ms": NOW_MS})
    calls = [home, read(0, claude=0.05), Call("save"), home, chosen(1)]
    judge.check(Scenario(calls, files={POOL_FILE: text(pool(2))}))


@covers("READ-007")
@pytest.mark.parametrize("before", [[], [Call("save")]], ids=["first save", "second save"])
@pytest.mark.parametrize("age_ms", [0, 1])
def test_reading_replaces_one_that_is_not_later(judge: Judge, before: list[Call], age_ms: int) -> None:
    """Another writer has stored it since the session was opened. The session may have saved its own before."""
    home = Call("open", {"home": f"{ROOT}/home", "now_ms": NOW_MS})
    other = {"cachedQuota": {"claude": {"remainingFraction": 0.9}}, "cachedQuotaUpdatedAt": NOW_MS - age_ms}
    save = Call("save", files={POOL_FILE: text(pool([other, {}]))})
    calls = [home, read(0, claude=0.05), *before, save, home, chosen(1)]
    judge.check(Scenario(calls, files={POOL_FILE: text(pool(2))}))


@covers("READ-007")
def test_reading_of_resting_account_is_saved(judge: Judge) -> None:
    home = Call("open", {"home": f"{ROOT}/home", "now_ms": NOW_MS})
    turns = [select(strategy="round-robin", soft_quota_threshold_percent=90).gives(picks(1))] * 2
    for begins, ends in rests(judge, 0):
        calls = [home, *begins, read(0, claude=0.05), Call("save"), home, *ends, *turns]
        judge.check(Scenario(calls, files={POOL_FILE: text(pool(2))}))
