"""Wrong pool loading, selection and limits: the reference with one thing changed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Family, is_limited
from reference_impl.pool import NOWHERE, Account, Pool, load_pool
from reference_impl.selection import Request, Selector

Json = Any


class Wrong(ReferenceAdapter):
    """A reference that loads another pool."""

    def new_selector(self, stored: Json) -> Selector:
        return Selector(self.load(stored))

    def load(self, stored: Json) -> Pool:
        return load_pool(stored)


def selecting(selector: type[Selector]) -> Callable[[], ReferenceAdapter]:
    """The reference with another selector: decorates the selector, and takes its name as the target's."""

    class Selecting(ReferenceAdapter):
        def new_selector(self, stored: Json) -> Selector:
            return selector(load_pool(stored))

    return Selecting


def count_of(selector: Selector) -> int:
    return len(selector.pool.accounts)


# Loading the pool


class PoolInReverse(Wrong):
    def load(self, stored: Json) -> Pool:
        pool = load_pool(stored)
        pool.accounts.reverse()
        return pool


class ActiveIndexIgnored(Wrong):
    def load(self, stored: Json) -> Pool:
        return load_pool({**stored, "activeIndex": 0})


class FamilyIndexIgnored(Wrong):
    def load(self, stored: Json) -> Pool:
        return load_pool({**stored, "activeIndexByFamily": {}})


class IndexClampedToLast(Wrong):
    def load(self, stored: Json) -> Pool:
        last = len(stored["accounts"]) - 1
        families = {k: min(v, last) for k, v in stored.get("activeIndexByFamily", {}).items() if isinstance(v, int)}
        active = stored["activeIndex"]
        return load_pool(
            {
                **stored,
                "activeIndex": min(active, last) if isinstance(active, int) else active,
                "activeIndexByFamily": {**stored.get("activeIndexByFamily", {}), **families},
            }
        )


class NegativeIndexFromTheEnd(Wrong):
    def load(self, stored: Json) -> Pool:
        index = stored.get("activeIndex")
        if isinstance(index, int) and index < 0:
            stored = {**stored, "activeIndex": index % len(stored["accounts"])}
        return load_pool(stored)


class TokenlessAccountsLoaded(Wrong):
    def load(self, stored: Json) -> Pool:
        accounts = [{**entry, "refreshToken": entry.get("refreshToken") or "none"} for entry in stored["accounts"]]
        return load_pool({**stored, "accounts": accounts})


class IndexIsStoredPosition(Wrong):
    """After rotation the current index points past the gap, and so at no account, as in the releases."""

    def new_selector(self, stored: Json) -> Selector:
        gap = len(stored["accounts"]) - len(load_pool(stored).accounts) if stored else 0

        class Gapped(Selector):
            def _rotate(self, request: Request, now_ms: float) -> int | None:
                chosen = super()._rotate(request, now_ms)
                if chosen is not None and gap:
                    self.current[request.family] = chosen + gap if chosen + gap < count_of(self) else NOWHERE
                return chosen

        return Gapped(load_pool(stored))


class PhantomAccount(Wrong):
    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        empty = not self._opened().pool.accounts
        return {"label": "nobody", "index": 0} if empty else chosen


class FamilyIndexLostInTheFile(Wrong):
    def open(self, pool: Json = None, home: str | None = None, *args: Any, **params: Any) -> Json:
        answer = super().open(pool, home, *args, **params)
        if home is not None and self.selector is not None:
            self.selector.current = dict.fromkeys(FAMILIES, self.selector.pool.active_index)
        return answer


class AnyVersionRead(Wrong):
    def open(self, pool: Json = None, home: str | None = None, *args: Any, **params: Any) -> Json:
        if home is not None:
            try:
                stored = json.loads((Path(home) / ".config/opencode/antigravity-accounts.json").read_text())
            except (OSError, ValueError):
                stored = {}
            return super().open(stored, None, *args, **params)
        return super().open(pool, home, *args, **params)


# Strategy sticky


@selecting
class StickyRotates(Selector):
    def select(self, request: Request, *args: Any, **params: Any) -> int | None:
        chosen = super().select(request, *args, **params)
        if chosen is not None:
            self.current[request.family] = (chosen + 1) % count_of(self)
        return chosen


@selecting
class StickyWaitsForItsAccount(Selector):
    def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
        chosen = self.current[request.family]
        after = super().select(request, strategy, **params)
        if strategy == "sticky" and after is not None and not self.moved[request.family]:
            self.current[request.family] = chosen
            return chosen
        return after


@selecting
class ReturnsToTheOldAccount(Selector):
    def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
        kept = dict(self.current)
        chosen = super().select(request, strategy, **params)
        if strategy == "sticky" and not params["pid_offset_enabled"] and chosen != kept[request.family]:
            self.current = kept
            self.cursor = self.pool.active_index
        return chosen


@selecting
class OneAccountForBothFamilies(Selector):
    def _rotate(self, request: Request, now_ms: float) -> int | None:
        chosen = super()._rotate(request, now_ms)
        if chosen is not None:
            self.current = dict.fromkeys(FAMILIES, chosen)
        return chosen


# PID offset


class MovesWrongly(Selector):
    """A selector that applies the offset in its own way."""

    def offset(self, family: Family, pid: int) -> int:
        return (self.current[family] + pid % count_of(self)) % count_of(self)

    def _move_by_pid(self, family: Family, pid: int) -> None:
        if count_of(self) > 1 and not self.moved[family]:
            self.current[family] = self.offset(family, pid)
            self.moved[family] = True


