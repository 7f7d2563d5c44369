"""Health scores and token buckets."""

from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.trackers import Health, Outcome, Tokens
from tests.fakes.blind.calls import advance, call, consume, health, hybrid, opened
from tests.fakes.blind.ports import Original, Section

health_section = Section("health")
tokens_section = Section("tokens")

HOUR_MS = 3_600_000
OVERFULL = {"max_tokens": 50, "initial_tokens": 80}


@health_section.patch(Health, "record", opened("a", health={"initial": 100, "max_score": 50}), health("a", "success"))
def success_above_the_maximum(original: Original, self: Health, account: int, outcome: Outcome, now_ms: float) -> None:
    """Records no success of an account that is at or above the maximum: there is nothing to add."""
    if outcome != "success" or self.score(account, now_ms) < self.settings.max_score:
        original(self, account, outcome, now_ms)


@health_section.patch(
    Health,
    "record",
    opened("a"),
    *[health("a", "failure")] * 4,
    advance(HOUR_MS / 3),
    health("a", "failure"),
    advance(HOUR_MS / 6),
    health("a", "success"),
)
def failure_at_zero_is_not_recorded(
    original: Original, self: Health, account: int, outcome: Outcome, now_ms: float
) -> None:
    """Records no failure of an account with a score of 0: there is nothing to subtract, so recovery goes on."""
    if outcome == "success" or self.score(account, now_ms) > 0:
        original(self, account, outcome, now_ms)


@health_section.patch(
    Health,
    "record",
    opened("a", health={"success_reward": 0}),
    health("a", "success"),
    advance(HOUR_MS),
    health("a", "success"),
)
def outcome_of_no_points_is_not_recorded(
    original: Original, self: Health, account: int, outcome: Outcome, now_ms: float
) -> None:
    """Records no outcome whose configured points are 0, so that it does not start the recovery."""
    points = {
        "success": self.settings.success_reward,
        "rate_limit": self.settings.rate_limit_penalty,
        "failure": self.settings.failure_penalty,
    }
    if points[outcome]:
        original(self, account, outcome, now_ms)


@health_section.patch(Health, "score", opened("a", health={"initial": 100, "max_score": 50}), health("a", "rate_limit"))
def cap_only_while_it_recovers(original: Original, self: Health, account: int, now_ms: float) -> float:
    """Caps the score only when points have recovered; a lowered score can stay above the maximum."""
    capped = float(original(self, account, now_ms))
    stored = self.scores.get(account, (capped, now_ms))[0]
    return stored if stored > capped and now_ms - self.scores[account][1] < HOUR_MS / 2 else capped


@health_section.port(opened("a", "a"), health("a", "failure"), health("a", "failure"), hybrid())
class ScoreByToken(ReferenceAdapter):
    """Keeps scores by refresh token: two accounts with one token share their score."""

    def record_health(self, label: str, outcome: Outcome) -> Json:
        answer = super().record_health(label, outcome)
        scores = self._opened().health.scores
        for each in self._opened().pool.accounts:
            if each.label == label:
                scores[each.index] = scores[self._find(label).index]
        return answer


@health_section.patch(
    Health,
    "record",
    opened("a", now_ms=2 * HOUR_MS),
    health("a", "failure"),
    advance(-2 * HOUR_MS),
    health("a", "failure"),
    advance(HOUR_MS),
    health("a", "success"),
)
def recovery_never_starts_earlier(
    original: Original, self: Health, account: int, outcome: Outcome, now_ms: float
) -> None:
    """Keeps the latest time of an outcome when the clock was set back, so that recovery starts late."""
    before_ms = self.scores.get(account, (0, now_ms))[1]
    original(self, account, outcome, now_ms)
    score, since_ms = self.scores[account]
    self.scores[account] = (score, max(since_ms, before_ms))


@health_section.port(opened("a"), call("mark_success", label="a"), health("a", "success"))
class SuccessWithoutOutcome(ReferenceAdapter):
    """Records a success in the health score when the consecutive failures are reset."""

    def mark_success(self, label: str) -> None:
        super().mark_success(label)
        super().record_health(label, "success")


@tokens_section.patch(Tokens, "refund", opened("a", tokens=OVERFULL), call("refund_token", label="a"))
def refund_to_a_full_bucket(original: Original, self: Tokens, account: int, amount: float, now_ms: float) -> None:
    """Ignores a refund to a bucket that is full or fuller."""
    if self.tokens(account, now_ms) < self.settings.max_tokens:
        original(self, account, amount, now_ms)


@tokens_section.patch(Tokens, "tokens", opened("a", tokens=OVERFULL), consume("a"))
def excess_is_kept(original: Original, self: Tokens, account: int, now_ms: float) -> float:
    """Refills up to the maximum, and leaves a bucket that is still above it as it is."""
    stored = self.buckets.get(account, (0.0, now_ms))[0]
    return stored if stored > self.settings.max_tokens else float(original(self, account, now_ms))


@tokens_section.port(opened("a", "a"), consume("a", amount=50), hybrid())
class BucketByToken(ReferenceAdapter):
    """Keeps buckets by refresh token: two accounts with one token share their bucket."""

    def consume_token(self, label: str, *args: Any, **params: Any) -> Json:
        answer = super().consume_token(label, *args, **params)
        self._share(label)
        return answer

    def refund_token(self, label: str, *args: Any, **params: Any) -> Json:
        answer = super().refund_token(label, *args, **params)
        self._share(label)
        return answer

    def _share(self, label: str) -> None:
        buckets = self._opened().tokens.buckets
        for each in self._opened().pool.accounts:
            if each.label == label and self._find(label).index in buckets:
                buckets[each.index] = buckets[self._find(label).index]


@tokens_section.patch(
    Tokens,
    "consume",
    opened("a", now_ms=60_000),
    consume("a"),
    advance(-60_000),
    consume("a", amount=40),
    advance(60_000),
    consume("a"),
)
def refill_never_starts_earlier(original: Original, self: Tokens, account: int, amount: float, now_ms: float) -> bool:
    """Keeps the latest time of a change when the clock was set back, so that the refill starts late."""
    before_ms = self.buckets.get(account, (0, now_ms))[1]
    consumed = bool(original(self, account, amount, now_ms))
    if account in self.buckets:
        tokens, since_ms = self.buckets[account]
        self.buckets[account] = (tokens, max(since_ms, before_ms))
    return consumed
