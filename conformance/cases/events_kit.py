"""Events of an account, for rules that say what only time or only one call changes."""

from collections.abc import Iterable

import pytest

from conformance.wire.calls import cool, label, limit, remove
from conformance.wire.scenario import Call

_OF_0 = {"label": label(0)}
_UNUSED = {group: {"remainingFraction": 1} for group in ("claude", "gemini-pro", "gemini-flash")}

# Each event happens to account 0 of a pool with two accounts. Rate limits are those of Gemini, so cases ask for Claude.
EVENTS = {
    "use": [Call("mark_used", _OF_0)],
    "success": [Call("mark_success", _OF_0)],
    "outcome": [Call("record_health", {**_OF_0, "outcome": outcome}) for outcome in ("failure", "success")],
    "tokens": [Call("consume_token", {**_OF_0, "amount": 9}), Call("refund_token", _OF_0)],
    "limit": [limit(0, 1000, "gemini")],
    "backoff": [Call("mark_rate_limited_with_reason", {**_OF_0, "family": "gemini", "reason": "SERVER_ERROR"})],
    "reset": [Call("reset_limits", {"family": "gemini"})],
    "cooldown": [cool(0, 1000, "auth-failure")],
    "wait": [Call("min_wait", {"family": "claude"}), Call("soft_quota_wait", {"family": "claude"})],
    "style": [Call("available_header_style", {**_OF_0, "family": "gemini"})],
    "other account": [Call("has_other_account", {**_OF_0, "family": "gemini"})],
    "reading": [Call("update_quota", {**_OF_0, "quota": _UNUSED})],
    "switch": [Call("set_enabled", {**_OF_0, "enabled": enabled}) for enabled in (False, True)],
    "verification": [Call("require_verification", _OF_0), Call("clear_verification", {**_OF_0, "enable": True})],
    "removal": [remove(1)],
}


def each_event(*, but: Iterable[str] = ()) -> pytest.MarkDecorator:
    """Parametrize a case by `events`. A target without an event's method is not judged by it."""
    names = [name for name in EVENTS if name not in but]
    return pytest.mark.parametrize("events", [pytest.param(EVENTS[name], id=name) for name in names])
