"""ENA: no strategy selects a disabled account, and disabling an account moves its families."""

from collections.abc import Collection

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import SELECTIONS, other_events, require_verification, switch
from conformance.cases.generated import claimed
from conformance.cases.kit import Judge, covers
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import advance, label, limit, limit_family, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

STRATEGIES = ("sticky", "round-robin", "hybrid")
COUNT = st.integers(2, 8)


def pool_without(count: int, disabled: Collection[int], **stored: Json) -> Json:
    """Return a pool in which these accounts are disabled."""
    return pool([{"enabled": False} if index in disabled else {} for index in range(count)], **stored)


@covers("ENA-001")
@property_case(count=COUNT, disabled=st.sets(st.integers(0, 7), max_size=4).map(sorted))
def test_round_robin_skips_disabled_accounts(judge: Judge, count: int, disabled: list[int]) -> None:
    others = [index for index in range(count) if index not in disabled]
    turns = [select(strategy="round-robin").gives(picks(index)) for index in others * 2]
    judge.check(Scenario([open_pool(pool_without(count, disabled)), *turns]))


@covers("ENA-002")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_hybrid_skips_disabled_accounts(judge: Judge, family: str) -> None:
    calls = [select(family, "hybrid").gives(picks(2))] * 2
    judge.check(Scenario([open_pool(pool_without(3, [0, 1])), *calls]))


@covers("ENA-003")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_sticky_replaces_disabled_account(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool_without(3, [0])), *[select(family).gives(picks(1))] * 2]))


@covers("ENA-004")
def test_sticky_skips_disabled_accounts_when_moving(judge: Judge) -> None:
    moved = [limit(0, 60_000), *[select().gives(picks(2))] * 2]
    judge.check(Scenario([open_pool(pool_without(3, [1])), select().gives(picks(0)), *moved]))


@covers("ENA-005")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_accounts_disabled_selects_none(judge: Judge, strategy: str) -> None:
    judge.check(Scenario([open_pool(pool_without(2, [0, 1])), *[select(strategy=strategy).gives(None)] * 2]))


@covers("ENA-005")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_disabled_account_does_not_replace_limited_one(judge: Judge, strategy: str) -> None:
    calls = [limit(1, 60_000), select(strategy=strategy).gives(None)]
    judge.check(Scenario([open_pool(pool_without(2, [0])), *calls]))


@covers("ENA-006")
@pytest.mark.parametrize("value", [None, 0, "", "false", True], ids=repr)
def test_only_false_disables_account(judge: Judge, value: Json) -> None:
    judge.check(Scenario([open_pool(pool([{"enabled": value}, {}])), select().gives(picks(0))]))


@covers("ENA-006")
def test_account_without_enabled_key_is_enabled(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), select().gives(picks(0))]))


@covers("ENA-007")
@property_case(count=COUNT, pid=st.integers(1, 2**22))
def test_offset_to_disabled_account_moves_on(judge: Judge, count: int, pid: int) -> None:
    landing = pid % count
    moved = [select(offset=True).gives(picks(1 if landing == 0 else 0))] * 2  # rotation begins at account 0
    judge.check(Scenario([open_pool(pool_without(count, [landing]), pid=pid), *moved]))


@covers("ENA-007")
def test_offset_is_used_up_by_disabled_account(judge: Judge) -> None:
    """Only one account is enabled at the first selection."""
    calls = [select(offset=True).gives(picks(0)), switch(1, on=True), switch(2, on=True)]
    moved = [open_pool(pool_without(3, [1, 2]), pid=1), *calls]
    judge.check(Scenario([*moved, *[select(offset=True).gives(picks(0))] * 2]))


@covers("ENA-008")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_account_disabled_at_runtime_is_not_selected(judge: Judge, strategy: str) -> None:
    calls = [switch(0, on=False), *[select(strategy=strategy).gives(picks(1))] * 2]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("ENA-008")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_accounts_disabled_at_runtime_selects_none(judge: Judge, strategy: str) -> None:
    calls = [switch(0, on=False), switch(1, on=False), select(strategy=strategy).gives(None)]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("ENA-008")
def test_no_other_event_enables_an_account(judge: Judge) -> None:
    for event in other_events(judge, "enabled", "disabled", "verified"):
        judge.check(Scenario([open_pool(pool(1)), switch(0, on=False), *event, select().gives(None)]))


