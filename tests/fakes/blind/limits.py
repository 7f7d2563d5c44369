"""Rate limits."""

import math
from dataclasses import replace
from typing import Any

from reference_impl import events, limits
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account, Pool
from tests.fakes.blind.calls import account, advance, limit, opened, select
from tests.fakes.blind.ports import Original, Section

section = Section("limits")
Limits = dict[str, float]
GEMINI = {"family": "gemini"}


@section.patch(events, "mark_rate_limited", opened("a", "b"), limit("a", 1500), advance(1600), select())
def end_rounded_up(original: Original, account: Account, request: Request, ms: float, now_ms: float) -> None:
    """Rounds the end of a limit up to a whole second, like a retry-after header."""
    original(account, request, math.ceil((now_ms + ms) / 1000) * 1000 - now_ms, now_ms)


@section.patch(limits, "is_limited", opened("a", "b"), limit("a", 1500), advance(1200), select())
def compared_in_seconds(original: Original, reset_times_ms: Limits, request: Request, now_ms: float) -> bool:
    """Compares times in whole seconds."""
    seconds = {key: end // 1000 for key, end in reset_times_ms.items()}
    return bool(original(seconds, request, now_ms // 1000))


@section.patch(
    limits, "quota_key", opened("a", "b"), limit("a", 1000, model="M", **GEMINI), select("gemini", model="m")
)
def models_ignore_case(original: Original, family: Any, style: Any, model: str | None = None) -> str:
    """Writes models in lower case."""
    return str(original(family, style, model and model.lower()))


@section.patch(
    limits, "quota_key", opened("a", "b"), limit("a", 1000, model="m ", **GEMINI), select("gemini", model="m")
)
def models_trimmed(original: Original, family: Any, style: Any, model: str | None = None) -> str:
    """Trims models."""
    return str(original(family, style, model and model.strip()))


@section.patch(
    limits,
    "is_limited",
    opened("a", "b"),
    limit("a", 1000, model="gemini-3", **GEMINI),
    select("gemini", model="gemini-3-pro"),
)
def models_by_prefix(original: Original, reset_times_ms: Limits, request: Request, now_ms: float) -> bool:
    """Applies the limit of a model to every model whose name begins with it."""
    key = limits.quota_key(request.family, request.style, request.model)
    return any(now_ms < end and ":" in each and key.startswith(each) for each, end in reset_times_ms.items()) or bool(
        original(reset_times_ms, request, now_ms)
    )


@section.patch(limits, "quota_key", opened("a", "b"), limit("a", 1000, model="", **GEMINI), select("gemini"))
def empty_model_has_a_quota(original: Original, family: Any, style: Any, model: str | None = None) -> str:
    """Tests `model is not None`, so that an empty model has a quota of its own."""
    return f"{original(family, style)}:" if model == "" and family != "claude" else str(original(family, style, model))


@section.patch(
    limits, "quota_key", opened("a", "b"), limit("a", 1000, model="google/m", **GEMINI), select("gemini", model="m")
)
def models_without_their_provider(original: Original, family: Any, style: Any, model: str | None = None) -> str:
    """Removes the provider from a model, as in `google/gemini-3-pro`."""
    return str(original(family, style, model and model.rpartition("/")[2]))


@section.patch(
    limits, "quota_key", opened("a", "b"), limit("a", 1000, model="m:high", **GEMINI), select("gemini", model="m")
)
def models_end_at_a_colon(original: Original, family: Any, style: Any, model: str | None = None) -> str:
    """Splits a quota key at its colons and uses two parts."""
    return str(original(family, style, model and model.partition(":")[0]))


@section.patch(events, "mark_rate_limited", opened("a", "b"), limit("a", 2**31), select())
def duration_of_31_bits(original: Original, account: Account, request: Request, ms: float, now_ms: float) -> None:
    """Ends limits with a timer. A timer of Node longer than 2^31 - 1 ms fires after 1 ms."""
    original(account, request, ms if ms < 2**31 else min(ms, 0), now_ms)


@section.patch(
    events, "mark_rate_limited", opened("a", "b", now_ms=2**31 * 1000 - 5000), limit("a", 9000), advance(6000), select()
)
def end_before_2038(original: Original, account: Account, request: Request, ms: float, now_ms: float) -> None:
    """Keeps the end of a limit in 31 bits of seconds, which reach to January 2038."""
    original(account, request, min(now_ms + ms, (2**31 - 1) * 1000) - now_ms, now_ms)


@section.patch(events, "mark_rate_limited", opened("a", "b"), limit("a", 0), select())
def zero_is_a_minute(original: Original, account: Account, request: Request, ms: float, now_ms: float) -> None:
    """Writes `retryAfter || 60000`."""
    original(account, request, ms or 60_000, now_ms)


@section.port(opened(account("a", email="me"), account("b", email="me"), "c"), limit("a", 1000), select())
class LimitsByEmail(ReferenceAdapter):
    """Keeps limits by email, so that accounts with one email share them."""

    def load(self, stored: Any) -> Pool:
        loaded = super().load(stored)
        shared: dict[str, Limits] = {}
        for each in loaded.accounts:
            email = each.stored.get("email")
            if isinstance(email, str) and email:
                each.reset_times_ms = shared.setdefault(email, each.reset_times_ms)
        return loaded


@section.patch(
    limits,
    "forget_ended",
    opened("a", "b"),
    limit("a", 1000),
    limit("a", 9000, "gemini"),
    advance(1000),
    select(),
    select("gemini"),
)
def all_limits_end_together(original: Original, reset_times_ms: Limits, now_ms: float) -> None:
    """Clears the limits of an account when the first of them has ended."""
    if any(now_ms >= end for end in reset_times_ms.values()):
        reset_times_ms.clear()


@section.patch(
    limits,
    "forget_ended",
    opened("a", "b"),
    limit("a", 1000),
    limit("a", 1000, "gemini"),
    advance(1000),
    select(),
    advance(-500),
    select("gemini"),
)
def one_limit_forgotten_at_a_time(original: Original, reset_times_ms: Limits, now_ms: float) -> None:
    """Stops after the first limit that has ended, because it deletes while it iterates."""
    ended = next((key for key, end in reset_times_ms.items() if now_ms >= end), None)
    if ended is not None:
        del reset_times_ms[ended]


@section.patch(
    events,
    "mark_rate_limited",
    opened("a", "b"),
    limit("a", 1000, "gemini"),
    limit("a", 500, "gemini", model="m"),
    advance(500),
    select("gemini", model="m"),
)
def model_limit_replaces_the_base(
    original: Original, account: Account, request: Request, ms: float, now_ms: float
) -> None:
    """Keeps one limit for each header style, so that one of a model replaces the one of all models."""
    account.reset_times_ms.pop(limits.quota_key(request.family, request.style), None)
    original(account, request, ms, now_ms)


@section.patch(
    limits,
    "is_limited",
    opened("a", "b"),
    limit("a", 1000, "gemini", header_style="gemini-cli"),
    select("gemini", header_style="gemini-cli", model="m"),
)
def base_limit_of_one_style(original: Original, reset_times_ms: Limits, request: Request, now_ms: float) -> bool:
    """Looks up the base limit for the default header style when a request has a model."""
    if request.model:
        key = limits.quota_key(request.family, request.style, request.model)
        own = now_ms < reset_times_ms.get(key, now_ms)
        return own or bool(original(reset_times_ms, replace(request, style="antigravity", model=None), now_ms))
    return bool(original(reset_times_ms, request, now_ms))
