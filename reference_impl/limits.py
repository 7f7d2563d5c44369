"""Rate limits: the quotas that a request uses, and whether an account is limited for them.

Times are milliseconds since 1970. Sources: LIM-*; releases 1.2.8 to 1.6.0, `dist/src/plugin/accounts.js`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal["claude", "gemini"]
HeaderStyle = Literal["antigravity", "gemini-cli"]

FAMILIES: tuple[Family, ...] = ("claude", "gemini")
STYLES: tuple[HeaderStyle, ...] = ("antigravity", "gemini-cli")

_GEMINI_QUOTA: dict[HeaderStyle, str] = {"antigravity": "gemini-antigravity", "gemini-cli": "gemini-cli"}


@dataclass(frozen=True)
class Request:
    """A request: a model of a family with a header style."""

    family: Family
    style: HeaderStyle = "antigravity"
    model: str | None = None


def quota_key(family: Family, style: HeaderStyle, model: str | None = None) -> str:
    """Returns the key of the quota that a request uses (LIM-002, LIM-003, LIM-005).

    Claude has one quota. Gemini has one per header style (the base quota) and one per header style and model.
    """
    if family == "claude":
        return "claude"
    base = _GEMINI_QUOTA[style]
    return f"{base}:{model}" if model else base


def quota_keys(request: Request) -> set[str]:
    """Returns the keys of all quotas that a request uses: that of its model and the base quota."""
    return {
        quota_key(request.family, request.style, request.model),
        quota_key(request.family, request.style),
    }


def forget_ended(reset_times_ms: dict[str, float], now_ms: float) -> None:
    """Deletes limits that have ended. They do not come back if the clock is set back (LIM-010)."""
    if reset_times_ms:
        for key in [key for key, end_ms in reset_times_ms.items() if now_ms >= end_ms]:
            del reset_times_ms[key]


def is_limited(reset_times_ms: Mapping[str, float], request: Request, now_ms: float) -> bool:
    """Returns whether any quota that the request uses is limited now."""
    if not reset_times_ms:
        return False
    return any(now_ms < reset_times_ms[key] for key in quota_keys(request) if key in reset_times_ms)


def is_limited_in_both_styles(reset_times_ms: Mapping[str, float], request: Request, now_ms: float) -> bool:
    """Returns whether the request is limited with each header style."""
    if not reset_times_ms:
        return False
    return all(is_limited(reset_times_ms, each, now_ms) for each in in_both_styles(request))


def in_both_styles(request: Request) -> Iterator[Request]:
    """Yields the request with each header style; for Claude, the request itself."""
    if request.family == "claude":
        yield request
    else:
        for style in STYLES:
            yield Request(request.family, style, request.model)
