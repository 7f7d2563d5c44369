"""Quirks: each one alone changes the answer of its scenario; errors in a row or file are refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.requirements.quirks import (
    DistinguishingScenario,
    QuirkError,
    check_quirks,
    load_distinguishing_scenarios,
)
from conformance.vectors.predict import answers_of
from conformance.wire.answers import Answer
from conformance.wire.scenario import Scenario
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import QUIRKS, Profile, Quirk
from reference_impl.releases import NEWEST, RECOMMENDED
from tests.support.quirks import unexpected

SCENARIOS = load_distinguishing_scenarios()
A_QUIRK = Quirk("answers-b", "Answers b.", since="1.3.0", until="1.3.0")
CALLS: list[Json] = [{"method": "snapshot"}]
DOCUMENT: Json = {
    "quirk": "answers-b",
    "calls": CALLS,
    "with": {"position": 0, "expect": "b"},
    "without": {"position": 0, "expect": "a"},
}


def ask_reference(profile: Profile, scenario: Scenario) -> list[Answer]:
    """The answers of the reference with the quirks of a profile, in this process."""
    adapter = ReferenceAdapter()
    adapter.profile = profile
    return answers_of(adapter, scenario)


@pytest.mark.parametrize("distinguishing", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_quirk_alone_changes_the_answer(distinguishing: DistinguishingScenario) -> None:
    alone = Profile(RECOMMENDED, frozenset({distinguishing.quirk.name}))
    none = Profile(RECOMMENDED, frozenset())
    present = ask_reference(alone, distinguishing.present)
    absent = ask_reference(none, distinguishing.absent)
    assert not unexpected(distinguishing.present, present)
    assert not unexpected(distinguishing.absent, absent)


def test_the_shipped_quirks_are_in_order() -> None:
    check_quirks()
    assert list(SCENARIOS) == [quirk.name for quirk in QUIRKS]


def test_every_quirk_of_the_newest_release_is_confirmed() -> None:
    unconfirmed = [quirk.name for quirk in QUIRKS if quirk.is_unconfirmed]
    assert not unconfirmed, (
        f"does {NEWEST} still have them? Set `still_in` to it in reference_impl/profiles.py, "
        f"or `until` to the last release that has it: {', '.join(unconfirmed)}"
    )


def test_a_quirk_needs_one_end_of_its_range() -> None:
    for ends in ({}, {"until": "1.3.0", "still_in": "1.6.0"}):
        with pytest.raises(ValueError, match="'answers-b' must have either `until` or `still_in`"):
            Quirk("answers-b", "Answers b.", since="1.3.0", **ends)


def load(folder: Path, document: Json, *quirks: Quirk) -> dict[str, DistinguishingScenario]:
    (folder / "answers-b.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return load_distinguishing_scenarios(folder, quirks or [A_QUIRK])


def test_a_scenario_is_read_once_for_each_answer(tmp_path: Path) -> None:
    distinguishing = load(tmp_path, DOCUMENT)["answers-b"]
    assert [scenario.calls[0].expect for scenario in (distinguishing.present, distinguishing.absent)] == ["b", "a"]
    assert [distinguishing.of(version) is distinguishing.present for version in ("1.2.8", "1.3.0", "1.6.0")] == [
        False,
        True,
        False,
    ]
    assert distinguishing.needs == {"snapshot"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("{", r"answers-b\.json: cannot be read as JSON"),
        ([], r"answers-b\.json: expected an object"),
        ({"quirk": "answers-c"}, r"answers-b\.json: there is no quirk 'answers-c'; known: answers-b"),
        (
            {"wiht": {}},
            r"answers-b\.json: unknown key 'wiht'; keys are calls, files, quirk, since, until, with, without",
        ),
        ({"without": DOCUMENT["with"]}, r"`with` and `without` are equal"),
        ({"with": {"position": 1, "expect": "b"}}, r"with: position 1 is not the position of a call"),
        ({"with": {"position": True, "expect": "b"}}, r"with: position True is not the position of a call"),
        ({"with": {"position": 0}}, r"with: expected a position, and either expect or refusal"),
        ({"calls": [{"method": "snapshot", "expect": 1}]}, r"calls\[0\] has an expectation"),
        ({"calls": [{"method": "snapshoot"}]}, r"calls\[0\]: there is no method 'snapshoot'"),
        ({"calls": [{"params": {}}]}, r"answers-b\.json: calls\[0\] must be an object with a method"),
        ({"files": []}, r"answers-b\.json: files must be an object"),
        ({"until": "1.2.8"}, r"answers-b\.json: 1\.3\.0 has the quirk, but is outside `since` and `until`"),
        ({"since": "1.2.9"}, r"answers-b\.json: unknown release '1\.2\.9'; known: 1\.2\.8, 1\.3\.0"),
        ({"since": ["1.3.0"]}, r"answers-b\.json: unknown release \['1\.3\.0'\]"),
    ],
)
def test_wrong_file_is_refused_with_its_place(tmp_path: Path, changed: Json, message: str) -> None:
    with pytest.raises(QuirkError, match=message):
        load(tmp_path, DOCUMENT | changed if isinstance(changed, dict) else changed)


def test_a_file_without_an_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuirkError, match="missing key 'without'"):
        load(tmp_path, {key: value for key, value in DOCUMENT.items() if key != "without"})


@pytest.mark.parametrize(
    ("quirks", "message"),
    [
        ([A_QUIRK, replace(A_QUIRK, name="answers-c")], "'answers-c' has no distinguishing scenario"),
        ([A_QUIRK, A_QUIRK], "'answers-b' is listed twice"),
        ([replace(A_QUIRK, since="1.2.9")], r"'answers-b': unknown release '1\.2\.9'; known: 1\.2\.8, 1\.3\.0"),
        ([replace(A_QUIRK, until="1.2.8")], "'answers-b': the range 1.3.0 to 1.2.8 ends before it begins"),
        ([replace(A_QUIRK, name="answers-c")], "there is no quirk 'answers-b'"),
    ],
)
def test_wrong_row_is_refused_by_name(tmp_path: Path, quirks: list[Quirk], message: str) -> None:
    with pytest.raises(QuirkError, match=message):
        load(tmp_path, DOCUMENT, *quirks)


def test_file_named_for_another_quirk_is_refused(tmp_path: Path) -> None:
    other = replace(A_QUIRK, name="answers-c")
    with pytest.raises(QuirkError, match=r"answers-b\.json: it describes the quirk 'answers-c'; rename it"):
        load(tmp_path, DOCUMENT | {"quirk": "answers-c"}, A_QUIRK, other)
