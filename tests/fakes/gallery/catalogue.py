"""All adapters of the gallery, by name."""

from tests.fakes.gallery import (  # noqa: F401 - each module registers its adapters
    contract,
    flaky,
    framing,
    messages,
    processes,
    surroundings,
    values,
)
from tests.fakes.gallery.serving import FAKES, Fake


def load() -> dict[str, Fake]:
    return FAKES
