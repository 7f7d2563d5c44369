"""Calls about one account, for rules that say which of them have an effect: each of the others must have none.

A port can tie two things together that the plugin keeps apart, such as a use and a success. So a rule such as "a
success resets the failures" is judged with every other event, too.
"""

from collections.abc import Collection, Mapping, Sequence

import pytest

from conformance.cases.hybrid_kit import consume, record, refund
from conformance.cases.kit import Judge
from conformance.wire.calls import advance, cool, label, limit, select
from conformance.wire.needs import needs
from conformance.wire.scenario import Call

REASONS = ("QUOTA_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "SERVER_ERROR", "UNKNOWN")
# Names of events, or their beginnings. The first three keep the account from being selected.
LIMITS, FAILURES, COOLDOWN = "limit of claude", "failure of claude", "cooldown"
RESET, SELECTIONS, OUTCOMES, TOKENS, USE, SUCCESS = (
    "reset of claude",
    "selection",
    "outcome",
    "tokens",
    "use",
    "success",
)
UNUSED = {group: {"remainingFraction": 1} for group in ("claude", "gemini-pro", "gemini-flash")}
BLOCKING = (LIMITS, FAILURES, COOLDOWN)


def switch(index: int, *, on: bool) -> Call:
    return Call("set_enabled", {"label": label(index), "enabled": on})


def require_verification(index: int) -> Call:
    return Call("require_verification", {"label": label(index)})


def clear_verification(index: int) -> Call:
    """The account is verified. Enable it."""
    return Call("clear_verification", {"label": label(index), "enable": True})


def events(index: int) -> Mapping[str, Sequence[Call]]:
    """The events of the account at this index, by name. Each is one call, or some that belong together."""
    named = {"label": label(index)}

    def fail(reason: str, family: str) -> Call:
        return Call("mark_rate_limited_with_reason", {**named, "family": family, "reason": reason})

    return {
        USE: [Call("mark_used", named)],
        SUCCESS: [Call("mark_success", named)],
        **{f"{OUTCOMES} {outcome}": [record(index, outcome)] for outcome in ("success", "rate_limit", "failure")},
        f"{TOKENS} taken": [consume(index, 50)],
        f"{TOKENS} refused": [consume(index, 1000)],
        f"{TOKENS} returned": [refund(index)],
        LIMITS: [limit(index, 1000)],
        f"{LIMITS}, of 0 ms": [limit(index, 0)],
        "limit of gemini": [limit(index, 1000, "gemini"), limit(index, 1000, "gemini", model="m")],
        **{f"{FAILURES}: {reason}": [fail(reason, "claude")] for reason in REASONS},
        "failure of gemini": [fail(REASONS[0], "gemini")],
        COOLDOWN: [cool(index, 1000)],
        "enabled": [switch(index, on=True)],
        "disabled and enabled": [switch(index, on=False), switch(index, on=True)],
        "verified": [clear_verification(index)],
        "verified after a while": [require_verification(index), clear_verification(index)],
        "reading": [Call("update_quota", {**named, "quota": {}})],
        "reading of unused quotas": [Call("update_quota", {**named, "quota": UNUSED})],
        RESET: [Call("reset_limits", {"family": "claude"})],
        "reset of gemini": [Call("reset_limits", {"family": "gemini"})],
        "question min_wait": [Call("min_wait", {"family": "claude"}), Call("min_wait", {"family": "gemini"})],
        "question soft_quota_wait": [Call("soft_quota_wait", {"family": "claude"})],
        "question has_other_account": [Call("has_other_account", {**named, "family": "gemini"})],
        "question available_header_style": [Call("available_header_style", {**named, "family": "gemini"})],
        "question snapshot": [Call("snapshot")],
        **{f"{SELECTIONS} {each}": [select("gemini", each)] for each in ("sticky", "round-robin", "hybrid")},
    }


def rests(judge: Judge, index: int) -> Sequence[tuple[Sequence[Call], Sequence[Call]]]:
    """Ways to keep an account from use: the calls that begin it, and those that end it. Those of the target only.

    An account that rests still changes, because requests that were sent before are answered.
    """
    every = [
        ([switch(index, on=False)], [switch(index, on=True)]),
        ([require_verification(index)], [clear_verification(index)]),
        ([require_verification(index)], [switch(index, on=True)]),
        ([cool(index, 1000)], [advance(1000)]),
    ]
    supported = [each for each in every if all(_claims(judge, calls) for calls in each)]
    if not supported:
        pytest.skip("the target cannot keep an account from use")
    return supported


def other_events(judge: Judge, *without: str, index: int = 0) -> Sequence[Sequence[Call]]:
    """The events that the target supports, without those whose names begin with one of these words.

    Skips the case if there are none.
    """
    wanted = [calls for name, calls in events(index).items() if not name.startswith(without)]
    supported = [calls for calls in wanted if _claims(judge, calls)]
    if not supported:
        pytest.skip("the target supports no other event of an account")
    return supported


def _claims(judge: Judge, calls: Sequence[Call]) -> bool:
    supported: Collection[str] = {"clock", *judge.capabilities}
    return needs(calls) <= set(supported)
