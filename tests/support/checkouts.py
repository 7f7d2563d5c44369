"""Small checkouts of invented forks, written into a folder, and calls to them."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.targets import npm
from conformance.targets.checkout import prepare
from conformance.targets.group import Group, Launch
from conformance.targets.tools import CACHE_VARIABLE
from conformance.wire.answers import Answer
from tests.support.command import CHECKOUT

ACCOUNTS = "src/plugin/accounts.ts"
LOADER = "src/plugin/config/loader.ts"
MANAGER_TEXT = """\
type Account = { index: number; parts: { refreshToken: string } };

export class AccountManager {
  accounts: Account[];
  constructor(auth: unknown, pool: { accounts: { refreshToken: string }[] }) {
    this.accounts = pool.accounts.map(({ refreshToken }, index) => ({ index, parts: { refreshToken } }));
  }
  getCurrentOrNextForFamily(family: string, model?: string): Account | null {
    return this.accounts[0] ?? null;
  }
  getMinWaitTimeForFamily(family: string): number {
    return Date.now();
  }
}
"""
LOADER_TEXT = "export function loadConfig(directory: string) {\n  return { directory };\n}\n"
MANIFEST_TEXT = '{"name": "a-fork", "version": "7.0.0", "type": "module"}'
POOL = {"version": 3, "accounts": [{"refreshToken": label} for label in "abc"], "activeIndex": 0}
OPEN = ("open", {"pool": POOL, "pid": 5, "now_ms": 1234})
SELECT = ("select", {"family": "claude", "strategy": "sticky"})
MIN_WAIT = ("min_wait", {"family": "claude"})


def write_checkout(folder: Path, files: Mapping[str, str | None] | None = None) -> Path:
    """Write a working fork with these files replaced; None leaves a file out."""
    usual = {ACCOUNTS: MANAGER_TEXT, LOADER: LOADER_TEXT, "package.json": MANIFEST_TEXT}
    for name, text in {**usual, **(files or {})}.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


def copy_release(folder: Path, version: str) -> Path:
    """Copy the files of a published release into a folder, as a checkout."""
    return shutil.copytree(npm.install("opencode-antigravity-auth", version), folder)


def ask_checkout(checkout: Path, calls: Sequence[tuple[str, Json]], mapping: Path | None = None) -> list[Answer]:
    """The adapter's answers to calls in one batch."""
    with Group([Launch(prepare(str(checkout), mapping).argv, name="the fork")], timeout_s=60) as group:
        return group.connections[0].batch(calls)


def files_below(folder: Path) -> dict[str, bytes | None]:
    """The content of every file below the folder; None for folders."""
    paths = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in paths}


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache without built checkouts. npm packages are shared with other runs."""
    shared = Path(os.environ.get(CACHE_VARIABLE) or CHECKOUT / ".cache")
    cache = tmp_path / "own-cache"
    cache.mkdir()
    for name in ("npm", "tools", "packages"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to((shared / name).resolve())
    monkeypatch.setenv(CACHE_VARIABLE, str(cache))
    return cache
