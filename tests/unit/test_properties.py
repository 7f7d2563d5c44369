"""Each property of whole sessions holds at every release's profile, and detects a port that breaks it."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from conformance.cases import test_80_offset, test_81_availability, test_82_sessions, test_83_config_loads
from conformance.cases.findings import Mismatch
from conformance.cases.properties import CorpusError, property_case
from conformance.json_type import Json
from conformance.requirements import load_catalogue
from tests.fakes import subtle, unsteady
from tests.mutants import factory
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
