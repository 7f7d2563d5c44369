"""Health scores and token buckets of accounts, the inputs of hybrid selection.

Times are milliseconds. Sources: HYB-*, HEA-*, TOK-*; releases 1.3.0 to 1.6.0, `dist/src/plugin/rotation.js`.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

from reference_impl.profiles import Profile, profile
from reference_impl.releases import RECOMMENDED

RECOMMENDED_PROFILE = profile(RECOMMENDED)
MS_AN_HOUR = 3_600_000
MS_A_MINUTE = 60_000

Outcome = Literal["success", "rate_limit", "failure"]


@dataclass(frozen=True)
class HealthSettings:
    """Settings of the health score, in points: the config group `health_score`."""

    initial: float = 70
    success_reward: float = 1
    rate_limit_penalty: float = -10
    failure_penalty: float = -20
    recovery_rate_per_hour: float = 2
    min_usable: float = 50
    max_score: float = 100


@dataclass(frozen=True)
class TokenSettings:
    """Settings of the token bucket: the config group `token_bucket`."""

    max_tokens: float = 50
    regeneration_rate_per_minute: float = 6
    initial_tokens: float = 50


def passed(since_ms: float, now_ms: float, profile: Profile) -> float:
    """Returns the elapsed milliseconds; 0 if the clock was set back (HEA-017, TOK-015)."""
    return now_ms - since_ms if profile.has("clock-set-back-lowers-trackers") else max(0, now_ms - since_ms)


@dataclass
class Health:
    """Scores by account index. An account without an entry has the initial score."""

    settings: HealthSettings = field(default_factory=HealthSettings)
    profile: Profile = RECOMMENDED_PROFILE
    scores: dict[int, tuple[float, float]] = field(default_factory=dict)  # account: (score, since when)

    def score(self, account: int, now_ms: float) -> float:
        """Returns the current score: it recovers in whole points, up to the maximum (HEA-004)."""
        if account not in self.scores:
            return self.settings.initial
        score, since_ms = self.scores[account]
        passed_ms = passed(since_ms, now_ms, self.profile)
        recovered = math.floor(passed_ms / MS_AN_HOUR * self.settings.recovery_rate_per_hour)
        return min(self.settings.max_score, score + recovered)

    def record(self, account: int, outcome: Outcome, now_ms: float) -> None:
        """Records the outcome of a request: raises the score, or lowers it to at least 0 (HEA-001 to HEA-003)."""
        score = self.score(account, now_ms)
        if outcome == "success":
            score = min(self.settings.max_score, score + self.settings.success_reward)
        elif outcome == "rate_limit":
            score = max(0, score + self.settings.rate_limit_penalty)
        else:
            score = max(0, score + self.settings.failure_penalty)
        self.scores[account] = (score, now_ms)


@dataclass
class Tokens:
    """Buckets by account index. An account without an entry has the initial tokens."""

    settings: TokenSettings = field(default_factory=TokenSettings)
    profile: Profile = RECOMMENDED_PROFILE
    buckets: dict[int, tuple[float, float]] = field(default_factory=dict)  # account: (tokens, since when)

    def tokens(self, account: int, now_ms: float) -> float:
        """Returns the current tokens, with fractions: they regenerate over time, up to the maximum (TOK-002)."""
        if account not in self.buckets:
            return self.settings.initial_tokens
        tokens, since_ms = self.buckets[account]
        passed_ms = passed(since_ms, now_ms, self.profile)
        recovered = passed_ms / MS_A_MINUTE * self.settings.regeneration_rate_per_minute
        return min(self.settings.max_tokens, tokens + recovered)

    def consume(self, account: int, amount: float, now_ms: float) -> bool:
        """Takes tokens and returns True; returns False and takes nothing if there are too few (TOK-003)."""
        tokens = self.tokens(account, now_ms)
        if tokens < amount:
            return False
        self.buckets[account] = (tokens - amount, now_ms)
        return True

    def refund(self, account: int, amount: float, now_ms: float) -> None:
        """Returns tokens to the bucket, up to the maximum (TOK-004)."""
        tokens = min(self.settings.max_tokens, self.tokens(account, now_ms) + amount)
        self.buckets[account] = (tokens, now_ms)
