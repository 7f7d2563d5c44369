"""The search finds the faults of ports in this process, and names the quirks that explain them."""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pytest

from conformance.cases.generated import comparable
from conformance.json_type import Json
from conformance.reports.discrepancy import describe_discrepancy, shortened
from conformance.search.compare import are_same, first_difference
from conformance.search.differential import DifferentialRunner, Pipeline
from conformance.search.discrepancy import Discrepancy, to_session
from conformance.search.explain import explaining_quirks
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, ReferenceFault, flip_quirks
from conformance.search.sessions import decode
from conformance.search.source import Draft, stream
from conformance.search.steps import GeneratedSession
from conformance.wire.answers import Answer, NotSupported, Raised, Refusal, Refused, Result
from conformance.wire.scenario import Call, Scenario
from reference_impl.adapter import CAPABILITIES, ReferenceAdapter
from reference_impl.profiles import QUIRKS, Profile, profile
from tests.support.in_process import InProcessConnection
from tests.support.tiers import sampled

SEED = "tests"


def claimed(of: Profile) -> list[str]:
    return [word for word in CAPABILITIES if of.knows(word)]


def sessions(capabilities: list[str], count: int) -> Iterator[tuple[Draft, GeneratedSession]]:
    return ((draft, decode(draft, capabilities)) for draft in islice(stream(SEED), count))


def test_reference_has_no_difference_from_itself() -> None:
    pipeline = Pipeline(InProcessConnection(ReferenceAdapter()), Oracle(flip_quirks("recommended")))
    assert list(pipeline.differences(sessions(list(CAPABILITIES), 300))) == []
    assert pipeline.tally.sessions == 300
    assert pipeline.tally.calls == sum(pipeline.tally.by_kind.values()) > 5_000


def test_search_without_any_call_ends() -> None:
    """Such as for a target that claims only what needs other capabilities."""
    runner = Pipeline(InProcessConnection(ReferenceAdapter()), Oracle(flip_quirks("recommended")))
    search = Search(cast(DifferentialRunner, runner), ["strict-wait"], SEED, Bounds(calls=500))
    assert list(islice(search.run(), 1)) == []
    assert runner.tally.calls == 0


def test_long_discrepancy_is_shortened_in_the_middle() -> None:
    lines = [f"{number}\nmore" for number in range(10)]
    assert list(shortened(lines, 20)) == "\n".join(lines).split("\n")
    assert list(shortened(lines, 6)) == ["0", "more", "1", "    [15 more lines]", "9", "more"]


NOBODY: dict[str, Json] = {
    "open": {"accounts": ["nobody"]},
    "select": {"label": "nobody", "index": 77},
    "min_wait": {"wait_ms": 77},
    "mark_rate_limited_with_reason": {"backoff_ms": 77},
    "load_config": {"config": {}},
}


class BehindAQuirk:
    """Behaves as a release, but gives an impossible answer wherever one of its quirks has an effect."""

    def __init__(self, of: Profile, quirk: str) -> None:
        self.with_it = Oracle(of)
        self.without = Oracle(Profile(of.name, of.quirks - {quirk}))

    def __getattr__(self, method: str) -> Any:
        def call(**params: Json) -> Json:
            answers = [oracle.answers([(method, params)])[0] for oracle in (self.with_it, self.without)]
            if method in NOBODY and not are_same(method, answers[0], answers[1], 0):
                return NOBODY[method]
            match answers[0]:
                case Result(value):
                    return value
                case Refused(kind, message):
                    raise Refusal(kind, message)
            raise RuntimeError(answers[0])

        return call


# These quirks affect what one process leaves to another: tests/unit/test_saving.py.
SAVING = (
    "save-never-removes-accounts",
    "save-overwrites-rate-limits",
    "save-overwrites-cooldown-and-email",
    "save-overwrites-enabled",
    "save-overwrites-quota-readings",
    "save-keeps-duplicates-of-version-3",
    "saved-index-not-remapped",
)


@pytest.mark.parametrize(
    "quirk", sampled([q for q in QUIRKS if q.name not in SAVING], every=12), ids=lambda quirk: quirk.name
)
def test_a_fault_behind_a_known_quirk_is_found(quirk: Any) -> None:
    of = profile(quirk.releases[-1])
    pipeline = Pipeline(InProcessConnection(BehindAQuirk(of, quirk.name)), Oracle(of))
    assert next(pipeline.differences(sessions(claimed(of), 6_000)), None) is not None


@pytest.mark.parametrize("quirk", sampled(QUIRKS), ids=lambda quirk: quirk.name)
def test_a_difference_is_explained_by_its_quirk(quirk: Any) -> None:
    """The quirk is named for the first sessions in which it alone makes a difference."""
    of = profile(quirk.releases[-1])
    pipeline = Pipeline(InProcessConnection(ReferenceAdapter(of)), Oracle(Profile(of.name, of.quirks - {quirk.name})))
    found = next(pipeline.differences(sessions(claimed(of), 6_000)))
    quirks = explaining_quirks(found.session, found.position, found.answered, pipeline.oracle.profile)
    assert quirk.name in quirks


