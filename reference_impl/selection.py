"""Which account serves the next request.

A `Selector` is one session: what the plugin calls an account manager, one for each start of a process. Sources:
STK-*, PID-*, RR-*, LIM-*; release 1.3.0, `dist/src/plugin/accounts.js`, `getCurrentOrNextForFamily`.
"""

from dataclasses import dataclass, field
from typing import Literal

from reference_impl.limits import FAMILIES, Family, HeaderStyle, is_limited, quota_key
from reference_impl.pool import NOWHERE, Account, Pool

Strategy = Literal["sticky", "round-robin"]


@dataclass(frozen=True)
class Request:
    """What is asked for: a model of a family, through a header style."""

    family: Family
    style: HeaderStyle = "antigravity"
    model: str | None = None


@dataclass
class Selector:
    """The state of one session.

    `cursor` counts the accounts handed out by rotation, for both families together (RR-004); it starts at the stored
    active index. `current` is the account that a family sticks to. `moved` are the families whose PID offset is spent.
    """

    pool: Pool
    cursor: int = field(init=False)
    current: dict[Family, int] = field(init=False)
    moved: dict[Family, bool] = field(init=False)

    def __post_init__(self) -> None:
        self.cursor = self.pool.active_index
        self.current = dict(self.pool.active_index_by_family)
        self.moved = dict.fromkeys(FAMILIES, False)

    def select(
        self, request: Request, strategy: Strategy, *, now_ms: float, pid: int, pid_offset_enabled: bool
    ) -> int | None:
        """The index of the account to use, or None where every account is unavailable."""
        if strategy == "sticky":
            if pid_offset_enabled:
                self._move_by_pid(request.family, pid)
            current = self._current(request.family)
            if current is not None and self._is_available(current, request, now_ms):
                return self.current[request.family]
        return self._rotate(request, now_ms)

    def mark_rate_limited(self, index: int, request: Request, retry_after_ms: float, *, now_ms: float) -> None:
        """Limit the quota that the request drew on, until `retry_after_ms` from now (LIM-001)."""
        key = quota_key(request.family, request.style, request.model)
        self.pool.accounts[index].reset_times_ms[key] = now_ms + retry_after_ms

    def _move_by_pid(self, family: Family, pid: int) -> None:
        """Move the start by the PID, once a session (PID-001, PID-003); all loaded accounts count (PID-007)."""
        count = len(self.pool.accounts)
        if count > 1 and not self.moved[family]:
            self.current[family] = (self.current[family] + pid % count) % count
            self.moved[family] = True

    def _rotate(self, request: Request, now_ms: float) -> int | None:
        """Hand out the next available account (RR-001, RR-005) and stick the family to it (STK-002)."""
        available = [
            index for index, account in enumerate(self.pool.accounts) if self._is_available(account, request, now_ms)
        ]
        if not available:
            return None
        chosen = available[self.cursor % len(available)]
        self.cursor += 1
        self.current[request.family] = chosen
        return chosen

    def _current(self, family: Family) -> Account | None:
        index = self.current[family]
        return None if index == NOWHERE else self.pool.accounts[index]

    def _is_available(self, account: Account, request: Request, now_ms: float) -> bool:
        return not is_limited(account.reset_times_ms, request.family, request.style, request.model, now_ms)
