"""Mutants of pool loading, sticky and the PID offset: the reference with one change."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Family, Request
from reference_impl.pool import Account, Pool, load_pool
from reference_impl.profiles import profile
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota


def selecting(selector: type[Selector]) -> Callable[[], ReferenceAdapter]:
    """A decorator for selectors: a reference with this selector, and its name as target name."""

    class Selecting(ReferenceAdapter):
        def new_selector(self, pool: Pool) -> Selector:
            return selector(pool, self.profile)

    return Selecting


def count_of(selector: Selector) -> int:
    return len(selector.pool.accounts)


# Loading the pool


class PoolInReverse(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        pool.accounts.reverse()
        return pool


class ActiveIndexIgnored(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        return super().load({**stored, "activeIndex": 0})


class FamilyIndexIgnored(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        return super().load({**stored, "activeIndexByFamily": {}})


class IndexClampedToLast(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        last = len(stored["accounts"]) - 1
        families = {k: min(v, last) for k, v in stored.get("activeIndexByFamily", {}).items() if isinstance(v, int)}
        active = stored["activeIndex"]
        return super().load(
            {
                **stored,
                "activeIndex": min(active, last) if isinstance(active, int) else active,
                "activeIndexByFamily": {**stored.get("activeIndexByFamily", {}), **families},
            }
        )


class NegativeIndexFromTheEnd(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        index = stored.get("activeIndex")
        if isinstance(index, int) and index < 0:
            stored = {**stored, "activeIndex": index % len(stored["accounts"])}
        return super().load(stored)


class TokenlessAccountsLoaded(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        accounts = [
            {**entry, "refreshToken": entry.get("refreshToken") or "none"} if isinstance(entry, dict) else entry
            for entry in stored["accounts"]
        ]
        return super().load({**stored, "accounts": accounts})


class IndexIsStoredPosition(ReferenceAdapter):
    """As in the releases: code that uses the index as a position finds another account or none."""

    def load(self, stored: Json) -> Pool:
        return load_pool(stored, profile("1.6.0"))


class PhantomAccount(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        empty = not self._opened().pool.accounts
        return {"label": "nobody", "index": 0} if empty else chosen


class FamilyIndexLostInTheFile(ReferenceAdapter):
    def open(self, pool: Json = None, home: str | None = None, *args: Any, **params: Any) -> Json:
        answer = super().open(pool, home, *args, **params)
        if home is not None and self.selector is not None:
            self.selector.current = dict.fromkeys(FAMILIES, self.selector.pool.active_index)
        return answer


class AnyVersionRead(ReferenceAdapter):
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
    def select(self, request: Request, *args: Any, **params: Any) -> Account | None:
        chosen = super().select(request, *args, **params)
        if chosen is not None:
            self.current[request.family] = (chosen.index + 1) % count_of(self)
        return chosen


@selecting
class StickyWaitsForItsAccount(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        kept = self.current[request.family]
        after = super().select(request, strategy, moment, **params)
        if strategy == "sticky" and after is not None and not self.moved[request.family]:
            self.current[request.family] = kept
            return self.pool.accounts[kept]
        return after


@selecting
class ReturnsToTheOldAccount(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        kept = dict(self.current)
        chosen = super().select(request, strategy, moment, **params)
        if strategy == "sticky" and not params["pid_offset_enabled"] and self.current != kept:
            self.current = kept
            self.cursor = self.pool.active_index
        return chosen


@selecting
class OneAccountForBothFamilies(Selector):
    def _rotate(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        chosen = super()._rotate(request, moment, soft)
        if chosen is not None:
            self.current = dict.fromkeys(FAMILIES, chosen.index)
        return chosen


# PID offset


class MovesWrongly(Selector):
    """A selector that applies the offset differently."""

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
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        chosen = super().select(request, strategy, moment, **params)
        return None if count_of(self) == 1 and params["pid_offset_enabled"] and moment.pid else chosen


class OffsetAlwaysOn(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        return super().select(*args, **(params | {"pid_offset_enabled": True}))


class PidReadBeforeFork(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        if self.pid is None:
            self.pid = os.getpid()
        return answer


@selecting
class StuckOnTheLandingPlace(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        if strategy == "sticky" and params["pid_offset_enabled"]:
            self._move_by_pid(request.family, moment.pid)
            if count_of(self) > 1:
                return self.pool.accounts[self.current[request.family]]
        return super().select(request, strategy, moment, **params)


@selecting
class OffsetSpentByAPlainSelection(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        chosen = super().select(request, strategy, moment, **params)
        if strategy == "sticky":
            self.moved[request.family] = True
        return chosen


@selecting
class OffsetSpentByRoundRobin(Selector):
    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        chosen = super().select(request, strategy, moment, **params)
        if strategy == "round-robin" and params["pid_offset_enabled"]:
            self.moved[request.family] = True
        return chosen