class FailsOnRemoval(ReferenceAdapter):
    """A reference with a fault of its own."""

    def remove(self, label: str) -> None:
        raise IndexError(label)


def test_failure_without_quirk_is_a_suite_fault() -> None:
    """A target that fails on the same call must not count as equal."""
    oracle = Oracle(flip_quirks("recommended"))
    oracle.adapter = FailsOnRemoval()
    pipeline = Pipeline(InProcessConnection(FailsOnRemoval()), oracle)
    with pytest.raises(ReferenceFault, match="failed on remove: IndexError"):
        list(pipeline.differences(sessions(list(CAPABILITIES), 100)))


def test_failure_by_a_quirk_is_an_answer() -> None:
    opening = [("open", {"pool": {"accounts": [None]}})]
    (answer,) = Oracle(flip_quirks("1.6.0")).answers(opening)
    assert isinstance(answer, Raised)
    assert Oracle(flip_quirks("recommended")).answers(opening) == [Result({"accounts": []})]


def test_exceptions_of_two_sessions_are_not_equal() -> None:
    one, other = comparable([Raised("in these words"), Raised("in these words")])
    assert one != other


NOW = 1_000.0


@pytest.mark.parametrize(
    ("method", "expected", "answered", "same"),
    [
        ("select", Result(None), Result(None), True),
        ("select", Result({"label": "a", "index": 0}), Result({"label": "a", "index": 0, "reason": "x"}), True),
        ("select", Result({"label": "a", "index": 0}), Result({"label": "a", "index": 1}), False),
        ("select", Result({"label": "a", "index": 0}), Result(None), False),
        ("has_other_account", Result({"available": True}), Result({"available": 1}), False),
        ("min_wait", Result({"wait_ms": 1}), Result({"wait_ms": 1.0}), True),
        ("min_wait", Result({"wait_ms": math.nan}), Raised("not finite"), True),
        ("min_wait", Raised("in these words"), Raised("in those"), True),
        ("remove", Refused("unknown_account", "a"), Refused("unknown_account", "b"), True),
        ("remove", Refused("unknown_account", "a"), Refused("not_open", "a"), False),
        ("remove", Result(None), NotSupported("remove"), False),
        ("load_config", Result({"config": {"debug": True}}), Result({"config": {"debug": True, "mine": 1}}), True),
        ("load_config", Result({"config": {"debug": True}}), Result({"config": {"debug": 1}}), False),
        ("load_config", Result({"config": {"debug": True}}), Result({"config": {}}), False),
        ("snapshot", Result({"cursor": 3, "accounts": []}), Result({"cursor": 0, "accounts": []}), True),
        ("snapshot", Result({"active_index_by_family": {"claude": 1}}), Result({}), True),
    ],
)
def test_answers_are_compared_as_the_wire_means_them(
    method: str, expected: Answer, answered: Answer, same: bool
) -> None:
    assert are_same(method, expected, answered, NOW) == same


@pytest.mark.parametrize(("end_ms", "same"), [(NOW, True), (NOW + 1, False)])
def test_ended_limit_in_a_snapshot_is_ignored(end_ms: float, same: bool) -> None:
    account = {"label": "a", "index": 0, "last_used_ms": 0, "rate_limit_reset_times_ms": {}}
    limited = {**account, "rate_limit_reset_times_ms": {"claude": end_ms}}
    shown, other = (Result({"cursor": 0, "accounts": [each]}) for each in (account, limited))
    assert are_same("snapshot", shown, other, NOW) == same


def test_the_first_difference_is_named() -> None:
    calls = [("advance", {"ms": 1}), ("advance", {"ms": 1})]
    assert first_difference(calls, [Result({"now_ms": 1}), Result({"now_ms": 2})], [Result({"now_ms": 1})] * 2) == 1


def test_session_and_scenario_convert_both_ways() -> None:
    scenario = Scenario([Call("open", {"pool": {"accounts": []}})], {"a": {"text": "b"}})
    assert to_session(scenario).to_scenario() == scenario


def test_an_expected_null_is_shown_as_expected() -> None:
    scenario = Scenario([Call("select", {"family": "claude", "strategy": "sticky"})])
    discrepancy = Discrepancy(scenario, 0, "1.6.0", Result(None), Result({"label": "fig", "index": 0}))
    lines = "\n".join(describe_discrepancy(discrepancy.to_json("a port")))
    assert "expected null, as 1.6.0" in lines
    assert "the adapter failed" not in lines
