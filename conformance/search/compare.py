"""Decides whether two answers to one call count as equal.

Two failures are equal, whatever their messages: the oracle lets the reference fail only where a quirk says so. Result
fields that the wire does not define are ignored. So is the part of a snapshot that no later call can observe.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from conformance.json_type import Json
from conformance.search.config_keys import known_keys
from conformance.search.oracle import is_finite
from conformance.wire.answers import Answer, Raised, Result
from conformance.wire.methods import METHODS
from conformance.wire.scenario import READ_FILE, matches, show_answer
from reference_impl.javascript import to_number

FAILED = {"failed": True}


def first_difference(
    calls: Sequence[tuple[str, Mapping[str, Json]]], expected: Sequence[Answer], answered: Sequence[Answer]
) -> int | None:
    """The position of the first call whose two answers differ, or None."""
    for position, now_ms in enumerate(instants(calls)):
        if not are_same(calls[position][0], expected[position], answered[position], now_ms):
            return position
    return None


def instants(calls: Sequence[tuple[str, Mapping[str, Json]]]) -> Iterator[float]:
    """The time of the clock at each call, in milliseconds."""
    now_ms: float = 0
    for method, params in calls:
        if method == "open":
            now_ms = params.get("now_ms", 0)
        elif method == "advance":
            now_ms += params["ms"]
        yield now_ms


def are_same(method: str, expected: Answer, answered: Answer, now_ms: float) -> bool:
    """Do both answers to this call count as equal?"""
    one, other = normalized(method, expected, now_ms), normalized(method, answered, now_ms)
    if method == "snapshot" and isinstance(expected, Result) and isinstance(answered, Result):
        both = one.keys() & other.keys()  # every field of a snapshot is optional
        one, other = ({key: each[key] for key in both} for each in (one, other))
    return matches(one, other) and matches(other, one)


def normalized(method: str, answer: Answer, now_ms: float) -> Json:
    """The part of an answer that is compared. A NaN or infinite number counts as a failure."""
    if isinstance(answer, Raised) or (isinstance(answer, Result) and not is_finite(answer.value)):
        return FAILED
    if not isinstance(answer, Result):
        return show_answer(answer)
    if not isinstance(answer.value, dict):
        return answer.value
    if method == "snapshot":
        return show_snapshot(answer.value, now_ms)
    if method == "load_config":
        return known_keys(answer.value.get("config", {}))
    known = None if method == READ_FILE else METHODS[method].result
    fields = getattr(known, "model_fields", None) or {"label", "index", "json"}
    return {key: value for key, value in answer.value.items() if key in fields}


def show_snapshot(snapshot: Json, now_ms: float) -> Json:
    """The part of a snapshot that later calls can observe.

    Ignored: limits and cooldowns that have ended (a target may drop them late), the spelling of stored times, and the
    cursor of an empty pool. `enabled` is ignored as well, because not every release loads it.
    """
    state = {"active_index_by_family": snapshot.get("active_index_by_family")}
    if "accounts" in snapshot:
        state["accounts"] = [_show_account(account, now_ms) for account in snapshot["accounts"]]
        if state["accounts"]:
            state["cursor"] = snapshot.get("cursor")
    return {key: value for key, value in state.items() if value is not None}


def _show_account(account: Json, now_ms: float) -> Json:
    limits = {key: to_number(end) for key, end in account.get("rate_limit_reset_times_ms", {}).items()}
    until_ms = account.get("cooling_down_until_ms")
    rest_ms = math.nan if until_ms is None else to_number(until_ms)
    return {
        **{key: account.get(key) for key in ("label", "index", "last_used_ms")},
        "limits": {key: end for key, end in limits.items() if now_ms < end},
        "cooling_down_until_ms": rest_ms if now_ms < rest_ms else None,
    }
