"""The catalogue: numbered requirements as data (one TOML file per section), and their loader."""

from conformance.requirements.catalogue import (
    Catalogue,
    CatalogueError,
    Requirement,
    Section,
    load_catalogue,
)

__all__ = ["Catalogue", "CatalogueError", "Requirement", "Section", "load_catalogue"]
