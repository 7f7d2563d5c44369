"""Strategy hybrid."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import hybrid
from reference_impl.adapter import ReferenceAdapter
from reference_impl.hybrid import Candidate
from reference_impl.limits import Request
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import account, call, consume, health, limit, opened, select
from tests.fakes.blind.calls import hybrid as best_of
from tests.fakes.blind.ports import Original, Section

section = Section("hybrid")
USED = [account("a", lastUsed=1), account("b", lastUsed=1)]


@section.patch(hybrid, "best", opened("a", "b", "c", active=2), consume("c", amount=40), best_of())
def last_of_equal_accounts(original: Original, candidates: Sequence[Candidate], *args: Any, **kw: Any) -> int | None:
    """Writes `>=` in its search for the highest score."""
    chosen: int | None = original(list(reversed(candidates)), *args, **kw)
    return chosen


_EARLIER = [account("a", lastUsed=9_400), account("b", lastUsed=9_300)]


@section.patch(hybrid, "score", opened(*_EARLIER, "c", active=2, now_ms=10_200), consume("c", amount=50), best_of())
def idle_time_in_whole_seconds(original: Original, candidate: Candidate, most: float, now_ms: float) -> float:
    """Counts idle time in whole seconds, so that accounts less than a second apart are equal."""
    idle_ms = math.floor((now_ms - candidate.last_used_ms) / 1000) * 1000
    return float(original(replace(candidate, last_used_ms=now_ms - idle_ms), most, now_ms))


@section.patch(
    hybrid,
    "score",
    opened("a", "b", "c", active=2),
    consume("a", amount=0.8),
    consume("b", amount=0.2),
    consume("c", amount=50),
    best_of(),
)
def whole_tokens(original: Original, candidate: Candidate, *args: Any) -> float:
    """Counts whole tokens only."""
    return float(original(replace(candidate, tokens=math.floor(candidate.tokens)), *args))


@section.patch(hybrid, "best", opened("a", "b", active=1), consume("b", amount=15), best_of())
def stays_at_a_difference_of_150(
    original: Original, candidates: Sequence[Candidate], most: float, now_ms: float, *, bonus: bool
) -> int | None:
    """Moves only if another account is more than 150 better, also to an account before the current one."""
    chosen: int | None = original(candidates, most, now_ms, bonus=False)
    scores = {each.index: hybrid.score(each, most, now_ms) for each in candidates}
    current = next((each.index for each in candidates if each.is_current), None)
    stays = chosen is not None and current is not None and scores[chosen] - scores[current] <= 150
    return current if stays else chosen


@section.patch(
    hybrid,
    "score",
    opened("a", account("b", lastUsed=1), active=1, now_ms=3_600_000),
    consume("b", amount=16),
    best_of(),
)
def never_used_is_not_idle(original: Original, candidate: Candidate, most: float, now_ms: float) -> float:
    """Reads a time of last use of 0 as "never", which it counts as no idle time."""
    return float(original(replace(candidate, last_used_ms=candidate.last_used_ms or now_ms), most, now_ms))


@section.patch(
    hybrid,
    "score",
    opened(account("a", lastUsed=60_000), "b", "c", active=2),
    consume("c", amount=50),
    best_of(),
)
def idle_time_is_not_negative(original: Original, candidate: Candidate, most: float, now_ms: float) -> float:
    """Clamps idle time at 0, where only the score has a minimum."""
    return float(original(replace(candidate, last_used_ms=min(candidate.last_used_ms, now_ms)), most, now_ms))


@section.patch(
    hybrid,
    "score",
    opened(account("a", lastUsed=2000), account("b", lastUsed=0), "c", active=2, now_ms=4000),
    consume("c", amount=50),
    best_of(),
)
def whole_scores(original: Original, *args: Any) -> float:
    """Rounds the score to an integer."""
    return float(round(original(*args)))


@section.port(opened("a", "b", now_ms=5000, health={"min_usable": 90}), best_of(), call("snapshot"))
class FallbackIsAUse(ReferenceAdapter):
    """Updates the time of last use after every hybrid selection, also when it fell back to sticky."""

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        if chosen is not None and params.get("strategy") == "hybrid":
            self._opened().pool.accounts[chosen["index"]].last_used_ms = self.now_ms
        return chosen


@section.patch(
    Selector,
    "_hybrid_unavailable",
    opened("a", "b"),
    limit("a", 1000, "gemini", model="m"),
    best_of("gemini", model="m"),
)
def candidates_ignore_the_model(
    original: Original, self: Selector, each: Any, request: Request, moment: Moment, soft: SoftQuota
) -> bool:
    """Looks up the limit of a candidate by family and header style, without the model."""
    return bool(original(self, each, replace(request, model=None), moment, soft))


@section.port(opened("a", health={"initial": 60.2, "min_usable": 60.5}, now_ms=5), best_of(), call("snapshot"))
class WholeMinUsable(ReferenceAdapter):
    """Reads `min_usable` as an integer."""

    def open(self, *args: Any, **params: Any) -> Json:
        settings = params.pop("health", None) or {}
        if "min_usable" in settings:
            settings = {**settings, "min_usable": int(settings["min_usable"])}
        return super().open(*args, **{**params, "health": settings})


@section.patch(
    hybrid,
    "score",
    opened(*USED, "c", active=2, tokens={"max_tokens": 50, "initial_tokens": 80}),
    consume("a", amount=1),
    consume("c", amount=80),
    best_of(),
)
def token_share_of_at_most_one(original: Original, candidate: Candidate, most: float, now_ms: float) -> float:
    """Clamps the share of tokens to 100 %, where initial tokens may exceed the maximum."""
    return float(original(replace(candidate, tokens=min(candidate.tokens, most)), most, now_ms))


@section.patch(
    hybrid,
    "score",
    opened("a", "b", "c", active=2, health={"initial": 120}),
    health("a", "success"),
    consume("c", amount=50),
    best_of(),
)
def health_of_at_most_100(original: Original, candidate: Candidate, *args: Any) -> float:
    """Clamps health to 100 in the score, where the initial score may exceed the maximum."""
    return float(original(replace(candidate, health=min(candidate.health, 100)), *args))


@section.patch(Selector, "_best", opened("a", "b", active=1), consume("b", amount=40), best_of(), select("gemini"))
def both_families_follow(original: Original, self: Selector, request: Request, *args: Any) -> Any:
    """Moves a family that had the same account along with the other."""
    before = self.current[request.family]
    chosen = original(self, request, *args)
    for family, index in self.current.items():
        if chosen is not None and index == before:
            self.current[family] = chosen.index
    return chosen
