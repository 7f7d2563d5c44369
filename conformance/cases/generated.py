"""Generated pools and sessions for properties, and the accounts that are available during a session.

The corpus stores complete pools and sessions as JSON, so a change of the generators does not change stored rows.
"""

import copy
import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence

from hypothesis import strategies as st

from conformance.cases.kit import Judge
from conformance.json_type import Json
from conformance.search.sessions import decode
from conformance.search.source import RECORD_BYTES, Draft
from conformance.wire.answers import Answer, Raised
from conformance.wire.calls import NOW_MS, advance, label, limit_family, open_pool, pool
from conformance.wire.methods import CAPABILITIES
from conformance.wire.needs import accounts_in, need_of_parameter, needs, without_unclaimed
from conformance.wire.scenario import Call, Scenario, show_answer

Row = dict[str, Json]  # {"stored": a parsed pool, "events": [[method, parameters], ...]}

FAMILIES = ("claude", "gemini")
FAMILY = st.sampled_from(FAMILIES)
OTHER = {"claude": "gemini", "gemini": "claude"}
STRATEGIES = ("sticky", "round-robin", "hybrid")
PIDS = st.integers(0, 2**32 - 1)
QUOTAS = {"claude": ["claude"], "gemini": ["gemini-antigravity", "gemini-cli"]}
_ENDED_MS, _TO_COME_MS = [NOW_MS - 60_000, NOW_MS - 1, NOW_MS], [NOW_MS + 1, NOW_MS + 1000, NOW_MS + 60_000]
_DURATIONS_MS = st.sampled_from([1, 999, 1000, 60_000])

# Pools. Every account has a token and every time is a number, so that every release loads all accounts.


@st.composite
def pools(
    draw: st.DrawFn,
    *,
    least: int = 2,
    most: int = 7,
    blocked: bool = False,
    disabled: bool = False,
    apart: bool = False,
) -> dict[str, Json]:
    """A parsed pool. Some accounts have been used, and have limits and cooldowns that have ended.

    With `blocked`, some have not ended yet. With `disabled`, some accounts are disabled, but never account 0, where
    selection then starts. With `apart`, the limits for the header styles of Gemini end at different times.
    """
    ends_ms = st.sampled_from([*_ENDED_MS, *_TO_COME_MS] if blocked else _ENDED_MS)
    accounts = []
    for index in range(draw(st.integers(least, most))):
        account: dict[str, Json] = {"lastUsed": draw(st.sampled_from([0, NOW_MS - 100_000, NOW_MS - 5_000_000]))}
        if draw(st.booleans()):
            limits = [(family, draw(ends_ms)) for family in draw(st.lists(FAMILY, unique=True))]
            account["rateLimitResetTimes"] = {
                quota: draw(ends_ms) if apart else end_ms for family, end_ms in limits for quota in QUOTAS[family]
            }
        if draw(st.integers(0, 3)) == 0:
            account["coolingDownUntil"] = draw(ends_ms)
        if disabled and index and draw(st.booleans()):
            account["enabled"] = False
        accounts.append(account)
    if disabled:
        return pool(accounts)
    indices = st.integers(0, len(accounts) - 1)  # other values have rules of their own
    families = draw(st.dictionaries(FAMILY, indices, max_size=2))
    return pool(accounts, activeIndex=draw(indices), activeIndexByFamily=families)


# Events


@st.composite
def sessions(
    draw: st.DrawFn,
    /,
    kinds: Sequence[str] = ("select", "select", "select", "limit", "cool", "advance", "outcome"),
    strategies: Sequence[str] = STRATEGIES,
    shortest: int = 2,
    **of_pool: Json,
) -> Row:
    """A pool and a list of events. `limit` applies to every header style of a family. The offset is always off."""
    stored = draw(pools(**of_pool))
    events: list[Call] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=shortest, max_size=14)):
        index, family = draw(st.integers(0, len(stored["accounts"]) - 1)), draw(FAMILY)
        if kind == "select":
            events.append(Call("select", {"family": family, "strategy": draw(st.sampled_from(strategies))}))
        elif kind == "limit":
            events += limit_family(index, draw(_DURATIONS_MS), family)
        elif kind == "cool":
            ms = draw(_DURATIONS_MS)
            events.append(
                Call("mark_cooling_down", {"label": label(index), "cooldown_ms": ms, "reason": "auth-failure"})
            )
        elif kind == "advance":
            events.append(advance(draw(_DURATIONS_MS)))
        else:
            outcome = draw(st.sampled_from(["success", "rate_limit"]))
            events.append(Call("record_health", {"label": label(index), "outcome": outcome}))
    return {"stored": stored, "events": [[call.method, dict(call.params)] for call in events]}


