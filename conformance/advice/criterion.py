"""Which of several settings is the best: the criterion of every recommendation."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from conformance.json_type import Json
from conformance.simulation.measures import Estimate
from conformance.simulation.model import Settings
from conformance.simulation.outcome import Outcome

SMALL_SHARE = 0.05  # of the answers: a smaller difference does not count
SMALL_REJECTIONS = 1.0  # per 100 requests
CRITERION = (
    "Criterion: the most answered requests, then the fewest 429s, then the fewest keys to change. A difference counts "
    f"if it exceeds its 95 % interval, and {100 * SMALL_SHARE:g} % of the answers or {SMALL_REJECTIONS:g} in 100 "
    "requests."
)


class HasOutcomes(Protocol):
    """One kind of limit, and the outcome of each setting under it, those of the settings as now first."""

    @property
    def outcomes(self) -> Sequence[Outcome]: ...


def best_of(outcomes: Sequence[Outcome]) -> Outcome:
    """The best of the settings. The first ones are those as now: they stay unless others are better."""
    return outcomes[_choose([outcomes])]


def best_over(cases: Sequence[HasOutcomes]) -> Settings:
    """The settings that lose least where they lose most, if nobody knows which of the cases is the real one."""
    return cases[0].outcomes[_choose([case.outcomes for case in cases])].settings


def _choose(cases: Sequence[Sequence[Outcome]]) -> int:
    """The place of the best settings, which have the same place in each case."""
    now = cases[0][0].settings
    others = range(1, len(cases[0]))
    places = [0, *(place for place in others if any(is_better(each[place], each[0]) for each in cases))]
    lost = {place: max(_lost_answers(each, each[place]) for each in cases) for place in places}
    places = [place for place in places if lost[place] <= min(lost.values()) + SMALL_SHARE]
    more = {place: max(_more_rejections([each[p] for p in places], each[place]) for each in cases) for place in places}
    places = [place for place in places if more[place] <= min(more.values()) + SMALL_REJECTIONS]
    return min(
        places,
        key=lambda place: (
            changes(now.config, cases[0][place].settings.config),
            -sum(each[place].estimate("goodput").mean for each in cases),
        ),
    )


def is_better(other: Outcome, base: Outcome) -> bool:
    """Whether other settings are clearly better: more answers, or as many with fewer 429s."""
    goodput = other.against(base, "goodput")
    if _counts(goodput, SMALL_SHARE * base.estimate("goodput").mean):
        return goodput.mean > 0
    return has_fewer_rejections(other, base)


def has_fewer_rejections(other: Outcome, base: Outcome) -> bool:
    """Whether other settings have clearly fewer 429s."""
    rejections = other.against(base, "rejections")
    return _counts(rejections, SMALL_REJECTIONS) and rejections.mean < 0


def changes(now: Mapping[str, Json], config: Mapping[str, Json]) -> int:
    """The number of keys to change. A key that is left out keeps its value."""
    return sum(now.get(key) != value for key, value in config.items())


def _counts(difference: Estimate, small: float) -> bool:
    return not difference.is_zero and abs(difference.mean) > small


def _lost_answers(outcomes: Sequence[Outcome], one: Outcome) -> float:
    """The share of the answers that settings lose against the best ones; 0 within the interval."""
    most = max(outcomes, key=lambda each: each.estimate("goodput").mean)
    lost = most.against(one, "goodput")
    return 0.0 if lost.is_zero else lost.mean / most.estimate("goodput").mean


def _more_rejections(outcomes: Sequence[Outcome], one: Outcome) -> float:
    """The 429s per 100 requests that settings have more than the best ones; 0 within the interval."""
    fewest = min(outcomes, key=lambda each: each.estimate("rejections").mean)
    more = one.against(fewest, "rejections")
    return 0.0 if more.is_zero else more.mean
