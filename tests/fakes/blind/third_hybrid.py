"""Strategy hybrid: the score and its inputs."""

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from reference_impl import hybrid as scoring
from reference_impl.hybrid import CURRENT_BONUS, Candidate
from reference_impl.limits import Request
from reference_impl.selection import Selector
from tests.fakes.blind.calls import account, call, consume, health, hybrid, limit, opened
from tests.fakes.blind.ports import Original, Section

section = Section("hybrid")

HOUR_MS = 3_600_000
FULL_AND_OVERFULL = {"max_tokens": 50, "initial_tokens": 80}


@section.patch(
    scoring,
    "best",
    opened(account("a", lastUsed=9000), "b", "c", active=2, now_ms=9000),
    limit("c", 1000),
    hybrid(),
)
def differences_as_integers(
    original: Original, candidates: Sequence[Candidate], max_tokens: float, now_ms: float, *, bonus: bool
) -> int | None:
    """Sorts with a comparator that casts the difference of two scores to an integer: less than 1 is a tie."""

    def total(candidate: Candidate) -> float:
        return scoring.score(candidate, max_tokens, now_ms) + (CURRENT_BONUS if bonus and candidate.is_current else 0)

    def compare(one: Candidate, other: Candidate) -> int:
        difference = total(other) - total(one)
        return 0 if math.isnan(difference) else int(max(-1e9, min(1e9, difference)))

    ordered = sorted(candidates, key=functools.cmp_to_key(compare))
    return ordered[0].index if ordered else None


@section.patch(
    scoring,
    "best",
    opened(account("a", lastUsed=10**9), "b"),
    health("b", "failure"),
    consume("b", amount=49),
    hybrid(),
)
def bonus_before_the_floor(
    original: Original, candidates: Sequence[Candidate], max_tokens: float, now_ms: float, *, bonus: bool
) -> int | None:
    """Adds the bonus to the sum before it raises the score to at least 0."""

    def total(candidate: Candidate) -> float:
        idle_s = min((now_ms - candidate.last_used_ms) / 1000, scoring.LONGEST_IDLE_S)
        tokens = candidate.tokens / max_tokens * 500 if max_tokens else math.inf
        extra = CURRENT_BONUS if bonus and candidate.is_current else 0
        return max(0, candidate.health * 2 + tokens + idle_s * 0.1 + extra)

    return max(candidates, key=total).index if candidates else None


@section.patch(Selector, "_candidates", opened("a", "a", active=1), hybrid())
def bonus_by_token(original: Original, self: Selector, request: Request, *args: Any, **kw: Any) -> Iterator[Candidate]:
    """Compares refresh tokens to find the current account: two accounts with one token both get the bonus."""
    current = self._current(request.family)
    for candidate in original(self, request, *args, **kw):
        account = self.pool.accounts[candidate.index]
        yield replace(candidate, is_current=current is not None and account.label == current.label)


@section.patch(
    Selector,
    "_candidates",
    opened("a", "b", "c", active=2, health={"initial": 100, "max_score": 50}),
    call("record_health", label="a", outcome="success"),
    limit("c", 1000),
    hybrid(),
)
def health_is_at_most_the_maximum(original: Original, self: Selector, *args: Any, **kw: Any) -> Iterator[Candidate]:
    """Counts a health that starts above the maximum as the maximum."""
    for candidate in original(self, *args, **kw):
        yield replace(candidate, health=min(candidate.health, self.health.settings.max_score))


@section.patch(
    Selector,
    "_candidates",
    opened("a", "b", health={"failure_penalty": -20.4}),
    health("a", "failure"),
    hybrid(),
)
def health_is_rounded_for_the_minimum(original: Original, self: Selector, *args: Any, **kw: Any) -> Iterator[Candidate]:
    """Compares the minimum with a health that is rounded to whole points."""
    settings = self.health.settings
    self.health.settings = replace(settings, min_usable=settings.min_usable - 0.5)
    try:
        yield from list(original(self, *args, **kw))
    finally:
        self.health.settings = settings


@section.patch(scoring, "score", opened(account("a", lastUsed=1), "b", now_ms=1000), hybrid())
def never_used_counts_as_an_hour(original: Original, candidate: Candidate, max_tokens: float, now_ms: float) -> float:
    """Takes a time of last use of 0 for "never", with the longest idle time."""
    last_used_ms = candidate.last_used_ms or now_ms - HOUR_MS
    return float(original(replace(candidate, last_used_ms=last_used_ms), max_tokens, now_ms))
