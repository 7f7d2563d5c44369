"""A process of the kit that somebody ends or stops is no fault of the kit, and no verdict is lost without a word."""

import signal
from pathlib import Path

import pytest

from conformance.cases.interference import LOST, interference
from conformance.reports.events import RunEnded
from conformance.reports.verdicts import ADAPTER_FAULT, NOT_CONFORMANT, conclude
from tests.support.factories import case, criteria, finding, requirement

ENDED = RunEnded(pytest_exit=1, interference="a process of the kit was ended by SIGKILL")


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (-signal.SIGKILL, "was ended by SIGKILL"),
        (-signal.SIGTERM, "was ended by SIGTERM"),
        (-signal.SIGSTOP, "was stopped by SIGSTOP"),
        (2, "was interrupted by SIGINT"),
        (-40, "was ended by signal 40"),
    ],
)
def test_ended_engine_is_explained(code: int, what: str) -> None:
    said = interference([0, code], [], "-- port")
    assert said is not None
    assert f"judges -- port, {what}" in said


@pytest.mark.parametrize("code", [0, 1, 3, 4, 5, -signal.SIGSEGV, -signal.SIGABRT])
def test_engine_that_ended_by_itself_is_left_alone(code: int) -> None:
    assert interference([code], [], "-- port") is None


def test_lost_worker_is_explained(tmp_path: Path) -> None:
    assert interference([1], [tmp_path], "-- port") is None
    (tmp_path / LOST).touch()
    assert "ended or stopped by a signal" in str(interference([1], [tmp_path], "-- port"))


def test_interference_leaves_only_failures_decided() -> None:
    """A rule that seems to pass may have lost the case that fails."""
    of = [requirement(f"ONE-00{number}") for number in range(1, 5)]
    events = [case("pass", "ONE-001"), case("fail", "ONE-002", findings=[finding()]), case("not run", "ONE-003")]
    outcome = conclude(criteria(*of, required=["ONE-003"]), [*events, ENDED])
    assert [verdict.word for verdict in outcome.verdicts] == ["unknown", "fail", "unknown", "unknown"]
    assert {verdict.observed_reason for verdict in outcome.verdicts if verdict.word == "unknown"} == {
        ENDED.interference
    }
    assert outcome.exit_code == NOT_CONFORMANT
    assert conclude(criteria(), [case("pass"), ENDED]).exit_code == ADAPTER_FAULT