@covers("ENA-009")
@pytest.mark.parametrize(("disabled", "moved_to"), [([], 0), ([0], 1)])
def test_disabling_moves_families_to_first_enabled_account(judge: Judge, disabled: list[int], moved_to: int) -> None:
    moved = [select(family).gives(picks(moved_to)) for family in ("claude", "gemini")]
    stored = pool_without(4, disabled, activeIndex=2)
    judge.check(Scenario([open_pool(stored), switch(2, on=False), *moved]))


@covers("ENA-009")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_family_moves_to_first_enabled_account_that_rests(judge: Judge, family: str) -> None:
    """The first enabled account is not available, or a poor one. The family uses it when it is available again."""
    poor = [
        [*limit_family(0, 1000, family)],
        [limit(0, 1000, "gemini", model="m")],
        *other_events(judge, "failure", SELECTIONS),
    ]
    for event in poor:
        calls = [*event, switch(2, on=False), advance(1000), select(family).gives(picks(0))]
        judge.check(Scenario([open_pool(pool(3, activeIndex=2)), *calls]))


@covers("ENA-009")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_disabling_a_disabled_account_moves_families(judge: Judge, family: str) -> None:
    stored = pool_without(4, [1], activeIndex=1)
    judge.check(Scenario([open_pool(stored), switch(1, on=False), select(family).gives(picks(0))]))


@covers("ENA-010")
def test_disabling_keeps_families_on_other_accounts(judge: Judge) -> None:
    stored = pool(4, activeIndexByFamily={"claude": 1, "gemini": 2})
    calls = [switch(2, on=False), select().gives(picks(1)), switch(3, on=False), select().gives(picks(1))]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("ENA-011")
def test_enabled_account_returns_to_rotation(judge: Judge) -> None:
    turns = [select(strategy="round-robin").gives(picks(index)) for index in (0, 1, 2)]
    judge.check(Scenario([open_pool(pool(3)), switch(1, on=False), switch(1, on=True), *turns]))


@covers("ENA-011")
def test_account_disabled_in_pool_can_be_enabled(judge: Judge) -> None:
    turns = [select(strategy="round-robin").gives(picks(index)) for index in (0, 1)]
    judge.check(Scenario([open_pool(pool_without(2, [1])), switch(1, on=True), *turns]))


@covers("ENA-011")
def test_only_enabled_account_is_selected(judge: Judge) -> None:
    off = [switch(index, on=False) for index in range(3)]
    calls = [select().gives(None), switch(1, on=True), *[select().gives(picks(1))] * 2]
    judge.check(Scenario([open_pool(pool(3)), *off, *calls]))


@covers("ENA-011")
def test_waiting_account_can_be_enabled(judge: Judge) -> None:
    """Its user need not wait for the verification."""
    given = [open_pool(pool(2)), require_verification(0), switch(0, on=True)]
    judge.check(Scenario([*given, select(strategy="round-robin").gives(picks(0))]))
    answers = [
        Call("min_wait", {"family": "gemini"}).gives({"wait_ms": 0}),
        Call("has_other_account", {"label": label(1), "family": "gemini"}).gives({"available": True}),
        *[select("gemini", each).gives(picks(0)) for each in STRATEGIES],
    ]
    for answer in claimed(answers, judge.capabilities):
        judge.check(Scenario([*given, *limit_family(1, 9000, "gemini"), answer]))


@covers("ENA-012")
def test_enabling_moves_no_family(judge: Judge) -> None:
    calls = [switch(0, on=False), select().gives(picks(1)), switch(0, on=True), *[select().gives(picks(1))] * 2]
    judge.check(Scenario([open_pool(pool(3)), *calls]))


@covers("ENA-013")
@pytest.mark.parametrize(("pid", "account"), [(4, 1), (5, 2), (6, 3)])
def test_disabling_does_not_use_up_offset(judge: Judge, pid: int, account: int) -> None:
    calls = [switch(0, on=False), *[select(offset=True).gives(picks(account))] * 2]
    judge.check(Scenario([open_pool(pool(4), pid=pid), *calls]))


@covers("ENA-011")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_each_strategy_uses_account_enabled_again(judge: Judge, family: str, strategy: str) -> None:
    asked = select(family, strategy)
    judge.check(
        Scenario(
            [open_pool(pool(1)), switch(0, on=False), asked.gives(None), switch(0, on=True), asked.gives(picks(0))]
        )
    )


@covers("ENA-011")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_enabled_account_is_still_limited(judge: Judge, strategy: str) -> None:
    asked = select(strategy=strategy)
    calls = [limit(0, 1000), switch(0, on=False), switch(0, on=True), asked.gives(None), advance(1000)]
    judge.check(Scenario([open_pool(pool(1)), *calls, asked.gives(picks(0))]))
