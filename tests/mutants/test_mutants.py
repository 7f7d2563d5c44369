"""Every requirement has a mutant that the cases detect, judged in this process.

`tests/unit/test_reference_conforms.py` checks that the reference passes all requirements.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.cases.findings import Mismatch
from conformance.json_type import Json
from conformance.requirements import Requirement, load_catalogue
from conformance.requirements.catalogue import applies
from conformance.wire.calls import advance, open_pool, pool
from conformance.wire.scenario import Scenario
from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import RECOMMENDED
from tests.fakes import subtle
from tests.mutants import factory
from tests.support.judging import Case, InProcessJudge, judge_cases, judge_in_process, needs_processes, words

CATALOGUE = load_catalogue()
IN_PROCESS = [requirement for requirement in CATALOGUE if not needs_processes(requirement)]
# The fault of these mutants is a call that fails.
FAILING = ("malformed-pool-fatal", "stale-lock-fatal", "nothing-to-undo-is-an-error", "delayed-save-raises")
ANSWERING = [requirement for requirement in IN_PROCESS if requirement.mutant not in FAILING]
# Ports that are wrong only for unusual inputs, each with the rule that it breaks.
SUBTLE: dict[Any, str] = {
    subtle.SortsByLabel: "POOL-001",
    subtle.PidIn27Bits: "PID-001",
    subtle.PidSigned: "PID-001",
    subtle.OffsetInSmallPools: "PID-002",
    subtle.OffsetFromTheActiveIndex: "PID-006",
    subtle.OffsetAgainOnceBothHaveMoved: "PID-003",
    subtle.WornOutAtTheSixthCall: "STK-001",
    subtle.NothingForGeminiWithTheOffset: "PID-004",
    subtle.CursorOfItsOwnForStickySwitches: "RR-006",
    subtle.ReadingCountsUntilItsReset: "SOFT-006",
    subtle.ReadingOfTheFutureIgnored: "SOFT-007",
    subtle.CursorInAByte: "RR-001",
    subtle.ModelNamesTrimmed: "LIM-005",
    subtle.ConfigFilesReadOnce: "LAY-022",
    subtle.KeyOfAForkChecked: "CFG-037",
    subtle.IndexOfTheSessionIfAccountsWereAdded: "STO-019",
    subtle.RefusedCallRotates: "WIRE-002",
    subtle.ScoresOfAFolderOutliveOpen: "WIRE-004",
    subtle.SuccessImprovesHealthTwice: "HEA-014",
}


@pytest.mark.parametrize("requirement", IN_PROCESS, ids=lambda requirement: requirement.id)
def test_mutant_fails_its_requirement(requirement: Requirement, cases: Sequence[Case]) -> None:
    profile = RECOMMENDED if applies(requirement, RECOMMENDED) else requirement.releases[-1]
    outcome = judge_in_process(cases, factory(requirement.mutant), [requirement], profile)
    assert words(outcome) == {requirement.id: "fail"}


@pytest.mark.parametrize("port", SUBTLE, ids=SUBTLE.values())
def test_subtle_port_fails_the_rule_it_breaks(port: Callable[[], object], cases: Sequence[Case]) -> None:
    outcome = judge_in_process(cases, port, [CATALOGUE.by_id[SUBTLE[port]]])
    assert words(outcome) == {SUBTLE[port]: "fail"}


class Lenient(InProcessJudge):
    """Sends all calls and compares no answer."""

    def check(self, scenario: Scenario) -> None:
        self.ask(scenario.calls, scenario.files)

    def expect(self, *_args: object, **_options: object) -> None:
        pass


@pytest.mark.parametrize("requirement", ANSWERING, ids=lambda requirement: requirement.id)
def test_mutant_fails_because_answers_are_compared(requirement: Requirement, cases: Sequence[Case]) -> None:
    """A judge that compares nothing lets the mutant pass, so the verdict depends on the answers alone."""
    judge = Lenient(factory(requirement.mutant))
    events = judge_cases(cases, judge, [requirement.id], requirement.releases[-1])
    assert {event.outcome for event in events} <= {"pass", "not run"}


def test_error_in_both_compared_sessions_is_noticed() -> None:
    class Fails(ReferenceAdapter):
        def advance(self, ms: float) -> Json:
            raise RuntimeError(f"no clock to move by {ms}")

    judge = InProcessJudge(Fails)
    judge.start_case(["WIRE-004"])
    with pytest.raises(Mismatch, match="no clock to move"):
        judge.ask([open_pool(pool(1)), advance(1)] * 2)


def test_case_that_asks_nothing_is_noticed() -> None:
    def idle(judge: InProcessJudge) -> None:
        judge.expect(1, 1, Scenario([]), "a number")

    case = Case("idle", ("PID-001",), None, idle, {})
    with pytest.raises(AssertionError, match="idle asked nothing"):
        list(judge_cases([case], InProcessJudge(ReferenceAdapter), ["PID-001"]))


def test_case_of_real_processes_is_refused() -> None:
    def starts(judge: InProcessJudge) -> None:
        judge.start_group([judge.launch()])

    case = Case("starts", ("PROC-001",), None, starts, {})
    with pytest.raises(NotImplementedError, match="real processes"):
        list(judge_cases([case], InProcessJudge(ReferenceAdapter), ["PROC-001"]))
