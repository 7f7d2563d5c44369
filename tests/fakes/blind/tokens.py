"""Token buckets."""

import math
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.trackers import MS_A_MINUTE, Tokens, passed
from tests.fakes.blind.calls import advance, call, consume, hybrid, opened
from tests.fakes.blind.ports import Original, Section

section = Section("tokens")
FEW = {"initial_tokens": 10}


@section.patch(
    Tokens, "consume", opened("a", tokens=FEW), consume("a", amount=20), advance(60_000), consume("a", amount=1)
)
def refused_request_starts_the_refill(original: Original, self: Tokens, place: int, *args: Any) -> bool:
    """Creates the bucket before it checks the amount, so that a refused request starts the refill."""
    now_ms = args[1]
    self.buckets.setdefault(place, (self.tokens(place, now_ms), now_ms))
    return bool(original(self, place, *args))


@section.port(opened("a"), consume("a", amount=0))
class AmountZeroIsOne(ReferenceAdapter):
    """Writes `amount || 1`."""

    def consume_token(self, label: str, amount: float = 1) -> Json:
        return super().consume_token(label, amount or 1)


@section.patch(Tokens, "refund", opened("a", tokens=FEW), call("refund_token", label="a"))
def first_refund_fills_the_bucket(original: Original, self: Tokens, place: int, amount: float, now_ms: float) -> None:
    """Reads a bucket without an entry as full, not as having its initial tokens."""
    self.buckets.setdefault(place, (self.settings.max_tokens, now_ms))
    original(self, place, amount, now_ms)


@section.patch(Tokens, "tokens", opened("a"), consume("a"), advance(1), consume("a"))
def rounded_to_three_digits(original: Original, *args: Any) -> float:
    """Rounds tokens to three digits, for its log."""
    return round(float(original(*args)), 3)


@section.patch(
    Tokens,
    "tokens",
    opened("a", now_ms=60_000),
    consume("a", amount=20),
    advance(-60_000),
    hybrid(),
    advance(60_000),
    consume("a"),
)
def clock_set_back_refills_again(original: Original, self: Tokens, place: int, now_ms: float) -> float:
    """Moves the start of the refill back when it sees the clock set back, so that the time counts twice."""
    tokens, since_ms = self.buckets.get(place, (0.0, now_ms))
    if now_ms < since_ms:
        self.buckets[place] = (tokens, now_ms)
    return float(original(self, place, now_ms))


@section.patch(Tokens, "tokens", opened("a"), consume("a", amount=9), advance(1500), consume("a"))
def refill_by_the_second(original: Original, self: Tokens, place: int, now_ms: float) -> float:
    """Refills in whole seconds."""
    if place not in self.buckets:
        return float(original(self, place, now_ms))
    tokens, since_ms = self.buckets[place]
    seconds = math.floor(passed(since_ms, now_ms, self.profile) / 1000)
    refill = seconds * 1000 / MS_A_MINUTE * self.settings.regeneration_rate_per_minute
    return min(self.settings.max_tokens, tokens + refill)


@section.port(
    opened("a", tokens={"regeneration_rate_per_minute": 0}), consume("a"), advance(60_000), consume("a", amount=0)
)
class ZeroMeansDefault(ReferenceAdapter):
    """Writes `rate || 6`, so that a configured 0 has no effect."""

    def open(self, *args: Any, **params: Any) -> Json:
        settings = params.pop("tokens", None) or {}
        return super().open(*args, **{**params, "tokens": {key: value for key, value in settings.items() if value}})


@section.patch(Tokens, "refund", opened("a", tokens={"initial_tokens": 80}), call("refund_token", label="a", amount=0))
def refund_of_nothing_is_ignored(original: Original, self: Tokens, place: int, amount: float, now_ms: float) -> None:
    """Returns early if the amount is 0, and so does not cut a bucket above the maximum."""
    if amount:
        original(self, place, amount, now_ms)


@section.patch(Tokens, "consume", opened("a"), consume("a", amount=0.1), consume("a", amount=0.2))
def tokens_in_hundredths(original: Original, self: Tokens, place: int, amount: float, now_ms: float) -> bool:
    """Counts in hundredths of a token, to avoid fractions."""
    consumed = bool(original(self, place, amount, now_ms))
    if consumed:
        tokens, since_ms = self.buckets[place]
        self.buckets[place] = (round(tokens * 100) / 100, since_ms)
    return consumed
