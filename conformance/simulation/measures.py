"""The measures of a run, and their mean, interval and paired difference over seeds."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist, fmean, stdev
from typing import Protocol

from conformance.simulation.requests import Request

CONFIDENCE = 0.95


class HasRequests(Protocol):
    """A record of a run."""

    @property
    def requests(self) -> Sequence[Request]: ...


@dataclass(frozen=True)
class Measures:
    """The measures of one run, or their means. Rates are per 100 requests that were answered or given up."""

    rejections: float  # answers 429
    given_up: float  # requests that failed
    goodput: float  # answered requests a minute
    wait_p95_s: float  # 95th percentile of the time from the request until the server accepts it
    even_accounts: float  # Jain's index of the answered requests by account: 1 is even
    even_agents: float  # the same by agent
    switches: float  # an agent's request was answered by another account than its last one
    resent_tokens: float  # tokens that were sent again because another account had them


NAMES = tuple(each.name for each in fields(Measures))
BETTER_HIGH = ("goodput", "even_accounts", "even_agents")


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, and half the width of its 95 % interval."""

    mean: float
    half: float

    @property
    def low(self) -> float:
        return self.mean - self.half

    @property
    def high(self) -> float:
        return self.mean + self.half

    @property
    def is_zero(self) -> bool:
        """Whether the interval contains 0."""
        return self.low <= 0 <= self.high


def measure(record: HasRequests, labels: Sequence[str], agents: int, end_ms: float) -> Measures:
    """The measures of one run. The wait of a request that is still in the loop counts as it is at the end."""
    requests = record.requests
    answered = [each for each in requests if each.label is not None]
    given_up = [each for each in requests if each.label is None and each.ended_ms is not None]
    waits = [_wait_ms(each, end_ms) for each in requests]
    by_account, by_agent = Counter(each.label for each in answered), Counter(each.agent for each in answered)
    last: dict[int, str | None] = {}
    switches = 0
    for each in answered:
        switches += last.get(each.agent, each.label) != each.label
        last[each.agent] = each.label
    per_100 = 100 / max(1, len(answered) + len(given_up))
    return Measures(
        rejections=sum(each.rejections for each in requests) * per_100,
        given_up=len(given_up) * per_100,
        goodput=len(answered) / (end_ms / 60_000),
        wait_p95_s=percentile(waits, 0.95) / 1000,
        even_accounts=jain([by_account[label] for label in labels]),
        even_agents=jain([by_agent[agent] for agent in range(agents)]),
        switches=switches * per_100,
        resent_tokens=sum(each.resent_tokens for each in answered) * per_100,
    )


def _wait_ms(request: Request, end_ms: float) -> float:
    """The time until the server accepted the request, or the plugin gave up, or the run ended."""
    ends = (request.answered_ms, request.ended_ms, end_ms)
    return next(each for each in ends if each is not None) - request.began_ms


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of the values does not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def jain(values: Sequence[float]) -> float:
    """Jain's fairness index: 1 if all are equal, 1/n if one has everything. 1 if there is nothing to share."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def estimate(values: Sequence[float]) -> Estimate:
    """The mean and its 95 % interval by Student's t. Needs at least two values."""
    mean = fmean(values)
    return Estimate(mean, t_quantile(len(values) - 1) * stdev(values, mean) / math.sqrt(len(values)))


def paired(values: Sequence[float], base: Sequence[float]) -> Estimate:
    """The mean difference between runs with equal seeds, and its 95 % interval."""
    return estimate([value - other for value, other in zip(values, base, strict=True)])


def t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher: exact to 0.001 from 9 degrees on."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )
