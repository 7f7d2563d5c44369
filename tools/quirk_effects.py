"""Finds the quirks that change the answers to a scenario, by asking the reference with each quirk and without it."""

from collections.abc import Collection, Iterator, Sequence

from conformance.search.compare import are_same, instants
from conformance.search.oracle import Oracle
from conformance.wire.answers import Answer
from conformance.wire.files import ask
from conformance.wire.scenario import Scenario
from reference_impl.profiles import Profile


class CountingProfile(Profile):
    """A profile that records which quirks were queried. No other quirk can change an answer."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile.name, profile.quirks)
        object.__setattr__(self, "seen", set())

    def has(self, quirk: str) -> bool:
        seen: set[str] = self.__dict__["seen"]
        seen.add(quirk)
        return super().has(quirk)


def quirk_effects(scenario: Scenario, profile: Profile, quirks: Collection[str]) -> Iterator[tuple[str, int]]:
    """Each of these quirks that the profile has, with the number of answers that it changes."""
    counting = CountingProfile(profile)
    answers = answers_of(scenario, counting)
    for quirk in sorted(counting.__dict__["seen"] & profile.quirks & set(quirks)):
        without = answers_of(scenario, Profile(profile.name, profile.quirks - {quirk}))
        yield quirk, changed(scenario, answers, without)


def changed(scenario: Scenario, answers: Sequence[Answer], others: Sequence[Answer]) -> int:
    """The number of calls with different answers."""
    calls = [(call.method, call.params) for call in scenario.calls]
    asked = zip(calls, answers, others, instants(calls), strict=True)
    return sum(not are_same(method, answer, other, now_ms) for (method, _), answer, other, now_ms in asked)


def answers_of(scenario: Scenario, profile: Profile) -> list[Answer]:
    """The answers of the reference with the quirks of a profile."""
    return ask(scenario, Oracle(profile).answers)
