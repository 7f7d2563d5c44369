"""Mutants of several sessions in one process: the reference with one change."""

from collections.abc import Iterator
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Family, HeaderStyle
from reference_impl.selection import Selector


class SharesSessions(ReferenceAdapter):
    """Knows the other sessions of the process."""

    def others(self) -> Iterator[Selector]:
        return (selector for selector, *_ in self.other_sessions.values() if selector is not None)


class OneRotationForAllSessions(SharesSessions):
    def use_session(self, session: int) -> None:
        before = self.selector
        super().use_session(session)
        if before is not None and self.selector is not None:
            self.selector.cursor = before.cursor


class SessionsShareCurrentAccounts(SharesSessions):
    def use_session(self, session: int) -> None:
        before = self.selector
        super().use_session(session)
        if before is not None and self.selector is not None:
            self.selector.current = dict(before.current)


class OneOffsetForAllSessions(SharesSessions):
    def open(self, *args: Any, **params: Any) -> Json:
        opened = super().open(*args, **params)
        for other in self.others():
            if self.selector is not None:
                self.selector.moved = {
                    family: moved or other.moved[family] for family, moved in self.selector.moved.items()
                }
        return opened


class SessionsShareLimits(SharesSessions):
    def mark_rate_limited(
        self,
        label: str,
        retry_after_ms: float,
        family: Family,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
    ) -> None:
        super().mark_rate_limited(label, retry_after_ms, family, header_style, model)
        limits = self._find(label).reset_times_ms
        for other in self.others():
            for account in other.pool.accounts:
                if account.label == label:
                    account.reset_times_ms |= limits


class CloseEndsEverySession(SharesSessions):
    def close(self) -> None:
        super().close()
        self.other_sessions.clear()


class SessionsShareCooldowns(SharesSessions):
    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms, reason)
        for other in self.others():
            for account in other.pool.accounts:
                if account.label == label:
                    account.cooling_down_until_ms = self.now_ms + cooldown_ms
