"""Builds calls that open a pool and bring its accounts to a given health, tokens and idle time."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, label, open_pool, pool
from conformance.wire.scenario import Call

INITIAL_HEALTH = 70
LOSS_BY_RATE_LIMIT = 10


class AccountState(NamedTuple):
    """The inputs of hybrid selection for one account."""

    health: int = INITIAL_HEALTH
    tokens: float = 50
    idle_s: float = 3600


def open_with(accounts: Sequence[AccountState], *, full: float = 50, **params: Json) -> list[Call]:
    """Return the calls that open a pool with these accounts, from index 1 on.

    Account 0 is the current account of both families. It has no tokens, so it is not a candidate, and no other account
    gets the bonus of the current account. `full` is the number of tokens in a new bucket.
    """
    every = [AccountState(tokens=0), *accounts]
    stored = pool([{"lastUsed": NOW_MS - each.idle_s * 1000} for each in every])
    calls = [open_pool(stored, **params)]
    for index, each in enumerate(every):
        calls += _outcomes(index, each.health)
        if each.tokens < full:
            calls.append(consume(index, full - each.tokens))
    return calls


def _outcomes(index: int, health: int) -> list[Call]:
    """Rate limits until the health is at most the given one, then successes up to it."""
    limits = max(0, ceil((INITIAL_HEALTH - health) / LOSS_BY_RATE_LIMIT))
    successes = health - (INITIAL_HEALTH - limits * LOSS_BY_RATE_LIMIT)
    return [record(index, "rate_limit")] * limits + [record(index, "success")] * successes


def record(index: int, outcome: str) -> Call:
    """Record the outcome of a request with the account at this index."""
    return Call("record_health", {"label": label(index), "outcome": outcome})


def consume(index: int, amount: float | None = None) -> Call:
    """Take tokens from the account at this index."""
    return Call("consume_token", {"label": label(index)} | ({} if amount is None else {"amount": amount}))


def refund(index: int, amount: float | None = None) -> Call:
    """Return tokens to the account at this index."""
    return Call("refund_token", {"label": label(index)} | ({} if amount is None else {"amount": amount}))
