"""Mutants of round-robin: the reference with one change."""

from typing import Any

from reference_impl.limits import FAMILIES, Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.mutants.selection import count_of, selecting


@selecting
class IncrementBeforeUse(Selector):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.cursor += 1


@selecting
class FirstAccountTwice(Selector):
    def _rotate(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._rotate(request, moment, soft)
        if chosen is self.pool.accounts[0] and self.cursor % (2 * count_of(self)) == 1:
            self.cursor -= 1
            self.cursor += 2 * count_of(self)
        return chosen


@selecting
class OffsetUnderRoundRobin(Selector):
    shifted = False

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        if strategy == "round-robin" and params["pid_offset_enabled"] and not self.shifted:
            self.cursor += moment.pid
            self.shifted = True
        return super().select(request, strategy, moment, **params)


@selecting
class RotationPerFamily(Selector):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.cursors = dict.fromkeys(FAMILIES, self.cursor)

    def _rotate(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        self.cursor = self.cursors[request.family]
        chosen = super()._rotate(request, moment, soft)
        self.cursors[request.family] = self.cursor
        return chosen


@selecting
class RotationPerStrategy(Selector):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.cursors = {"sticky": self.cursor, "round-robin": self.cursor, "hybrid": self.cursor}

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        self.cursor = self.cursors[strategy]
        chosen = super().select(request, strategy, moment, **params)
        self.cursors[strategy] = self.cursor
        return chosen


@selecting
class RoundRobinLeavesTheFamily(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        kept = self.current[request.family]
        chosen = super().select(request, strategy, moment, **params)
        if strategy == "round-robin":
            self.current[request.family] = kept
        return chosen


@selecting
class RotationIgnoresLimits(Selector):
    rotating = False

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        self.rotating = strategy == "round-robin"
        return super().select(request, strategy, moment, **params)

    def _is_available(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        return self.rotating or super()._is_available(account, request, moment, soft)
