"""The minimum wait, resetting limits, and the question for another account."""

import math
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import advance, call, fails, limit, opened, select, switch, wait
from tests.fakes.blind.ports import Original, Section

section = Section("waiting")
others = Section("other-account")
RESET = call("reset_limits", family="claude")
OTHER = call("has_other_account", label="a", family="gemini")


@section.patch(events, "min_wait_ms", opened("a"), limit("a", 1500), wait())
def whole_seconds(original: Original, *args: Any, **kw: Any) -> float:
    """Rounds the wait up to a second."""
    return float(math.ceil(original(*args, **kw) / 1000) * 1000)


@section.port(opened("a"), limit("a", 1000, "gemini"), wait("gemini", strict=True))
class StrictWithoutStyle(ReferenceAdapter):
    """Takes the default header style for a strict wait that names none."""

    def min_wait(self, *args: Any, **params: Any) -> Json:
        if params.get("strict") and params.get("header_style") is None:
            params["header_style"] = "antigravity"
        return super().min_wait(*args, **params)


@section.patch(
    events, "min_wait_ms", opened("a", "b"), limit("a", 1000), advance(1000), wait(), advance(-500), select()
)
def asking_forgets_nothing(original: Original, selector: Selector, *args: Any, **kw: Any) -> float:
    """Reads limits without deleting those that have ended, which return when the clock is set back."""
    kept = [dict(each.reset_times_ms) for each in selector.pool.accounts]
    answer = float(original(selector, *args, **kw))
    for each, limits in zip(selector.pool.accounts, kept, strict=True):
        each.reset_times_ms = limits
    return answer


@section.port(opened("a"), limit("a", 1000), wait(), limit("a", 5000), wait())
class CachedForTheSameTime(ReferenceAdapter):
    """Caches the wait while the clock stands still."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Json] = {}

    def open(self, *args: Any, **params: Any) -> Json:
        self.known = {}
        return super().open(*args, **params)

    def min_wait(self, *args: Any, **params: Any) -> Json:
        key = f"{self.now_ms} {args} {sorted(params.items())}"
        if key not in self.known:
            self.known = {key: super().min_wait(*args, **params)}
        return self.known[key]


_MODELS = [limit("a", 1000, "gemini", model=name) for name in ("gemini-3", "gemini-3-pro")]


@section.patch(
    events,
    "reset_limits",
    opened("a", "b"),
    *_MODELS,
    call("reset_limits", family="gemini", model="gemini-3"),
    select("gemini", model="gemini-3-pro"),
)
def reset_by_prefix(original: Original, selector: Selector, request: Request) -> None:
    """Clears every limit whose key begins with that of the request."""
    if request.model:
        for each in selector.pool.accounts:
            for key in list(each.reset_times_ms):
                if key.partition(":")[2].startswith(request.model):
                    del each.reset_times_ms[key]
    original(selector, request)


@section.patch(
    events,
    "reset_limits",
    opened("a", "b"),
    limit("a", 1000),
    switch("a", False),
    RESET,
    switch("a", True),
    call("snapshot"),
)
def reset_skips_disabled_accounts(original: Original, selector: Selector, request: Request) -> None:
    """Clears the limits of enabled accounts only."""
    kept = {id(each): (dict(each.reset_times_ms), each.failures) for each in selector.pool.accounts}
    original(selector, request)
    for each in selector.pool.accounts:
        if not each.enabled:
            each.reset_times_ms, each.failures = kept[id(each)]


@section.patch(events, "reset_limits", opened("a"), fails("a"), advance(60_000), select(), RESET, fails("a"))
def reset_keeps_failures_without_a_limit(original: Original, selector: Selector, request: Request) -> None:
    """Resets the number of failures only where it has cleared a limit."""
    before = [(each, each.failures, len(each.reset_times_ms)) for each in selector.pool.accounts]
    original(selector, request)
    for each, failures, count in before:
        if len(each.reset_times_ms) == count:
            each.failures = failures


@section.patch(
    events,
    "reset_limits",
    opened("a", "b"),
    limit("a", 1000, "gemini", model="m"),
    call("reset_limits", family="gemini"),
    select("gemini", model="m"),
)
def reset_clears_all_models(original: Original, selector: Selector, request: Request) -> None:
    """Clears every limit of the family if no model is named."""
    if request.model is None:
        for each in selector.pool.accounts:
            for key in [key for key in each.reset_times_ms if key.startswith(request.family)]:
                del each.reset_times_ms[key]
    original(selector, request)


@others.patch(events, "has_other_account", opened("a", "a"), OTHER)
def same_token_is_the_same(
    original: Original, selector: Selector, account: Account, request: Request, now_ms: float
) -> bool:
    """Compares tokens, so that a second account with the same token does not count."""
    hidden = [each for each in selector.pool.accounts if each.label == account.label and each is not account]
    state = [each.enabled for each in hidden]
    for each in hidden:
        each.enabled = False
    found = bool(original(selector, account, request, now_ms))
    for each, enabled in zip(hidden, state, strict=True):
        each.enabled = enabled
    return found


@others.patch(events, "has_other_account", opened("a", "b", "c"), limit("b", 1000, "gemini"), OTHER)
def only_the_first_other(
    original: Original, selector: Selector, account: Account, request: Request, now_ms: float
) -> bool:
    """Looks only at the first enabled account that is not the given one."""
    first = next((each for each in selector.pool.accounts if each is not account and each.enabled), None)
    accounts = selector.pool.accounts
    selector.pool.accounts = [each for each in accounts if each in (account, first)]
    found = bool(original(selector, account, request, now_ms))
    selector.pool.accounts = accounts
    return found


@others.patch(
    events,
    "has_other_account",
    opened("a", "b"),
    limit("b", 1000, "gemini"),
    advance(1000),
    OTHER,
    advance(-500),
    OTHER,
)
def asking_the_other_forgets_nothing(
    original: Original, selector: Selector, account: Account, request: Request, now_ms: float
) -> bool:
    """Copies the accounts before it asks, so that a limit that has ended is not forgotten."""
    accounts = selector.pool.accounts
    selector.pool.accounts = [replace(each, reset_times_ms=dict(each.reset_times_ms)) for each in accounts]
    found = bool(original(selector, account, request, now_ms))
    selector.pool.accounts = accounts
    return found
