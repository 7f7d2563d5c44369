"""Mutants of hybrid selection: the reference with one change. `trackers` has those of health and tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from reference_impl import hybrid
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Request, is_limited_in_both_styles
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.mutants.selection import selecting


class WeighsWrongly(Selector):
    """A selector with other candidates or another score."""

    def can_be_used(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return account.enabled and not self._hybrid_unavailable(account, request, moment, soft)

    def is_able(self, candidate: hybrid.Candidate) -> bool:
        return candidate.health >= self.health.settings.min_usable and candidate.tokens >= hybrid.FEWEST_TOKENS

    def score(self, candidate: hybrid.Candidate, now_ms: float) -> float:
        return hybrid.score(candidate, self.tokens.settings.max_tokens, now_ms)

    def has_bonus(self, account: Account, request: Request) -> bool:
        return account.index == self.current[request.family]

    def best(self, candidates: Sequence[hybrid.Candidate], now_ms: float) -> hybrid.Candidate:
        return max(candidates, key=lambda each: self.score(each, now_ms) + each.is_current * hybrid.CURRENT_BONUS)

    def _candidates(self, request: Request, moment: Moment, soft: SoftQuota) -> Iterator[hybrid.Candidate]:
        for account in self.pool.accounts:
            candidate = hybrid.Candidate(
                account.index,
                self.health.score(account.index, moment.now_ms),
                self.tokens.tokens(account.index, moment.now_ms),
                account.last_used_ms,
                self.has_bonus(account, request),
            )
            if self.is_able(candidate) and self.can_be_used(account, request, moment, soft):
                yield candidate

    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        candidates = list(self._candidates(request, moment, soft))
        if not candidates:
            return None
        chosen = self.pool.accounts[self.best(candidates, moment.now_ms).index]
        chosen.last_used_ms = moment.now_ms
        self.current[request.family] = chosen.index
        return chosen


# Score


@selecting
class LastOfEqualScores(WeighsWrongly):
    def best(self, candidates: Sequence[hybrid.Candidate], now_ms: float) -> hybrid.Candidate:
        return super().best(candidates[::-1], now_ms)


@selecting
class TokensWeighAsHealth(WeighsWrongly):
    def score(self, candidate: hybrid.Candidate, now_ms: float) -> float:
        too_much = hybrid.TOKENS_WEIGHT - hybrid.HEALTH_WEIGHT
        return super().score(candidate, now_ms) - candidate.tokens / self.tokens.settings.max_tokens * 100 * too_much


@selecting
class IdleTimeUncapped(WeighsWrongly):
    def score(self, candidate: hybrid.Candidate, now_ms: float) -> float:
        beyond_s = max(0, (now_ms - candidate.last_used_ms) / 1000 - hybrid.LONGEST_IDLE_S)
        return super().score(candidate, now_ms) + beyond_s * hybrid.SECONDS_WEIGHT


@selecting
class TokensNotByShare(WeighsWrongly):
    def score(self, candidate: hybrid.Candidate, now_ms: float) -> float:
        return hybrid.score(candidate, 50, now_ms)


@selecting
class NegativeScores(WeighsWrongly):
    def score(self, candidate: hybrid.Candidate, now_ms: float) -> float:
        ahead_s = max(0, (candidate.last_used_ms - now_ms) / 1000)
        today = hybrid.score(replace(candidate, last_used_ms=min(candidate.last_used_ms, now_ms)), 50, now_ms)
        return today - ahead_s * hybrid.SECONDS_WEIGHT


@selecting
class AHundredPointsSuffice(WeighsWrongly):
    def best(self, candidates: Sequence[hybrid.Candidate], now_ms: float) -> hybrid.Candidate:
        return max(candidates, key=lambda each: self.score(each, now_ms) + each.is_current * 100)


# Candidates


@selecting
class HybridIgnoresLimits(WeighsWrongly):
    def can_be_used(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return super().can_be_used(replace(account, reset_times_ms={}), request, moment, soft)


@selecting
class HybridIgnoresHeaderStyles(Selector):
    def _hybrid_unavailable(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        if not is_limited_in_both_styles(account.reset_times_ms, request, moment.now_ms):
            account = replace(account, reset_times_ms={})
        return super()._hybrid_unavailable(account, request, moment, soft)


@selecting
class LeastHealthIsTooLittle(WeighsWrongly):
    def is_able(self, candidate: hybrid.Candidate) -> bool:
        return super().is_able(candidate) and candidate.health > self.health.settings.min_usable


@selecting
class LeastHealthFixed(WeighsWrongly):
    def is_able(self, candidate: hybrid.Candidate) -> bool:
        return candidate.health >= 50 and candidate.tokens >= hybrid.FEWEST_TOKENS


@selecting
class AnyTokenWillDo(WeighsWrongly):
    def is_able(self, candidate: hybrid.Candidate) -> bool:
        return candidate.health >= self.health.settings.min_usable and candidate.tokens > 0


# The effects of a selection


@selecting
class HybridSelectionIsNoUse(Selector):
    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        used_ms = [account.last_used_ms for account in self.pool.accounts]
        chosen = super()._best(request, moment, soft)
        for account, last_used_ms in zip(self.pool.accounts, used_ms, strict=True):
            account.last_used_ms = last_used_ms
        return chosen


@selecting
class HybridKeepsTheFamilyWhereItWas(Selector):
    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        kept = dict(self.current)
        chosen = super()._best(request, moment, soft)
        self.current = kept
        return chosen


@selecting
class HybridMovesBothFamilies(Selector):
    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._best(request, moment, soft)
        if chosen is not None:
            self.current = dict.fromkeys(FAMILIES, chosen.index)
        return chosen


@selecting
class HybridMovesTheRotation(Selector):
    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._best(request, moment, soft)
        self.cursor += chosen is not None
        return chosen


# Without a candidate, and the PID offset


class Falling(Selector):
    """A selector that is wrong only when hybrid finds no candidate."""

    def fall_back(self, request: Request, moment: Moment, **params: Any) -> Account | None:
        return super().select(request, "sticky", moment, **params)

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        if strategy != "hybrid":
            return super().select(request, strategy, moment, **params)
        chosen = self._best(request, moment, params["soft"])
        return self.fall_back(request, moment, **params) if chosen is None else chosen


@selecting
class HybridRotatesWithoutCandidates(Falling):
    def fall_back(self, request: Request, moment: Moment, **params: Any) -> Account | None:
        return super().select(request, "round-robin", moment, **params)


@selecting
class HybridWithoutOffset(Falling):
    def fall_back(self, request: Request, moment: Moment, **params: Any) -> Account | None:
        return super().fall_back(request, moment, **params | {"pid_offset_enabled": False})


@selecting
class AnOffsetForEachStrategy(Falling):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.moved_under_hybrid = dict.fromkeys(FAMILIES, False)

    def fall_back(self, request: Request, moment: Moment, **params: Any) -> Account | None:
        self.moved, self.moved_under_hybrid = self.moved_under_hybrid, self.moved
        try:
            return super().fall_back(request, moment, **params)
        finally:
            self.moved, self.moved_under_hybrid = self.moved_under_hybrid, self.moved


@selecting
class OffsetUnderHybrid(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        if strategy == "hybrid" and params["pid_offset_enabled"]:
            self._move_by_pid(request.family, moment.pid)
        return super().select(request, strategy, moment, **params)


@selecting
class HybridUsesUpTheOffset(Selector):
    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._best(request, moment, soft)
        self.moved[request.family] |= chosen is not None
        return chosen


# The family's account


@selecting
class BonusForEitherFamily(WeighsWrongly):
    def has_bonus(self, account: Account, request: Request) -> bool:
        return account.index in self.current.values()


@selecting
class BonusForHybridChoicesOnly(WeighsWrongly):
    by_hybrid: int | None = None

    def has_bonus(self, account: Account, request: Request) -> bool:
        return account.index == self.by_hybrid

    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._best(request, moment, soft)
        self.by_hybrid = None if chosen is None else chosen.index
        return chosen


class BonusForTheCurrentAccount(ReferenceAdapter):
    """The reference itself: the family's current account has a bonus, as in every release after 1.3.0."""


class HighestScoreFirst(ReferenceAdapter):
    """The reference itself: selects the highest score, as in every release after 1.2.8."""
