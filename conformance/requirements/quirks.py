"""Reads and checks the scenario that distinguishes each quirk from its absence: `fixtures/quirks/NAME.json`.

    {"quirk": NAME, "files": {...}, "calls": [...],
     "with": {"position": 1, "expect": ...}, "without": {"position": 1, "expect": ...}}

`since` and `until`, if given, bound the releases that have the feature which the scenario uses.
The call at `position` answers `with` if the quirk is present and `without` if it is absent. `refusal` instead of
`expect` names a refusal.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.fixtures import fixtures_folder
from conformance.json_type import Json
from conformance.wire.methods import METHODS
from conformance.wire.needs import needs
from conformance.wire.scenario import Scenario, ScenarioError
from reference_impl.profiles import QUIRKS, Quirk
from reference_impl.releases import OLDEST, VERSIONS, versions_between

_KEYS = {"quirk", "since", "until", "files", "calls", "with", "without"}
_REQUIRED = _KEYS - {"since", "until", "files"}


class QuirkError(ValueError):
    """A quirk or its scenario is wrong; the message names the file or the quirk."""


@dataclass(frozen=True)
class DistinguishingScenario:
    """The calls that show a quirk: `present` and `absent` are the same calls with different expectations."""

    quirk: Quirk
    present: Scenario
    absent: Scenario
    releases: tuple[str, ...] = VERSIONS  # the releases that have the feature

    @property
    def needs(self) -> set[str]:
        """The capabilities that a target needs to run the scenario."""
        return needs(self.present.calls)

    def of(self, profile: str) -> Scenario:
        """The scenario with the expectation for this release."""
        return self.present if profile in self.quirk.releases else self.absent


def check_quirks() -> None:
    """Check every quirk and its scenario. Raises QuirkError for the first error."""
    load_distinguishing_scenarios()


def load_distinguishing_scenarios(
    folder: Path | None = None, quirks: Sequence[Quirk] = QUIRKS
) -> dict[str, DistinguishingScenario]:
    """The distinguishing scenario of every quirk, by name. Raises QuirkError for the first error."""
    folder = fixtures_folder() / "quirks" if folder is None else folder
    by_name: dict[str, Quirk] = {}
    for quirk in quirks:
        _check_row(quirk, by_name)
        by_name[quirk.name] = quirk
    scenarios = {path.stem: _read(path, by_name) for path in sorted(folder.glob("*.json"))}
    if missing := [name for name in by_name if name not in scenarios]:
        raise QuirkError(
            f"the quirk {missing[0]!r} has no distinguishing scenario; write fixtures/quirks/{missing[0]}.json"
        )
    return {name: scenarios[name] for name in by_name}


def _check_row(quirk: Quirk, earlier: Mapping[str, Quirk]) -> None:
    if quirk.name in earlier:
        raise QuirkError(f"the quirk {quirk.name!r} is listed twice")
    try:
        versions_between(quirk.since, quirk.until or quirk.still_in)
    except ValueError as error:
        raise QuirkError(f"the quirk {quirk.name!r}: {error}") from error


def _read(path: Path, by_name: Mapping[str, Quirk]) -> DistinguishingScenario:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise QuirkError(f"{path.name}: cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise QuirkError(f"{path.name}: expected an object")
    if wrong := sorted((_REQUIRED - set(document)) | (set(document) - _KEYS)):
        problem = "unknown key" if wrong[0] in document else "missing key"
        raise QuirkError(f"{path.name}: {problem} {wrong[0]!r}; keys are {', '.join(sorted(_KEYS))}")
    name = document["quirk"]
    if not isinstance(name, str) or name not in by_name:
        raise QuirkError(f"{path.name}: there is no quirk {name!r}; known: {', '.join(by_name)}")
    if name != path.stem:
        raise QuirkError(f"{path.name}: it describes the quirk {name!r}; rename it to {name}.json")
    if document["with"] == document["without"]:
        raise QuirkError(f"{path.name}: `with` and `without` are equal, so the scenario distinguishes nothing")
    present, absent = (_expecting(document, key, path.name) for key in ("with", "without"))
    try:
        asked = versions_between(document.get("since", OLDEST), document.get("until"))
    except ValueError as error:
        raise QuirkError(f"{path.name}: {error}") from error
    if missing := [release for release in by_name[name].releases if release not in asked]:
        raise QuirkError(f"{path.name}: {missing[0]} has the quirk, but is outside `since` and `until`")
    return DistinguishingScenario(by_name[name], present, absent, asked)


def _expecting(document: Json, key: str, file: str) -> Scenario:
    """The scenario with the expectation of `with` or `without`."""
    expected, calls = document[key], document["calls"]
    if not isinstance(expected, dict) or set(expected) not in ({"position", "expect"}, {"position", "refusal"}):
        raise QuirkError(f"{file}: {key}: expected a position, and either expect or refusal")
    position = expected["position"]
    if not isinstance(calls, list) or type(position) is not int or not 0 <= position < len(calls):
        raise QuirkError(f"{file}: {key}: position {position!r} is not the position of a call")
    for number, call in enumerate(calls):
        if isinstance(call, dict) and ("expect" in call or "refusal" in call):
            raise QuirkError(f"{file}: calls[{number}] has an expectation; it belongs in `with` and `without`")
        if isinstance(call, dict) and isinstance(call.get("method"), str) and call["method"] not in METHODS:
            raise QuirkError(f"{file}: calls[{number}]: there is no method {call['method']!r}")
    judged = {name: value for name, value in expected.items() if name != "position"}
    asked = [{**call, **judged} if number == position else call for number, call in enumerate(calls)]
    files = {"files": document["files"]} if "files" in document else {}
    try:
        return Scenario.from_json({**files, "calls": asked})
    except (ScenarioError, TypeError) as error:
        raise QuirkError(f"{file}: {error}") from error
