"""Enabling, disabling and removing accounts."""

from typing import Any

from reference_impl import events
from reference_impl.limits import FAMILIES
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    call,
    consume,
    cool,
    fails,
    health,
    offset,
    opened,
    rotate,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("enabling")
removal = Section("removal")


def removed(label: str) -> Any:
    return call("remove", label=label)


@section.patch(events, "set_enabled", opened("a", "b", "c", active=1), switch("b", False), select())
def moves_to_the_next_enabled(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Moves families to the next enabled account, not to the first one."""
    on_it = [family for family in FAMILIES if selector.current[family] == account.index]
    original(selector, account, enabled)
    after = [each.index for each in selector.pool.accounts if each.enabled and each.index > account.index]
    for family in on_it:
        if not enabled and after:
            selector.current[family] = after[0]


@section.patch(
    events,
    "set_enabled",
    opened("a", "b", "c", active=1),
    rotate(),
    switch("b", False),
    switch("b", True),
    select("gemini"),
)
def only_one_family_moves(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Leaves its loop after the first family that it has moved."""
    gemini = selector.current["gemini"]
    both = set(selector.current.values()) == {account.index}
    original(selector, account, enabled)
    if both and not enabled:
        selector.current["gemini"] = gemini


@section.patch(events, "set_enabled", opened("a"), fails("a"), switch("a", False), switch("a", True), fails("a"))
def enabling_resets_failures(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Enables an account as if it were new, without its failures."""
    original(selector, account, enabled)
    if enabled:
        account.failures = 0


@section.patch(
    events, "set_enabled", opened("a", "b", "c", pid=1), offset(), switch("b", False), switch("b", True), offset()
)
def disabling_restores_the_offset(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Applies the offset again to a family that had to leave its account."""
    on_it = [family for family in FAMILIES if selector.current[family] == account.index]
    original(selector, account, enabled)
    for family in on_it:
        selector.moved[family] = selector.moved[family] and enabled


@section.patch(
    events,
    "set_enabled",
    opened("a", "b", families={"claude": 1}),
    switch("a", False),
    switch("b", False),
    switch("b", True),
    switch("a", True),
    select(),
)
def last_disabled_account_keeps_its_family(
    original: Original, selector: Selector, account: Account, enabled: bool
) -> None:
    """Leaves the family on an account that is disabled last, because there is none to move to."""
    before = dict(selector.current)
    original(selector, account, enabled)
    for family in FAMILIES:
        if selector.current[family] == NOWHERE:
            selector.current[family] = before[family]


@section.patch(
    events,
    "set_enabled",
    opened("a", "b"),
    switch("a", False),
    switch("b", False),
    switch("b", True),
    switch("a", True),
    select(),
)
def enabled_account_takes_lost_families(
    original: Original, selector: Selector, account: Account, enabled: bool
) -> None:
    """Gives an account that is enabled to each family that has none."""
    original(selector, account, enabled)
    for family in FAMILIES:
        if enabled and selector.current[family] == NOWHERE:
            selector.current[family] = account.index


@removal.patch(events, "remove", opened("a", "b", "c", families={"claude": 2}, active=1), removed("c"), select())
def last_removed_continues_at_the_first(original: Original, selector: Selector, account: Account) -> None:
    """Continues at account 0 after the last one, where rotation decides."""
    before = dict(selector.current)
    original(selector, account)
    for family in FAMILIES:
        if before[family] != NOWHERE and selector.current[family] == NOWHERE and selector.pool.accounts:
            selector.current[family] = 0


@removal.patch(events, "remove", opened("a", "b", "c", pid=1), offset(), removed("b"), offset())
def removal_restores_the_offset(original: Original, selector: Selector, account: Account) -> None:
    """Applies the offset again to a family whose account was removed."""
    on_it = [family for family in FAMILIES if selector.current[family] == account.index]
    original(selector, account)
    for family in on_it:
        selector.moved[family] = False


@removal.patch(
    events, "remove", opened("a", "b", "c", families={"claude": 0, "gemini": 2}), removed("b"), select("gemini")
)
def gemini_moves_with_claude(original: Original, selector: Selector, account: Account) -> None:
    """Tests the index of Claude twice, after a copy of the line."""
    claude, gemini, place = selector.current["claude"], selector.current["gemini"], account.index
    original(selector, account)
    count = len(selector.pool.accounts)
    if count:
        moved = gemini - (claude > place)
        selector.current["gemini"] = moved if NOWHERE <= moved < count else NOWHERE


@removal.patch(
    events,
    "_without",
    opened("a", "b", "c"),
    health("c", "failure"),
    consume("c"),
    removed("a"),
    health("c", "success"),
)
def trackers_move_only_with_an_entry(original: Original, tracked: Any, place: int) -> Any:
    """Moves scores and buckets up only if the removed account had one."""
    return original(tracked, place) if place in tracked else tracked


@removal.patch(events, "remove", opened("a", "b", "c", active=2), removed("a"), rotate())
def cursor_wraps_at_the_new_count(original: Original, selector: Selector, account: Account) -> None:
    """Wraps the cursor with the number of accounts that are left, before it moves the cursor."""
    left = len(selector.pool.accounts) - 1
    if left:
        selector.cursor %= left
    original(selector, account)


@removal.patch(events, "remove", opened("a", "b"), fails("a"), removed("a"), fails("b"))
def failures_by_index(original: Original, selector: Selector, account: Account) -> None:
    """Counts failures in a list by index, which a removal does not shorten."""
    failures = [(each.failures, each.last_failure_ms) for each in selector.pool.accounts]
    original(selector, account)
    for each, (count, last_ms) in zip(selector.pool.accounts, failures, strict=False):
        each.failures, each.last_failure_ms = count, last_ms


@removal.patch(
    events, "remove", opened("a", "b", now_ms=5), call("mark_used", label="a"), removed("a"), call("snapshot")
)
def last_use_by_index(original: Original, selector: Selector, account: Account) -> None:
    """Keeps times of last use in a list by index, which a removal does not shorten."""
    used = [each.last_used_ms for each in selector.pool.accounts]
    original(selector, account)
    for each, last_ms in zip(selector.pool.accounts, used, strict=False):
        each.last_used_ms = last_ms


@removal.patch(events, "remove", opened("a", "b", "c"), cool("a", 1000), removed("a"), select())
def cooldowns_by_index(original: Original, selector: Selector, account: Account) -> None:
    """Keeps cooldowns in a list by index, which a removal does not shorten."""
    ends = [each.cooling_down_until_ms for each in selector.pool.accounts]
    original(selector, account)
    for each, end in zip(selector.pool.accounts, ends, strict=False):
        each.cooling_down_until_ms = end
