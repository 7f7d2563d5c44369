"""Wrong pool loading, selection and limits: the reference with one thing changed."""

import os
from typing import Any, ClassVar

from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Family, is_limited
from reference_impl.pool import Account, Pool, load_pool
from reference_impl.selection import Request, Selector

Json = Any


class Wrong(ReferenceAdapter):
    """A reference whose selector is another one."""

    selector_type: ClassVar[type[Selector]] = Selector

    def new_selector(self, stored: Json) -> Selector:
        return self.selector_type(self.load(stored))

    def load(self, stored: Json) -> Pool:
        return load_pool(stored)


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
    """After rotation the current index points past the gap, as it does in the releases."""

    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        gap = 0

        def _rotate(self, request: Request, now_ms: float) -> int | None:
            chosen = super()._rotate(request, now_ms)
            if chosen is not None:
                self.current[request.family] = chosen + self.gap
            return chosen

    def new_selector(self, stored: Json) -> Selector:
        selector = self.selector_type(load_pool(stored))
        if stored:
            selector.gap = len(stored["accounts"]) - count_of(selector)
        return selector


class PhantomAccount(Wrong):
    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        empty = not self._opened().pool.accounts
        return {"label": "nobody", "index": 0} if empty else chosen


class FamilyIndexLostInTheFile(Wrong):
    def open(self, pool: Json = None, home: str | None = None, **params: Any) -> Json:
        answer = super().open(pool, home, **params)
        if home is not None and self.selector is not None:
            self.selector.current = dict.fromkeys(FAMILIES, self.selector.pool.active_index)
        return answer


class AnyVersionRead(Wrong):
    def open(self, pool: Json = None, home: str | None = None, **params: Any) -> Json:
        import json
        from pathlib import Path

        if home is not None:
            try:
                stored = json.loads((Path(home) / ".config/opencode/antigravity-accounts.json").read_text())
            except (OSError, ValueError):
                stored = {}
            return super().open(stored, None, **params)
        return super().open(pool, home, **params)


# Strategy sticky


