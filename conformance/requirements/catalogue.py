"""Reads and checks the catalogue. An error names the file and the entry."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.wire.methods import CAPABILITIES
from reference_impl.releases import RECOMMENDED, versions_between

FOLDER = Path(__file__).parent
Level = Literal["MUST", "SHOULD", "MAY"]


class CatalogueError(ValueError):
    """The catalogue is wrong; the message names the file and the entry."""


class Requirement(BaseModel):
    """One numbered rule. Ids never change and are never reused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Z]{2,5}-[0-9]{3}$")]
    level: Level
    title: Annotated[str, Field(min_length=5, max_length=78)]
    text: Annotated[str, Field(min_length=10)]
    source: Annotated[str, Field(min_length=5, description="where the rule comes from: a document, a release's file")]
    since: str = Field(description="first release that has the feature, broken or not")
    until: str | None = Field(default=None, description="last release that has the feature")
    needs: list[str] = Field(description="capabilities that a target needs to be judged")
    mutant: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", description="name of a mutant that breaks the rule")]
    mutant_text: Annotated[str, Field(min_length=5, description="what the mutant does instead")]
    superseded_by: str | None = Field(default=None, description="the rule that newer releases follow instead")

    @property
    def releases(self) -> tuple[str, ...]:
        """The versions of the releases that have the feature, oldest first."""
        return versions_between(self.since, self.until)


class Section(BaseModel):
    """One file of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: str
    title: str
    about: str
    requirement: list[Requirement]


@dataclass(frozen=True)
class Catalogue:
    """All sections, in the order of their files."""

    sections: tuple[Section, ...]

    @cached_property
    def by_id(self) -> dict[str, Requirement]:
        return {requirement.id: requirement for requirement in self}

    def __iter__(self) -> Iterator[Requirement]:
        return (requirement for section in self.sections for requirement in section.requirement)

    def __len__(self) -> int:
        return len(self.by_id)

    def choose(self, words: Sequence[str]) -> list[Requirement]:
        """The requirements with these ids or section prefixes; all if none are given. Raises KeyError."""
        wanted = {word.upper() for word in words}
        if unknown := wanted - set(self.by_id) - {section.prefix for section in self.sections}:
            raise KeyError(sorted(unknown)[0])
        return [r for r in self if not wanted or r.id in wanted or r.id.partition("-")[0] in wanted]


def applies(requirement: Requirement, profile: str) -> bool:
    """Does the requirement apply to targets of this profile?"""
    if profile == RECOMMENDED:
        return requirement.superseded_by is None
    return profile in requirement.releases


def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read every `*.toml` of the folder. Raises CatalogueError for the first wrong entry."""
    catalogue = Catalogue(tuple(_read_section(path) for path in sorted(folder.glob("*.toml"))))
    seen: dict[str, str] = {}
    for section in catalogue.sections:
        for entry in section.requirement:
            _check(entry, section, seen)
    for entry in catalogue:
        if entry.superseded_by is not None and entry.superseded_by not in seen:
            raise CatalogueError(f"{entry.id}: superseded_by names {entry.superseded_by}, which does not exist")
    return catalogue


def load_section(name: str) -> Section:
    """One file of the shipped catalogue. Quicker than to load all of them."""
    return _read_section(FOLDER / name)


def _read_section(path: Path) -> Section:
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Section.model_validate(document)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: not TOML: {error}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise CatalogueError(f"{path.name}: {place}: {problem['msg']}, got {problem['input']!r}") from error


def _check(entry: Requirement, section: Section, seen: dict[str, str]) -> None:
    if entry.id in seen:
        raise CatalogueError(f"{entry.id}: the id is used twice, in {seen[entry.id]} and in {section.title!r}")
    seen[entry.id] = repr(section.title)
    if entry.id.partition("-")[0] != section.prefix:
        raise CatalogueError(f"{entry.id}: the section {section.title!r} has the prefix {section.prefix}")
    try:
        versions_between(entry.since, entry.until)
    except ValueError as error:
        raise CatalogueError(f"{entry.id}: {error}") from error
    if unknown := [need for need in entry.needs if need not in CAPABILITIES]:
        raise CatalogueError(f"{entry.id}: unknown capability {unknown[0]!r}; known: {', '.join(CAPABILITIES)}")
