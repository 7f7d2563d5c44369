"""Each property of whole sessions holds at every release's profile, and detects a port that breaks it."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from conformance.cases import test_80_offset, test_81_availability, test_82_sessions, test_83_config_loads
from conformance.cases.findings import Mismatch
from conformance.cases.plugin import _outcome
from conformance.cases.properties import CorpusError, _replay, property_case
from conformance.json_type import Json
from conformance.requirements import load_catalogue
from conformance.targets.errors import AdapterFault, GivenUp
from tests.fakes import subtle, unsteady
from tests.mutants import factory
from tests.support.factories import finding
from tests.support.judging import InProcessJudge

CATALOGUE = load_catalogue()
MODULES = (test_80_offset, test_81_availability, test_82_sessions, test_83_config_loads)
PROPERTIES: dict[str, Callable[..., None]] = {
    name: function for module in MODULES for name, function in vars(module).items() if name.startswith("test_")
}
# The mutants that break a property, if not the mutant of its requirement.
PORTS: dict[tuple[str, str], Callable[..., object]] = {
    ("test_only_pid_modulo_n_counts", "PID-001"): subtle.PidIn27Bits,
    ("test_processes_spread_by_pid_modulo_n", "PID-002"): unsteady.ProcessIdsSkipOneInAHundred,
    (
        "test_offset_has_no_effect_after_first_selection",
        "PID-003",
    ): unsteady.OffsetAgainAfterRoundRobin,
    ("test_session_without_offset_does_not_depend_on_pid", "PID-009"): unsteady.OffsetOnWhereHybridHasNoCandidate,
    ("test_requests_spread_evenly_over_available_accounts", "RR-002"): unsteady.StumblesAtEverySixthTurn,
    ("test_limited_accounts_at_the_end_change_nothing", "RR-005"): unsteady.TurnsCountedOverTheWholePool,
    ("test_earlier_session_has_no_effect", "WIRE-004"): unsteady.HealthKeptByTheProcess,
    ("test_unused_open_has_no_effect", "WIRE-004"): unsteady.RotationGoesOnInTheNextPool,
    ("test_labels_do_not_affect_selection", "POOL-001"): subtle.SortsByLabel,
    ("test_refused_calls_change_no_session", "WIRE-002"): subtle.RefusedCallRotates,
    ("test_threshold_of_100_equals_no_threshold", "SOFT-005"): unsteady.HundredIsAThreshold,
    ("test_time_of_day_has_no_effect", "LIM-001"): unsteady.LimitsEndOnTheSecond,
    ("test_time_of_day_does_not_affect_hybrid", "HYB-002"): unsteady.LimitsEndOnTheSecond,
    ("test_load_config_never_fails_on_malformed_files", "LAY-022"): unsteady.SwitchesStayOn,
    ("test_load_config_changes_no_file", "LAY-022"): unsteady.TidiesConfigFilesUp,
}


def properties() -> list[Any]:
    """Each property with each of its requirements and parameters."""
    found = []
    for name, function in PROPERTIES.items():
        for mark in function.pytestmark:  # type: ignore[attr-defined]
            if mark.name == "covers":
                found.append(pytest.param(name, mark.args[0], {}, id=f"{name}-{mark.args[0]}"))
            if mark.name == "parametrize":
                for row in mark.args[1]:
                    id_ = row.marks[0].args[0]
                    found.append(pytest.param(name, id_, {mark.args[0]: row.values[0]}, id=f"{name}-{id_}"))
    return found


@pytest.mark.parametrize(("name", "requirement", "parameters"), properties())
def test_property_sees_a_port_that_breaks_it(name: str, requirement: str, parameters: dict[str, Json]) -> None:
    port = PORTS.get((name, requirement)) or factory(CATALOGUE.by_id[requirement].mutant)
    with pytest.raises(Mismatch):
        PROPERTIES[name](judge=InProcessJudge(port), **parameters)


def test_property_without_stored_rows_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.cases.properties.registered", {})

    @property_case(number=st.integers())
    def test_that_has_no_rows(judge: object, number: int, family: str) -> None:
        raise AssertionError("the property was not run")

    assert list(inspect.signature(test_that_has_no_rows).parameters) == ["judge", "family"]
    with pytest.raises(CorpusError, match=r"test_that_has_no_rows has no rows in .*; run `make corpus`"):
        test_that_has_no_rows(judge=None, family="claude")


class Silent:
    """A judge that answers each row with what is planned for it."""

    def __init__(self, *planned: BaseException | None) -> None:
        self.planned = list(planned)


def replayed(*planned: BaseException | None) -> tuple[BaseException | None, int]:
    """What a case with these rows ends with, and how many rows were judged."""
    judge, judged = Silent(*planned), []

    def rule(judge: Silent, row: int) -> None:
        judged.append(row)
        if (error := judge.planned[row]) is not None:
            raise error

    try:
        _replay(rule, [{"row": row} for row in range(len(planned))], {"judge": judge})
    except BaseException as error:
        return error, len(judged)
    return None, len(judged)


MISMATCH = Mismatch(finding())
FAULT, GIVEN_UP = AdapterFault("it exited"), GivenUp("it failed 3 times")
SKIP = pytest.skip.Exception("not claimed")


@pytest.mark.parametrize(
    ("planned", "ending", "judged"),
    [
        ([None, None], None, 2),
        ([FAULT, MISMATCH, FAULT], MISMATCH, 3),
        ([MISMATCH, FAULT], MISMATCH, 2),
        ([None, FAULT, None], FAULT, 3),
        ([SKIP, MISMATCH], MISMATCH, 2),
        ([SKIP, None], None, 2),
        ([SKIP, SKIP], SKIP, 2),
        ([SKIP, FAULT], FAULT, 2),
        ([MISMATCH, GIVEN_UP, MISMATCH], MISMATCH, 2),
        ([GIVEN_UP, MISMATCH], GIVEN_UP, 1),
    ],
)
def test_gravest_row_decides(planned: list[Any], ending: BaseException | None, judged: int) -> None:
    assert replayed(*planned) == (ending, judged)


@pytest.mark.parametrize(
    ("group", "outcome"),
    [
        ([FAULT, MISMATCH], "fail"),
        ([LookupError(), FAULT], "unknown"),
        ([LookupError(), ValueError()], "error"),
    ],
)
def test_gravest_exception_of_a_group_decides(group: list[Exception], outcome: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        raise ExceptionGroup("several", [ExceptionGroup("nested", group)])
    call: pytest.CallInfo[None] = pytest.CallInfo(None, caught, 0, 0, 0, "call", _ispytest=True)
    report = pytest.TestReport("test", ("file", 1, "test"), {}, "failed", "why", "call")
    assert _outcome(report, call, None)[0] == outcome
