"""Health scores."""

import math
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.trackers import MS_AN_HOUR, Health, passed
from tests.fakes.blind.calls import advance, health, hybrid, opened
from tests.fakes.blind.ports import Original, Section

section = Section("health")
MINUTE_MS = 60_000


@section.patch(
    Health,
    "score",
    opened("a"),
    health("a", "failure"),
    advance(20 * MINUTE_MS),
    hybrid(),
    advance(20 * MINUTE_MS),
    health("a", "success"),
)
def reading_restarts_recovery(original: Original, self: Health, place: int, now_ms: float) -> float:
    """Stores the score when it is read, so that time short of a whole point is lost."""
    score = float(original(self, place, now_ms))
    if place in self.scores:
        self.scores[place] = (score, now_ms)
    return score


@section.patch(Health, "score", opened("a"), health("a", "failure"), advance(20 * MINUTE_MS), health("a", "success"))
def recovery_rounded(original: Original, self: Health, place: int, now_ms: float) -> float:
    """Rounds recovered points to the nearest integer."""
    if place not in self.scores:
        return float(original(self, place, now_ms))
    score, since_ms = self.scores[place]
    points = round(passed(since_ms, now_ms, self.profile) / MS_AN_HOUR * self.settings.recovery_rate_per_hour)
    return min(self.settings.max_score, score + points)


@section.patch(Health, "score", opened("a"), health("a", "failure"), advance(45 * MINUTE_MS), health("a", "success"))
def recovery_by_the_hour(original: Original, self: Health, place: int, now_ms: float) -> float:
    """Divides integers, so that only whole hours count."""
    if place not in self.scores:
        return float(original(self, place, now_ms))
    score, since_ms = self.scores[place]
    hours = passed(since_ms, now_ms, self.profile) // MS_AN_HOUR
    return min(self.settings.max_score, score + math.floor(hours * self.settings.recovery_rate_per_hour))


@section.port(opened("a", health={"success_reward": 0}), health("a", "success"))
class ZeroMeansDefault(ReferenceAdapter):
    """Writes `reward || 1`, so that a configured 0 has no effect."""

    def open(self, *args: Any, **params: Any) -> Json:
        settings = params.pop("health", None) or {}
        return super().open(*args, **{**params, "health": {key: value for key, value in settings.items() if value}})


@section.patch(
    Health,
    "record",
    opened("a", health={"initial": 5}),
    health("a", "rate_limit"),
    health("a", "success"),
)
def rate_limit_below_zero(original: Original, self: Health, place: int, outcome: Any, now_ms: float) -> None:
    """Has a minimum of 0 for a failure, and forgets it for a rate limit."""
    before = self.score(place, now_ms)
    original(self, place, outcome, now_ms)
    if outcome == "rate_limit":
        self.scores[place] = (before + self.settings.rate_limit_penalty, now_ms)


@section.patch(Health, "record", opened("a", health={"success_reward": 0.5}), health("a", "success"))
def whole_scores(original: Original, self: Health, place: int, *args: Any) -> None:
    """Keeps the score as an integer."""
    original(self, place, *args)
    score, since_ms = self.scores[place]
    self.scores[place] = (int(score), since_ms)


@section.patch(
    Health,
    "record",
    opened("a", health={"initial": 5}),
    health("a", "failure"),
    advance(20 * MINUTE_MS),
    health("a", "failure"),
    advance(20 * MINUTE_MS),
    health("a", "success"),
)
def recovery_counts_from_the_last_change(
    original: Original, self: Health, place: int, outcome: Any, now_ms: float
) -> None:
    """Restarts recovery only if the outcome changed the score, not with every outcome."""
    had = self.scores.get(place)
    before = self.score(place, now_ms)
    original(self, place, outcome, now_ms)
    if had is not None and self.scores[place][0] == before:
        self.scores[place] = (self.scores[place][0], had[1])


@section.patch(
    Health,
    "score",
    opened("a", now_ms=60 * MINUTE_MS),
    health("a", "failure"),
    advance(-60 * MINUTE_MS),
    hybrid(),
    advance(60 * MINUTE_MS),
    health("a", "success"),
)
def clock_set_back_counts_again(original: Original, self: Health, place: int, now_ms: float) -> float:
    """Moves the start of recovery back when it sees the clock set back, so that the time counts twice."""
    score, since_ms = self.scores.get(place, (0.0, now_ms))
    if now_ms < since_ms:
        self.scores[place] = (score, now_ms)
    return float(original(self, place, now_ms))
