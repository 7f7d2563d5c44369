"""Each property over whole sessions holds for every release's profile, and sees a port that breaks it."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from conformance.cases import test_80_offset, test_81_availability, test_82_sessions, test_83_config_loads
from conformance.cases.properties import stored_rows
from conformance.json_type import Json
from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import applies
from conformance.vectors.predict import answers_of
from conformance.wire.answers import Answer
from conformance.wire.methods import CAPABILITIES
from conformance.wire.needs import needs
from conformance.wire.scenario import Call, Scenario, matches
from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import RECOMMENDED, VERSIONS
from tests.fakes import subtle, unsteady
from tests.mutants import target_word

CATALOGUE = load_catalogue()
MODULES = (test_80_offset, test_81_availability, test_82_sessions, test_83_config_loads)
PROPERTIES: dict[str, Callable[..., None]] = {
    name: function for module in MODULES for name, function in vars(module).items() if name.startswith("test_")
}
# What breaks a property, where that is not the wrong implementation of the requirement.
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


class NotClaimed(Exception):  # noqa: N818 - a run says "not run"
    """A row asks for what the release has not."""


class Judge:
    """Asks a port in this process."""

    def __init__(self, port: object, capabilities: Sequence[str]) -> None:
        self.port, self.capabilities = port, capabilities

    def ask(self, calls: Sequence[Call], files: Mapping[str, Mapping[str, Json]] | None = None) -> list[Answer]:
        if not needs(calls) <= set(self.capabilities):
            raise NotClaimed
        return answers_of(self.port, Scenario(calls, files or {}))

    def check(self, scenario: Scenario) -> None:
        answers = self.ask(scenario.calls, scenario.files)
        assert all(call.accepts(answer) for call, answer in zip(scenario.calls, answers, strict=True))

    def expect(self, expected: Json, actual: Json, *_args: Any, **_how: Any) -> None:
        assert matches(expected, actual)


def cases() -> list[Any]:
    """Each property with each requirement that it judges, and the parameters by which it does."""
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


def judge_rows(judge: Judge, name: str, parameters: dict[str, Json]) -> None:
    rows = stored_rows(name)
    assert rows, f"{name} has no stored rows; run `make corpus`"
    for row in rows:
        PROPERTIES[name].__wrapped__(judge, **row, **parameters)  # type: ignore[attr-defined]


def wrong_port(name: str, requirement: str) -> object:
    if (name, requirement) in PORTS:
        return PORTS[name, requirement]()
    module, _, attribute = target_word(CATALOGUE.by_id[requirement].mutant).removeprefix("python:").partition(":")
    return getattr(importlib.import_module(module), attribute)()


@pytest.mark.parametrize(("name", "requirement", "parameters"), cases())
def test_a_property_sees_a_port_that_breaks_it(name: str, requirement: str, parameters: dict[str, Json]) -> None:
    with pytest.raises(AssertionError):
        judge_rows(Judge(wrong_port(name, requirement), list(CAPABILITIES)), name, parameters)


@pytest.mark.parametrize(("name", "requirement", "parameters"), cases())
def test_a_property_holds_for_every_profile_that_has_the_rule(
    name: str, requirement: str, parameters: dict[str, Json]
) -> None:
    for profile in (*VERSIONS, RECOMMENDED):
        reference = ReferenceAdapter(profile)
        if applies(CATALOGUE.by_id[requirement], profile):
            with suppress(NotClaimed):
                judge_rows(Judge(reference, reference.hello(wire=1)["capabilities"]), name, parameters)
