"""A fourth round of faults: strategies that meet each other, trackers, and switches of an account."""

from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import trackers
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Moment, Selector, is_cooling
from reference_impl.soft_quota import SoftQuota
from reference_impl.trackers import Health, Tokens
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    consume,
    cool,
    health,
    hybrid,
    limit,
    offset,
    opened,
    rotate,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("hybrid")
sticky = Section("sticky")
pid = Section("pid")
scores = Section("health")
buckets = Section("tokens")

OVER = {"claude": {"remainingFraction": 0}, "gemini-pro": {"remainingFraction": 0}}


def used(label: str, **fields: Json) -> Json:
    return account(label, cachedQuota=OVER, cachedQuotaUpdatedAt=0, **fields)


@section.patch(
    Selector,
    "_best",
    opened("a", "b"),
    switch("b", False),
    advance(3_600_000),
    hybrid(),
    switch("b", True),
    hybrid("gemini"),
    hybrid(),
)
def only_candidate_is_no_use(original: Original, self: Selector, request: Request, moment: Moment, soft: Any) -> Any:
    """Returns an only candidate at once, without writing its time of last use."""
    only = list(self._candidates(request, moment, soft))
    if len(only) != 1:
        return original(self, request, moment, soft)
    chosen = self.pool.accounts[only[0].index]
    self.current[request.family] = chosen.index
    return chosen


