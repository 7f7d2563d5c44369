"""Fixtures that run the Node adapter with a release, without the kit, and calls for it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.targets import npm
from reference_impl.releases import NPM_VERSIONS
from tests.support.command import CHECKOUT

POOL = {"version": 3, "accounts": [{"refreshToken": label} for label in "abc"], "activeIndex": 0}
POOL_FILE = Path(".config/opencode/antigravity-accounts.json")
STICKY = ("select", {"family": "claude", "strategy": "sticky"})
LIMIT_A = ("mark_rate_limited", {"label": "a", "retry_after_ms": 1000, "family": "claude"})
SNAPSHOT: tuple[str, dict[str, Any]] = ("snapshot", {})

Call = tuple[str, dict[str, Any]]


@pytest.fixture(scope="session")
def packages() -> dict[str, Path]:
    """The installed releases, by version, in the cache that `make test` uses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(npm.CACHE_VARIABLE, os.environ.get(npm.CACHE_VARIABLE) or str(CHECKOUT / ".cache"))
        return {version: npm.install("opencode-antigravity-auth", version) for version in NPM_VERSIONS}


class Adapter:
    """Run the adapter in a temporary home with the given input lines, until it exits."""

    def __init__(self, packages: dict[str, Path], home: Path) -> None:
        self.packages, self.home = packages, home
        self.errors = ""

    def lines(self, version: str, sent: bytes, **environment: str) -> list[Any]:
        """The decoded answers to raw lines."""
        run = subprocess.run(
            npm.command(self.packages[version]),
            input=sent,
            capture_output=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), **environment},
            check=False,
        )
        self.errors = run.stderr.decode()
        assert run.returncode == 0, self.errors
        return [json.loads(line) for line in run.stdout.splitlines()]

    def answers(self, version: str, *calls: Call, **environment: str) -> list[Any]:
        """The responses to one batch."""
        batch = [{"jsonrpc": "2.0", "id": n, "method": m, "params": p} for n, (m, p) in enumerate(calls)]
        (answers,) = self.lines(version, json.dumps(batch).encode() + b"\n", **environment)
        assert [answer["id"] for answer in answers] == list(range(len(calls)))
        return list(answers)

    def results(self, version: str, *calls: Call, **environment: str) -> list[Any]:
        """The results of one batch, in which all calls succeed."""
        return [answer["result"] for answer in self.answers(version, *calls, **environment)]


@pytest.fixture
def adapter(packages: dict[str, Path], tmp_path: Path) -> Adapter:
    home = tmp_path / "home"
    home.mkdir()
    return Adapter(packages, home)


def opening(**params: Any) -> Call:
    return "open", {"pool": POOL, **params}


def write_pool(home: Path, pool: Any) -> Path:
    file = home / POOL_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(pool))
    return file
