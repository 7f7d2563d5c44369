"""Shared by integration tests: running releases, and a cache without built checkouts."""

from collections.abc import Iterator

import pytest

from conformance.targets.connection import Connection
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from reference_impl.releases import NPM_VERSIONS
from tests.support.checkouts import own_cache

__all__ = ["own_cache", "releases"]


@pytest.fixture(scope="session")
def releases() -> Iterator[dict[str, Connection]]:
    """One process for each release. All tests share them, so each test opens its own pool."""
    targets = [resolve(f"npm:opencode-antigravity-auth@{version}", []) for version in NPM_VERSIONS]
    with Group([Launch(t.argv, t.environment, t.word) for t in targets], timeout_s=60) as group:
        yield dict(zip(NPM_VERSIONS, group.connections, strict=True))
