"""Known departures of one target from one requirement, and which mismatches they cover.

A deviation matches a predicate on the call and on both values, never a requirement as a whole, so that a new fault
behind it is still seen. The predicate, `when`, is a JSON Schema over
`{"scenario": ..., "call": {"method", "params"}, "expected": ..., "actual": ...}`.
"""

import datetime
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.fixtures import fixtures_folder
from conformance.requirements.catalogue import Catalogue
from conformance.wire.scenario import Scenario, ScenarioError

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # slow: imported where there is a deviation

Json = Any
_FACTS = ("scenario", "call", "expected", "actual")  # what a predicate sees


class DeviationError(ValueError):
    """A file of deviations is wrong; the message names the file and the entry."""


class Deviation(BaseModel):
    """One known departure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    requirement: str
    reason: Annotated[str, Field(min_length=10)]
    evidence: Annotated[str, Field(min_length=5)]
    issue: str | None = None
    expires: datetime.date | None = None
    when: dict[str, Json]
    counterexample: dict[str, Json]

    @cached_property
    def _predicate(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.when)

    def covers(self, requirements: Sequence[str], facts: Json) -> bool:
        """Does it explain a mismatch of a case that names these requirements?"""
        return self.requirement in requirements and self._predicate.is_valid(facts)

    def is_expired(self, today: datetime.date) -> bool:
        return self.expires is not None and today > self.expires


def shipped_deviations(profile: str, catalogue: Catalogue) -> list[Deviation]:
    """The deviations of a published release; none for other profiles."""
    path = fixtures_folder() / "deviations" / f"{profile}.json"
    return load_deviations(path, catalogue) if path.exists() else []


def load_deviations(path: Path, catalogue: Catalogue) -> list[Deviation]:
    """Read `{"deviations": [...]}`. Raises DeviationError, saying where, for the first entry that is wrong."""
    try:
        return _load(path, catalogue)
    except RecursionError as error:
        raise DeviationError(f"{path.name}: it is nested too deep to be read") from error


def _load(path: Path, catalogue: Catalogue) -> list[Deviation]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DeviationError(f"{path.name}: cannot be read as JSON: {error}") from error
    if (
        not isinstance(document, dict)
        or set(document) != {"deviations"}
        or not isinstance(document["deviations"], list)
    ):
        raise DeviationError(f'{path.name}: expected {{"deviations": [...]}} and nothing else')
    deviations: list[Deviation] = []
    for position, entry in enumerate(document["deviations"]):
        deviation = _read(entry, f"{path.name}: deviations[{position}]", catalogue)
        if any(deviation.id == other.id for other in deviations):
            raise DeviationError(f"{path.name}: deviations[{position}]: the id {deviation.id!r} is used twice")
        deviations.append(deviation)
    return deviations


def _read(entry: Json, where: str, catalogue: Catalogue) -> Deviation:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        deviation = Deviation.model_validate(entry)
        Draft202012Validator.check_schema(deviation.when)
        Scenario.from_json(deviation.counterexample)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise DeviationError(f"{where}: {place}: {problem['msg']}, got {problem['input']!r}") from error
    except SchemaError as error:
        raise DeviationError(f"{where}: `when` is no JSON Schema: {error.message}") from error
    except ScenarioError as error:
        raise DeviationError(f"{where}: counterexample: {error}") from error
    if deviation.requirement not in catalogue.by_id:
        raise DeviationError(f"{where}: there is no requirement {deviation.requirement}")
    named = deviation.when.get("properties", {})
    if not named:
        raise DeviationError(f"{where}: `when` covers every mismatch; name the call and both values in `properties`")
    if unknown := sorted(set(named) - set(_FACTS)):  # it would hold always
        raise DeviationError(f"{where}: `when` names {unknown[0]!r}; known: {', '.join(_FACTS)}")
    return deviation
