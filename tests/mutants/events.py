"""Mutants of cooldowns, waits and resets: the reference with one change."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Family, HeaderStyle, Request, in_both_styles
from reference_impl.pool import Account, Pool
from reference_impl.profiles import BY_NAME
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.mutants.selection import count_of, selecting


def with_quirk(*quirks: str) -> type[ReferenceAdapter]:
    """The reference with these quirks of releases."""

    class Quirky(ReferenceAdapter):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            known = {BY_NAME[quirk].name for quirk in quirks}
            self.profile = replace(self.profile, quirks=self.profile.quirks | known)

    return Quirky


class IgnoresCooldowns(Selector):
    """A selector that uses cooling accounts if `ignores` returns true."""

    def ignores(self, request: Request, strategy: str) -> bool:
        raise NotImplementedError

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        resting = {account.label: account.cooling_down_until_ms for account in self.pool.accounts}
        if self.ignores(request, strategy):
            self._set_cooldowns({})
        try:
            return super().select(request, strategy, moment, **params)
        finally:
            self._set_cooldowns(resting)

    def _set_cooldowns(self, until_ms: dict[str, float | None]) -> None:
        for account in self.pool.accounts:
            account.cooling_down_until_ms = until_ms.get(account.label)


# Cooldowns


@selecting
class StickyKeepsACoolingAccount(IgnoresCooldowns):
    def ignores(self, request: Request, strategy: str) -> bool:
        return strategy == "sticky"


@selecting
class RotationHandsOutCoolingAccounts(IgnoresCooldowns):
    def ignores(self, request: Request, strategy: str) -> bool:
        return strategy == "round-robin"


@selecting
class HybridIgnoresCooldowns(IgnoresCooldowns):
    def ignores(self, request: Request, strategy: str) -> bool:
        return strategy == "hybrid"


@selecting
class CooldownForClaudeAlone(IgnoresCooldowns):
    def ignores(self, request: Request, strategy: str) -> bool:
        return request.family == "gemini"


@selecting
class CoolingRatherThanNone(IgnoresCooldowns):
    def ignores(self, request: Request, strategy: str) -> bool:
        several = count_of(self) > 1  # with one account it is correct, so that it breaks only its own rule
        return several and all(account.cooling_down_until_ms is not None for account in self.pool.accounts)


@selecting
class StuckOnACoolingLandingPlace(IgnoresCooldowns):
    offset = False

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        self.offset = params["pid_offset_enabled"]
        return super().select(request, strategy, moment, **params)

    def ignores(self, request: Request, strategy: str) -> bool:
        return self.offset and strategy == "sticky"


class CooldownIncludesItsEnd(ReferenceAdapter):
    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms + 0.5, reason)


class EndedCooldownComesBack(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        accounts = self._opened().pool.accounts
        before = [account.cooling_down_until_ms for account in accounts]
        chosen = super().select(*args, **params)
        for account, until_ms in zip(accounts, before, strict=True):
            account.cooling_down_until_ms = until_ms
        return chosen


class StoredCooldownsIgnored(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        for account in pool.accounts:
            account.cooling_down_until_ms = None
        return pool


class CooldownTakesTheLimitsPlace(ReferenceAdapter):
    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms, reason)
        self._find(label).reset_times_ms.clear()


class LongestCooldownWins(ReferenceAdapter):
    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        before_ms = self._find(label).cooling_down_until_ms or 0
        super().mark_cooling_down(label, max(cooldown_ms, before_ms - self.now_ms), reason)


class ResetEndsCooldowns(ReferenceAdapter):
    def reset_limits(self, family: Family, model: str | None = None) -> None:
        super().reset_limits(family, model)
        for account in self._opened().pool.accounts:
            account.cooling_down_until_ms = None


# Waiting


class WaitsWrongly(ReferenceAdapter):
    """Returns another wait. `of` receives the correct wait and the parameters."""

    def min_wait(
        self, family: Family, model: str | None = None, header_style: HeaderStyle | None = None, strict: bool = False
    ) -> Json:
        right = super().min_wait(family, model, header_style, strict)["wait_ms"]
        return {"wait_ms": self.of(right, Request(family, header_style or "antigravity", model))}

    def of(self, right_ms: float, asked: Request) -> float:
        raise NotImplementedError

    def ends_ms(self, wanted: Callable[[str], bool]) -> list[float]:
        """The milliseconds to the end of each limit on a matching quota."""
        accounts = self._opened().pool.accounts
        ends = [end for account in accounts for key, end in account.reset_times_ms.items() if wanted(key)]
        return [end - self.now_ms for end in ends if end > self.now_ms]


class WaitsAlthoughOneIsFree(WaitsWrongly):
    def of(self, right_ms: float, asked: Request) -> float:
        return right_ms or min(self.ends_ms(lambda key: key.startswith(asked.family)), default=0)


class LongestLimitWaitedFor(WaitsWrongly):
    def of(self, right_ms: float, asked: Request) -> float:
        return max(self.ends_ms(lambda key: key.startswith(asked.family))) if right_ms else 0


class WaitRoundedDownToSeconds(WaitsWrongly):
    def of(self, right_ms: float, asked: Request) -> float:
        return right_ms // 1000 * 1000


class WaitCountedFromTheLimit(WaitsWrongly):
    longest_ms = 0.0

    def open(self, *args: Any, **params: Any) -> Json:
        self.longest_ms = 0
        return super().open(*args, **params)

    def of(self, right_ms: float, asked: Request) -> float:
        return self.longest_ms if right_ms else 0

    def mark_rate_limited(self, label: str, retry_after_ms: float, *args: Any, **params: Any) -> None:
        super().mark_rate_limited(label, retry_after_ms, *args, **params)
        self.longest_ms = max(self.longest_ms, retry_after_ms)


class OtherFamilyWaitedFor(WaitsWrongly):
    def of(self, right_ms: float, asked: Request) -> float:
        return max([right_ms, *self.ends_ms(lambda key: not key.startswith(asked.family))])


class GeminiWaitsForAntigravity(ReferenceAdapter):
    def min_wait(
        self, family: Family, model: str | None = None, header_style: HeaderStyle | None = None, strict: bool = False
    ) -> Json:
        return super().min_wait(family, model, header_style if strict else "antigravity", strict=True)


class StrictHasNoMeaning(ReferenceAdapter):
    def min_wait(self, family: Family, model: str | None = None, *_: Any, **__: Any) -> Json:
        return super().min_wait(family, model)


class BaseLimitNotWaitedFor(with_quirk("wait-ignores-base-limit")):  # type: ignore[misc]
    """As in every release."""


class CooldownNotWaitedFor(with_quirk("wait-ignores-cooldown")):  # type: ignore[misc]
    """As in every release."""


class DisabledAccountCountsAsFree(WaitsWrongly):
    def of(self, right_ms: float, asked: Request) -> float:
        return 0 if any(not account.enabled for account in self._opened().pool.accounts) else right_ms


class DisabledAccountWaitedFor(with_quirk("wait-counts-disabled-accounts")):  # type: ignore[misc]
    """As in 1.4.3 and 1.6.0."""


class WaitsForNobody(WaitsWrongly):
    def of(self, right_ms: float, asked: Request) -> float:
        return right_ms if self._opened().pool.accounts else 60_000


# Clearing limits


class ResetForOneStyleOnly(ReferenceAdapter):
    def reset_limits(self, family: Family, model: str | None = None) -> None:
        kept = [
            {key: end for key, end in account.reset_times_ms.items() if key.startswith("gemini-cli")}
            for account in self._opened().pool.accounts
        ]
        super().reset_limits(family, model)
        for account, limits in zip(self._opened().pool.accounts, kept, strict=True):
            account.reset_times_ms |= limits


class ResetForBothFamilies(ReferenceAdapter):
    def reset_limits(self, family: Family, model: str | None = None) -> None:
        for each in FAMILIES:
            super().reset_limits(each, model)


class ResetLeavesTheLimitAbove(with_quirk("reset-leaves-base-limit")):  # type: ignore[misc]
    """As in 1.3.0, 1.4.3 and 1.6.0."""


class ResetForAllModels(ReferenceAdapter):
    def reset_limits(self, family: Family, model: str | None = None) -> None:
        super().reset_limits(family, model)
        for account in self._opened().pool.accounts:
            limits = account.reset_times_ms
            account.reset_times_ms = {key: end for key, end in limits.items() if not key.startswith(family)}


class ResetGoesOnCounting(ReferenceAdapter):
    def reset_limits(self, family: Family, model: str | None = None) -> None:
        failures = [account.failures for account in self._opened().pool.accounts]
        super().reset_limits(family, model)
        for account, counted in zip(self._opened().pool.accounts, failures, strict=True):
            account.failures = counted


# Another account


class AsksForOthersWrongly(ReferenceAdapter):
    """Decides with `counts` whether each of the `others` is available."""

    def has_other_account(self, label: str, family: Family, model: str | None = None) -> Json:
        named, request = self._find(label), Request(family, "antigravity", model)
        if family == "claude":
            return super().has_other_account(label, family, model)
        return {"available": any(self.counts(other, request) for other in self.others(named))}

    def others(self, named: Account) -> list[Account]:
        return [account for account in self._opened().pool.accounts if account is not named]

    def counts(self, other: Account, request: Request) -> bool:
        moment = Moment(self.now_ms, 0)
        return other.enabled and self._opened()._is_available(other, request, moment, SoftQuota())


class OnlyTheNextAccountAsked(AsksForOthersWrongly):
    def others(self, named: Account) -> list[Account]:
        accounts = self._opened().pool.accounts
        return [accounts[(named.index + 1) % len(accounts)]]


class CountsTheAccountItself(AsksForOthersWrongly):
    def others(self, named: Account) -> list[Account]:
        return [named, *super().others(named)]


class ClaudeAskedLikeGemini(AsksForOthersWrongly):
    def has_other_account(self, label: str, family: Family, model: str | None = None) -> Json:
        return super().has_other_account(label, "gemini", model)


class EitherStyleWillDo(AsksForOthersWrongly):
    def counts(self, other: Account, request: Request) -> bool:
        counts = super().counts
        return any(counts(other, each) for each in in_both_styles(request))


class OtherAccountAskedWithoutTheModel(AsksForOthersWrongly):
    def counts(self, other: Account, request: Request) -> bool:
        return super().counts(other, replace(request, model=None))


class OtherAccountMayCoolDown(AsksForOthersWrongly):
    def counts(self, other: Account, request: Request) -> bool:
        return super().counts(replace(other, cooling_down_until_ms=None), request)


class OtherAccountMayBeDisabled(AsksForOthersWrongly):
    def counts(self, other: Account, request: Request) -> bool:
        return super().counts(replace(other, enabled=True), request)
