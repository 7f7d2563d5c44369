"""A second round of faults: health and tokens."""

import math
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.trackers import MS_A_MINUTE, MS_AN_HOUR, Health, Tokens, passed
from tests.fakes.blind.calls import (
    advance,
    call,
    consume,
    health,
    opened,
)
from tests.fakes.blind.ports import Original, Section

scores = Section("health")
buckets = Section("tokens")


@scores.patch(
    Health,
    "score",
    opened("a", health={"initial": 90, "max_score": 95}),
    health("a", "success"),
    advance(36_000_000),
    health("a", "rate_limit"),
)
def recovery_to_100(original: Original, self: Health, account: int, now_ms: float) -> float:
    """Recovers to 100, where only a success stops at the configured maximum."""
    if account not in self.scores:
        return self.settings.initial
    score, since_ms = self.scores[account]
    hours = passed(since_ms, now_ms, self.profile) / MS_AN_HOUR
    return min(100, score + math.floor(hours * self.settings.recovery_rate_per_hour))


@scores.patch(
    Health,
    "score",
    opened("a", health={"recovery_rate_per_hour": 1}),
    health("a", "failure"),
    advance(3_600_000),
    health("a", "success"),
)
def recovery_by_the_millisecond(original: Original, self: Health, account: int, now_ms: float) -> float:
    """Has the rate for each millisecond, whose rounding loses a point at some whole hours."""
    if account not in self.scores:
        return self.settings.initial
    score, since_ms = self.scores[account]
    rate = self.settings.recovery_rate_per_hour / MS_AN_HOUR
    return min(self.settings.max_score, score + math.floor(passed(since_ms, now_ms, self.profile) * rate))


@scores.patch(Health, "record", opened("a", health={"initial": 120}), health("a", "rate_limit"))
def penalty_from_the_maximum(original: Original, self: Health, account: int, outcome: Any, now_ms: float) -> None:
    """Caps an initial score above the maximum before it subtracts a penalty."""
    if account not in self.scores and self.settings.initial > self.settings.max_score:
        self.scores[account] = (self.settings.max_score, now_ms)
    original(self, account, outcome, now_ms)


@buckets.patch(
    Tokens, "tokens", opened("a", tokens={"initial_tokens": 20}), consume("a"), advance(600_000), consume("a")
)
def refilled_to_the_initial_tokens(original: Original, self: Tokens, account: int, now_ms: float) -> float:
    """Stops the refill at the initial tokens, which equal the maximum by default."""
    tokens = float(original(self, account, now_ms))
    if account not in self.buckets:
        return tokens
    stored, since_ms = self.buckets[account]
    added = passed(since_ms, now_ms, self.profile) / MS_A_MINUTE * self.settings.regeneration_rate_per_minute
    return max(stored, min(self.settings.initial_tokens, tokens)) if added > 0 else tokens


@buckets.patch(Tokens, "consume", opened("a", tokens={"max_tokens": 10}), consume("a", amount=45))
def consuming_cuts_to_the_maximum(original: Original, self: Tokens, account: int, amount: float, now: float) -> bool:
    """Cuts initial tokens above the maximum before it consumes from them."""
    if account not in self.buckets and self.settings.initial_tokens > self.settings.max_tokens:
        self.buckets[account] = (self.settings.max_tokens, now)
    return bool(original(self, account, amount, now))


@buckets.patch(Tokens, "consume", opened("a"), consume("a", amount=49.9), advance(1000), consume("a", amount=0.7))
def refused_request_is_a_change(original: Original, self: Tokens, account: int, amount: float, now: float) -> bool:
    """Empties the bucket of a request that is refused, as far as it goes."""
    consumed = bool(original(self, account, amount, now))
    if not consumed and amount < self.tokens(account, now) + 1:
        self.buckets[account] = (0, now)
    return consumed


@buckets.port(opened("a"), consume("a", amount=10), call("refund_token", label="a", amount=0.5))
class RefundsWholeTokens(ReferenceAdapter):
    """Returns whole tokens only, because a request consumes whole tokens."""

    def refund_token(self, label: str, amount: float = 1) -> Json:
        return super().refund_token(label, math.floor(amount) if amount > 0 else amount)
