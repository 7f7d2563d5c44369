"""Rate limits, the minimum wait, and `reset_limits`."""

import re
from typing import Any

from conformance.json_type import Json
from reference_impl import events, limits
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import STYLES, Family, HeaderStyle, Request, is_limited, quota_key
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import account, call, limit, opened, select, switch, wait
from tests.fakes.blind.ports import Original, Section

limits_section = Section("limits")
waiting_section = Section("waiting")

CLI: HeaderStyle = "gemini-cli"


@limits_section.patch(
    events,
    "mark_rate_limited",
    opened("a"),
    limit("a", 1000, "gemini"),
    limit("a", 2000, "gemini", model="m"),
    call("advance", ms=1000),
    select("gemini", model="m"),
)
def model_under_a_base_limit_is_ignored(
    original: Original, account: Account, request: Request, retry_after_ms: float, now_ms: float
) -> None:
    """Ignores a limit of a model while all models of the header style are rate-limited."""
    base = Request(request.family, request.style)
    if not request.model or request.family == "claude" or not is_limited(account.reset_times_ms, base, now_ms):
        original(account, request, retry_after_ms, now_ms)


@limits_section.patch(
    limits,
    "quota_key",
    opened("a"),
    limit("a", 1000, "gemini", model="gemini-3-pro-low"),
    select("gemini", model="gemini-3-pro-high"),
)
def tiers_share_a_limit(original: Original, family: Family, style: HeaderStyle, model: str | None = None) -> str:
    """Leaves the tier out of the name of a model: low and high have one quota."""
    return str(original(family, style, model and re.sub("-(low|medium|high)$", "", model)))


@limits_section.patch(
    limits,
    "is_limited",
    opened(account("a", rateLimitResetTimes={"claude:m": 1000})),
    select("claude", model="m"),
)
def claude_has_limits_of_models(
    original: Original, reset_times_ms: dict[str, float], request: Request, now_ms: float
) -> bool:
    """Looks a stored limit of a Claude model up, although it writes none."""
    end_ms = reset_times_ms.get(f"claude:{request.model}", 0) if request.family == "claude" else 0
    return now_ms < end_ms or bool(original(reset_times_ms, request, now_ms))


@limits_section.port(opened("a"), limit("a", 1000), limit("a", 0), select())
class ZeroIsNoLimit(ReferenceAdapter):
    """Ignores a rate limit of 0 ms, so that it does not replace the one before."""

    def mark_rate_limited(self, label: str, retry_after_ms: float, *args: Any, **params: Any) -> None:
        self._find(label)
        if retry_after_ms > 0:
            super().mark_rate_limited(label, retry_after_ms, *args, **params)


@waiting_section.patch(
    events,
    "_wait_ms",
    opened("a"),
    limit("a", 1000, "gemini", model="m"),
    limit("a", 9000, "gemini", header_style=CLI, model="m"),
    limit("a", 9000, "gemini"),
    limit("a", 1000, "gemini", header_style=CLI),
    wait("gemini", model="m"),
)
def minima_of_styles_first(
    original: Original, selector: Selector, account: Account, request: Request, now_ms: float, *, strict: bool
) -> float | None:
    """Takes the later of two minima: of the model's limits in both styles, and of the limits of all models."""
    wait_ms: float | None = original(selector, account, request, now_ms, strict=strict)
    if strict or not request.model or request.family == "claude":
        return wait_ms
    ends = account.reset_times_ms
    of_model = min(ends.get(quota_key(request.family, style, request.model), now_ms) for style in STYLES)
    of_all = min(ends.get(quota_key(request.family, style), now_ms) for style in STYLES)
    rest_ms = account.cooling_down_until_ms or now_ms
    return max(of_model, of_all, rest_ms) - now_ms


@waiting_section.patch(
    events,
    "_wait_ms",
    opened("a"),
    limit("a", 1000, "gemini", model="m"),
    limit("a", 2000, "gemini"),
    wait("gemini", model="m", header_style="antigravity", strict=True),
)
def strict_waits_for_the_model_only(
    original: Original, selector: Selector, account: Account, request: Request, now_ms: float, *, strict: bool
) -> float | None:
    """Waits for the limit of the model when it is strict, if there is one, and not for that of all models."""
    wait_ms: float | None = original(selector, account, request, now_ms, strict=strict)
    end_ms = account.reset_times_ms.get(quota_key(request.family, request.style, request.model), now_ms)
    if strict and request.model and now_ms < end_ms and account.cooling_down_until_ms is None:
        return end_ms - now_ms
    return wait_ms


@waiting_section.port(opened("a"), limit("a", 1000.4), wait())
class WaitInWholeMs(ReferenceAdapter):
    """Rounds the wait to whole milliseconds, so that it can end too early."""

    def min_wait(self, *args: Any, **params: Any) -> Json:
        return {"wait_ms": round(super().min_wait(*args, **params)["wait_ms"])}


@waiting_section.port(
    opened("a"),
    limit("a", 1000, "gemini", model="m"),
    switch("a", False),
    call("reset_limits", family="gemini", model="m"),
    switch("a", True),
    select("gemini", model="m"),
)
class ResetOfAModelSkipsDisabled(ReferenceAdapter):
    """Clears the limits of a model only for enabled accounts."""

    def reset_limits(self, family: Family, model: str | None = None) -> None:
        disabled = [each for each in self._opened().pool.accounts if not each.enabled and model]
        before = [dict(each.reset_times_ms) for each in disabled]
        super().reset_limits(family, model)
        for each, ends in zip(disabled, before, strict=True):
            each.reset_times_ms = ends
