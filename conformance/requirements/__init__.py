"""The catalogue: numbered requirements as data (one TOML file per section), and their loader."""

from conformance.requirements.catalogue import (
    RELEASES,
    Catalogue,
    CatalogueError,
    Requirement,
    Section,
    load_catalogue,
)

__all__ = ["RELEASES", "Catalogue", "CatalogueError", "Requirement", "Section", "load_catalogue"]
