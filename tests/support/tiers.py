"""What `make test` leaves to `make test-all`: tests marked `exhaustive`, whose kind other tests cover."""

from collections.abc import Iterable
from typing import Any

import pytest

from reference_impl.releases import NEWEST, NPM_VERSIONS

EVERY = 6


def sampled(rows: Iterable[Any], every: int = EVERY) -> list[Any]:
    """The rows of a long table. `make test` runs one in six of them, or fewer."""
    return sampled_rows(((row,) for row in rows), every)


def sampled_rows(rows: Iterable[tuple[Any, ...]], every: int = EVERY) -> list[Any]:
    """As `sampled`, for a table with several columns."""
    exhaustive = pytest.mark.exhaustive
    return [pytest.param(*row, marks=exhaustive if number % every else ()) for number, row in enumerate(rows)]


def releases_on_npm() -> list[Any]:
    """The releases on npm. `make test` runs the newest one."""
    older = pytest.mark.exhaustive
    return [each if each == NEWEST else pytest.param(each, marks=older) for each in NPM_VERSIONS]
