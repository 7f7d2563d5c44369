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
    ("test_only_the_remainder_of_the_process_id_counts", "PID-001"): subtle.PidIn27Bits,
    ("test_processes_spread_as_the_remainders_do", "PID-002"): unsteady.ProcessIdsSkipOneInAHundred,
    (
        "test_after_its_first_sticky_selection_the_offset_changes_nothing",
        "PID-003",
    ): unsteady.OffsetAgainAfterRoundRobin,
    ("test_without_the_offset_any_session_is_the_same_for_all", "PID-009"): unsteady.OffsetOnWhereHybridHasNoCandidate,
    ("test_requests_are_spread_over_the_accounts_that_can_be_used", "RR-002"): unsteady.StumblesAtEverySixthTurn,
    ("test_a_limited_account_behind_the_last_changes_nothing", "RR-005"): unsteady.TurnsCountedOverTheWholePool,
    ("test_a_session_is_the_same_after_any_other", "WIRE-004"): unsteady.HealthKeptByTheProcess,
    ("test_an_open_without_use_leaves_nothing", "WIRE-004"): unsteady.RotationGoesOnInTheNextPool,
    ("test_what_accounts_are_called_makes_no_difference", "POOL-001"): subtle.SortsByLabel,
    ("test_a_threshold_of_100_is_as_none_at_all", "SOFT-005"): unsteady.HundredIsAThreshold,
    ("test_what_the_time_of_day_is_makes_no_difference", "LIM-001"): unsteady.LimitsEndOnTheSecond,
    ("test_hybrid_asks_for_no_time_of_day", "HYB-002"): unsteady.LimitsEndOnTheSecond,
    ("test_whatever_files_hold_loads_succeed_again_and_again", "LAY-022"): unsteady.SwitchesStayOn,
    ("test_loading_leaves_all_files_alone", "LAY-022"): unsteady.TidiesConfigFilesUp,
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
