"""The settings of `run` reach the engine unchanged, and each predicate is compiled once."""

from pathlib import Path

import jsonschema
import pytest

from conformance.cases.settings import VARIABLE, RunSettings, read_settings
from conformance.json_type import Json
from tests.support.factories import deviation

FACTS = {"expected": "a", "actual": "b"}
SETTINGS = RunSettings(
    name="a port",
    argv=["port"],
    environment={},
    folder="\udcff",
    pass_environment=[],
    capabilities=["pid"],
    judged=["ONE-001"],
    waivers=[deviation().waiver, deviation("ONE-002", id="other").waiver],
    events="events.jsonl",
)


def read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    SETTINGS.write(folder / "settings.json")
    monkeypatch.setenv(VARIABLE, str(folder / "settings.json"))
    return read_settings()


def test_settings_are_read_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(tmp_path, monkeypatch)
    assert settings == SETTINGS
    assert [waiver.covers(["ONE-002"], FACTS) for waiver in settings.waivers] == [False, True]


def test_predicate_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validator, compiled = jsonschema.Draft202012Validator, []

    def count(schema: dict[str, Json]) -> jsonschema.Draft202012Validator:
        compiled.append(schema)
        return validator(schema)

    monkeypatch.setattr(jsonschema, "Draft202012Validator", count)
    first, _ = read(tmp_path, monkeypatch).waivers
    assert [first.covers(["ONE-001"], FACTS) for _ in range(3)] == [True] * 3
    assert compiled == [first.when]
