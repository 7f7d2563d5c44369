"""Swarm testing: some sessions draw only steps that act on the same state, so that these steps meet often.

A session of all steps rarely has the three or four in a row that a rare behaviour needs.
"""

from typing import NamedTuple

from conformance.search.further_steps import FURTHER_KINDS
from conformance.search.sequences import SEQUENCES
from conformance.search.source import Table, table
from conformance.search.steps import KINDS, Step


class Focus(NamedTuple):
    """The steps of a session: those that need one of these capabilities. What is empty does not restrict it."""

    capabilities: frozenset[str] = frozenset()
    strategies: tuple[str, ...] = ()
    offsets: tuple[bool, ...] = ()  # is the PID offset on?
    most: int = 9  # the greatest weight of a kind of step
    plain: bool = False  # are all stored accounts available?


REMOVAL = Focus(frozenset({"sticky", "round-robin", "remove"}), ("round-robin", "sticky"), most=20)
OFFSET = Focus(REMOVAL.capabilities | {"pid", "offset"}, ("sticky",), offsets=(True,), most=4, plain=True)
TRACKERS = Focus(frozenset({"sticky", "health", "tokens", "remove", "clock", "sessions"}), ("hybrid",))
WAITS = Focus(frozenset({"limits", "cooldown", "enabled", "min-wait", "reset-limits", "clock", "header-styles"}))
FOCUSES = table(*[Focus()] * 12, *[REMOVAL] * 4, *[OFFSET] * 3, *[TRACKERS] * 5, *[WAITS] * 3)


def kinds_of(capabilities: frozenset[str], most: int = 256) -> Table[Step]:
    """The kinds of steps that need these capabilities, by byte, each with its weight or `most`."""
    every = (*KINDS, *FURTHER_KINDS, *SEQUENCES)
    claimed = [(kind, weight) for kind, weight, needs in every if capabilities.issuperset(needs.split())]
    chosen = [kind for kind, weight in claimed for _ in range(min(weight, most))]
    return table(*chosen) if chosen else ()
