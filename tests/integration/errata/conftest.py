"""The running releases, for all modules of evidence."""

import os
from collections.abc import Iterator

import pytest

from conformance.targets import npm
from conformance.targets.group import Group, Launch
from reference_impl.releases import NPM_VERSIONS
from tests.integration.errata.evidence import Release
from tests.support.command import CHECKOUT


@pytest.fixture(scope="session")
def releases() -> Iterator[dict[str, Release]]:
    """The published releases as running targets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(npm.CACHE_VARIABLE, os.environ.get(npm.CACHE_VARIABLE) or str(CHECKOUT / ".cache"))
        packages = {version: npm.install("opencode-antigravity-auth", version) for version in NPM_VERSIONS}
    launches = [Launch(npm.command(package), name=version) for version, package in packages.items()]
    with Group(launches, timeout_s=60) as group:
        pairs = zip(packages.items(), group.connections, strict=True)
        yield {version: Release(version, package, connection) for (version, package), connection in pairs}


@pytest.fixture(params=[pytest.param(version, marks=pytest.mark.needs_node) for version in NPM_VERSIONS])
def release(request: pytest.FixtureRequest, releases: dict[str, Release]) -> Release:
    return releases[request.param]
