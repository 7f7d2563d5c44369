"""A port of the account selection: sticky, round-robin, the PID offset, limits, cooldowns, removal, waiting."""

import os
from typing import Any

from accounts import FAMILIES, STYLES, Account, load_pool, quotas

from conformance.wire.answers import Refusal

CAPABILITIES = [
    *("sticky", "pid", "offset", "round-robin", "limits", "header-styles", "clock", "cooldown", "stored-state"),
    *("enabled", "remove", "min-wait", "strict-wait", "reset-limits", "available-style", "other-account", "fork"),
]


class Port:
    """One session: a pool, the rotation over it, and a clock."""

    def __init__(self) -> None:
        self._accounts: list[Account] | None = None  # None while no pool is open
        self._cursor = 0  # of the rotation; every strategy uses it
        self._current: dict[str, int | None] = {}  # the account of each family
        self._moved: set[str] = set()  # the families that have had their offset
        self._pid: int | None = None
        self._now = 0.0

    def hello(self, wire: int = 1) -> dict[str, Any]:
        return {
            "name": "small-port",
            "version": "1.0.0",
            "language": "python",
            "capabilities": CAPABILITIES,
            "pid": os.getpid(),
        }

    def open(self, pool: object, now_ms: float = 0, pid: int | None = None) -> dict[str, Any]:
        self._accounts, self._cursor, current = load_pool(pool)
        self._current = dict(current)
        self._moved, self._pid, self._now = set(), pid, now_ms
        return {"accounts": [account.label for account in self._accounts]}

    def close(self) -> None:
        self._accounts = None

    def advance(self, ms: float) -> dict[str, Any]:
        self._opened()
        self._now += ms
        return {"now_ms": self._now}

    def select(
        self,
        family: str,
        strategy: str,
        header_style: str = "antigravity",
        model: str | None = None,
        pid_offset_enabled: bool = False,
    ) -> dict[str, Any] | None:
        accounts, request = self._opened(), (family, header_style, model)
        if strategy not in ("sticky", "round-robin"):
            raise NotImplementedError  # answered "not supported"
        if strategy == "sticky":
            if pid_offset_enabled:
                self._apply_offset(family)
            own = self._current[family]
            if own is not None and own < len(accounts) and accounts[own].is_available(self._now, *request):
                return self._shown(own)
        available = [i for i, account in enumerate(accounts) if account.is_available(self._now, *request)]
        if not available:
            return None
        chosen = available[self._cursor % len(available)]
        self._cursor += 1
        self._current[family] = chosen
        return self._shown(chosen)

    def mark_rate_limited(
        self,
        label: str,
        retry_after_ms: float,
        family: str,
        header_style: str = "antigravity",
        model: str | None = None,
    ) -> None:
        self._find(label).resets[quotas(family, header_style, model)[-1]] = self._now + retry_after_ms

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        self._find(label).cooling_until = self._now + cooldown_ms

    def set_enabled(self, label: str, enabled: bool) -> None:
        changed = self._find(label)
        changed.enabled = enabled
        accounts = self._opened()
        for family in FAMILIES:
            if not enabled and self._current[family] == accounts.index(changed):
                self._current[family] = next((i for i, account in enumerate(accounts) if account.enabled), None)

    def remove(self, label: str) -> None:
        removed = self._find(label)
        accounts = self._opened()
        index, before = accounts.index(removed), len(accounts)
        del accounts[index]
        cursor = self._cursor % before
        self._cursor = (cursor - 1 if cursor > index else cursor) % max(1, len(accounts))
        for family, current in self._current.items():
            if current is not None:
                moved = current - 1 if current > index else current
                self._current[family] = moved if moved < len(accounts) else None

    def min_wait(
        self, family: str, model: str | None = None, header_style: str | None = None, strict: bool = False
    ) -> dict[str, Any]:
        styles = [header_style] if strict and header_style is not None else STYLES
        waits = [
            max(account.limit_end(self._now, family, style, model), account.cooling_until) - self._now
            for account in self._opened()
            if account.enabled
            for style in styles
        ]
        return {"wait_ms": max(0, min(waits, default=0))}

    def reset_limits(self, family: str, model: str | None = None) -> None:
        for account in self._opened():
            for quota in (quota for style in STYLES for quota in quotas(family, style, model)):
                account.resets.pop(quota, None)

    def available_header_style(self, label: str, family: str, model: str | None = None) -> dict[str, Any]:
        account = self._find(label)
        styles = STYLES if family == "gemini" else STYLES[:1]
        free = [style for style in styles if account.limit_end(self._now, family, style, model) <= self._now]
        return {"header_style": free[0] if free else None}

    def has_other_account(self, label: str, family: str, model: str | None = None) -> dict[str, Any]:
        given = self._find(label)
        others = [account for account in self._opened() if account is not given]
        free = [account for account in others if account.is_available(self._now, family, "antigravity", model)]
        return {"available": family == "gemini" and bool(free)}

    def _apply_offset(self, family: str) -> None:
        """Add the PID to the index of the family: once, and never with a single account."""
        count = len(self._opened())
        if count < 2 or family in self._moved:
            return
        self._moved.add(family)
        pid = os.getpid() if self._pid is None else self._pid  # now, because this process may be a fork
        self._current[family] = ((self._current[family] or 0) + pid) % count

    def _shown(self, index: int) -> dict[str, Any]:
        return {"label": self._opened()[index].label, "index": index}

    def _opened(self) -> list[Account]:
        if self._accounts is None:
            raise Refusal("not_open", "no pool is open")
        return self._accounts

    def _find(self, label: str) -> Account:
        found = next((account for account in self._opened() if account.label == label), None)
        if found is None:
            raise Refusal("unknown_account", f"no account {label!r}")
        return found
