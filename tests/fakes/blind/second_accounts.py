"""A second round of faults: waits, enabling and removal."""

from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.limits import FAMILIES, Request, quota_key
from reference_impl.pool import Account
from reference_impl.selection import Selector, is_cooling
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    cool,
    fails,
    limit,
    opened,
    rotate,
    select,
    switch,
    wait,
)
from tests.fakes.blind.ports import Original, Section

waits = Section("waiting")
enabling = Section("enabling")
removal = Section("removal")
others = Section("other-account")


def other_of(label: str, family: str = "gemini", **params: Json) -> Any:
    return call("has_other_account", label=label, family=family, **params)


# Waits


@waits.patch(events, "min_wait_ms", opened("a", "b"), limit("a", 9000), cool("b", 1000), switch("b", False), wait())
def cooldown_of_disabled_counts(
    original: Original, selector: Selector, request: Request, now_ms: float, *, strict: bool
) -> float:
    """Waits for the end of a cooldown of a disabled account too."""
    wait_ms = float(original(selector, request, now_ms, strict=strict))
    rests = [
        each.cooling_down_until_ms - now_ms
        for each in selector.pool.accounts
        if not each.enabled and each.cooling_down_until_ms is not None and now_ms < each.cooling_down_until_ms
    ]
    return min([wait_ms, *rests]) if wait_ms else wait_ms


@waits.patch(
    events, "min_wait_ms", opened("a"), limit("a", 1000), wait("claude", header_style="gemini-cli", strict=True)
)
def strict_wait_of_claude_in_the_other_style(
    original: Original, selector: Selector, request: Request, now_ms: float, *, strict: bool
) -> float:
    """Looks for a limit of Claude with the style gemini-cli, which does not exist."""
    if strict and request.family == "claude" and request.style == "gemini-cli":
        return 0
    return float(original(selector, request, now_ms, strict=strict))


@waits.patch(
    events, "min_wait_ms", opened("a"), cool("a", 1000), wait("gemini", header_style="antigravity", strict=True)
)
def strict_wait_without_cooldowns(
    original: Original, selector: Selector, request: Request, now_ms: float, *, strict: bool
) -> float:
    """Looks at rate limits only if the wait is strict."""
    ends = [each.cooling_down_until_ms for each in selector.pool.accounts]
    if strict:
        for each in selector.pool.accounts:
            each.cooling_down_until_ms = None
    wait_ms = float(original(selector, request, now_ms, strict=strict))
    for each, end in zip(selector.pool.accounts, ends, strict=True):
        if strict and end is not None and now_ms < end:
            each.cooling_down_until_ms = end
    return wait_ms


@waits.patch(
    events,
    "reset_limits",
    opened("a"),
    limit("a", 1000, "gemini", model="pro", header_style="gemini-cli"),
    call("reset_limits", family="gemini", model="pro"),
    select("gemini", model="pro", header_style="gemini-cli"),
)
def reset_of_a_model_in_one_style(original: Original, selector: Selector, request: Request) -> None:
    """Clears the limits of a model for the default header style only."""
    if request.model:
        key, base = quota_key("gemini", "gemini-cli", request.model), quota_key("gemini", "gemini-cli")
        kept = [
            {name: each.reset_times_ms[name] for name in (key, base) if name in each.reset_times_ms}
            for each in selector.pool.accounts
        ]
        original(selector, request)
        for each, ends in zip(selector.pool.accounts, kept, strict=True):
            if request.family == "gemini":
                each.reset_times_ms.update(ends)
    else:
        original(selector, request)


@waits.patch(events, "reset_limits", opened("a"), fails("a"), call("reset_limits", family="gemini"), fails("a"))
def reset_of_gemini_keeps_failures(original: Original, selector: Selector, request: Request) -> None:
    """Resets the number of failures for Claude only, whose quota is the one that fails."""
    counts = [each.failures for each in selector.pool.accounts]
    original(selector, request)
    if request.family == "gemini":
        for each, count in zip(selector.pool.accounts, counts, strict=True):
            each.failures = count


# Enabling and verification


@enabling.patch(
    events,
    "set_enabled",
    opened("a", "b", "c", active=2),
    cool("a", 1000),
    switch("c", False),
    select(),
    switch("c", True),
    rotate(),
)
def families_move_to_no_cooling_account(
    original: Original, selector: Selector, account: Account, enabled: bool
) -> None:
    """Moves families to the first enabled account that is not cooling down."""
    held = [family for family in FAMILIES if selector.current[family] == account.index]
    original(selector, account, enabled)
    free = [each.index for each in selector.pool.accounts if each.enabled and each.cooling_down_until_ms is None]
    if not enabled and free:
        for family in held:
            selector.current[family] = free[0]


@enabling.patch(
    events, "set_enabled", opened("a", "b", active=1), limit("b", 1000), switch("b", False), switch("b", True), rotate()
)
def disabling_ends_limits(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Clears the limits of an account that nobody can use, because it skips it in its loop over limits."""
    original(selector, account, enabled)
    if not enabled:
        account.reset_times_ms.clear()


@enabling.patch(
    events, "set_enabled", opened(account("a", enabled=False), "b", "c"), switch("a", False), select(), rotate()
)
def disabling_again_moves_no_family(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Returns early if the account is disabled already, although a family may have it."""
    if enabled or account.enabled:
        original(selector, account, enabled)


# Removal and other accounts


@removal.patch(events, "remove", opened("a", "b", "a"), call("remove", label="a"), rotate(), rotate())
def all_with_the_token_removed(original: Original, selector: Selector, account: Account) -> None:
    """Removes every account with the token."""
    for each in [each for each in selector.pool.accounts if each.label == account.label]:
        original(selector, each)


@removal.patch(
    events, "remove", opened(*"abcd", families={"claude": 1, "gemini": 2}), call("remove", label="a"), select("gemini")
)
def families_that_never_selected_do_not_move(original: Original, selector: Selector, account: Account) -> None:
    """Moves the index of the first family that it finds behind the removed account, and stops."""
    before = dict(selector.current)
    original(selector, account)
    behind = [family for family in FAMILIES if before[family] > account.index]
    for family in behind[1:]:
        if before[family] < len(selector.pool.accounts):
            selector.current[family] = before[family]


@removal.patch(
    events, "remove", opened("a", "b", "c", pid=3), call("remove", label="c"), select(pid_offset_enabled=True)
)
def removal_uses_up_the_offset(original: Original, selector: Selector, account: Account) -> None:
    """Takes the offset for applied after a removal, so that indices do not move twice."""
    original(selector, account)
    selector.moved = dict.fromkeys(FAMILIES, True)


@others.patch(events, "has_other_account", opened("a", "b"), switch("a", False), other_of("a"))
def disabled_account_has_no_other(original: Original, selector: Selector, account: Account, *args: Any) -> bool:
    """Returns early if the given account itself is disabled."""
    return account.enabled and bool(original(selector, account, *args))


@others.patch(events, "has_other_account", opened("a", "b"), cool("b", 1000), advance(1000), other_of("a"))
def cooldown_ends_a_moment_late(
    original: Original, selector: Selector, account: Account, request: Request, now_ms: float
) -> bool:
    """Writes `<=` where it compares the clock with the end of a cooldown."""
    held = [each for each in selector.pool.accounts if each.cooling_down_until_ms == now_ms]
    enabled = [each.enabled for each in held]
    for each in held:
        each.enabled = False
    found = bool(original(selector, account, request, now_ms))
    for each, was in zip(held, enabled, strict=True):
        each.enabled = was
        is_cooling(each, now_ms)
    return found
