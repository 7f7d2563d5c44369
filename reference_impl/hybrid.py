"""Strategy hybrid: the score of an account, from health, tokens and time since last use.

Sources: HYB-*; releases 1.3.0 to 1.6.0, `dist/src/plugin/rotation.js`, `selectHybridAccount`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEALTH_WEIGHT = 2
TOKENS_WEIGHT = 5
SECONDS_WEIGHT = 0.1
LONGEST_IDLE_S = 3600
CURRENT_BONUS = 150
FEWEST_TOKENS = 1


@dataclass(frozen=True)
class Candidate:
    """An available account and the inputs of its score."""

    index: int
    health: float
    tokens: float
    last_used_ms: float
    is_current: bool


def score(candidate: Candidate, max_tokens: float, now_ms: float) -> float:
    """Returns the score, at least 0. It grows with health, tokens and idle time (HYB-002)."""
    idle_s = min((now_ms - candidate.last_used_ms) / 1000, LONGEST_IDLE_S)
    health = candidate.health * HEALTH_WEIGHT
    # A candidate has at least one token, so a bucket of size 0 makes its score infinite.
    tokens = candidate.tokens / max_tokens * 100 * TOKENS_WEIGHT if max_tokens else math.inf
    return max(0, health + tokens + idle_s * SECONDS_WEIGHT)


def best(candidates: Sequence[Candidate], max_tokens: float, now_ms: float, *, bonus: bool) -> int | None:
    """Returns the index of the highest score, the first of equal ones; None without candidates.

    With `bonus`, the current account gets CURRENT_BONUS.
    """

    def total(candidate: Candidate) -> float:
        extra = CURRENT_BONUS if bonus and candidate.is_current else 0
        return score(candidate, max_tokens, now_ms) + extra

    return max(candidates, key=total).index if candidates else None
