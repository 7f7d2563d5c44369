"""The files of `fixtures/recordings`: scenarios, and the answers of each release.

`scenarios.jsonl` has one scenario with its id on each line, for all releases. `VERSION.json` has one line for each
scenario with changes: the answers that differ from the previous release, by position of the call, or all answers if the
previous release was not asked. A config is stored as its differences from `defaults`, the config that the release loads
without any file. So a new release adds a few lines that a reviewer can read. That is why the files are text, although
gzip would make them fourteen times smaller.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.fixtures import fixtures_folder
from conformance.json_type import Json
from conformance.search.compare import are_same, instants
from conformance.wire.answers import Answer, NotSupported, Raised, Refused, Result
from conformance.wire.files import Send, ask
from conformance.wire.needs import needs
from conformance.wire.scenario import ABSENT, Scenario
from reference_impl.releases import VERSIONS

FOLDER = fixtures_folder() / "recordings"
SCENARIOS = "scenarios.jsonl"
_encode = json.JSONEncoder(separators=(",", ":")).encode

Scenarios = Mapping[str, Scenario]  # by id
Stored = list[Json] | dict[str, Json] | None  # all answers, the changed answers by position, or not asked


class RecordingError(ValueError):
    """A recording cannot be read; the message names the file."""


@dataclass(frozen=True)
class Recording:
    """The answers of one release, as a list for each scenario that it was asked."""

    version: str
    capabilities: list[str]
    defaults: Json  # the config that it loads without any file
    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def is_asked(self, scenario: Scenario) -> bool:
        """Does the release claim the capabilities that the scenario needs?"""
        return needs(scenario.calls) <= set(self.capabilities)

    def not_asked_yet(self, scenarios: Scenarios) -> list[str]:
        """The scenarios that were added after the release was recorded."""
        return [id_ for id_, scenario in scenarios.items() if self.is_asked(scenario) and id_ not in self.answers]


def differences(recording: Recording, scenarios: Scenarios, send: Send, within: Path | None = None) -> Iterator[str]:
    """One line for each scenario that `send` does not answer as recorded, with the first different call."""
    for id_, recorded in recording.answers.items():
        scenario = scenarios[id_]
        answered = ask(scenario, send, within)
        position = first_change(scenario, recorded, answered)
        if position is not None:
            call = scenario.calls[position]
            yield (
                f"{recording.version}, {id_}, call {position}, {call.method} {_encode(dict(call.params))}: "
                f"recorded {_encode(to_json(recorded[position]))}, answered {_encode(to_json(answered[position]))}"
            )


def first_change(scenario: Scenario, recorded: list[Answer], answered: list[Answer]) -> int | None:
    """The position of the first call with a different answer, or None."""
    calls = [(call.method, call.params) for call in scenario.calls]
    asked = zip(calls, recorded, answered, instants(calls), strict=True)
    same = (are_same(method, one, other, now_ms) for (method, _), one, other, now_ms in asked)
    return next((position for position, is_same in enumerate(same) if not is_same), None)


def load_scenarios(folder: Path = FOLDER) -> dict[str, Scenario]:
    """All stored scenarios, by id."""
    path = folder / SCENARIOS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    documents = [json.loads(line) for line in lines]
    return {document.pop("id"): Scenario.from_json(document) for document in documents}


def load_recordings(scenarios: Scenarios, folder: Path = FOLDER) -> dict[str, Recording]:
    """The recordings of the releases, oldest first. Raises RecordingError."""
    packed: dict[str, dict[str, list[Json]]] = {}
    found: dict[str, Recording] = {}
    for version in VERSIONS:
        path = folder / f"{version}.json"
        if not path.exists():
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        recording = Recording(version, document["capabilities"], document["defaults"])
        before = packed.get(document["changed_since"], {})
        packed[version] = {}
        for id_, scenario in scenarios.items():
            stored = document["answers"].get(id_, {} if id_ in before else None)
            if stored is not None and recording.is_asked(scenario):
                packed[version][id_] = _whole(stored, before.get(id_), len(scenario.calls), f"{path.name}: {id_}")
        for id_, answers in packed[version].items():
            recording.answers[id_] = [_unpacked(answer, recording.defaults) for answer in answers]
        found[version] = recording
    return found


def store(scenarios: Scenarios, recordings: Mapping[str, Recording], folder: Path = FOLDER) -> None:
    """Write all files."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [_encode({"id": id_, **scenario.to_json()}) for id_, scenario in scenarios.items()]
    (folder / SCENARIOS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    before: dict[str, list[Json]] = {}
    since = None
    for version in [version for version in VERSIONS if version in recordings]:
        recording = recordings[version]
        packed = {
            id_: [_packed(answer, recording.defaults) for answer in answers]
            for id_, answers in recording.answers.items()
        }
        head = {
            "version": version,
            "capabilities": recording.capabilities,
            "defaults": recording.defaults,
            "changed_since": since,
        }
        changed = [
            f"{_encode(id_)}:{_encode(stored)}" for id_, stored in _changes(recording, scenarios, packed, before)
        ]
        text = f'{_encode(head)[:-1]},"answers":{{\n' + ",\n".join(changed) + "\n}}\n"
        (folder / f"{version}.json").write_text(text, encoding="utf-8")
        before, since = packed, version


def _changes(
    recording: Recording, scenarios: Scenarios, packed: dict[str, list[Json]], before: dict[str, list[Json]]
) -> Iterator[tuple[str, Stored]]:
    """The lines of a release: its differences from the previous release."""
    for id_, scenario in scenarios.items():
        if id_ not in packed:
            if id_ in before and recording.is_asked(scenario):
                yield id_, None
        elif id_ not in before:
            yield id_, packed[id_]
        else:
            pairs = enumerate(zip(packed[id_], before[id_], strict=True))
            changed = {str(at): answer for at, (answer, old) in pairs if _encode(answer) != _encode(old)}
            if changed:
                yield id_, changed


def _whole(stored: Stored, before: list[Json] | None, calls: int, where: str) -> list[Json]:
    answers = stored
    if isinstance(stored, dict) and before is not None:
        answers = [stored.get(str(at), old) for at, old in enumerate(before)]
    if not isinstance(answers, list) or len(answers) != calls:
        raise RecordingError(f"{where}: expected the answers to {calls} calls; run `make recordings`")
    return answers


def to_json(answer: Answer) -> Json:
    """An answer as it is stored. Messages of failures are left out, because they depend on the version of Node."""
    match answer:
        case Result(value):
            return value
        case Refused(kind, _):
            return {"refusal": kind}
        case NotSupported(method):
            return {"not supported": method}
    return {"raised": True}


def _packed(answer: Answer, defaults: Json) -> Json:
    value = to_json(answer)
    if not (isinstance(value, dict) and isinstance(value.get("config"), dict)):
        return value
    config = value["config"]
    changed = {key: item for key, item in config.items() if _encode(item) != _encode(defaults.get(key, ABSENT))}
    return {"config_changes": changed | {key: ABSENT for key in defaults if key not in config}}


def _unpacked(stored: Json, defaults: Json) -> Answer:
    match stored:
        case {"refusal": kind}:
            return Refused(kind, "")
        case {"not supported": method}:
            return NotSupported(method)
        case {"raised": True}:
            return Raised("")
        case {"config_changes": changes}:
            config = {**defaults, **changes}
            return Result({"config": {key: value for key, value in config.items() if value != ABSENT}})
    return Result(stored)
