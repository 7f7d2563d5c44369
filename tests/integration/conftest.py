"""Shared by integration tests: running releases, a cache without built checkouts, and runs of the kit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.targets.connection import Connection
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from reference_impl.releases import NPM_VERSIONS
from tests.support.built import installed_by_action, wheel
from tests.support.checkouts import own_cache
from tests.support.kit_runs import Bench
from tests.support.node_adapter import adapter, packages

__all__ = ["adapter", "installed_by_action", "own_cache", "packages", "releases", "wheel"]


@pytest.fixture(scope="session")
def releases() -> Iterator[dict[str, Connection]]:
    """One process for each release. All tests share them, so each test opens its own pool."""
    targets = [resolve(f"npm:opencode-antigravity-auth@{version}", []) for version in NPM_VERSIONS]
    with Group([Launch(t.argv, t.environment, t.word) for t in targets], timeout_s=60) as group:
        yield dict(zip(NPM_VERSIONS, group.connections, strict=True))


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Starts `run`, or the command that the module names as `COMMAND`, of which nothing may be left."""
    bench = Bench(tmp_path, getattr(request.module, "COMMAND", "run"))
    yield bench
    bench.assert_nothing_left()
