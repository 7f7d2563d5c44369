"""Cooldowns."""

import math

from reference_impl.adapter import ReferenceAdapter
from tests.fakes.blind.calls import account, advance, call, cool, limit, opened, select, switch, wait
from tests.fakes.blind.ports import Section

section = Section("cooldown")


@section.port(opened("a"), cool("a", 1000), cool("a", 5000), wait())
class SameReasonIgnored(ReferenceAdapter):
    """Ignores a cooldown for the reason for which the account is cooling down already."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        until_ms = self._find(label).cooling_down_until_ms
        running = until_ms is not None and self.now_ms < until_ms
        if not (running and self._find(label).cooldown_reason == reason):
            super().mark_cooling_down(label, cooldown_ms, reason)


@section.port(opened("a"), cool("a", 1500), wait())
class EndInWholeSeconds(ReferenceAdapter):
    """Rounds the end of a cooldown up to a second."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        end_ms = math.ceil((self.now_ms + cooldown_ms) / 1000) * 1000
        super().mark_cooling_down(label, end_ms - self.now_ms, reason)


@section.port(opened("a"), cool("a", 0), select())
class ZeroIsHalfAMinute(ReferenceAdapter):
    """Writes `cooldown || 30000`."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms or 30_000, reason)


@section.port(opened("a", "b"), cool("a", 1000), call("mark_success", label="a"), select())
class SuccessEndsCooldown(ReferenceAdapter):
    """Ends the cooldown of an account that had a success."""

    def mark_success(self, label: str) -> None:
        super().mark_success(label)
        self._find(label).cooling_down_until_ms = None


@section.port(opened("a", "b"), cool("a", 1000), switch("a", False), switch("a", True), wait(), call("snapshot"))
class EnablingEndsCooldown(ReferenceAdapter):
    """Enables an account as if it were new, without its cooldown."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        super().set_enabled(label, enabled)
        if enabled:
            self._find(label).cooling_down_until_ms = None


@section.port(opened("a"), cool("a", 2**31), select())
class DurationOf31Bits(ReferenceAdapter):
    """Ends cooldowns with a timer. A timer of Node longer than 2^31 - 1 ms fires after 1 ms."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms if cooldown_ms < 2**31 else 0, reason)


@section.port(opened("a", "b", now_ms=1000), cool("a", -500), advance(-800), select())
class NegativeIsNothing(ReferenceAdapter):
    """Ignores a cooldown that has ended before it began."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        self._find(label)
        if cooldown_ms > 0:
            super().mark_cooling_down(label, cooldown_ms, reason)


@section.port(opened(account("a"), "b"), cool("a", 5000), limit("a", 100), call("snapshot"))
class LimitReplacesCooldown(ReferenceAdapter):
    """Has one field for the time until which an account rests, so that a limit shortens a cooldown."""

    def mark_rate_limited(self, label: str, *args: object, **params: object) -> None:
        super().mark_rate_limited(label, *args, **params)  # type: ignore[arg-type]
        self._find(label).cooling_down_until_ms = None
