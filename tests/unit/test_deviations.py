"""Deviations: errors in a file name their place, and a predicate covers only what it names."""

import datetime
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cases.findings import facts as facts_of
from conformance.json_type import Json
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import (
    Deviation,
    DeviationError,
    load_deviations,
    release_deviations,
    shipped_deviations,
)
from conformance.wire.calls import select
from conformance.wire.scenario import Scenario
from reference_impl.releases import NEWEST, VERSIONS
from tests.support.factories import catalogue, deviation, deviation_entry, finding, requirement

CATALOGUE = catalogue(requirement("ONE-001"), requirement("ONE-002"))


def load(folder: Path, document: Json) -> list[Deviation]:
    path = folder / "known.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return load_deviations(path, CATALOGUE)


def test_a_file_of_deviations_is_read(tmp_path: Path) -> None:
    second = deviation_entry(id="other", requirement="ONE-002", expires="2026-03-01", issue="owner/port#7")
    first, other = load(tmp_path, {"deviations": [deviation_entry(), second]})
    assert (first.id, first.expires, first.issue) == ("answers-b", None, None)
    assert (other.requirement, other.expires, other.issue) == ("ONE-002", datetime.date(2026, 3, 1), "owner/port#7")


def test_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DeviationError, match=r"cannot read .*known\.json: No such file"):
        load_deviations(tmp_path / "known.json", CATALOGUE)


@pytest.mark.parametrize("document", [[], {}, {"deviations": {}}, {"deviations": [], "more": 1}, "null"])
def test_file_of_wrong_shape_is_refused(tmp_path: Path, document: Json) -> None:
    with pytest.raises(DeviationError) as caught:
        load(tmp_path, document)
    assert str(caught.value) == 'known.json: expected {"deviations": [...]} and nothing else'


def test_invalid_json_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DeviationError, match=r"known\.json is not JSON in UTF-8: .* line 1 column 17"):
        load(tmp_path, '{"deviations": [}')


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"id": "Answers B"}, "id: "),
        ({"reason": "because"}, "reason: "),
        ({"evidence": None}, "evidence: "),
        ({"expires": "soon"}, "expires: "),
        ({"when": None}, "when: "),
        ({"until": "2026-03-01"}, "until: Extra inputs are not permitted, got '2026-03-01'"),
        ({"requirement": "ONE-999"}, "there is no requirement ONE-999"),
        ({"when": {"properties": 3}}, "`when` is not a valid JSON Schema: 3 is not of type 'object'"),
        (
            {"when": {"properties": {"actual": {"type": "text"}}}},
            "`when` is not a valid JSON Schema: 'text' is not valid",
        ),
        ({"when": {}}, "`when` covers every mismatch; name the call and both values in `properties`"),
        ({"when": {"properties": {}}}, "`when` covers every mismatch"),
        ({"when": {"required": ["actual"]}}, "`when` covers every mismatch"),
        (
            {"when": {"properties": {"actaul": {"const": "b"}}}},
            "`when` names 'actaul'; known: scenario, call, expected, actual",
        ),
        ({"counterexample": {"calls": [{"method": 3}]}}, "counterexample: calls[0] must be an object with a method"),
        ({"counterexample": {"schedule": 3}}, 'counterexample: expected a scenario or {"schedule": ID}'),
        ({"id": "first"}, "the id 'first' is used twice"),
    ],
)
def test_wrong_entry_is_refused_with_its_place(tmp_path: Path, changed: dict[str, Json], problem: str) -> None:
    with pytest.raises(DeviationError) as caught:
        load(tmp_path, {"deviations": [deviation_entry(id="first"), deviation_entry(**changed)]})
    assert str(caught.value).startswith(f"known.json: deviations[1]: {problem}")


@pytest.mark.parametrize("field", ["id", "requirement", "reason", "evidence", "when", "counterexample"])
def test_missing_field_is_named(tmp_path: Path, field: str) -> None:
    entry = {key: value for key, value in deviation_entry().items() if key != field}
    with pytest.raises(DeviationError, match=rf"deviations\[0\]: {field}: Field required"):
        load(tmp_path, {"deviations": [entry]})


