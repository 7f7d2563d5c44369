"""Selects the account for the next request.

A `Selector` is one session, which the plugin calls an account manager: one for each start of a process. Sources: STK-*,
PID-*, RR-*, HYB-*; releases 1.2.8 to 1.6.0, `dist/src/plugin/accounts.js`, `getCurrentOrNextForFamily`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from reference_impl import hybrid, soft_quota
from reference_impl.limits import (
    FAMILIES,
    Family,
    Request,
    forget_ended,
    is_limited,
    is_limited_in_both_styles,
    quota_key,
)
from reference_impl.pool import NOWHERE, Account, Pool
from reference_impl.profiles import Profile
from reference_impl.soft_quota import SoftQuota
from reference_impl.trackers import Health, Tokens

Strategy = Literal["sticky", "round-robin", "hybrid"]


@dataclass(frozen=True)
class Moment:
    """The clock and the PID at one selection."""

    now_ms: float
    pid: int


@dataclass
class Selector:
    """The state of one session.

    `cursor` counts rotations, for both families together (RR-004); it starts at the stored active index. `current` is
    the index of the account that a family keeps. `moved` says whether a family's PID offset was applied.
    """

    pool: Pool
    profile: Profile
    health: Health = field(default_factory=Health)
    tokens: Tokens = field(default_factory=Tokens)
    cursor: int = field(init=False)
    current: dict[Family, int] = field(init=False)
    moved: dict[Family, bool] = field(init=False)

    def __post_init__(self) -> None:
        self.cursor = self.pool.active_index
        self.current = dict(self.pool.active_index_by_family)
        self.moved = dict.fromkeys(FAMILIES, False)

    def select(
        self,
        request: Request,
        strategy: Strategy,
        moment: Moment,
        *,
        pid_offset_enabled: bool = False,
        soft: SoftQuota | None = None,
    ) -> Account | None:
        """Returns the account to use, or None if every account is unavailable."""
        soft = soft or SoftQuota()
        chosen = None
        if strategy == "hybrid":
            chosen = self._best(request, moment, soft)
        if chosen is None and strategy != "round-robin":
            chosen = self._stick(request, moment, soft, pid_offset_enabled)
        if chosen is None:
            chosen = self._rotate(request, moment, soft)
        if chosen is not None:
            chosen.touched_ms[quota_key(request.family, request.style, request.model)] = moment.now_ms
        return chosen

    # Strategy sticky

    def _stick(self, request: Request, moment: Moment, soft: SoftQuota, pid_offset_enabled: bool) -> Account | None:
        """Returns the family's current account if it is available (STK-001)."""
        if pid_offset_enabled:
            self._move_by_pid(request.family, moment.pid)
        account = self._current(request.family)
        if account is None or not self._is_available(account, request, moment, soft):
            return None
        if self.profile.has("selection-counts-as-use"):
            account.last_used_ms = moment.now_ms
        return account

    def _move_by_pid(self, family: Family, pid: int) -> None:
        """Applies the PID offset once per family (PID-001, PID-003). All loaded accounts count (PID-007)."""
        count = len(self.pool.accounts)
        if count > 1 and not self.moved[family]:
            self.current[family] = self._offset(family, pid)
            self.moved[family] = True

    def _offset(self, family: Family, pid: int) -> int:
        count, base = len(self.pool.accounts), self.current[family]
        if base == NOWHERE:
            # In JavaScript the remainder of a negative number is negative, so -1 + 0 stays -1.
            return base + pid % count if self.profile.has("offset-counts-from-minus-one") else pid % count
        return (base + pid % count) % count

    def _current(self, family: Family) -> Account | None:
        index = self.current[family]
        if not 0 <= index < len(self.pool.accounts):
            return None
        account = self.pool.accounts[index]
        return account if account.enabled or self.profile.has("disabled-account-kept") else None

    # Strategy round-robin, also used when a family has to leave its account

    def _rotate(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        """Returns the next available account (RR-001, RR-005); the family keeps it (STK-002)."""
        for account in self.pool.accounts:
            forget_ended(account.reset_times_ms, moment.now_ms)
        available = [a for a in self._usable() if self._is_available(a, request, moment, soft)]
        if not available:
            return None
        chosen = available[self.cursor % len(available)]
        self.cursor += 1
        self.current[request.family] = chosen.index
        if self.profile.has("selection-counts-as-use"):
            chosen.last_used_ms = moment.now_ms
        return chosen

    # Strategy hybrid

    def _best(self, request: Request, moment: Moment, soft: SoftQuota) -> Account | None:
        """Returns the best candidate (HYB-001) and marks it as used now (HYB-005)."""
        if self.profile.has("fresh-account-first"):
            fresh = [a for a in self._usable() if self._is_fresh(a, request, moment)]
            chosen = fresh[0] if fresh else None
        else:
            index = hybrid.best(
                list(self._candidates(request, moment, soft)),
                self.tokens.settings.max_tokens,
                moment.now_ms,
                bonus=not self.profile.has("no-bonus-for-the-current-account"),
            )
            # The releases use the index as a position. With gaps this is another account or none (POOL-007).
            places = self.pool.accounts
            chosen = places[index] if index is not None and index < len(places) else None
        if chosen is not None:
            chosen.last_used_ms = moment.now_ms
            self.current[request.family] = chosen.index
        return chosen

    def _candidates(self, request: Request, moment: Moment, soft: SoftQuota) -> Iterator[hybrid.Candidate]:
        fewest = 50 if self.profile.has("health-floor-fixed") else self.health.settings.min_usable
        for account in self._usable():
            if self._hybrid_unavailable(account, request, moment, soft):
                continue
            health = self.health.score(account.index, moment.now_ms)
            tokens = self.tokens.tokens(account.index, moment.now_ms)
            if health >= fewest and tokens >= hybrid.FEWEST_TOKENS:
                is_current = account.index == self.current[request.family]
                yield hybrid.Candidate(account.index, health, tokens, account.last_used_ms, is_current)

    def _hybrid_unavailable(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        cools = is_cooling(account, moment.now_ms)
        forget_ended(account.reset_times_ms, moment.now_ms)
        if self.profile.has("hybrid-ignores-header-style"):
            limited = is_limited_in_both_styles(account.reset_times_ms, request, moment.now_ms)
        else:
            limited = is_limited(account.reset_times_ms, request, moment.now_ms)
        return cools or limited or self._is_over(account, request, moment, soft)

    def _is_fresh(self, account: Account, request: Request, moment: Moment) -> bool:
        """Returns whether the account is unused for the quota, or used only before a limit that still runs (1.2.8)."""
        forget_ended(account.reset_times_ms, moment.now_ms)
        key = quota_key(request.family, request.style, request.model)
        touched_ms = account.touched_ms.get(key, 0)
        reset_ms = account.reset_times_ms.get(key)
        waits = reset_ms is not None and moment.now_ms < reset_ms and touched_ms < reset_ms
        return (touched_ms == 0 or waits) and self._is_available(account, request, moment, SoftQuota())

    # Availability

    def _usable(self) -> list[Account]:
        every = self.pool.accounts
        return every if self.profile.has("disabled-accounts-selected") else [a for a in every if a.enabled]

    def _is_available(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        forget_ended(account.reset_times_ms, moment.now_ms)
        limited = (
            is_limited_in_both_styles(account.reset_times_ms, request, moment.now_ms)
            if self.profile.has("gemini-limited-by-both-styles")
            else is_limited(account.reset_times_ms, request, moment.now_ms)
        )
        return not (limited or self._is_over(account, request, moment, soft) or is_cooling(account, moment.now_ms))

    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        if not self.profile.knows("soft-quota"):
            return False
        # The readings are those of the header style antigravity (SOFT-019).
        is_measured = request.family == "claude" or request.style == "antigravity"
        if not is_measured and not self.profile.has("soft-quota-limits-gemini-cli"):
            return False
        cached, updated_ms = account.cached_quota, account.cached_quota_updated_ms
        return soft_quota.is_over(cached, updated_ms, soft, request.family, request.model, moment.now_ms, self.profile)

    def soft_quota_wait_ms(self, request: Request, moment: Moment, soft: SoftQuota) -> float | None:
        """Returns the time in milliseconds until the soft quota makes an account available.

        None means unknown (SOFT-015 to SOFT-018).
        """
        enabled = [account for account in self.pool.accounts if account.enabled]
        if soft.threshold_percent >= soft_quota.OFF_PERCENT:
            return 0
        if any(not self._is_over(account, request, moment, soft) for account in enabled):
            return 0
        if not request.model and request.family == "gemini":  # Gemini has two groups, and only the model decides
            return None
        waits = [
            soft_quota.reset_wait_ms(account.cached_quota, request.family, request.model, moment.now_ms)
            for account in enabled
        ]
        # A reset time in the past means an old reading: the wait is unknown.
        return min((wait for wait in waits if wait is not None), default=None) or None


def is_cooling(account: Account, now_ms: float) -> bool:
    """Returns whether the account is in a cooldown (COOL-001), and deletes a cooldown that has ended."""
    if account.cooling_down_until_ms is None:
        return False
    if now_ms >= account.cooling_down_until_ms:
        account.cooling_down_until_ms = None
        return False
    return True
