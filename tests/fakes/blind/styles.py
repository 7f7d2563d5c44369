"""The header style of a request."""

from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import events, limits
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account
from tests.fakes.blind.calls import (
    advance,
    call,
    limit,
    opened,
)
from tests.fakes.blind.ports import Original, Section

section = Section("styles")


def style_of(label: str, family: str = "gemini", **params: Json) -> Any:
    return call("available_header_style", label=label, family=family, **params)


@section.port(
    opened("a"), limit("a", 1000, "gemini"), style_of("a"), call("reset_limits", family="gemini"), style_of("a")
)
class StyleCachedUntilTheNextLimit(ReferenceAdapter):
    """Caches the header style of an account until the clock moves or a limit is set."""

    def open(self, **params: Any) -> Json:  # type: ignore[override]
        self.styles: dict[Any, Json] = {}
        return super().open(**params)

    def advance(self, ms: float) -> Json:
        self.styles = {}
        return super().advance(ms)

    def mark_rate_limited(self, *args: Any, **params: Any) -> None:
        self.styles = {}
        super().mark_rate_limited(*args, **params)

    def mark_rate_limited_with_reason(self, *args: Any, **params: Any) -> Json:
        self.styles = {}
        return super().mark_rate_limited_with_reason(*args, **params)

    def available_header_style(self, label: str, family: Any, model: str | None = None) -> Json:
        self._find(label)
        key = (self.session_number, label, family, model)
        if key not in self.styles:
            self.styles[key] = super().available_header_style(label, family, model)
        return self.styles[key]


@section.port(opened("a", "b"), call("require_verification", label="a"), style_of("a"))
class NoStyleWhileUnverified(ReferenceAdapter):
    """Has no header style for an account that waits for verification."""

    def available_header_style(self, label: str, family: Any, model: str | None = None) -> Json:
        found = super().available_header_style(label, family, model)
        waiting = self._find(label).verification.get("verificationRequired") is True
        return {"header_style": None} if waiting else found


@section.patch(events, "available_header_style", opened("a"), limit("a", 1000, "gemini"), advance(1000), style_of("a"))
def style_returns_a_moment_late(original: Original, account: Account, request: Request, now_ms: float) -> Json:
    """Writes `<=` where it compares the clock with the end of a limit."""
    return original(account, request, now_ms - 0.5)


@section.patch(
    events,
    "available_header_style",
    opened("a"),
    limit("a", 1000, "gemini", model="pro"),
    limit("a", 1000, "gemini", model="pro", header_style="gemini-cli"),
    style_of("a", model="pro"),
)
def style_of_the_base_quota(original: Original, account: Account, request: Request, now_ms: float) -> Json:
    """Ignores the model where the second header style is asked, which makes it available too early."""
    found = original(account, request, now_ms)
    if found is None and request.family == "gemini":
        base = replace(request, model=None, style="gemini-cli")
        return None if limits.is_limited(account.reset_times_ms, base, now_ms) else "gemini-cli"
    return found
