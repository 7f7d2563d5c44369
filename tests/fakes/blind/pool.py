"""Loading the pool, and sessions that leave something behind."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from conformance.json_type import Json
from reference_impl import pool
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account, Pool
from tests.fakes.blind.calls import account, advance, call, fails, health, opened, rotate, select, switch
from tests.fakes.blind.ports import Original, Section

section = Section("pool")


@section.port(opened("a "))
class LabelsTrimmed(ReferenceAdapter):
    """Trims tokens when it reads them, as it trims every other text."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            each.label = each.label.strip()
        return loaded


@section.port(opened("caf\u0065\u0301"))
class LabelsNormalized(ReferenceAdapter):
    """Normalizes tokens to NFC, as Swift compares strings and some JSON libraries read them."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            each.label = unicodedata.normalize("NFC", each.label)
        return loaded


@section.port(opened("a", "b"), switch("B", False), select())
class LabelsIgnoreCase(ReferenceAdapter):
    """Finds accounts with a case-insensitive map, the default of many database collations."""

    def _find(self, label: str) -> Account:
        known = {each.label.casefold(): each.label for each in self._opened().pool.accounts}
        return super()._find(known.get(label.casefold(), label))


@section.port(opened("a", "b", "a"))
class SameTokensMerged(ReferenceAdapter):
    """Keeps accounts in a map by token, so that two entries with one token become one account."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        firsts = {each.label: each for each in reversed(loaded.accounts)}
        loaded.accounts = [each for each in loaded.accounts if firsts[each.label] is each]
        for index, each in enumerate(loaded.accounts):
            each.index = index
        return loaded


@section.port(opened("a", "b", "c", active=2**31), select())
class ActiveIndexOf32Bits(ReferenceAdapter):
    """Truncates the active index with `| 0`, which also wraps at 2^31."""

    def load(self, stored: Json) -> Pool:
        active = stored.get("activeIndex") if isinstance(stored, Mapping) else None
        if isinstance(active, int | float) and math.isfinite(active):
            stored = {**stored, "activeIndex": (int(active) + 2**31) % 2**32 - 2**31}
        return super().load(stored)


@section.port(opened("a", "b", active=1, families={"claude": 0}), select())
class FamilyIndexZeroIsMissing(ReferenceAdapter):
    """Writes `byFamily[family] || activeIndex`, so that a family at index 0 starts at the active index."""

    def load(self, stored: Json) -> Pool:
        families = stored.get("activeIndexByFamily") if isinstance(stored, Mapping) else None
        if isinstance(families, Mapping):
            stored = {**stored, "activeIndexByFamily": {key: index for key, index in families.items() if index}}
        return super().load(stored)


@section.port(opened(account("a", enabled=0), "b"), select())
class ZeroDisables(ReferenceAdapter):
    """Compares `enabled == False`, which is true for 0."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            each.enabled = bool(each.stored.get("enabled", True) != False)  # noqa: E712 - the fault
        return loaded


@section.patch(pool, "_number", opened(account("a", rateLimitResetTimes={"claude": True}), "b"), select())
def true_is_a_time(original: Original, value: Json) -> float | None:
    """Accepts true as the number 1, because `isinstance(True, int)` holds in Python."""
    return value if isinstance(value, int | float) else None


@section.patch(pool, "whole", opened("a", "b", "c", active=-1), select())
def negative_index_from_the_end(original: Original, value: Json, fallback: int) -> int:
    """Relies on the remainder of Python for negative indices, so that -1 means the last account."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return math.floor(value) if is_number else fallback


@section.patch(pool, "whole", opened("a", "b", "c", active=1.5), select())
def fractions_rounded(original: Original, value: Json, fallback: int) -> int:
    """Rounds a stored index instead of truncating it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return int(original(round(value) if is_number else value, fallback))


@section.patch(pool, "whole", opened("a", "b", active="1"), select())
def digits_are_numbers(original: Original, value: Json, fallback: int) -> int:
    """Reads an index with `int(value)`, which accepts a string of digits."""
    return int(original(int(value) if isinstance(value, str) and value.isdigit() else value, fallback))


@section.port(opened(account("a", lastUsed=1500), now_ms=2000), call("snapshot"))
class LastUseInSeconds(ReferenceAdapter):
    """Keeps the stored time of last use in whole seconds, like `time_t`."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            each.last_used_ms = each.last_used_ms // 1000 * 1000
        return loaded


@section.port(opened("a", now_ms=5), opened("a"), advance(0))
class ClockContinues(ReferenceAdapter):
    """Keeps the clock of the session before if `open` names no time."""

    def open(self, *args: Any, **params: Any) -> Json:
        return super().open(*args, **{"now_ms": self.now_ms, **params})


_CAPACITY = fails("a", "MODEL_CAPACITY_EXHAUSTED")


@section.port(opened("a", random=[0, 0.5]), _CAPACITY, opened("a", random=[0, 0.5]), _CAPACITY)
class DrawsContinue(ReferenceAdapter):
    """Seeds its random numbers only when the seed changes."""

    last: Json = None

    def open(self, *args: Any, **params: Any) -> Json:
        draws, before = self.draws, self.last
        answer = super().open(*args, **params)
        self.last = params.get("random")
        if self.last is not None and self.last == before:
            self.draws = draws
        return answer


@section.port(opened("a", health={"initial": 10}), opened("a"), health("a", "success"))
class HealthSettingsRemain(ReferenceAdapter):
    """Merges settings into one shared object, so that those of an earlier session stay in force."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, float] = {}

    def open(self, *args: Any, **params: Any) -> Json:
        self.kept.update(params.pop("health", None) or {})
        return super().open(*args, **{**params, "health": self.kept})


@section.port(opened("a", "b"), rotate(), opened("a", "b"), rotate())
class CursorContinuesForTheSamePool(ReferenceAdapter):
    """Reuses the account manager if the same accounts are opened again, to save a reload."""

    def open(self, *args: Any, **params: Any) -> Json:
        before = self.selector
        answer = super().open(*args, **params)
        selector = self._opened()
        if before is not None and [a.label for a in before.pool.accounts] == answer["accounts"]:
            selector.cursor = before.cursor
        return answer
