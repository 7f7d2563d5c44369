"""The accounts of a pool: loading them, and what blocks them."""

import math
from dataclasses import dataclass, field

FAMILIES = ("claude", "gemini")
STYLES = ("antigravity", "gemini-cli")
LONG_AGO = -math.inf


@dataclass(eq=False)
class Account:
    """One account. It is blocked for a quota until its reset time, and for everything until `cooling_until`."""

    label: str
    enabled: bool = True
    resets: dict[str, float] = field(default_factory=dict)
    cooling_until: float = LONG_AGO

    def forget(self, now: float) -> None:
        """Drop what has ended, so that it stays ended if the clock is set back."""
        self.resets = {quota: reset for quota, reset in self.resets.items() if reset > now}
        if self.cooling_until <= now:
            self.cooling_until = LONG_AGO

    def limit_end(self, now: float, family: str, style: str, model: str | None) -> float:
        """The time at which the account is no longer rate-limited for the request."""
        self.forget(now)
        return max(self.resets.get(quota, LONG_AGO) for quota in quotas(family, style, model))

    def is_available(self, now: float, family: str, style: str, model: str | None) -> bool:
        is_limited = self.limit_end(now, family, style, model) > now
        return self.enabled and not is_limited and self.cooling_until <= now


def quotas(family: str, style: str, model: str | None) -> list[str]:
    """The quotas that a request uses: that of its header style, and that of its model."""
    if family == "claude":
        return ["claude"]
    base = "gemini-cli" if style == "gemini-cli" else "gemini-antigravity"
    return [base, f"{base}:{model}"] if model else [base]


def load_pool(pool: object) -> tuple[list[Account], int, dict[str, int]]:
    """The accounts, the index at which rotation starts, and the index of each family."""
    document = pool if isinstance(pool, dict) else {}
    entries = document.get("accounts")
    loaded = [_load_account(entry) for entry in (entries if isinstance(entries, list) else [])]
    accounts = [account for account in loaded if account is not None]
    start = _index(document.get("activeIndex"), 0, len(accounts))
    stored = document.get("activeIndexByFamily")
    by_family = stored if isinstance(stored, dict) else {}
    return accounts, start, {family: _index(by_family.get(family), start, len(accounts)) for family in FAMILIES}


def _load_account(entry: object) -> Account | None:
    label = entry.get("refreshToken") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(label, str) or not label:
        return None
    times, until = entry.get("rateLimitResetTimes"), entry.get("coolingDownUntil")
    return Account(
        label,
        enabled=entry.get("enabled") is not False,
        resets={quota: time for quota, time in times.items() if _is_number(time)} if isinstance(times, dict) else {},
        cooling_until=float(until) if isinstance(until, int | float) and _is_number(until) else LONG_AGO,
    )


def _index(stored: object, otherwise: int, count: int) -> int:
    if not isinstance(stored, int | float) or not _is_number(stored):
        return otherwise
    return max(0, math.trunc(stored)) % max(1, count)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
