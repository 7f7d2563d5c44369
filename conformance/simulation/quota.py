"""The server's limits: whether a request is answered or rejected, and what the rejection tells.

Rejected requests count against no limit. A minute and a window of hours slide: a request counts until it is that old.
"""

from collections import deque
from dataclasses import dataclass, field

from conformance.simulation.model import Limits

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
RATE, EXHAUSTED = "RATE_LIMIT_EXCEEDED", "QUOTA_EXHAUSTED"


@dataclass(frozen=True)
class Rejection:
    """A 429: the reason, and the time after which to retry if the server tells it."""

    reason: str
    retry_after_ms: float | None


@dataclass
class Sliding:
    """At most `most` units in a span of time."""

    most: float
    span_ms: float
    reason: str
    used: float = 0
    events: deque[tuple[float, float]] = field(default_factory=deque)  # time, units

    def wait_ms(self, now_ms: float, units: float) -> float:
        """The time until this many units fit; 0 if they fit now. A request larger than the limit needs all of it."""
        events = self.events
        while events and events[0][0] <= now_ms - self.span_ms:
            self.used -= events.popleft()[1]
        free = self.most - min(units, self.most)
        if self.used <= free:
            return 0
        used = self.used
        for time_ms, count in events:
            used -= count
            if used <= free:
                return time_ms + self.span_ms - now_ms
        return self.span_ms

    def add(self, now_ms: float, units: float) -> None:
        self.events.append((now_ms, units))
        self.used += units


class Project:
    """One project: the accounts in it share its limits."""

    def __init__(self, limits: Limits) -> None:
        self.retry_after, self.at_once, self.running = limits.retry_after, limits.at_once, 0
        self.requests: list[Sliding] = []
        self.tokens: list[Sliding] = []
        self.window: Sliding | None = None
        if limits.per_minute is not None:
            self.requests.append(Sliding(limits.per_minute, MINUTE_MS, RATE))
        if limits.per_window is not None:
            self.window = Sliding(limits.per_window, limits.window_hours * HOUR_MS, EXHAUSTED)
            self.requests.append(self.window)
        if limits.tokens_per_minute is not None:
            self.tokens.append(Sliding(limits.tokens_per_minute, MINUTE_MS, RATE))

    def ask(self, now_ms: float, tokens: float) -> Rejection | None:
        """Accept a request, which then runs until `finish`, or reject it."""
        if self.requests or self.tokens:
            waits = [(each.wait_ms(now_ms, 1), each.reason) for each in self.requests]
            waits += [(each.wait_ms(now_ms, tokens), each.reason) for each in self.tokens]
            if (worst := max(waits))[0] > 0:
                return Rejection(worst[1], self._told(worst[0]))
        if self.at_once is not None and self.running >= self.at_once:
            return Rejection(RATE, self._told(None))  # the server cannot know when a running request ends
        for each in self.requests:
            each.add(now_ms, 1)
        for each in self.tokens:
            each.add(now_ms, tokens)
        self.running += 1
        return None

    def finish(self) -> None:
        self.running -= 1

    def left(self, now_ms: float) -> tuple[float, float] | None:
        """The remaining fraction of the window of hours, and the time until more is free; None without such a limit."""
        if self.window is None:
            return None
        wait_ms = self.window.wait_ms(now_ms, self.window.most)
        return max(0.0, 1 - self.window.used / self.window.most), wait_ms

    def _told(self, wait_ms: float | None) -> float | None:
        if self.retry_after == "none":
            return None
        if self.retry_after == "given":
            return wait_ms
        return float(self.retry_after) * 1000
