"""Known deviations of a target from a requirement, and the mismatches that they cover.

A deviation covers the mismatches that match a predicate on the call and both values, never a whole requirement. So a
new fault in the same requirement still fails. The predicate, `when`, is a JSON Schema over
`{"scenario": ..., "call": {"method", "params"}, "expected": ..., "actual": ...}`.
"""

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.fixtures import fixtures_folder
from conformance.json_type import Json
from conformance.requirements.catalogue import Catalogue
from conformance.wire.scenario import Scenario, ScenarioError
from reference_impl.releases import NEWEST, versions_between

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # slow to import, and needed only if there is a deviation

_FACTS = ("scenario", "call", "expected", "actual")  # the input of a predicate


class DeviationError(ValueError):
    """A file of deviations is wrong; the message names the file and the entry."""


@dataclass(frozen=True)
class Waiver:
    """The part of a deviation that decides which mismatches it covers."""

    deviation: str
    requirement: str
    when: dict[str, Json]

    @cached_property
    def _predicate(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.when)

    def covers(self, requirements: Sequence[str], facts: Json) -> bool:
        """Does the deviation explain a mismatch of a case that names these requirements?"""
        return self.requirement in requirements and self._predicate.is_valid(facts)


class Deviation(BaseModel):
    """One known deviation of a target from a requirement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    requirement: str
    reason: Annotated[str, Field(min_length=10)]
    evidence: Annotated[str, Field(min_length=5)]
    issue: str | None = None
    expires: datetime.date | None = None
    when: dict[str, Json]
    counterexample: dict[str, Json]  # a scenario; for races, `{"schedule": ID}` of a stored schedule

    @property
    def is_of_races(self) -> bool:
        """Whether the counterexample is a schedule of several processes."""
        return "schedule" in self.counterexample

    @property
    def waiver(self) -> Waiver:
        return Waiver(self.id, self.requirement, self.when)

    def is_expired(self, today: datetime.date) -> bool:
        return self.expires is not None and today > self.expires


AnyDeviation = TypeVar("AnyDeviation", bound=Deviation)


class Code(BaseModel):
    """The code of the releases that the evidence speaks of, to be looked for in a checkout that inherits it.

    Quotations hold for sources and builds: they have no types, and white space does not count. `…` stands for any code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    present: list[str] = []
    absent: list[str] = Field(default=[], description="what repairs it, wherever a checkout has it")


class ReleaseDeviation(Deviation):
    """A known deviation of one or more releases. `until` is the last release that has it.

    `still_in` names the newest release for which it was confirmed. So a release that is added later does not inherit
    the deviation unnoticed.
    """

    since: str
    until: str | None = None
    still_in: str | None = None
    code: Code = Code()

    @property
    def releases(self) -> tuple[str, ...]:
        """The versions of the releases that have the deviation, oldest first."""
        return versions_between(self.since, self.until or self.still_in)

    @property
    def is_unconfirmed(self) -> bool:
        """Was a release added after the last one in which the deviation was confirmed?"""
        return self.still_in is not None and self.still_in != NEWEST


def release_deviations(catalogue: Catalogue, path: Path | None = None) -> list[ReleaseDeviation]:
    """Every known deviation of the releases, in the order of the requirements."""
    path = path or fixtures_folder() / "deviations.json"
    deviations: list[ReleaseDeviation] = []
    for position, deviation in enumerate(_load(path, catalogue, ReleaseDeviation)):
        place = f"{path.name}: deviations[{position}]"
        if (deviation.until is None) == (deviation.still_in is None):
            raise DeviationError(f"{place}: {deviation.id} must have either `until` or `still_in`")
        try:
            releases = set(deviation.releases)
        except ValueError as error:
            raise DeviationError(f"{place}: {deviation.id}: {error}") from error
        if any(other.id == deviation.id and releases & set(other.releases) for other in deviations):
            raise DeviationError(f"{place}: the id {deviation.id!r} is used twice for one release")
        deviations.append(deviation)
    return deviations


def shipped_deviations(profile: str, catalogue: Catalogue) -> list[ReleaseDeviation]:
    """The known deviations of one release. Empty for other profiles."""
    return [deviation for deviation in release_deviations(catalogue) if profile in deviation.releases]


def load_deviations(path: Path, catalogue: Catalogue) -> list[Deviation]:
    """Read `{"deviations": [...]}`. Raises DeviationError with the place of the first wrong entry."""
    deviations = _load(path, catalogue, Deviation)
    for position, deviation in enumerate(deviations):
        if any(deviation.id == other.id for other in deviations[:position]):
            raise DeviationError(f"{path.name}: deviations[{position}]: the id {deviation.id!r} is used twice")
    return deviations


def _load(path: Path, catalogue: Catalogue, model: type[AnyDeviation]) -> list[AnyDeviation]:
    try:
        return _read_file(path, catalogue, model)
    except RecursionError as error:
        raise DeviationError(f"{path.name}: it is nested too deeply") from error


def _read_file(path: Path, catalogue: Catalogue, model: type[AnyDeviation]) -> list[AnyDeviation]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeviationError(f"cannot read {path}: {error.strerror}; expected a file of deviations") from error
    except ValueError as error:
        raise DeviationError(f"{path} is not JSON in UTF-8: {error}") from error
    if (
        not isinstance(document, dict)
        or set(document) != {"deviations"}
        or not isinstance(document["deviations"], list)
    ):
        raise DeviationError(f'{path.name}: expected {{"deviations": [...]}} and nothing else')
    return [
        _read(entry, f"{path.name}: deviations[{position}]", catalogue, model)
        for position, entry in enumerate(document["deviations"])
    ]


def _read(entry: Json, where: str, catalogue: Catalogue, model: type[AnyDeviation]) -> AnyDeviation:
    try:
        deviation = model.model_validate(entry)
        if model is Deviation:  # a test checks the predicates of releases, because it takes 0.3 s for each command
            _check_predicate(deviation, where)
        _check_counterexample(deviation)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise DeviationError(f"{where}: {place}: {problem['msg']}, got {problem['input']!r}") from error
    except ScenarioError as error:
        raise DeviationError(f"{where}: counterexample: {error}") from error
    if deviation.requirement not in catalogue.by_id:
        raise DeviationError(f"{where}: there is no requirement {deviation.requirement}")
    named = deviation.when.get("properties", {})
    if not named:
        raise DeviationError(f"{where}: `when` covers every mismatch; name the call and both values in `properties`")
    if unknown := sorted(set(named) - set(_FACTS)):  # the schema would accept everything
        raise DeviationError(f"{where}: `when` names {unknown[0]!r}; known: {', '.join(_FACTS)}")
    return deviation


def _check_predicate(deviation: Deviation, where: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(deviation.when)
    except SchemaError as error:
        raise DeviationError(f"{where}: `when` is not a valid JSON Schema: {error.message}") from error


def _check_counterexample(deviation: Deviation) -> None:
    """Raises ScenarioError if it is neither a scenario nor the name of a schedule."""
    if not deviation.is_of_races:
        Scenario.from_json(deviation.counterexample)
    elif set(deviation.counterexample) != {"schedule"} or not isinstance(deviation.counterexample["schedule"], str):
        raise ScenarioError('expected a scenario or {"schedule": ID}')