@section.patch(
    Selector,
    "_candidates",
    opened(used("a"), "b"),
    advance(1000),
    hybrid(soft_quota_threshold_percent=90, soft_quota_cache_ttl_ms=10),
)
def candidates_have_the_default_ttl(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Any:
    """Does not pass the TTL of readings on to the search for candidates."""
    return original(self, request, moment, SoftQuota(soft.threshold_percent))


@section.patch(
    Selector,
    "select",
    opened(used("a"), "b", tokens={"max_tokens": 1, "initial_tokens": 0, "regeneration_rate_per_minute": 0}),
    hybrid(soft_quota_threshold_percent=90),
)
def fallback_forgets_the_soft_quota(
    original: Original, self: Selector, request: Request, strategy: Any, moment: Moment, **params: Any
) -> Any:
    """Calls the fallback to sticky without the soft quota, so that it keeps an account that is over the threshold."""
    if strategy == "hybrid" and not list(self._candidates(request, moment, params["soft"] or SoftQuota())):
        return original(self, request, "sticky", moment, **{**params, "soft": None})
    return original(self, request, strategy, moment, **params)


@section.patch(
    Selector,
    "_hybrid_unavailable",
    opened("a", "b"),
    limit("a", 1000, "gemini"),
    advance(1000),
    cool("a", 1),
    hybrid(),
    advance(-1),
    cool("a", 0),
    hybrid("gemini"),
)
def cooling_candidate_keeps_ended_limits(
    original: Original, self: Selector, account_: Account, request: Request, moment: Moment, soft: Any
) -> bool:
    """Returns at a cooldown before it forgets the limits that have ended."""
    return is_cooling(account_, moment.now_ms) or bool(original(self, account_, request, moment, soft))


@section.port(opened("a", "b"), rotate(), rotate("gemini"), hybrid())
class BonusByTheLastSelection(ReferenceAdapter):
    """Gives the bonus to the account that the last selection returned, of whatever family."""

    def select(self, *args: Any, **params: Any) -> Json:
        result = super().select(*args, **params)
        self._opened().last_index = result["index"] if isinstance(result, dict) else None  # type: ignore[attr-defined]
        return result

    def new_selector(self, pool: Any) -> Selector:
        selector = super().new_selector(pool)
        collect = selector._candidates

        def marked(*args: Any) -> Any:
            last = getattr(selector, "last_index", None)
            for each in collect(*args):
                yield replace(each, is_current=each.is_current if last is None else each.index == last)

        selector._candidates = marked  # type: ignore[method-assign, assignment]
        return selector


@section.port(opened("a", "b", "c", pid=1), offset(strategy="hybrid"), offset(), select())
class CandidateUsesUpTheOffset(ReferenceAdapter):
    """Takes the offset for applied as soon as hybrid has selected an account with it."""

    def select(self, family: Any, strategy: Any, *args: Any, **params: Any) -> Json:
        result = super().select(family, strategy, *args, **params)
        if strategy == "hybrid" and params.get("pid_offset_enabled"):
            self._opened().moved[family] = True
        return result


@sticky.patch(Selector, "select", opened(used("a"), "b", "c"), select(soft_quota_threshold_percent=90), select())
def soft_quota_moves_for_one_request(
    original: Original, self: Selector, request: Request, strategy: Any, moment: Moment, **params: Any
) -> Any:
    """Takes a replacement for an account over the threshold for this request only, and returns to the account."""
    before = self.current[request.family]
    own = self._current(request.family)
    over = own is not None and self._is_over(own, request, moment, params["soft"] or SoftQuota())
    chosen = original(self, request, strategy, moment, **params)
    if strategy == "sticky" and over and not params.get("pid_offset_enabled"):
        self.current[request.family] = before
    return chosen


@sticky.port(opened("a", "b", "c"), rotate(), rotate(), switch("b", False), switch("b", True), select())
class FamilyReturnsToItsAccount(ReferenceAdapter):
    """Remembers the family of an account that is disabled, and moves it back when the account is enabled."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.homes: dict[str, list[Any]] = {}
        return super().open(*args, **params)

    def set_enabled(self, label: str, enabled: bool) -> None:
        found, current = self._find(label), self._opened().current
        families = [family for family, index in current.items() if index == found.index]
        super().set_enabled(label, enabled)
        if not enabled and families:
            self.homes[label] = families
        for family in self.homes.pop(label, []) if enabled else []:
            current[family] = found.index


@pid.patch(
    Selector,
    "_move_by_pid",
    opened("a", "b", "c", pid=1),
    switch("b", False),
    switch("c", False),
    offset(),
    switch("b", True),
    switch("c", True),
    offset(),
)
def offset_needs_two_enabled(original: Original, self: Selector, family: Any, pid_: int) -> None:
    """Postpones the offset while fewer than two accounts are enabled, between which it could choose."""
    if sum(each.enabled for each in self.pool.accounts) > 1:
        original(self, family, pid_)


@pid.patch(Selector, "_move_by_pid", opened("a", "b", "c", pid=1), switch("b", False), offset())
def offset_skips_disabled_accounts(original: Original, self: Selector, family: Any, pid_: int) -> None:
    """Moves on to the next enabled account if the offset leads to one that is disabled."""
    first = not self.moved[family]
    original(self, family, pid_)
    count, index = len(self.pool.accounts), self.current[family]
    if first and index != NOWHERE and self.moved[family]:
        steps = (step for step in range(count) if self.pool.accounts[(index + step) % count].enabled)
        self.current[family] = (index + next(steps, 0)) % count


@scores.port(
    opened("a", "b"),
    health("a", "failure"),
    switch("a", False),
    advance(3_600_000),
    switch("a", True),
    health("a", "success"),
)
class DisabledScoreDoesNotRecover(ReferenceAdapter):
    """Starts the recovery of a score anew when its account is enabled."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        found, tracked = self._find(label), self._opened().health
        if enabled and not found.enabled and found.index in tracked.scores:
            tracked.scores[found.index] = (tracked.scores[found.index][0], self.now_ms)
        super().set_enabled(label, enabled)


@scores.port(opened("a", "b"), limit("a", 1000), health("a", "success"))
class LimitedAccountHasNoSuccess(ReferenceAdapter):
    """Records no success of an account that is rate-limited: the response comes from an earlier request."""

    def record_health(self, label: str, outcome: Any) -> Json:
        found = self._find(label)
        limited = any(self.now_ms < end for end in found.reset_times_ms.values())
        if outcome == "success" and limited:
            return {"score": self._opened().health.score(found.index, self.now_ms)}
        return super().record_health(label, outcome)


@scores.patch(
    Health,
    "record",
    opened("a", "b"),
    health("a", "success"),
    advance(1_800_001),
    health("a", "success"),
    advance(1_799_999),
    health("a", "success"),
)
def recovery_keeps_its_rest(original: Original, self: Health, account_: int, outcome: Any, now_ms: float) -> None:
    """Carries the time short of a whole point over to the next outcome."""
    rest = 0.0
    if account_ in self.scores and self.settings.recovery_rate_per_hour > 0:
        rest = (now_ms - self.scores[account_][1]) % (trackers.MS_AN_HOUR / self.settings.recovery_rate_per_hour)
    original(self, account_, outcome, now_ms)
    self.scores[account_] = (self.scores[account_][0], now_ms - rest)


@buckets.port(opened("a", "b"), consume("a", amount=5), limit("a", 1000), call("refund_token", label="a"))
class NoRefundWhileLimited(ReferenceAdapter):
    """Returns no token to an account that is rate-limited, whose request has reached the server."""

    def refund_token(self, label: str, amount: float = 1) -> Json:
        found = self._find(label)
        limited = any(self.now_ms < end for end in found.reset_times_ms.values())
        return super().refund_token(label, 0 if limited else amount)


@buckets.port(opened("a", "b"), advance(3_600_000), consume("a", amount=0), hybrid(), hybrid("gemini"))
class ConsumingIsAUse(ReferenceAdapter):
    """Updates the time of last use when a token is consumed."""

    def consume_token(self, label: str, amount: float = 1) -> Json:
        result = super().consume_token(label, amount)
        if isinstance(result, dict) and result["consumed"]:
            self._find(label).last_used_ms = self.now_ms
        return result


@buckets.patch(
    Tokens,
    "refund",
    opened("a", "b"),
    consume("a", amount=30),
    advance(60_000),
    call("refund_token", label="a"),
    advance(-60_000),
    call("refund_token", label="a"),
)
def refund_keeps_the_time(original: Original, self: Tokens, account_: int, amount: float, now_ms: float) -> None:
    """Adds a refund to the stored tokens without the refill so far, and leaves the time of the refill."""
    if account_ not in self.buckets:
        original(self, account_, amount, now_ms)
        return
    tokens, since_ms = self.buckets[account_]
    self.buckets[account_] = (min(self.settings.max_tokens, tokens + amount), since_ms)
