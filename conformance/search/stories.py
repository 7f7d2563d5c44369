"""Shrinks the scenario of a failure to the shortest calls whose last answer is wrong, and tells the state before.

The cases judge; this only describes. The reference, at the profile of the run, says which answer is wrong.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from conformance.json_type import Json
from conformance.search.compare import are_same, instants
from conformance.search.explain import state_before
from conformance.search.oracle import Oracle
from conformance.wire.answers import Answer, NotSupported, Refused
from conformance.wire.files import Send, ask
from conformance.wire.scenario import Call, Scenario, show_answer
from reference_impl.profiles import Profile, profile

IsKnown = Callable[[Scenario, Json, Json], bool]  # with the expected and the actual answer to the last call
MOST_TRIALS = 120  # of shorter scenarios


@dataclass(frozen=True)
class Shortest:
    """A scenario whose last answer differs from that of the reference, with the state before that call."""

    scenario: Scenario
    expected: Json
    actual: Json
    before: Sequence[str]


class Storyteller:
    """Asks a running target shorter and shorter scenarios, until a moment of the monotonic clock."""

    def __init__(self, send: Send, folder: Path | None, profile_name: str, until_s: float = math.inf) -> None:
        self._ask = partial(ask, send=send, within=folder)
        self._profile: Profile = profile(profile_name)
        self._trials, self._until_s = 0, until_s

    def tell(self, scenario: Scenario, is_known: IsKnown = lambda *_: False) -> Shortest | None:
        """The shortest scenario found. None if the target answers all calls as the reference does.

        A scenario whose wrong answer `is_known`, because a deviation covers it, is no story of a failure.
        """
        position = self._first_wrong(scenario)
        if position is None:
            return None
        shortest = _cut(scenario, position)
        if self._is_known(shortest, is_known):
            return None
        self._trials = 0
        while (shorter := self._shorter(shortest, is_known)) is not None:
            shortest = shorter
        expected, answered = self._predicted(shortest)[-1], self._ask(shortest)[-1]
        before = tuple(state_before(shortest, len(shortest.calls) - 1, self._profile))
        return Shortest(shortest, _whole(show_answer(expected)), _whole(show_answer(answered)), before)

    def _is_known(self, scenario: Scenario, is_known: IsKnown) -> bool:
        expected, answered = self._predicted(scenario)[-1], self._ask(scenario)[-1]
        return is_known(scenario, show_answer(expected), show_answer(answered))

    def _predicted(self, scenario: Scenario) -> list[Answer]:
        return ask(scenario, Oracle(self._profile, strict=False).answers)

    def _first_wrong(self, scenario: Scenario) -> int | None:
        expected, answered = self._predicted(scenario), self._ask(scenario)
        calls = [(call.method, call.params) for call in scenario.calls]
        triples = zip(scenario.calls, expected, answered, instants(calls), strict=True)
        for position, (call, ours, theirs, now_ms) in enumerate(triples):
            if isinstance(theirs, NotSupported) or are_same(call.method, ours, theirs, now_ms):
                continue
            if call.accepts(theirs) and "expect" in call.to_json():
                continue  # the rule allows it
            return position
        return None

    def _shorter(self, scenario: Scenario, is_known: IsKnown) -> Scenario | None:
        for candidate in _candidates(scenario):
            if self._trials >= MOST_TRIALS or time.monotonic() >= self._until_s:
                return None
            self._trials += 1
            is_legal = not any(isinstance(answer, Refused) for answer in self._predicted(candidate)[:-1])
            is_alike = type(self._predicted(candidate)[-1]) is type(self._predicted(scenario)[-1])
            is_last = self._first_wrong(candidate) == len(candidate.calls) - 1
            if is_legal and is_alike and is_last and not self._is_known(candidate, is_known):
                return candidate
        return None


def _whole(value: Json) -> Json:
    """Whole numbers without a fraction, as JSON has them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _cut(scenario: Scenario, position: int) -> Scenario:
    """The calls up to the wrong answer, without expectations, which need not hold for shorter scenarios."""
    calls = [Call(call.method, call.params, files=call.files) for call in scenario.calls[: position + 1]]
    return Scenario(calls, scenario.files)


def _candidates(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios with one thing less, the greatest first."""
    calls = list(scenario.calls)
    for size in (4, 2, 1):
        for at in range(len(calls) - 1 - size, -1, -1):
            if any(call.method == "open" for call in calls[at : at + size]):
                continue  # a target may keep the pool of an earlier scenario
            yield replace(scenario, calls=[*calls[:at], *calls[at + size :]])
    for path in scenario.files:
        yield replace(scenario, files={name: text for name, text in scenario.files.items() if name != path})
    for at, call in enumerate(calls):
        for params in _smaller(call.params):
            yield replace(scenario, calls=[*calls[:at], replace(call, params=params), *calls[at + 1 :]])


def _smaller(params: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    pool = params.get("pool")
    if isinstance(pool, dict) and isinstance(pool.get("accounts"), list):
        for accounts in _with_less(pool["accounts"]):
            yield {**params, "pool": {**pool, "accounts": accounts}}
        for key in pool:
            if key not in ("version", "accounts", "activeIndex"):
                yield {**params, "pool": {name: value for name, value in pool.items() if name != key}}
        if pool.get("activeIndex"):
            yield {**params, "pool": {**pool, "activeIndex": 0}}
    for key in ("model", "header_style", "random", "health", "tokens"):
        if key in params:
            yield {name: value for name, value in params.items() if name != key}
    if isinstance(params.get("pid"), int) and params["pid"] > 1:
        yield {**params, "pid": 1}


def _with_less(accounts: Sequence[Json]) -> Iterator[Sequence[Json]]:
    for at in range(len(accounts) - 1, -1, -1):
        yield [*accounts[:at], *accounts[at + 1 :]]
    plain = {"refreshToken", "addedAt", "lastUsed"}
    for at, account in enumerate(accounts):
        for key in account if isinstance(account, dict) else ():
            if key not in plain:
                less = {name: value for name, value in account.items() if name != key}
                yield [*accounts[:at], less, *accounts[at + 1 :]]