def facts(expected: Json, actual: Json, family: str = "claude") -> Json:
    return facts_of(finding(expected, actual, scenario=Scenario([select(family)])))


@pytest.mark.parametrize(
    ("expected", "actual", "covered"),
    [("a", "b", True), ("a", "c", False), ("b", "b", False), ("b", "a", False), ("a", None, False)],
)
def test_a_predicate_sees_both_values(expected: Json, actual: Json, covered: bool) -> None:
    assert deviation().waiver.covers(["ONE-001"], facts(expected, actual)) is covered


def test_a_predicate_sees_the_call_and_the_scenario() -> None:
    of_claude = {"call": {"properties": {"params": {"properties": {"family": {"const": "claude"}}}}}}
    alone = {"scenario": {"properties": {"calls": {"maxItems": 1}}}}
    found = deviation(when={"properties": {**of_claude, **alone}})
    assert found.waiver.covers(["ONE-001"], facts("a", "b"))
    assert not found.waiver.covers(["ONE-001"], facts("a", "b", family="gemini"))


def test_deviation_covers_only_cases_of_its_requirement() -> None:
    assert deviation("ONE-001").waiver.covers(["ONE-002", "ONE-001"], facts("a", "b"))
    assert not deviation("ONE-001").waiver.covers(["ONE-002"], facts("a", "b"))


def test_deviation_holds_through_its_expiry_date() -> None:
    found = deviation(expires="2026-03-01")
    assert [found.is_expired(datetime.date(2026, month, 1)) for month in (2, 3)] == [False, False]
    assert found.is_expired(datetime.date(2026, 3, 2))
    assert not deviation().is_expired(datetime.date.max)


def test_every_deviation_of_the_newest_release_is_confirmed() -> None:
    unconfirmed = [deviation.id for deviation in release_deviations(load_catalogue()) if deviation.is_unconfirmed]
    assert not unconfirmed, (
        f"does {NEWEST} still have them? Set `still_in` to it in fixtures/deviations.json, "
        f"or `until` to the last release that has it: {', '.join(unconfirmed)}"
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, "answers-b must have either `until` or `still_in`"),
        ({"until": "1.3.0", "still_in": "1.6.0"}, "answers-b must have either `until` or `still_in`"),
        ({"until": "1.2.8"}, "answers-b: the range 1.3.0 to 1.2.8 ends before it begins"),
        ({"until": "1.2.9"}, "answers-b: unknown release '1.2.9'"),
    ],
)
def test_wrong_range_is_refused(tmp_path: Path, changed: Json, problem: str) -> None:
    path = tmp_path / "deviations.json"
    path.write_text(json.dumps({"deviations": [deviation_entry(since="1.3.0", **changed)]}), encoding="utf-8")
    with pytest.raises(DeviationError, match=problem):
        release_deviations(CATALOGUE, path)


def test_deviation_may_have_an_entry_per_range(tmp_path: Path) -> None:
    entries = [deviation_entry(since="1.2.8", until="1.3.0"), deviation_entry(since="1.4.3", still_in="1.6.0")]
    path = tmp_path / "deviations.json"
    path.write_text(json.dumps({"deviations": entries}), encoding="utf-8")
    assert [deviation.since for deviation in release_deviations(CATALOGUE, path)] == ["1.2.8", "1.4.3"]
    path.write_text(json.dumps({"deviations": [entries[0], entries[1] | {"since": "1.3.0"}]}), encoding="utf-8")
    with pytest.raises(DeviationError, match="the id 'answers-b' is used twice for one release"):
        release_deviations(CATALOGUE, path)


def test_predicates_of_release_deviations_are_valid() -> None:
    """Commands do not check them, because that takes longer than everything else before a run."""
    for shipped in release_deviations(load_catalogue()):
        Draft202012Validator.check_schema(shipped.when)


@pytest.mark.parametrize("profile", [*VERSIONS, "recommended"])
def test_the_shipped_deviations_of_every_profile_load(profile: str) -> None:
    shipped_deviations(profile, load_catalogue())


def test_the_recommended_profile_has_none() -> None:
    assert shipped_deviations("recommended", load_catalogue()) == []