def events_of(session: Row, capabilities: Collection[str]) -> list[Call]:
    """The events that a target with these capabilities supports."""
    return claimed([Call(method, params) for method, params in session["events"]], capabilities)


def opened(session: Row, pid: int = 0, **stored: Json) -> Call:
    """Open the pool of the session. `stored` replaces keys of the pool."""
    return open_pool({**session["stored"], **stored}, pid=pid)


def count_of(session: Row) -> int:
    return len(session["stored"]["accounts"])


def with_offset(call: Call, is_wanted: Callable[[Call], bool] = lambda _: True) -> Call:
    """The call with the offset on, if it is a selection of the wanted kind."""
    if call.method != "select" or not is_wanted(call):
        return call
    return dataclasses.replace(call, params={**call.params, "pid_offset_enabled": True})


def is_sticky(call: Call) -> bool:
    return bool(call.params.get("strategy") == "sticky")


def usable_at(session: Row, events: Sequence[Call]) -> Iterator[set[str]]:
    """The available accounts before each event and after the last one, as strings "family label"."""
    now_ms = NOW_MS
    until_ms: dict[str, float] = {}
    for index, account in enumerate(session["stored"]["accounts"]):
        for family in FAMILIES:
            limited = account.get("rateLimitResetTimes", {}).get(QUOTAS[family][0], 0)
            until_ms[f"limit {family} {label(index)}"] = limited
            until_ms[f"cooldown {family} {label(index)}"] = account.get("coolingDownUntil", 0)
            until_ms[f"disabled {family} {label(index)}"] = 0 if account.get("enabled", True) else float("inf")
    for event in [*events, None]:
        blocked = {name.partition(" ")[2] for name, end_ms in until_ms.items() if now_ms < end_ms}
        yield {name.partition(" ")[2] for name in until_ms} - blocked
        if event is None:
            return
        params = event.params
        if event.method == "advance":
            now_ms += params["ms"]
        elif event.method == "mark_rate_limited":
            until_ms[f"limit {params['family']} {params['label']}"] = now_ms + params["retry_after_ms"]
        elif event.method == "mark_cooling_down":
            for family in FAMILIES:
                until_ms[f"cooldown {family} {params['label']}"] = now_ms + params["cooldown_ms"]


# Whole sessions of the search, with any call of the wire, unusual values and clocks that move back.

_RECORD = st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES)


def _any_session(head: bytes, given: list[bytes], calls: list[bytes]) -> Json:
    """A decoded session. Each account has a token and its times: POOL-006 and POOL-012 cover other entries."""
    session = decode(Draft(bytes(1) + head[1:], tuple(given), tuple(calls)), CAPABILITIES)
    stored = session.opened["pool"]
    usable = [entry for entry in accounts_in(stored) if _has_token(entry)]
    stored["accounts"] = [{**entry, "addedAt": NOW_MS, "lastUsed": _time(entry.get("lastUsed"))} for entry in usable]
    return [[method, params] for method, params in session.calls]


def _time(value: Json) -> Json:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _has_token(entry: dict[str, Json]) -> bool:
    token = entry.get("refreshToken")
    return isinstance(token, str) and token != ""


ANY_SESSION = st.builds(
    _any_session,
    _RECORD,
    st.lists(_RECORD, min_size=1, max_size=5),
    st.lists(_RECORD, min_size=6, max_size=12),
)


def claimed(calls: Sequence[Call], capabilities: Collection[str]) -> list[Call]:
    """The calls that a target with these capabilities supports, without parameters and values that need others."""
    reduced = [_reduced(call, capabilities) for call in calls]
    return [call for call in reduced if needs([call]) - {"clock"} <= set(capabilities)]


def _reduced(call: Call, capabilities: Collection[str]) -> Call:
    params = {k: v for k, v in call.params.items() if need_of_parameter(call.method, k) in ("", *capabilities)}
    if isinstance(params.get("pool"), dict):
        params["pool"] = without_unclaimed(copy.deepcopy(params["pool"]), capabilities)
    return dataclasses.replace(call, params=params)


def comparable(answers: Sequence[Answer]) -> list[Json]:
    """The answers as JSON, for a comparison with each other.

    An exception equals no other answer, not even the same exception: no call of a property may fail.
    """
    return [
        {"raised": answer.message, "at": position} if isinstance(answer, Raised) else show_answer(answer)
        for position, answer in enumerate(answers)
    ]


def same_accounts(judge: Judge, one: Sequence[Call], two: Sequence[Call], what: str) -> None:
    """Expect the same results of all selections in both sessions, which are sent in one batch."""
    calls = [*one, *two]
    pairs = list(zip(calls, comparable(judge.ask(calls)), strict=True))
    first, second = (
        [answer for call, answer in part if call.method == "select"] for part in (pairs[: len(one)], pairs[len(one) :])
    )
    judge.expect(first, second, Scenario(calls), what)
