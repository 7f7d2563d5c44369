"""Rate limits: which quota a request draws on, and whether an account is limited for it.

Times are milliseconds since 1970. Sources: LIM-001 to LIM-007; release 1.3.0, `dist/src/plugin/accounts.js`.
"""

from collections.abc import Mapping
from typing import Literal

Family = Literal["claude", "gemini"]
HeaderStyle = Literal["antigravity", "gemini-cli"]

FAMILIES: tuple[Family, ...] = ("claude", "gemini")

_GEMINI_QUOTA: dict[HeaderStyle, str] = {"antigravity": "gemini-antigravity", "gemini-cli": "gemini-cli"}


def quota_key(family: Family, style: HeaderStyle, model: str | None = None) -> str:
    """The name of the quota that a request draws on (LIM-002, LIM-003, LIM-005).

    Claude has one quota; Gemini one per header style, and under it one per model.
    """
    if family == "claude":
        return "claude"
    base = _GEMINI_QUOTA[style]
    return f"{base}:{model}" if model else base


def is_limited(
    reset_times_ms: Mapping[str, float], family: Family, style: HeaderStyle, model: str | None, now_ms: float
) -> bool:
    """Is any quota that the request draws on, its model's or the one above it, limited now?"""
    keys = {quota_key(family, style, model), quota_key(family, style)}
    return any(now_ms < reset_times_ms[key] for key in keys if key in reset_times_ms)