@selecting
class CountsFromOne(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        return (super().offset(family, pid) + 1) % count_of(self)


@selecting
class PidIgnored(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        return self.current[family]


@selecting
class BaseIndexIgnored(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        return pid % count_of(self)


@selecting
class ModulusByEnabledOnly(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        enabled = sum(account.enabled for account in self.pool.accounts)
        return (self.current[family] + pid % enabled) % count_of(self)


@selecting
class OffsetOnEveryCall(MovesWrongly):
    def _move_by_pid(self, family: Family, pid: int) -> None:
        self.moved[family] = False
        super()._move_by_pid(family, pid)


@selecting
class FlagSharedByFamilies(MovesWrongly):
    def _move_by_pid(self, family: Family, pid: int) -> None:
        super()._move_by_pid(family, pid)
        self.moved = dict.fromkeys(FAMILIES, True)


@selecting
class OffsetForBothFamiliesAtOnce(MovesWrongly):
    def _move_by_pid(self, family: Family, pid: int) -> None:
        for every in FAMILIES:
            super()._move_by_pid(every, pid)


@selecting
class OneAccountIsMissed(Selector):
    def select(self, *args: Any, **params: Any) -> int | None:
        chosen = super().select(*args, **params)
        return None if count_of(self) == 1 and params["pid_offset_enabled"] and params["pid"] else chosen


class OffsetAlwaysOn(Wrong):
    def select(self, *args: Any, **params: Any) -> Json:
        return super().select(*args, **(params | {"pid_offset_enabled": True}))


class PidReadBeforeFork(Wrong):
    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        if self.pid is None:
            self.pid = os.getpid()
        return answer


@selecting
class StuckOnTheLandingPlace(Selector):
    def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
        if strategy == "sticky" and params["pid_offset_enabled"]:
            self._move_by_pid(request.family, params["pid"])
            return self.current[request.family] if count_of(self) > 1 else super().select(request, strategy, **params)
        return super().select(request, strategy, **params)


# Strategy round-robin


@selecting
class IncrementBeforeUse(Selector):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.cursor += 1


@selecting
class FirstAccountTwice(Selector):
    def _rotate(self, request: Request, now_ms: float) -> int | None:
        chosen = super()._rotate(request, now_ms)
        if chosen == 0 and self.cursor % (2 * count_of(self)) == 1:
            self.cursor -= 1
            self.cursor += 2 * count_of(self)
        return chosen


@selecting
class OffsetUnderRoundRobin(Selector):
    shifted = False

    def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
        if strategy == "round-robin" and params["pid_offset_enabled"] and not self.shifted:
            self.cursor += params["pid"]
            self.shifted = True
        return super().select(request, strategy, **params)


@selecting
class RotationPerFamily(Selector):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.cursors = dict.fromkeys(FAMILIES, self.cursor)

    def _rotate(self, request: Request, now_ms: float) -> int | None:
        self.cursor = self.cursors[request.family]
        chosen = super()._rotate(request, now_ms)
        self.cursors[request.family] = self.cursor
        return chosen


@selecting
class RotationIgnoresLimits(Selector):
    rotating = False

    def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
        self.rotating = strategy == "round-robin"
        return super().select(request, strategy, **params)

    def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
        return self.rotating or super()._is_available(account, request, now_ms)


# Rate limits


@selecting
class LimitIncludesItsEnd(Selector):
    def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
        return super()._is_available(account, request, now_ms - 0.5)


class MarksWrongly(Selector):
    """A selector that limits other quotas than the one that the request drew on."""

    def requests_limited(self, request: Request) -> list[Request]:
        raise NotImplementedError

    def mark_rate_limited(self, index: int, request: Request, retry_after_ms: float, *, now_ms: float) -> None:
        for limited in self.requests_limited(request):
            super().mark_rate_limited(index, limited, retry_after_ms, now_ms=now_ms)


@selecting
class ClaudeQuotaByModel(Selector):
    def mark_rate_limited(self, index: int, request: Request, retry_after_ms: float, *, now_ms: float) -> None:
        super().mark_rate_limited(index, request, retry_after_ms, now_ms=now_ms)
        limits = self.pool.accounts[index].reset_times_ms
        if request.model and "claude" in limits:
            limits[f"claude:{request.model}"] = limits.pop("claude")

    def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
        by_model = account.reset_times_ms.get(f"claude:{request.model}", 0)
        return now_ms >= by_model and super()._is_available(account, request, now_ms)


@selecting
class GeminiStylesShareAQuota(MarksWrongly):
    def requests_limited(self, request: Request) -> list[Request]:
        return [Request(request.family, style, request.model) for style in ("antigravity", "gemini-cli")]


class StyleStrict(Wrong):
    """The reference itself: strict by header style, as every release after 1.2.8."""


@selecting
class ModelLimitForAllModels(MarksWrongly):
    def requests_limited(self, request: Request) -> list[Request]:
        return [Request(request.family, request.style)]


@selecting
class FamiliesShareAQuota(MarksWrongly):
    def requests_limited(self, request: Request) -> list[Request]:
        return [Request(family, request.style, request.model) for family in FAMILIES]


class StoredLimitsIgnored(Wrong):
    def load(self, stored: Json) -> Pool:
        pool = load_pool(stored)
        for account in pool.accounts:
            account.reset_times_ms.clear()
        return pool


@selecting
class LimitedRatherThanNone(Selector):
    def _rotate(self, request: Request, now_ms: float) -> int | None:
        chosen = super()._rotate(request, now_ms)
        several = count_of(self) > 1  # with one account it waits, so that only the rule itself is broken
        all_limited = all(
            is_limited(a.reset_times_ms, request.family, request.style, request.model, now_ms)
            for a in self.pool.accounts
        )
        return 0 if chosen is None and several and all_limited else chosen
