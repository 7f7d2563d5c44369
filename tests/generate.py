"""Generated selection scenarios: pools with odd stored values, pool files, and calls that make things happen."""

import json
from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from conformance.wire.calls import NOW_MS, open_pool, pool
from conformance.wire.scenario import ROOT, Call

FAMILIES = st.sampled_from(["claude", "gemini"])
STYLES = st.sampled_from(["antigravity", "gemini-cli"])
MODELS = st.sampled_from([None, None, "m1", "flash-2", "claude-x"])
REASONS = st.sampled_from(
    ["QUOTA_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "MODEL_CAPACITY_EXHAUSTED", "SERVER_ERROR", "UNKNOWN", "?"]
)
ODD_INDICES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-2, 9), st.floats(-2, 9), st.sampled_from([None, "1", True, [], 1e300])
)
QUOTAS = st.sampled_from(["claude", "gemini-antigravity", "gemini-cli", "gemini-cli:m1", "gemini-antigravity:flash-2"])
DURATIONS_MS = st.sampled_from([0, 1, 999, 1000, 1999, 2000, 60_000, 3_600_000, 3_600_001, 0.5])
TIMES: st.SearchStrategy[Any] = st.sampled_from([NOW_MS - 1, NOW_MS, NOW_MS + 1, NOW_MS + 1000, NOW_MS + 3_600_000])
ODD_TIMES: st.SearchStrategy[Any] = st.one_of(
    TIMES, st.sampled_from([None, True, str(NOW_MS + 1000), " 9e12 ", "soon", "", [], [NOW_MS + 5], {}, -1, 1e300])
)
NO_ACCOUNTS: st.SearchStrategy[Any] = st.sampled_from([None, "x", 5, True, [], {}, {"refreshToken": None}])
FRACTIONS: st.SearchStrategy[Any] = st.sampled_from([0, 0.05, 0.1, 0.5, 1, 1.5, -1, None])
RENEWALS: st.SearchStrategy[Any] = st.sampled_from(
    ["2023-11-14T22:13:20.000Z", "2023-11-14T22:13:21.500Z", "2023-11-15T00:00:00Z", "soon", "", None]
)  # NOW_MS is the first

_READING = st.fixed_dictionaries({}, optional={"remainingFraction": FRACTIONS, "resetTime": RENEWALS})
_GROUPS = st.sampled_from(["claude", "gemini-pro", "gemini-flash"])
_ACCOUNT = st.fixed_dictionaries(
    {},
    optional={
        "rateLimitResetTimes": st.dictionaries(QUOTAS, ODD_TIMES, max_size=3),
        "coolingDownUntil": ODD_TIMES,
        "lastUsed": st.one_of(TIMES, st.sampled_from([0, NOW_MS - 100_000, NOW_MS - 1_000_000, -1, 1.5, "x", None])),
        "enabled": st.sampled_from([True, False, None, 0]),
        "refreshToken": st.sampled_from(["", None, "z"]),
        "cachedQuota": st.dictionaries(_GROUPS, _READING),
        "cachedQuotaUpdatedAt": st.sampled_from([NOW_MS, NOW_MS - 600_000, NOW_MS - 600_001, None, 0]),
    },
)


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    stored = pool(draw(st.lists(st.one_of(st.just({}), _ACCOUNT), max_size=6)))
    if draw(st.integers(0, 19)) == 19:
        stored["accounts"].insert(draw(st.integers(0, len(stored["accounts"]))), draw(NO_ACCOUNTS))
    optional = {"activeIndex": ODD_INDICES, "activeIndexByFamily": st.dictionaries(FAMILIES, ODD_INDICES)}
    return stored | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def scenarios(draw: st.DrawFn, capabilities: Collection[str]) -> list[Call]:
    """One session of a target with these capabilities: an `open`, up to 25 calls, and a snapshot at the end."""
    stored = draw(pools())
    settings: dict[str, Any] = {"random": draw(st.lists(st.sampled_from([0, 0.25, 0.5, 0.999]), max_size=3))}
    if "health" in capabilities and draw(st.booleans()):
        settings["health"] = {
            "initial": draw(st.sampled_from([40, 50, 70, 100])),
            "min_usable": draw(st.sampled_from([0, 50, 60])),
        }
        settings["tokens"] = {
            "initial_tokens": draw(st.sampled_from([0.5, 1, 3, 50])),
            "max_tokens": draw(st.sampled_from([1, 10, 50])),
        }
    calls = [open_pool(stored, pid=draw(st.integers(0, 2**22)), **settings)]
    tokens = [entry.get("refreshToken") for entry in stored["accounts"] if isinstance(entry, dict)]
    loaded = [token for token in tokens if isinstance(token, str) and token]
    kinds = [kind for kind, needs in _KINDS if needs in capabilities]
    for _ in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(kinds)) if loaded else "select"
        call = draw(_call(kind, capabilities, st.sampled_from(loaded) if loaded else st.nothing()))
        calls.append(call)
        if kind == "remove":
            loaded.remove(call.params["label"])
    return [*calls, Call("snapshot")]


