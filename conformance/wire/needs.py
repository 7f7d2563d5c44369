"""The capabilities without which a target cannot be asked these calls."""

from collections.abc import Iterator, Sequence

from conformance.wire.methods import METHODS
from conformance.wire.scenario import Call

BY_PARAMETER = {  # a parameter that needs a capability beside that of its method
    "home": "storage",
    "now_ms": "clock",
    "random": "random",
    "health": "health",
    "tokens": "tokens",
    "pid_offset_enabled": "pid",
    "soft_quota_threshold_percent": "soft-quota",
    "soft_quota_cache_ttl_ms": "soft-quota",
    "strict": "strict-wait",
}


def needs(calls: Sequence[Call]) -> set[str]:
    """The capabilities that these calls need; those of the requirement that they judge come on top."""
    return {capability for call in calls for capability in _of(call)} - {""}


def _of(call: Call) -> Iterator[str]:
    params = call.params
    yield METHODS[call.method].needs
    if call.method == "select":
        yield params["strategy"]
    if call.method == "load_config":
        yield "environment" if params.get("environment") else ""
        yield "platform" if params.get("platform", "linux") != "linux" else ""
        return
    if call.method == "min_wait" and params.get("header_style") is not None:
        yield "strict-wait"
    for name in params:
        yield BY_PARAMETER.get(name, "")
