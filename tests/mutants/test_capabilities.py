"""The kit asks only what a target claims: a target that is right in all that it claims fails no rule."""

from collections.abc import Collection, Sequence

import pytest

from conformance.reports.verdicts import Verdict
from conformance.requirements import load_catalogue
from reference_impl.adapter import CAPABILITIES, ReferenceAdapter
from tests.support.judging import Case, judge_in_process, needs_processes
from tests.support.restricted import Restricted
from tests.support.tiers import sampled

WITHOUT_PROCESSES = [word for word in CAPABILITIES if word != "fork"]


def judged(cases: Sequence[Case], claimed: Collection[str]) -> list[Verdict]:
    rules = [rule for rule in load_catalogue() if not needs_processes(rule)]
    return judge_in_process(cases, lambda: Restricted(ReferenceAdapter(), claimed), rules).verdicts


def wrong(cases: Sequence[Case], claimed: Collection[str]) -> dict[str, list[str]]:
    """The rules that fail or stay unknown, with reasons."""
    return {
        verdict.requirement.id: [case.message for case in verdict.cases if case.message]
        for verdict in judged(cases, claimed)
        if verdict.word in ("fail", "unknown")
    }


@pytest.mark.parametrize("lacking", sampled(WITHOUT_PROCESSES, every=18))
def test_missing_capability_fails_no_rule(cases: Sequence[Case], lacking: str) -> None:
    assert wrong(cases, [word for word in WITHOUT_PROCESSES if word != lacking]) == {}


@pytest.mark.parametrize("alone", sampled(WITHOUT_PROCESSES, every=18))
def test_capability_alone_fails_no_rule(cases: Sequence[Case], alone: str) -> None:
    assert wrong(cases, [alone]) == {}


@pytest.mark.parametrize("beside", sampled([word for word in WITHOUT_PROCESSES if word != "sticky"]))
def test_capability_beside_sticky_fails_no_rule(cases: Sequence[Case], beside: str) -> None:
    assert wrong(cases, ["sticky", beside]) == {}


def test_port_on_machine_clock_is_right(cases: Sequence[Case]) -> None:
    verdicts = judged(cases, ["sticky", "round-robin", "pid", "limits"])
    assert [verdict.requirement.id for verdict in verdicts if verdict.word in ("fail", "unknown")] == []
    assert {"RR-001", "RR-002", "STK-001"} <= {v.requirement.id for v in verdicts if v.word == "pass"}


def test_unclaimed_offset_is_not_judged(cases: Sequence[Case]) -> None:
    words = {v.requirement.id: v.word for v in judged(cases, ["sticky", "pid"])}
    assert (words["PID-001"], words["PID-009"]) == ("not claimed", "pass")
