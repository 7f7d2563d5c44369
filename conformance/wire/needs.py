"""The capabilities that calls need, derived from their methods, parameters and content."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from conformance.json_type import Json
from conformance.wire.methods import METHODS
from conformance.wire.scenario import READ_FILE, Call, Scenario

BY_PARAMETER = {  # parameters that need a capability in addition to that of the method
    "home": "storage",
    "now_ms": "clock",
    "random": "random",
    "health": "health",
    "tokens": "tokens",
    "pid_offset_enabled": "offset",
    "header_style": "header-styles",
    "soft_quota_threshold_percent": "soft-quota",
    "soft_quota_cache_ttl_ms": "soft-quota",
    "strict": "strict-wait",
    "environment": "environment",
    "platform": "platform",
}
STORED_QUOTA = ("cachedQuota", "cachedQuotaUpdatedAt")
STORED_TIMES = ("rateLimitResetTimes", "rateLimitResetTime", "coolingDownUntil", *STORED_QUOTA)
STORED_STATE = ("rateLimitResetTimes", "rateLimitResetTime", "isRateLimited", "coolingDownUntil", "enabled")
STYLED_QUOTA = "gemini-"  # prefix of the quota keys of Gemini, which name a header style
DRAWING_REASON = "MODEL_CAPACITY_EXHAUSTED"
# The results of these methods change with every millisecond.
BY_THE_MILLISECOND = {
    "advance", "min_wait", "soft_quota_wait", "mark_rate_limited_with_reason", "record_health", "consume_token",
    "refund_token", "snapshot", "save", "flush_save",
}  # fmt: skip
LONG_MS = 60_000  # a limit of this length does not end while a scenario runs


def need_of_parameter(method: str, name: str) -> str:
    """The capability that a parameter needs in addition to that of its method; empty if it needs none."""
    if method == "load_config" or (method, name) == ("pool_path", "home"):
        return ""
    return "strict-wait" if (method, name) == ("min_wait", "header_style") else BY_PARAMETER.get(name, "")


def needs(calls: Sequence[Call]) -> set[str]:
    """The capabilities that these calls need, without those of the requirement that they judge."""
    return {capability for call in calls for capability in _of(call)} - {""}


def needs_of_scenario(scenario: Scenario) -> set[str]:
    """The capabilities that a scenario and its files need. `clock` only if the answers depend on the time."""
    found = needs(scenario.calls) - {"clock"}
    files = [scenario.files, *(call.files for call in scenario.calls)]
    pools = [_parsed(content["text"]) for part in files for content in part.values() if "text" in content]
    found |= {capability for pool in pools for capability in _of_stored(pool)}
    pools += [call.params.get("pool") for call in scenario.calls]
    has_times = any(key in account for pool in pools for account in accounts_in(pool) for key in STORED_TIMES)
    if has_times or any(_depends_on_clock(call) for call in scenario.calls):
        found.add("clock")
    return found - {""}


def _of(call: Call) -> Iterator[str]:
    params = call.params
    if call.method == READ_FILE:
        return
    yield METHODS[call.method].needs
    if call.method == "select":
        yield params["strategy"]
    if call.method == "load_config":
        yield "environment" if params.get("environment") else ""
        yield "platform" if params.get("platform", "linux") != "linux" else ""
        return
    if call.method == "open":
        yield from _of_stored(params.get("pool"))
    if call.method.startswith("mark_rate_limited") and params.get("family") == "gemini":
        yield "header-styles"  # without the parameter, the limit applies to one of the two header styles
    if call.method != "read_reason" and params.get("reason") == DRAWING_REASON:
        yield "random"
    if params.get("pid_offset_enabled"):
        yield "pid"
    for name in params.keys() & BY_PARAMETER.keys():
        yield need_of_parameter(call.method, name)


def without_unclaimed(pool: Json, capabilities: Collection[str]) -> Json:
    """The pool without the stored values that need a missing capability."""
    hidden = {key for key in STORED_QUOTA if "soft-quota" not in capabilities}
    hidden |= {key for key in STORED_STATE if "stored-state" not in capabilities}
    for account in accounts_in(pool):
        limits = account.get("rateLimitResetTimes")
        if "header-styles" not in capabilities and isinstance(limits, dict):
            kept = {key: end for key, end in limits.items() if not str(key).startswith(STYLED_QUOTA)}
            account["rateLimitResetTimes"] = kept
        for key in hidden & set(account):
            del account[key]
    return pool


def _of_stored(pool: Json) -> Iterator[str]:
    for account in accounts_in(pool):
        yield "stored-state" if any(key in account for key in STORED_STATE) else ""
        yield "soft-quota" if any(key in account for key in STORED_QUOTA) else ""
        limits = account.get("rateLimitResetTimes")
        styled = isinstance(limits, dict) and any(str(key).startswith(STYLED_QUOTA) for key in limits)
        yield "header-styles" if styled else ""


def accounts_in(pool: Json) -> list[dict[str, Json]]:
    """The entries of a stored pool that are objects; none if it has no list of accounts."""
    accounts = pool.get("accounts") if isinstance(pool, dict) else None
    return [account for account in accounts if isinstance(account, dict)] if isinstance(accounts, list) else []


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a broken file, or one that is nested too deep
        return None


def _depends_on_clock(call: Call) -> bool:
    params: Mapping[str, Json] = call.params
    durations = [params[name] for name in ("retry_after_ms", "cooldown_ms") if params.get(name) is not None]
    return (
        call.method in BY_THE_MILLISECOND
        or params.get("strategy") == "hybrid"
        or "soft_quota_threshold_percent" in params
        or any(duration_ms < LONG_MS for duration_ms in durations)
    )
