"""Recordings: the reference answers as recorded for each release, and every method and quirk is recorded."""

import json
from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from conformance.requirements.quirks import load_distinguishing_scenarios
from conformance.search.oracle import Oracle, flip_quirks
from conformance.wire.answers import Answer, NotSupported, Raised, Refused, Result
from conformance.wire.methods import METHODS
from conformance.wire.scenario import Call, Scenario
from reference_impl.profiles import QUIRKS, Quirk
from reference_impl.releases import VERSIONS
from tests.support.tiers import sampled
from tools.recordings_draw import added, unexpecting
from tools.recordings_files import (
    FOLDER,
    Recording,
    RecordingError,
    differences,
    load_recordings,
    load_scenarios,
    store,
)
from tools.release_targets import claimed_capabilities

SCENARIOS = load_scenarios()
RECORDINGS = load_recordings(SCENARIOS)
# Toggling these changes no answer of the release, because another quirk or a missing feature hides them.
HIDDEN: dict[str, set[str]] = {
    "1.2.8": {"hybrid-ignores-header-style", "no-bonus-for-the-current-account", "wait-counts-disabled-accounts"},
    "1.3.0": {"wait-counts-disabled-accounts"},
    **{version: {"save-overwrites-enabled"} for version in ("1.3.2", "1.4.3", "1.4.5")},
}


def differing(version: str, *flipped: str, only: Collection[str] = SCENARIOS.keys(), most: int = 5) -> list[str]:
    """The first differences between the reference with some quirks toggled and the recording of a release."""
    recording = RECORDINGS[version]
    asked = {id_: answers for id_, answers in recording.answers.items() if id_ in only}
    send = Oracle(flip_quirks(version, flipped)).answers
    return list(islice(differences(replace(recording, answers=asked), SCENARIOS, send), most))


@pytest.mark.parametrize("version", sampled(VERSIONS))
def test_the_reference_answers_as_recorded(version: str) -> None:
    assert version in RECORDINGS, f"there is no recording of {version}; run `make recordings` (tags: with CHECKOUTS)"
    found = differing(version)
    assert not found, "\n".join([*found, "`python -m tools.recordings --show ID` prints the scenario"])


@pytest.mark.parametrize("version", RECORDINGS)
def test_recorded_capabilities_are_those_of_the_profile(version: str) -> None:
    recorded, known = set(RECORDINGS[version].capabilities), set(claimed_capabilities(version))
    assert recorded == known, "if the adapter of releases has a new method, run `make recordings` with all CHECKOUTS"


def test_every_method_is_recorded() -> None:
    """Of `hello` only the capabilities are stored. A method that no release claims cannot be recorded."""
    claimed = {word for recording in RECORDINGS.values() for word in recording.capabilities}
    asked = {
        call.method for recording in RECORDINGS.values() for id_ in recording.answers for call in SCENARIOS[id_].calls
    }
    assert asked == {name for name, method in METHODS.items() if method.needs in {"", *claimed}} - {"hello"}


def id_of(quirk: str) -> str:
    """The id of the stored scenario of the quirk. It may have been stored under another name."""
    scenario = unexpecting(load_distinguishing_scenarios()[quirk].present)
    found = next((id_ for id_, stored in SCENARIOS.items() if stored == scenario), None)
    assert found is not None, f"no recording has the scenario of the quirk {quirk!r}; run `make recordings`"
    return found


@pytest.mark.parametrize("version", RECORDINGS)
def test_a_flipped_quirk_differs_from_the_recording(version: str) -> None:
    """Each quirk of the release is removed, and each other possible quirk is added."""
    hidden = HIDDEN.get(version, set())
    for name, distinguishing in load_distinguishing_scenarios().items():
        own = id_of(name)
        if version in distinguishing.releases and own in RECORDINGS[version].answers:
            only = [own] if name in hidden or differing(version, name, only=[own]) else SCENARIOS.keys()
            assert bool(differing(version, name, only=only, most=1)) == (name not in hidden), name


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
def test_some_recording_shows_the_quirk(quirk: Quirk) -> None:
    recorded_with_it = [recording for version, recording in RECORDINGS.items() if version in quirk.releases]
    shown = [recording for recording in recorded_with_it if quirk.name not in HIDDEN.get(recording.version, ())]
    assert [recording for recording in shown if id_of(quirk.name) in recording.answers]


