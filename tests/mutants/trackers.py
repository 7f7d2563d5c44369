"""Mutants of health and tokens: the reference with one change."""

import math
from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.profiles import Profile
from reference_impl.releases import RECOMMENDED
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from reference_impl.trackers import MS_A_MINUTE, MS_AN_HOUR, Health, HealthSettings, Tokens, TokenSettings
from tests.mutants.selection import selecting

ANY = 0  # the index under which one score or bucket is kept for all accounts


class Sessions(ReferenceAdapter):
    """The reference with other trackers."""

    health_kind: type[Health] = Health
    tokens_kind: type[Tokens] = Tokens

    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        selector = self._opened()
        selector.health = self.health_kind(selector.health.settings)
        selector.tokens = self.tokens_kind(selector.tokens.settings)
        return answer


def of_health(kind: type[Health]) -> Callable[[], ReferenceAdapter]:
    """A decorator for health trackers: a reference with this tracker, and its name as target name."""
    return type(kind.__name__, (Sessions,), {"health_kind": kind})


def of_tokens(kind: type[Tokens]) -> Callable[[], ReferenceAdapter]:
    """A decorator for token trackers: a reference with this tracker, and its name as target name."""
    return type(kind.__name__, (Sessions,), {"tokens_kind": kind})


# Health


@of_health
class SuccessIsNotRewarded(Health):
    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        if outcome != "success":
            super().record(account, outcome, now_ms)


@of_health
class RateLimitCostsAsAFailure(Health):
    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        super().record(account, "failure" if outcome == "rate_limit" else outcome, now_ms)


@of_health
class FailureCostsAsARateLimit(Health):
    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        super().record(account, "rate_limit" if outcome == "failure" else outcome, now_ms)


@of_health
class HealthRecoversByFractions(Health):
    def score(self, account: int, now_ms: float) -> float:
        if account not in self.scores:
            return super().score(account, now_ms)
        score, since_ms = self.scores[account]
        recovered = (now_ms - since_ms) / MS_AN_HOUR * self.settings.recovery_rate_per_hour
        return min(self.settings.max_score, score + recovered)


@of_health
class PerfectHealthAtFirst(Health):
    def score(self, account: int, now_ms: float) -> float:
        return super().score(account, now_ms) if account in self.scores else self.settings.max_score


@of_health
class HealthBelowZero(Health):
    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        before = self.score(account, now_ms)
        super().record(account, outcome, now_ms)
        if outcome != "success":
            kind = self.settings.rate_limit_penalty if outcome == "rate_limit" else self.settings.failure_penalty
            self.scores[account] = (before + kind, now_ms)


@of_health
class SuccessWithoutEnd(Health):
    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        before = self.score(account, now_ms)
        super().record(account, outcome, now_ms)
        if outcome == "success":
            self.scores[account] = (before + self.settings.success_reward, now_ms)

    def score(self, account: int, now_ms: float) -> float:
        if account in self.scores and self.scores[account][0] > self.settings.max_score:
            return self.scores[account][0]
        return super().score(account, now_ms)


@of_health
class RecoveryWithoutEnd(Health):
    def score(self, account: int, now_ms: float) -> float:
        if account not in self.scores:
            return super().score(account, now_ms)
        score, since_ms = self.scores[account]
        return score + math.floor((now_ms - since_ms) / MS_AN_HOUR * self.settings.recovery_rate_per_hour)


class UntouchedAccountsRecover(Sessions):
    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        health = self._opened().health
        for account in range(len(answer["accounts"])):
            health.scores[account] = (health.settings.initial, self.now_ms)
        return answer


@of_health
class InitialHealthCapped(Health):
    def score(self, account: int, now_ms: float) -> float:
        return min(self.settings.max_score, super().score(account, now_ms))


@of_health
class RecoveryIsCarriedOver(Health):
    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        hours_a_point = 1 / self.settings.recovery_rate_per_hour if self.settings.recovery_rate_per_hour else math.inf
        since_ms = self.scores.get(account, (0, now_ms))[1]
        left_ms = (now_ms - since_ms) % (hours_a_point * MS_AN_HOUR)
        super().record(account, outcome, now_ms)
        self.scores[account] = (self.scores[account][0], now_ms - left_ms)


class HealthSettingsIgnored(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        health = self._opened().health
        health.settings = HealthSettings(min_usable=health.settings.min_usable)
        return answer


@of_health
class OneScoreForAll(Health):
    def score(self, account: int, now_ms: float) -> float:
        return super().score(ANY, now_ms)

    def record(self, account: int, outcome: Any, now_ms: float) -> None:
        super().record(ANY, outcome, now_ms)


class ALimitLowersHealth(ReferenceAdapter):
    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, *args, **params)
        self.record_health(label, "rate_limit")


