"""The pytest plugin of what the engine runs beside cases: it stops with the runner, and that is all."""

import pytest

from conformance.cases.engine import stop_with_runner


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_with_runner()
