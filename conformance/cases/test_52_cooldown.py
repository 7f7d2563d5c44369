"""COOL: every strategy skips an account that is cooling down, for every request."""

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import COOLDOWN, other_events, rests
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.wire.calls import NOW_MS, advance, cool, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

DAY_MS = 86_400_000


def best(index: int) -> Call:
    """Return a hybrid selection of this account."""
    return select(strategy="hybrid").gives(picks(index))


@covers("COOL-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_sticky_replaces_cooling_account(judge: Judge, family: str) -> None:
    moved = [select(family).gives(picks(2))] * 2
    judge.check(Scenario([open_pool(pool(3, activeIndex=1)), select(family).gives(picks(1)), cool(1), *moved]))


@covers("COOL-001")
@pytest.mark.parametrize("reason", ["", "auth-failure", "validation-required", "another word"])
def test_cooldown_does_not_depend_on_its_reason(judge: Judge, reason: str) -> None:
    judge.check(Scenario([open_pool(pool(2)), cool(0, reason=reason), *[select().gives(picks(1))] * 2]))


@covers("COOL-001")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_replacement_is_kept_after_the_cooldown(judge: Judge, family: str) -> None:
    kept = [advance(2000), *[select(family).gives(picks(1))] * 2]
    judge.check(Scenario([open_pool(pool(3)), cool(0, 1000), select(family).gives(picks(1)), *kept]))


@covers("COOL-002")
@property_case(count=st.integers(2, 8), cooling=st.integers(0, 7))
def test_round_robin_skips_cooling_account(judge: Judge, count: int, cooling: int) -> None:
    others = [index for index in range(count) if index != cooling % count]
    turns = [select(strategy="round-robin").gives(picks(index)) for index in others * 2]
    judge.check(Scenario([open_pool(pool(count)), cool(cooling % count), *turns]))


@covers("COOL-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_hybrid_skips_cooling_account(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool(2)), cool(0), *[select(family, "hybrid").gives(picks(1))] * 2]))


@covers("COOL-003")
@pytest.mark.parametrize(("elapsed_ms", "selected"), [(999, 1), (1000, 0)])
def test_hybrid_uses_account_when_its_cooldown_ends(judge: Judge, elapsed_ms: int, selected: int) -> None:
    judge.check(Scenario([open_pool(pool(2)), cool(0, 1000), advance(elapsed_ms), best(selected)]))


@covers("COOL-002")
@pytest.mark.parametrize(("elapsed_ms", "selected"), [(999, 1), (1000, 0)])
def test_rotation_uses_account_when_its_cooldown_ends(judge: Judge, elapsed_ms: int, selected: int) -> None:
    turn = select(strategy="round-robin").gives(picks(selected))
    judge.check(Scenario([open_pool(pool(2)), cool(0, 1000), advance(elapsed_ms), turn]))


@covers("COOL-004")
@pytest.mark.parametrize(("elapsed_ms", "account"), [(0, None), (999, None), (1000, 0), (1001, 0)])
def test_cooldown_ends_at_its_end_time(judge: Judge, elapsed_ms: int, account: int | None) -> None:
    expected = None if account is None else picks(account)
    judge.check(Scenario([open_pool(pool(1)), cool(0, 1000), advance(elapsed_ms), select().gives(expected)]))


@covers("COOL-004")
def test_no_other_event_ends_a_cooldown(judge: Judge) -> None:
    for event in other_events(judge, COOLDOWN):
        rests = [*event, select().gives(None), advance(999), select().gives(None)]
        judge.check(Scenario([open_pool(pool(1)), cool(0, 1000), *rests]))


@covers("COOL-004")
def test_cooldown_of_resting_account_counts(judge: Judge) -> None:
    for begins, ends in rests(judge, 0):
        waits = [*begins, cool(0, 9000), *ends, select().gives(None), advance(9000), select().gives(picks(0))]
        judge.check(Scenario([open_pool(pool(1)), *waits]))


@covers("COOL-004")
@pytest.mark.parametrize("ms", [1000.75, 0.5, 400 * DAY_MS])
def test_cooldown_of_any_length_ends_at_its_end(judge: Judge, ms: float) -> None:
    calls = [advance(ms - 0.25), select().gives(None), advance(0.25), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), cool(0, ms), *calls]))