class StickyRotates(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def select(self, request: Request, *args: Any, **params: Any) -> int | None:
            chosen = super().select(request, *args, **params)
            if chosen is not None:
                self.current[request.family] = (chosen + 1) % count_of(self)
            return chosen


class StickyWaitsForItsAccount(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
            chosen = self.current[request.family]
            after = super().select(request, strategy, **params)
            if strategy == "sticky" and after is not None and not self.moved[request.family]:
                self.current[request.family] = chosen
                return chosen
            return after


class ReturnsToTheOldAccount(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
            kept = dict(self.current)
            chosen = super().select(request, strategy, **params)
            if strategy == "sticky" and not params["pid_offset_enabled"] and chosen != kept[request.family]:
                self.current = kept
                self.cursor = self.pool.active_index
            return chosen


class OneAccountForBothFamilies(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
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


class CountsFromOne(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def offset(self, family: Family, pid: int) -> int:
            return (super().offset(family, pid) + 1) % count_of(self)


class PidIgnored(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def offset(self, family: Family, pid: int) -> int:
            return self.current[family]


class BaseIndexIgnored(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def offset(self, family: Family, pid: int) -> int:
            return pid % count_of(self)


class ModulusByEnabledOnly(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def offset(self, family: Family, pid: int) -> int:
            enabled = sum(account.enabled for account in self.pool.accounts)
            return (self.current[family] + pid % enabled) % count_of(self)


class OffsetOnEveryCall(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def _move_by_pid(self, family: Family, pid: int) -> None:
            self.moved[family] = False
            super()._move_by_pid(family, pid)


class FlagSharedByFamilies(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def _move_by_pid(self, family: Family, pid: int) -> None:
            super()._move_by_pid(family, pid)
            self.moved = dict.fromkeys(FAMILIES, True)


class OffsetForBothFamiliesAtOnce(Wrong):
    class selector_type(MovesWrongly):  # type: ignore[misc]  # noqa: N801
        def _move_by_pid(self, family: Family, pid: int) -> None:
            for every in FAMILIES:
                super()._move_by_pid(every, pid)


class OneAccountIsMissed(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
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


class StuckOnTheLandingPlace(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
            if strategy == "sticky" and params["pid_offset_enabled"]:
                self._move_by_pid(request.family, params["pid"])
                return self.current[request.family] if count_of(self) > 1 else super().select(
                    request, strategy, **params
                )
            return super().select(request, strategy, **params)


# Strategy round-robin


class IncrementBeforeUse(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def __post_init__(self) -> None:
            super().__post_init__()
            self.cursor += 1


class FirstAccountTwice(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def _rotate(self, request: Request, now_ms: float) -> int | None:
            chosen = super()._rotate(request, now_ms)
            if chosen == 0 and self.cursor % (2 * count_of(self)) == 1:
                self.cursor -= 1
                self.cursor += 2 * count_of(self)
            return chosen


class OffsetUnderRoundRobin(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        shifted = False

        def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
            if strategy == "round-robin" and params["pid_offset_enabled"] and not self.shifted:
                self.cursor += params["pid"]
                self.shifted = True
            return super().select(request, strategy, **params)


class RotationPerFamily(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def __post_init__(self) -> None:
            super().__post_init__()
            self.cursors = dict.fromkeys(FAMILIES, self.cursor)

        def _rotate(self, request: Request, now_ms: float) -> int | None:
            self.cursor = self.cursors[request.family]
            chosen = super()._rotate(request, now_ms)
            self.cursors[request.family] = self.cursor
            return chosen


class RotationIgnoresLimits(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        rotating = False

        def select(self, request: Request, strategy: Any, **params: Any) -> int | None:
            self.rotating = strategy == "round-robin"
            return super().select(request, strategy, **params)

        def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
            return self.rotating or super()._is_available(account, request, now_ms)


# Rate limits


class LimitIncludesItsEnd(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
            return super()._is_available(account, request, now_ms - 0.5)


class MarksWrongly(Selector):
    """A selector that limits other quotas than the one that the request drew on."""

    def requests_limited(self, request: Request) -> list[Request]:
        raise NotImplementedError

    def mark_rate_limited(self, index: int, request: Request, retry_after_ms: float, *, now_ms: float) -> None:
        for limited in self.requests_limited(request):
            super().mark_rate_limited(index, limited, retry_after_ms, now_ms=now_ms)


class ClaudeQuotaByModel(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def mark_rate_limited(self, index: int, request: Request, retry_after_ms: float, *, now_ms: float) -> None:
            super().mark_rate_limited(index, request, retry_after_ms, now_ms=now_ms)
            limits = self.pool.accounts[index].reset_times_ms
            if request.model and "claude" in limits:
                limits[f"claude:{request.model}"] = limits.pop("claude")

        def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
            by_model = account.reset_times_ms.get(f"claude:{request.model}", 0)
            return now_ms >= by_model and super()._is_available(account, request, now_ms)


class GeminiStylesShareAQuota(Wrong):
    class selector_type(MarksWrongly):  # type: ignore[misc]  # noqa: N801
        def requests_limited(self, request: Request) -> list[Request]:
            return [Request(request.family, style, request.model) for style in ("antigravity", "gemini-cli")]


class StyleStrict(Wrong):
    """The reference itself: strict by header style, as every release after 1.2.8."""


class ModelLimitForAllModels(Wrong):
    class selector_type(MarksWrongly):  # type: ignore[misc]  # noqa: N801
        def requests_limited(self, request: Request) -> list[Request]:
            return [Request(request.family, request.style)]


class FamiliesShareAQuota(Wrong):
    class selector_type(MarksWrongly):  # type: ignore[misc]  # noqa: N801
        def requests_limited(self, request: Request) -> list[Request]:
            return [Request(family, request.style, request.model) for family in FAMILIES]


class StoredLimitsIgnored(Wrong):
    def load(self, stored: Json) -> Pool:
        pool = load_pool(stored)
        for account in pool.accounts:
            account.reset_times_ms.clear()
        return pool


class LimitedRatherThanNone(Wrong):
    class selector_type(Selector):  # type: ignore[misc]  # noqa: N801
        def _rotate(self, request: Request, now_ms: float) -> int | None:
            chosen = super()._rotate(request, now_ms)
            several = count_of(self) > 1  # with one account it waits, so that only the rule itself is broken
            all_limited = all(
                is_limited(a.reset_times_ms, request.family, request.style, request.model, now_ms)
                for a in self.pool.accounts
            )
            return 0 if chosen is None and several and all_limited else chosen