class HealthSurvivesTheSession(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        kept = self.selector.health.scores if self.selector else {}
        answer = super().open(*args, **params)
        self._opened().health.scores = kept
        return answer


class HealthByIndex(ReferenceAdapter):
    def remove(self, label: str) -> None:
        kept = dict(self._opened().health.scores)
        super().remove(label)
        self._opened().health.scores = kept


# Tokens


@of_tokens
class BucketsBeginEmpty(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        return super().tokens(account, now_ms) if account in self.buckets else 0


@of_tokens
class WholeTokensOnly(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        if account not in self.buckets:
            return super().tokens(account, now_ms)
        tokens, since_ms = self.buckets[account]
        recovered = math.floor((now_ms - since_ms) / MS_A_MINUTE * self.settings.regeneration_rate_per_minute)
        return min(self.settings.max_tokens, tokens + recovered)


@of_tokens
class TakesWhatThereIs(Tokens):
    def consume(self, account: int, amount: float, now_ms: float) -> bool:
        taken = super().consume(account, amount, now_ms)
        if not taken:
            self.buckets[account] = (0, now_ms)
        return taken


@of_tokens
class RefundWithoutEnd(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        if account in self.buckets and self.buckets[account][0] > self.settings.max_tokens:
            return self.buckets[account][0]
        return super().tokens(account, now_ms)

    def refund(self, account: int, amount: float, now_ms: float) -> None:
        self.buckets[account] = (self.tokens(account, now_ms) + amount, now_ms)


@of_tokens
class TakesOneToken(Tokens):
    def consume(self, account: int, amount: float, now_ms: float) -> bool:
        return super().consume(account, 1, now_ms)


@of_tokens
class RefundsOneToken(Tokens):
    def refund(self, account: int, amount: float, now_ms: float) -> None:
        super().refund(account, 1, now_ms)


@of_tokens
class TimeFillsWithoutEnd(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        if account not in self.buckets:
            return super().tokens(account, now_ms)
        tokens, since_ms = self.buckets[account]
        return tokens + (now_ms - since_ms) / MS_A_MINUTE * self.settings.regeneration_rate_per_minute


class UntouchedBucketsFill(Sessions):
    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        tokens = self._opened().tokens
        for account in range(len(answer["accounts"])):
            tokens.buckets[account] = (tokens.settings.initial_tokens, self.now_ms)
        return answer


@of_tokens
class InitialTokensCapped(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        return min(self.settings.max_tokens, super().tokens(account, now_ms))


class TokenSettingsIgnored(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        self._opened().tokens.settings = TokenSettings()
        return answer


@of_tokens
class OneBucketForAll(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        return super().tokens(ANY, now_ms)

    def consume(self, account: int, amount: float, now_ms: float) -> bool:
        return super().consume(ANY, amount, now_ms)

    def refund(self, account: int, amount: float, now_ms: float) -> None:
        super().refund(ANY, amount, now_ms)


@selecting
class ASelectionTakesAToken(Selector):
    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._best(request, moment, soft)
        if chosen is not None:
            self.tokens.consume(chosen.index, 1, moment.now_ms)
        return chosen


class TokensSurviveTheSession(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        kept = self.selector.tokens.buckets if self.selector else {}
        answer = super().open(*args, **params)
        self._opened().tokens.buckets = kept
        return answer


class TokensByIndex(ReferenceAdapter):
    def remove(self, label: str) -> None:
        kept = dict(self._opened().tokens.buckets)
        super().remove(label)
        self._opened().tokens.buckets = kept


# A clock that is set back


CLOCK_COUNTS = Profile(RECOMMENDED, frozenset({"clock-set-back-lowers-trackers"}))


@of_health
class PointsLostToTheClock(Health):
    def score(self, account: int, now_ms: float) -> float:
        return Health(self.settings, CLOCK_COUNTS, self.scores).score(account, now_ms)


@of_tokens
class TokensLostToTheClock(Tokens):
    def tokens(self, account: int, now_ms: float) -> float:
        return Tokens(self.settings, CLOCK_COUNTS, self.buckets).tokens(account, now_ms)


class UseTakesAToken(ReferenceAdapter):
    def mark_used(self, label: str) -> None:
        super().mark_used(label)
        self._opened().tokens.consume(self._find(label).index, 1, self.now_ms)
