"""A second round of faults: the strategies and the PID offset."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reference_impl import hybrid
from reference_impl.hybrid import Candidate
from reference_impl.limits import Family, Request, is_limited
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    consume,
    cool,
    health,
    limit,
    offset,
    opened,
    rotate,
    select,
)
from tests.fakes.blind.calls import hybrid as best_of
from tests.fakes.blind.ports import Original, Section

sticky = Section("sticky")
pid = Section("pid")
rotation = Section("round-robin")
section = Section("hybrid")


# Sticky


@sticky.patch(Selector, "_rotate", opened("a", "b"), cool("a", 1000), select(), advance(1000), select())
def only_a_limit_moves_a_family(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Account | None:
    """Keeps the replacement of a rate-limited account, and takes one for a cooldown for this request only."""
    before = self.current[request.family]
    chosen: Account | None = original(self, request, moment, soft)
    current = self.pool.accounts[before] if 0 <= before < len(self.pool.accounts) else None
    if current is not None and current.cooling_down_until_ms is not None:
        self.current[request.family] = before
    return chosen


@sticky.patch(
    Selector,
    "_rotate",
    opened("a", "b"),
    limit("a", 1000, "gemini", header_style="gemini-cli"),
    select("gemini", header_style="gemini-cli"),
    select("gemini"),
)
def second_style_moves_no_family(original: Original, self: Selector, request: Request, *args: Any) -> Account | None:
    """Keeps the account of a family if a request with the second header style has to use another one."""
    before = self.current[request.family]
    chosen: Account | None = original(self, request, *args)
    if request.style == "gemini-cli":
        self.current[request.family] = before
    return chosen


# The PID offset


@pid.patch(
    Selector,
    "_move_by_pid",
    opened("a", "b", "c", pid=3),
    offset(),
    call("remove", label="c"),
    offset(),
)
def offset_of_zero_is_not_applied(original: Original, self: Selector, family: Family, pid: int) -> None:
    """Records the offset as applied only if it moved the family."""
    before, moved = self.current[family], self.moved[family]
    original(self, family, pid)
    if not moved and self.current[family] == before:
        self.moved[family] = False


@pid.patch(Selector, "_stick", opened("a", "b", pid=1), offset("gemini", header_style="gemini-cli"))
def no_offset_for_the_second_style(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota, enabled: bool
) -> Account | None:
    """Applies the offset to requests of the default header style only."""
    chosen: Account | None = original(self, request, moment, soft, enabled and request.style == "antigravity")
    return chosen


@pid.patch(Selector, "_offset", opened("a", "b", "c", families={"claude": 1}, pid=1), offset("gemini"))
def gemini_counts_from_claude(original: Original, self: Selector, family: Family, pid: int) -> int:
    """Counts the offset of both families from the index of Claude."""
    base = self.current["claude"]
    return int(original(self, family, pid)) if base == NOWHERE else (base + pid) % len(self.pool.accounts)


# Round-robin


@rotation.patch(Selector, "select", opened("a", "b", "c", active=1, families={"claude": 2}), select(), rotate())
def rotation_continues_at_the_family(
    original: Original, self: Selector, request: Request, strategy: str, *args: Any, **params: Any
) -> Account | None:
    """Continues behind the account that the family has, when the strategy changes to round-robin."""
    last = getattr(self, "strategy_before", strategy)
    if strategy == "round-robin" and last != "round-robin" and self.current[request.family] != NOWHERE:
        self.cursor = self.current[request.family] + 1
    self.strategy_before = strategy  # type: ignore[attr-defined]
    chosen: Account | None = original(self, request, strategy, *args, **params)
    return chosen


@rotation.patch(
    Selector,
    "_rotate",
    opened("a", "b"),
    limit("a", 1000, "gemini", header_style="gemini-cli"),
    rotate("gemini", header_style="gemini-cli"),
)
def rotation_in_the_default_style(original: Original, self: Selector, request: Request, *args: Any) -> Account | None:
    """Looks up limits for the default header style when it rotates."""
    chosen: Account | None = original(self, replace(request, style="antigravity"), *args)
    return chosen


@rotation.patch(
    Selector,
    "select",
    opened("a", "b", "c"),
    health("a", "failure"),
    health("b", "failure"),
    health("c", "failure"),
    health("a", "failure"),
    health("b", "failure"),
    health("c", "failure"),
    limit("a", 9),
    best_of(),
    rotate(),
)
def fallback_of_hybrid_takes_no_turn(
    original: Original, self: Selector, request: Request, strategy: str, *args: Any, **params: Any
) -> Account | None:
    """Leaves the cursor as it was when hybrid had to rotate."""
    cursor = self.cursor
    chosen: Account | None = original(self, request, strategy, *args, **params)
    if strategy == "hybrid":
        self.cursor = cursor
    return chosen


# Hybrid


@section.patch(Selector, "_candidates", opened("a", "b", active=1), best_of())
def stored_account_has_no_bonus(original: Original, self: Selector, *args: Any) -> Any:
    """Gives the bonus to an account that this session has selected, not to the one that the pool names."""
    for each in original(self, *args):
        first = self.pool.active_index_by_family[args[0].family] == each.index and not getattr(self, "chose", False)
        yield replace(each, is_current=each.is_current and not first)
    self.chose = True  # type: ignore[attr-defined]


_IDLE = [account("a", lastUsed=9), account("b", lastUsed=8)]


@section.patch(hybrid, "best", opened(*_IDLE, "c", active=2, now_ms=9e6), consume("c", amount=50), best_of())
def ties_go_to_the_longest_idle(
    original: Original, candidates: Sequence[Candidate], *args: Any, **params: Any
) -> int | None:
    """Breaks a tie by the time of last use, before the index."""
    ranked = sorted(candidates, key=lambda each: each.last_used_ms)
    chosen: int | None = original(ranked, *args, **params)
    return chosen


_HOURS = [account("a", lastUsed=36_000_000), account("b", lastUsed=1), account("c", lastUsed=36_000_000)]


@section.patch(hybrid, "score", opened(*_HOURS, active=2, now_ms=45_000_000), consume("c", amount=50), best_of())
def idle_points_capped(original: Original, candidate: Candidate, most: float, now_ms: float) -> float:
    """Caps the points of idle time at 3600, not its seconds."""
    idle_s = (now_ms - candidate.last_used_ms) / 1000
    extra = min(max(0, idle_s - 3600) * hybrid.SECONDS_WEIGHT, 3600 - 360)
    return float(original(candidate, most, now_ms)) + extra


@section.patch(
    Selector,
    "_candidates",
    opened("a", "b", active=1),
    consume("a", amount=49.5),
    advance(60_000),
    consume("b", amount=50),
    best_of(),
)
def tokens_before_the_refill(original: Original, self: Selector, *args: Any) -> Any:
    """Compares the stored tokens with 1, without those that time has added since."""
    for each in original(self, *args):
        stored, _ = self.tokens.buckets.get(each.index, (each.tokens, 0))
        if stored >= 1:
            yield each


@section.patch(
    Selector,
    "_candidates",
    opened("a", "b"),
    health("a", "failure"),
    health("a", "failure"),
    advance(36_000_000),
    best_of(),
)
def health_before_the_recovery(original: Original, self: Selector, *args: Any) -> Any:
    """Compares the recorded health with `min_usable`, without the points that have recovered since."""
    for each in original(self, *args):
        recorded, _ = self.health.scores.get(each.index, (each.health, 0))
        if recorded >= self.health.settings.min_usable:
            yield each


_SMALL = {"max_tokens": 100, "initial_tokens": 50}


@section.patch(Selector, "_best", opened("a", "b", active=1, tokens=_SMALL), consume("b", amount=20), best_of())
def share_of_the_initial_tokens(original: Original, self: Selector, *args: Any) -> Account | None:
    """Divides by the initial tokens instead of the size of the bucket."""
    settings = self.tokens.settings
    self.tokens.settings = replace(settings, max_tokens=settings.initial_tokens)
    try:
        chosen: Account | None = original(self, *args)
    finally:
        self.tokens.settings = settings
    return chosen


@section.patch(Selector, "_best", opened("a", now_ms=1000), best_of(), advance(-500), best_of(), call("snapshot"))
def last_use_never_goes_back(original: Original, self: Selector, *args: Any) -> Account | None:
    """Keeps the later of two times of last use, so that a clock that was set back leaves the old one."""
    used = {id(each): each.last_used_ms for each in self.pool.accounts}
    chosen: Account | None = original(self, *args)
    if chosen is not None:
        chosen.last_used_ms = max(chosen.last_used_ms, used[id(chosen)])
    return chosen


@section.patch(Selector, "_best", opened("a", "b", now_ms=9), best_of(), advance(1000), best_of(), call("snapshot"))
def staying_is_no_use(original: Original, self: Selector, request: Request, *args: Any) -> Account | None:
    """Updates the time of last use only when hybrid moves to another account."""
    before = self.current[request.family]
    used = {id(each): each.last_used_ms for each in self.pool.accounts}
    chosen: Account | None = original(self, request, *args)
    if chosen is not None and chosen.index == before and used[id(chosen)]:
        chosen.last_used_ms = used[id(chosen)]
    return chosen


@section.patch(
    Selector,
    "_candidates",
    opened("a", "b"),
    limit("a", 1000, "gemini", model="pro"),
    best_of("gemini", model="pro"),
)
def hybrid_looks_up_both_styles_for_models(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Any:
    """Keeps an account as candidate for a model while the second header style is free."""
    held = [dict(each.reset_times_ms) for each in self.pool.accounts]
    other = replace(request, style="gemini-cli" if request.style == "antigravity" else "antigravity")
    if request.family == "gemini" and request.model:
        for each in self.pool.accounts:
            if not is_limited(each.reset_times_ms, other, moment.now_ms):
                each.reset_times_ms = {}
    found = list(original(self, request, moment, soft))
    for each, limits in zip(self.pool.accounts, held, strict=True):
        each.reset_times_ms = {key: end for key, end in limits.items() if moment.now_ms < end}
    return iter(found)
