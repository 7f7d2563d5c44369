"""The shortest scenario of a failure: it keeps its pool, ends with the wrong answer, and shows the state before."""

from collections.abc import Callable
from typing import cast

import pytest

from conformance.cases.findings import Mismatch
from conformance.cases.test_30_pid import after_limiting_the_landing_place
from conformance.cli import stories
from conformance.cli.run_plan import Plan
from conformance.search.stories import Shortest, Storyteller
from conformance.vectors.predict import send_to
from conformance.wire.calls import NOW_MS, advance, open_pool, pool, select
from conformance.wire.scenario import Call, Scenario
from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import RECOMMENDED
from tests.fakes.subtle import OffsetAgainOnceBothHaveMoved
from tests.mutants import factory
from tests.support.factories import concluded
from tests.support.judging import InProcessJudge

BOTH = ("claude", "gemini")


def told(target: Callable[[], object], *calls: Call) -> Shortest | None:
    return Storyteller(send_to(target()), None, RECOMMENDED).tell(Scenario(calls))


def test_calls_without_effect_are_left_out() -> None:
    calls = [open_pool(pool(5), pid=7), advance(5), select("gemini"), advance(1), select(offset=True)]
    found = told(factory("counts-from-one"), *calls, select(), select())
    assert found is not None
    assert [call.method for call in found.scenario.calls] == ["open", "select"]
    assert len(found.scenario.calls[0].params["pool"]["accounts"]) < 5
    assert found.expected != found.actual


def test_reference_has_no_story() -> None:
    assert told(ReferenceAdapter, open_pool(pool(3), pid=7), select(offset=True)) is None


def test_pool_is_always_opened() -> None:
    """A target may keep the pool of an earlier scenario, so a call without a pool proves nothing."""
    found = told(OffsetAgainOnceBothHaveMoved, open_pool(pool(3), pid=1), *[select(f, offset=True) for f in BOTH * 3])
    assert found is not None
    assert found.scenario.calls[0].method == "open"


def test_state_before_the_call_is_told() -> None:
    found = told(factory("counts-from-one"), open_pool(pool(3), pid=1, now_ms=NOW_MS), select(offset=True))
    assert found is not None
    assert any("PID offset of claude pending" in line for line in found.before)


def test_finding_without_calls_gets_those_asked_last() -> None:
    judge = InProcessJudge(ReferenceAdapter)
    judge.start_case(["PID-003"])
    first, second = after_limiting_the_landing_place(judge, 3, 1)[1:]
    with pytest.raises(Mismatch):
        judge.expect([], first, Scenario([]), "account after the move")
    assert second is not None
    assert [call.method for call in judge.findings[-1].scenario.calls][-2:] == ["select", "select"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_failed_explanation_leaves_the_verdict(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException], plan: Plan
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(stories, "find_causes", fail)
    assert stories.explain_failures(plan, concluded([])) == ([], [])


@pytest.fixture
def plan() -> Plan:
    """No explanation gets as far as to look at it."""
    return cast(Plan, None)


def test_slow_target_is_not_asked_shorter_scenarios() -> None:
    calls = [open_pool(pool(5), pid=7), advance(5), select(offset=True)]
    teller = Storyteller(send_to(factory("counts-from-one")()), None, RECOMMENDED, until_s=0)
    found = teller.tell(Scenario(calls))
    assert found is not None
    assert [call.method for call in found.scenario.calls] == [call.method for call in calls]


def test_accepted_deviation_is_no_story() -> None:
    """With two accounts the wrong answer is accepted, so the story has three."""

    def is_known(scenario: Scenario, *_: object) -> bool:
        return len(scenario.calls[0].params["pool"]["accounts"]) == 2

    teller = Storyteller(send_to(factory("counts-from-one")()), None, RECOMMENDED)
    found = teller.tell(Scenario([open_pool(pool(5), pid=7), select(offset=True)]), is_known)
    assert found is not None
    assert len(found.scenario.calls[0].params["pool"]["accounts"]) != 2
    assert teller.tell(Scenario([open_pool(pool(2), pid=1), select(offset=True)]), is_known) is None