@covers("COOL-005")
@pytest.mark.parametrize("ms", [1000, 400 * DAY_MS])
def test_stored_cooldowns_take_effect(judge: Judge, ms: int) -> None:
    stored = pool([{"coolingDownUntil": NOW_MS + ms, "cooldownReason": "network-error"}])
    calls = [select().gives(None), advance(ms - 1), select().gives(None), advance(1), select().gives(picks(0))]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("COOL-005")
def test_expired_stored_cooldown_has_no_effect(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool([{"coolingDownUntil": NOW_MS}, {}])), select().gives(picks(0))]))


@covers("COOL-006")
def test_cooldown_applies_to_every_request(judge: Judge) -> None:
    calls = [
        select().gives(None),
        select(model="claude-x").gives(None),
        select("gemini").gives(None),
        select("gemini", style="gemini-cli").gives(None),
        select("gemini", model="gemini-x").gives(None),
    ]
    judge.check(Scenario([open_pool(pool(1)), cool(0), *calls]))


@covers("COOL-007")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
def test_all_accounts_cooling_selects_none(judge: Judge, strategy: str) -> None:
    cooled = [cool(index) for index in range(3)]
    judge.check(Scenario([open_pool(pool(3)), *cooled, *[select(strategy=strategy).gives(None)] * 2]))


@covers("COOL-008")
@pytest.mark.parametrize("limit_first", [True, False])
@pytest.mark.parametrize(("cooldown_ms", "limit_ms"), [(1000, 5000), (5000, 1000)])
def test_later_of_cooldown_and_limit_decides(judge: Judge, limit_first: bool, cooldown_ms: int, limit_ms: int) -> None:
    both = [cool(0, cooldown_ms), limit(0, limit_ms)]
    ends = [advance(1000), select().gives(None), advance(3999), select().gives(None), advance(1)]
    judge.check(Scenario([open_pool(pool(1)), *(both[::-1] if limit_first else both), *ends, select().gives(picks(0))]))


@covers("COOL-009")
@pytest.mark.parametrize(("first_ms", "second_ms"), [(5000, 1000), (1000, 5000)])
def test_new_cooldown_replaces_the_old_one(judge: Judge, first_ms: int, second_ms: int) -> None:
    calls = [advance(second_ms - 1), select().gives(None), advance(1), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), cool(0, first_ms), cool(0, second_ms), *calls]))


@covers("COOL-010")
@property_case(count=st.integers(2, 8), pid=st.integers(1, 2**22))
def test_offset_to_cooling_account_moves_on(judge: Judge, count: int, pid: int) -> None:
    landing = values(judge.ask([open_pool(pool(count), pid=pid), select(offset=True)]))[1]
    if landing is None:
        return  # PID-001 judges a target without an account here
    calls = [open_pool(pool(count), pid=pid), cool(landing["index"]), *[select(offset=True)] * 2]
    first, second = values(judge.ask(calls))[2:]
    found = first is not None and first != landing and first == second
    judge.expect(True, found, Scenario(calls), f"the same account twice, other than {landing['label']}")


@covers("COOL-011")
def test_reset_limits_keeps_cooldowns(judge: Judge) -> None:
    forget = [Call("reset_limits", {"family": family}) for family in ("claude", "gemini")]
    calls = [select().gives(None), select("gemini").gives(None)]
    judge.check(Scenario([open_pool(pool(1)), cool(0), *forget, *calls]))


@covers("COOL-012")
def test_expired_cooldown_stays_expired(judge: Judge) -> None:
    ended = [cool(0, 1000), advance(1000), select().gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *ended, advance(-1), select().gives(picks(0))]))


@covers("COOL-012")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_each_selection_ends_expired_cooldown(judge: Judge, family: str, strategy: str) -> None:
    asked = select(family, strategy).gives(picks(0))
    judge.check(
        Scenario([open_pool(pool(1)), cool(0, 1000), advance(1000), asked, advance(-1), select().gives(picks(0))])
    )