def test_stored_recordings_are_as_written(tmp_path: Path) -> None:
    store(SCENARIOS, RECORDINGS, tmp_path)
    names = sorted(path.name for path in FOLDER.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def a_scenario(*methods: str) -> Scenario:
    return Scenario([Call(method) for method in methods])


def recorded(version: str, **answers: list[Answer]) -> Recording:
    return Recording(version, ["snapshot"], {"debug": False, "log_dir": "a"}, answers)


A_SCENARIO = {"one": a_scenario("open", "snapshot"), "two": a_scenario("close")}


def test_a_difference_names_release_scenario_and_call() -> None:
    recording = recorded("1.3.0", one=[Result(None), Result({"cursor": 1, "accounts": [{"label": "a"}]})])
    answers: list[Answer] = [Result(None), Refused("not_open", "no pool is open")]
    (found,) = differences(recording, A_SCENARIO, lambda _: answers)
    assert found == (
        '1.3.0, one, call 1, snapshot {}: recorded {"cursor":1,"accounts":[{"label":"a"}]}, '
        'answered {"refusal":"not_open"}'
    )


@pytest.mark.parametrize(
    "answer",
    [
        Result(None),
        Result({"wait_ms": 0.5}),
        Refused("not_open", ""),
        NotSupported("snapshot"),
        Raised(""),
        Result({"config": {"debug": True, "log_dir": "a"}}),
        Result({"config": {"debug": False, "more": {"debug": 1}}}),
        Result({"config": None}),
    ],
)
def test_an_answer_is_read_as_it_was_stored(tmp_path: Path, answer: Answer) -> None:
    recordings = {"1.2.8": recorded("1.2.8", one=[Result(None)] * 2), "1.3.0": recorded("1.3.0", one=[answer] * 2)}
    store(A_SCENARIO, recordings, tmp_path)
    assert load_recordings(A_SCENARIO, tmp_path) == recordings


def test_a_release_stores_only_what_changed(tmp_path: Path) -> None:
    old = recorded("1.2.8", one=[Result(1), Result(2)], two=[Result(None)])
    same, other = (replace(old, version=version) for version in ("1.3.0", "1.3.2"))
    other = replace(other, answers={"one": [Result(True), Result(2)]})
    store(A_SCENARIO, {"1.2.8": old, "1.3.0": same, "1.3.2": other}, tmp_path)
    stored = [json.loads((tmp_path / f"{version}.json").read_text())["answers"] for version in ("1.3.0", "1.3.2")]
    assert stored == [{}, {"one": {"0": True}, "two": None}]


def test_a_scenario_without_answers_is_not_asked_yet(tmp_path: Path) -> None:
    stale = recorded("1.3.0", one=[Result(1), Result(2)])
    store(A_SCENARIO, {"1.2.8": recorded("1.2.8", two=[Result(None)]), "1.3.0": stale}, tmp_path)
    recordings = load_recordings(A_SCENARIO, tmp_path)
    assert recordings["1.3.0"] == stale
    assert [recording.not_asked_yet(A_SCENARIO) for recording in recordings.values()] == [["one"], ["two"]]


def test_only_unknown_scenarios_are_added() -> None:
    asked = [("two", a_scenario("open", "snapshot")), ("one", a_scenario("snapshot")), ("three", a_scenario("close"))]
    assert added({}, asked) == dict(asked)
    assert added(A_SCENARIO, asked) == {"one-2": a_scenario("snapshot")}


def test_a_recording_of_another_length_is_refused(tmp_path: Path) -> None:
    store(A_SCENARIO, {"1.2.8": recorded("1.2.8", one=[Result(1), Result(2)])}, tmp_path)
    with pytest.raises(
        RecordingError, match=r"1\.2\.8\.json: one: expected the answers to 1 calls; run `make recordings`"
    ):
        load_recordings({"one": a_scenario("snapshot")}, tmp_path)