EMAILS: st.SearchStrategy[Any] = st.sampled_from(["one", "one", "two", "One", "", None, 1, True, [], {}])
ODD_USES: st.SearchStrategy[Any] = st.sampled_from([0, 5, 10, 10.5, "5", "10", "", "soon", None, True, {}, -1])
OLD_LIMITS: st.SearchStrategy[Any] = st.one_of(
    st.dictionaries(st.sampled_from(["claude", "gemini", "gemini-cli"]), ODD_TIMES, max_size=3),
    st.sampled_from([None, []]),
)

_FILED = st.fixed_dictionaries(
    {"refreshToken": st.sampled_from([*"abcdef", ""])},
    optional={
        "email": EMAILS,
        "lastUsed": ODD_USES,
        "addedAt": ODD_USES,
        "enabled": st.sampled_from([True, False]),
        "isRateLimited": st.sampled_from([True, False, 1, "", None]),
        "rateLimitResetTime": ODD_TIMES,
        "rateLimitResetTimes": OLD_LIMITS,
        "coolingDownUntil": ODD_TIMES,
    },
)


@st.composite
def pool_files(draw: st.DrawFn) -> str:
    """A pool file of any version, mostly one that can be read."""
    rarely = st.integers(0, 9).map(lambda drawn: drawn == 9)
    entries = st.one_of(_FILED, _FILED, NO_ACCOUNTS) if draw(rarely) else _FILED
    document = {
        "version": draw(st.sampled_from([5, "3", True, None] if draw(rarely) else [1, 2, 3, 3.0, 4])),
        "accounts": draw(st.sampled_from([None, {}, "ab"]) if draw(rarely) else st.lists(entries, max_size=5)),
        "activeIndex": draw(ODD_INDICES),
        "activeIndexByFamily": draw(st.one_of(st.dictionaries(FAMILIES, ODD_INDICES), st.sampled_from([None, [], 5]))),
    }
    if draw(rarely):
        del document[draw(st.sampled_from(list(document)))]
    return json.dumps(document)


@st.composite
def file_sessions(draw: st.DrawFn, capabilities: Collection[str]) -> list[Call]:
    """One session on a pool file: what is loaded depends on the target, so no call names an account."""
    opened = Call("open", {"home": f"{ROOT}/home", "pid": draw(st.integers(0, 99)), "now_ms": NOW_MS})
    kinds = st.sampled_from(["select", "select", "select", "min_wait", "advance"])
    return [opened, *(draw(_call(draw(kinds), capabilities, st.nothing())) for _ in range(4)), Call("snapshot")]


_KINDS = [
    *[("select", "sticky")] * 10,
    *[("mark_rate_limited", "limits")] * 3,
    *[("advance", "clock")] * 3,
    *[("mark_rate_limited_with_reason", "backoff")] * 2,
    *[("record_health", "health")] * 2,
    *[("consume_token", "tokens")] * 2,
    ("refund_token", "tokens"),
    ("mark_success", "backoff"),
    ("mark_used", "used"),
    ("mark_cooling_down", "cooldown"),
    ("set_enabled", "enabled"),
    ("remove", "remove"),
    ("min_wait", "min-wait"),
    ("min_wait", "min-wait"),
    ("soft_quota_wait", "soft-quota"),
    ("reset_limits", "reset-limits"),
    ("has_other_account", "other-account"),
]


@st.composite
def _call(draw: st.DrawFn, method: str, capabilities: Collection[str], labels: st.SearchStrategy[str]) -> Call:
    request = {"family": FAMILIES, "model": MODELS}
    soft = {"soft_quota_threshold_percent": st.sampled_from([None, 90, 50, 100])}
    strict = {"header_style": st.sampled_from([None, "antigravity", "gemini-cli"]), "strict": st.booleans()}
    shapes: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "select": {
            **request,
            "strategy": st.sampled_from(["sticky", "sticky", "round-robin", "hybrid", "hybrid"]),
            "header_style": STYLES,
            "pid_offset_enabled": st.booleans(),
            **(soft if "soft-quota" in capabilities else {}),
        },
        "mark_rate_limited": {"label": labels, **request, "header_style": STYLES, "retry_after_ms": DURATIONS_MS},
        "mark_rate_limited_with_reason": {
            "label": labels,
            **request,
            "header_style": STYLES,
            "reason": REASONS,
            "retry_after_ms": st.sampled_from([None, None, 0, 1, 5000, -1]),
            "failure_ttl_ms": st.sampled_from([None, 0, 1000]),
        },
        "mark_success": {"label": labels},
        "mark_used": {"label": labels},
        "mark_cooling_down": {"label": labels, "cooldown_ms": DURATIONS_MS, "reason": st.just("auth-failure")},
        "set_enabled": {"label": labels, "enabled": st.booleans()},
        "remove": {"label": labels},
        "record_health": {"label": labels, "outcome": st.sampled_from(["success", "rate_limit", "failure"])},
        "consume_token": {"label": labels, "amount": st.sampled_from([1, 1, 0.5, 49, 60])},
        "refund_token": {"label": labels, "amount": st.sampled_from([1, 0.5, 60])},
        "min_wait": {**request, **(strict if "strict-wait" in capabilities else {})},
        "soft_quota_wait": {**request, **soft},
        "reset_limits": request,
        "has_other_account": {"label": labels, **request},
        "advance": {"ms": DURATIONS_MS},
    }
    return Call(method, draw(st.fixed_dictionaries(shapes[method])))
