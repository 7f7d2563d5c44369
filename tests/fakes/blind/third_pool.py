"""Loading the pool; events of accounts: use, cooldown, enabling."""

from collections.abc import Mapping
from typing import Any

from conformance.json_type import Json
from reference_impl import selection
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Request, is_limited
from reference_impl.pool import Account, Pool
from tests.fakes.blind.calls import account, advance, call, cool, fails, limit, opened, select, switch
from tests.fakes.blind.ports import Original, Section

pool_section = Section("pool")
cooldown_section = Section("cooldown")
enabling_section = Section("enabling")
hybrid_section = Section("hybrid")

LARGEST_INT32 = 2**31 - 1


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pool_section.port(opened("a", "b", "c", active=2**31 + 1), select())
class ActiveIndexSaturates(ReferenceAdapter):
    """Reads the active index as Java casts a double to an int: a larger one becomes 2147483647."""

    def load(self, stored: Json) -> Pool:
        if isinstance(stored, Mapping) and _is_number(stored.get("activeIndex")):
            stored = {**stored, "activeIndex": min(stored["activeIndex"], LARGEST_INT32)}
        return super().load(stored)


@pool_section.port(call("open", pool={"version": 3, "accounts": {"0": account("a")}}))
class AccountsInAnObject(ReferenceAdapter):
    """Reads the accounts of an object, since an array of PHP is a list and a map in one."""

    def load(self, stored: Json) -> Pool:
        if isinstance(stored, Mapping) and isinstance(stored.get("accounts"), Mapping):
            stored = {**stored, "accounts": list(stored["accounts"].values())}
        return super().load(stored)


@pool_section.port(opened(account("a", rateLimitResetTimes={"claude": 1000.5})), advance(1000), select())
class StoredTimesInWholeMs(ReferenceAdapter):
    """Reads stored reset times into an integer type, which cuts their fraction off."""

    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        for each in pool.accounts:
            each.reset_times_ms = {key: int(end) for key, end in each.reset_times_ms.items()}
        return pool


@hybrid_section.port(
    opened("a", now_ms=10_000),
    call("mark_used", label="a"),
    advance(-5_000),
    call("mark_used", label="a"),
    call("snapshot"),
)
class LastUseNeverMovesBack(ReferenceAdapter):
    """Keeps the latest time of use when the clock was set back."""

    def mark_used(self, label: str) -> None:
        before = self._find(label).last_used_ms
        super().mark_used(label)
        used = self._find(label)
        used.last_used_ms = max(before, used.last_used_ms)


@cooldown_section.patch(
    selection,
    "is_cooling",
    opened("a"),
    fails("a"),
    cool("a", 1000),
    advance(1000),
    select("gemini"),
    fails("a"),
)
def end_resets_failures(original: Original, account: Account, now_ms: float) -> bool:
    """Starts an account afresh when its cooldown has ended: its failures are forgotten as well."""
    before = account.cooling_down_until_ms
    cools: bool = original(account, now_ms)
    if before is not None and not cools:
        account.failures = 0
    return cools


@cooldown_section.port(opened("a"), cool("a", 1000), call("mark_used", label="a"), select())
class UseEndsCooldown(ReferenceAdapter):
    """Ends the cooldown of an account that is reported as used."""

    def mark_used(self, label: str) -> None:
        super().mark_used(label)
        self._find(label).cooling_down_until_ms = None


@enabling_section.port(opened("a", "b", "c", "d", active=3), limit("a", 1000), switch("d", False), select())
class FamiliesMoveToFirstUnlimited(ReferenceAdapter):
    """Moves the families of a disabled account to the first enabled account that has no rate limit."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        selector = self._opened()
        before = dict(selector.current)
        super().set_enabled(label, enabled)
        for family in FAMILIES:
            free = [
                each.index
                for each in selector.pool.accounts
                if each.enabled and not is_limited(each.reset_times_ms, Request(family), self.now_ms)
            ]
            if selector.current[family] != before[family] and free:
                selector.current[family] = free[0]


@cooldown_section.port(opened("a", "b"), limit("a", 5000), cool("a", 1000), advance(1000), select())
class CooldownReplacesLimits(ReferenceAdapter):
    """Has one time per account until which it is not used, which a cooldown overwrites."""

    def mark_cooling_down(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_cooling_down(label, *args, **params)
        self._find(label).reset_times_ms.clear()
