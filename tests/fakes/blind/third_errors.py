"""Reasons of errors, and header styles."""

import re
from typing import Any

from reference_impl import events, reasons
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import HeaderStyle, Request
from reference_impl.pool import Account
from reference_impl.profiles import Profile
from reference_impl.reasons import CAPACITY, QUOTA, RATE
from tests.fakes.blind.calls import call, limit, opened
from tests.fakes.blind.ports import Original, Section

errors_section = Section("errors")
styles_section = Section("styles")


@errors_section.patch(reasons, "read_reason", call("read_reason", message="rate-limit"))
def dashes_are_spaces(
    original: Original, reason: str | None, message: str | None, status: float | None, profile: Profile
) -> str:
    """Searches a message with dashes and underscores as spaces, as codes of errors are often written."""
    return str(original(reason, re.sub("[-_]", " ", message or ""), status, profile))


@errors_section.patch(reasons, "read_reason", call("read_reason", reason="UNKNOWN", message="quota"))
def unknown_is_a_named_reason(
    original: Original, reason: str | None, message: str | None, status: float | None, profile: Profile
) -> str:
    """Parses the named reason with the enumeration of all reasons but SERVER_ERROR, so UNKNOWN is one."""
    is_unknown = (reason or "").upper() == "UNKNOWN"
    return str(original(reason, None if is_unknown else message, status, profile))


@errors_section.patch(reasons, "read_reason", call("read_reason", reason="0"))
def number_names_a_reason(
    original: Original, reason: str | None, message: str | None, status: float | None, profile: Profile
) -> str:
    """Parses the named reason with `Enum.TryParse` of C#, which takes numbers as well."""
    names = (QUOTA, RATE, CAPACITY)
    if reason and reason.isdecimal() and int(reason) < len(names):
        reason = names[int(reason)]
    return str(original(reason, message, status, profile))


@styles_section.patch(
    events,
    "available_header_style",
    opened("a"),
    limit("a", 1000, "gemini"),
    limit("a", 1000, "gemini", header_style="gemini-cli", model="m"),
    call("available_header_style", label="a", family="gemini"),
)
def limit_of_any_model_prevents_the_fallback(
    original: Original, account: Account, request: Request, now_ms: float
) -> HeaderStyle | None:
    """Falls back to gemini-cli only if no model is rate-limited there."""
    style: HeaderStyle | None = original(account, request, now_ms)
    ends = account.reset_times_ms.items()
    limited = any(key.startswith("gemini-cli") and now_ms < end for key, end in ends)
    return None if style == "gemini-cli" and limited else style


@styles_section.port(
    opened("a"),
    limit("a", 1000, "gemini"),
    call("available_header_style", label="a", family="gemini"),
    call("reset_limits", family="gemini"),
    call("available_header_style", label="a", family="gemini"),
)
class FallbackIsRemembered(ReferenceAdapter):
    """Remembers until when an account had to fall back, and does not see that its limit was reset."""

    def __init__(self) -> None:
        super().__init__()
        self.until: dict[tuple[int, str, str | None], float] = {}

    def open(self, *args: Any, **params: Any) -> Any:
        self.until = {}
        return super().open(*args, **params)

    def available_header_style(self, label: str, family: Any, model: str | None = None) -> Any:
        answer = super().available_header_style(label, family, model)
        key = (self.session_number, label, model)
        if family == "gemini" and answer == {"header_style": "gemini-cli"}:
            self.until[key] = self._find(label).reset_times_ms.get("gemini-antigravity", 0)
        held = family == "gemini" and self.now_ms < self.until.get(key, 0)
        return {"header_style": "gemini-cli"} if held else answer
