"""What `make test` leaves to `make test-all`: tests marked `exhaustive`, whose kind other tests cover."""

from collections.abc import Iterable
from typing import Any

import pytest

EVERY = 6


def sampled(rows: Iterable[Any]) -> list[Any]:
    """The rows of a long table. `make test` runs one in six of them."""
    exhaustive = pytest.mark.exhaustive
    return [pytest.param(row, marks=exhaustive) if number % EVERY else row for number, row in enumerate(rows)]
