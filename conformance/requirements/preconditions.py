"""Preconditions of many rules, such as that a target reads its pool file: `fixtures/preconditions.json`.

If a precondition does not hold, the rules that it supports fail for this reason, and their own findings are misleading.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.fixtures import fixtures_folder
from conformance.json_type import Json
from conformance.requirements.catalogue import Catalogue
from conformance.wire.methods import CAPABILITIES
from conformance.wire.scenario import Scenario, ScenarioError


class PreconditionError(ValueError):
    """The file of preconditions is invalid; the message names the entry."""


class Precondition(BaseModel):
    """One precondition, and the scenario that shows whether it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    text: Annotated[str, Field(min_length=10)]
    advice: str = ""
    builds_on: list[str]  # earlier preconditions that the scenario relies on
    needs: list[str]  # capabilities that the scenario needs
    scenario: dict[str, Json]
    stated_by: list[str]  # the rules with the same statement
    supports: list[str]  # ids or section prefixes of the rules that rely on it

    @property
    def asked(self) -> Scenario:
        return Scenario.from_json(self.scenario)

    def does_support(self, requirement: str) -> bool:
        """Can this rule fail because the precondition does not hold?"""
        is_named = requirement in self.supports or requirement.partition("-")[0] in self.supports
        return is_named and requirement not in self.stated_by


def load_preconditions(catalogue: Catalogue, path: Path | None = None) -> Sequence[Precondition]:
    """All preconditions, the most basic one first. Raises PreconditionError for the first invalid entry."""
    path = path or fixtures_folder() / "preconditions.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    preconditions = [_read(entry, position, catalogue) for position, entry in enumerate(document["preconditions"])]
    known: set[str] = set()
    for each in preconditions:
        if unknown := set(each.builds_on) - known:
            raise PreconditionError(f"{each.id}: it builds on {min(unknown)}, which is not listed before it")
        known.add(each.id)
    return preconditions


def _read(entry: Json, position: int, catalogue: Catalogue) -> Precondition:
    try:
        precondition = Precondition.model_validate(entry)
        _ = precondition.asked
    except (ValidationError, ScenarioError) as error:
        raise PreconditionError(f"preconditions[{position}]: {error}") from error
    rules = {*catalogue.by_id, *(section.prefix for section in catalogue.sections)}
    known = [(rules, precondition.stated_by), (rules, precondition.supports), (CAPABILITIES, precondition.needs)]
    if unknown := [word for words, named in known for word in named if word not in words]:
        raise PreconditionError(f"preconditions[{position}]: {precondition.id}: there is no {unknown[0]}")
    return precondition
