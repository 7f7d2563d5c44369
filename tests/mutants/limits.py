"""Mutants of rate limits: the reference with one change."""

from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, STYLES, Family, Request, is_limited
from reference_impl.pool import Account, Pool
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.mutants.selection import count_of, selecting


class LimitIncludesItsEnd(ReferenceAdapter):
    def mark_rate_limited(self, label: str, retry_after_ms: float, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, retry_after_ms + 0.5, *args, **params)


def limiting(others: Callable[[Request], list[Request]]) -> type[ReferenceAdapter]:
    """The reference, limiting other quotas than the one that the request used."""

    class Limiting(ReferenceAdapter):
        def mark_rate_limited(
            self,
            label: str,
            retry_after_ms: float,
            family: Family,
            header_style: Any = "antigravity",
            model: Any = None,
        ) -> None:
            for limited in others(Request(family, header_style, model)):
                events.mark_rate_limited(self._find(label), limited, retry_after_ms, self.now_ms)

    return Limiting


class ClaudeQuotaByModel(ReferenceAdapter):
    """Stores a Claude limit under the name of the model, and reads it from there."""

    def mark_rate_limited(self, label: str, retry_after_ms: float, family: Family, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, retry_after_ms, family, *args, **params)
        limits = self._find(label).reset_times_ms
        if params.get("model") and "claude" in limits:
            limits[f"claude:{params['model']}"] = limits.pop("claude")


class GeminiStylesShareAQuota(limiting(lambda r: [Request(r.family, style, r.model) for style in STYLES])):  # type: ignore[misc]
    pass


class StyleStrict(ReferenceAdapter):
    """The reference itself: separate limits for each header style, as in every release after 1.2.8."""


class ModelLimitForAllModels(limiting(lambda r: [Request(r.family, r.style)])):  # type: ignore[misc]
    pass


class FamiliesShareAQuota(limiting(lambda r: [Request(family, r.style, r.model) for family in FAMILIES])):  # type: ignore[misc]
    pass


class LongestLimitKept(ReferenceAdapter):
    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        before = dict(self._find(label).reset_times_ms)
        super().mark_rate_limited(label, *args, **params)
        limits = self._find(label).reset_times_ms
        limits.update({key: max(end, limits[key]) for key, end in before.items()})


class EndedLimitComesBack(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        accounts = self._opened().pool.accounts
        before = [dict(account.reset_times_ms) for account in accounts]
        chosen = super().select(*args, **params)
        for account, limits in zip(accounts, before, strict=True):
            account.reset_times_ms = limits
        return chosen


class StoredLimitsIgnored(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        for account in pool.accounts:
            account.reset_times_ms.clear()
        return pool


@selecting
class LimitedRatherThanNone(Selector):
    def _rotate(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._rotate(request, moment, soft)
        several = count_of(self) > 1  # with one account it is correct, so that it breaks only its own rule
        all_limited = all(is_limited(account.reset_times_ms, request, moment.now_ms) for account in self.pool.accounts)
        return self.pool.accounts[0] if chosen is None and several and all_limited else chosen
