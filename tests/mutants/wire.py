"""Mutants of the wire: the reference with one change."""

from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from conformance.wire.answers import Refusal
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Family


class NothingWithoutAPool(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        return None if self.selector is None else super().select(*args, **params)


class UnknownAccountIgnored(ReferenceAdapter):
    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        try:
            super().mark_rate_limited(label, *args, **params)
        except Refusal as refusal:
            if refusal.kind != "unknown_account":
                raise


class LimitsACallLate(ReferenceAdapter):
    """Applies new limits only after the next selection."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.waiting: list[Callable[[], None]] = []

    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        self._find(label)
        late = super().mark_rate_limited
        self.waiting.append(lambda: late(label, *args, **params))

    def open(self, *args: Any, **params: Any) -> Json:
        self.waiting.clear()
        return super().open(*args, **params)

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        for late in self.waiting:
            late()
        self.waiting.clear()
        return chosen


class OffsetOutlivesTheSession(ReferenceAdapter):
    moved: dict[Family, bool] | None = None

    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        if self.selector is not None:
            self.moved = self.selector.moved = self.moved or self.selector.moved
        return answer


class NothingToUndoIsAnError(ReferenceAdapter):
    def mark_success(self, label: str) -> None:
        if self._find(label).failures == 0:
            raise ValueError("there is no failure to undo")
        super().mark_success(label)


class WaitingRotates(ReferenceAdapter):
    def min_wait(self, *args: Any, **params: Any) -> Json:
        self._opened().cursor += 1
        return super().min_wait(*args, **params)


class LimitedAccountBecomesCurrent(ReferenceAdapter):
    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, *args, **params)
        self._opened().current["claude"] = self._find(label).index
