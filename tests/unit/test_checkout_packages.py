"""The version of a package that a checkout gets: the locked one, else by range. Workspace packages are sources."""

import json
from pathlib import Path

import pytest

from conformance.targets.checkout.packages import Packages, package_name

FILE = "src/plugin/accounts.ts"
NPM = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"zod": "^4.0.0"}},
            "node_modules/zod": {"version": "4.1.8"},
            "node_modules/other/node_modules/zod": {"version": "3.0.0"},
        },
    }
)
NPM_1 = json.dumps({"lockfileVersion": 1, "dependencies": {"zod": {"version": "4.1.8"}}})
BUN = """{
  "lockfileVersion": 1,
  "workspaces": { "": { "dependencies": { "zod": "^4.0.0", }, }, },
  "packages": {
    "other/zod": ["zod@3.0.0", "", {}, "sha512-"],
    "zod": ["zod@4.1.8", "", {}, "sha512-"],
  }
}
"""
PNPM = """\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@scope/zod':
        specifier: ^4.0.0
        version: 9.9.9
      zod:
        specifier: ^4.0.0
        version: 4.1.8(peer@1.0.0)
"""
YARN = """\
# yarn lockfile v1
zod@^3.0.0:
  version "3.0.0"

"zod@^4.0.0", zod@^4.1.0:
  version "4.1.8"
"""
YARN_BERRY = """\
"zod@npm:^4.0.0":
  version: 4.1.8
  resolution: "zod@npm:4.1.8"
"""
LOCKS = [
    ("package-lock.json", NPM),
    ("package-lock.json", NPM_1),
    ("npm-shrinkwrap.json", NPM),
    ("bun.lock", BUN),
    ("pnpm-lock.yaml", PNPM),
    ("yarn.lock", YARN),
    ("yarn.lock", YARN_BERRY),
]


def declare(folder: Path, declared: str, kind: str = "dependencies", name: str = "zod") -> Packages:
    (folder / "package.json").write_text(json.dumps({"name": "fork", kind: {name: declared}}))
    return Packages(folder)


@pytest.mark.parametrize(("lock", "text"), LOCKS)
def test_the_locked_version_is_taken(tmp_path: Path, lock: str, text: str) -> None:
    (tmp_path / lock).write_text(text)
    wanted = declare(tmp_path, "^4.0.0").want("zod", [FILE])
    assert (wanted.spec, wanted.lock, wanted.note) == ("zod@4.1.8", lock, "")


@pytest.mark.parametrize(("lock", "text"), [entry for entry in LOCKS if entry[1] != NPM_1])
def test_lock_for_another_range_is_ignored_with_notice(tmp_path: Path, lock: str, text: str) -> None:
    (tmp_path / lock).write_text(text)
    wanted = declare(tmp_path, "^5.0.0").want("zod", [FILE])
    assert wanted.spec == "zod@^5.0.0"
    said = f"zod: {lock} has no version for the range in package.json; the newest of ^5.0.0 is taken"
    assert (wanted.note, wanted.lock) == (said, "by range")


def test_broken_lock_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text("{broken")
    assert declare(tmp_path, "^4.0.0").want("zod", [FILE]).spec == "zod@^4.0.0"


def test_declared_range_is_used_without_a_lock(tmp_path: Path) -> None:
    wanted = declare(tmp_path, "^4.0.0", "devDependencies").want("zod", [FILE])
    assert (wanted.spec, wanted.note) == ("zod@^4.0.0", "")


def test_the_nearest_package_declares(tmp_path: Path) -> None:
    declare(tmp_path, "^3.0.0")
    (tmp_path / "packages" / "host").mkdir(parents=True)
    declare(tmp_path / "packages" / "host", "^4.0.0")
    assert Packages(tmp_path).want("zod", ["packages/host/src/a.ts"]).spec == "zod@^4.0.0"
    assert Packages(tmp_path).want("zod", ["packages/other/src/a.ts"]).spec == "zod@^3.0.0"


@pytest.mark.parametrize("declared", ["workspace:*", "file:../zod", "link:x", "git+https://host/x.git", "catalog:"])
def test_version_that_npm_lacks_gives_a_notice(tmp_path: Path, declared: str) -> None:
    wanted = declare(tmp_path, declared).want("zod", [FILE])
    assert wanted.spec is None
    assert f"zod is declared as {declared}, which npm cannot install" in wanted.note


def test_undeclared_package_gives_a_notice(tmp_path: Path) -> None:
    wanted = declare(tmp_path, "^4.0.0").want("colors", [FILE])
    assert (wanted.spec, wanted.note) == (None, "colors is imported, but no package.json declares it")


# Packages of the checkout itself.

ENTRIES: list[tuple[dict[str, object], str, str]] = [
    ({"main": "./dist/index.js"}, "@own/core", "src/index.ts"),
    ({"main": "./dist/src/main.js"}, "@own/core", "src/main.ts"),
    ({"exports": {".": {"types": "./d.ts", "import": "./lib/index.mjs"}}}, "@own/core", "src/index.ts"),
    ({"exports": "./build/index.js"}, "@own/core", "src/index.tsx"),
    ({"exports": {"./lock": {"import": "./dist/file-lock.js"}}}, "@own/core/lock", "src/file-lock.ts"),
    ({"main": "./src/index.mjs"}, "@own/core", "src/index.mjs"),
    ({}, "@own/core", "index.js"),
]


@pytest.mark.parametrize(("manifest", "imported", "file"), ENTRIES)
def test_own_package_is_read_from_its_sources(
    tmp_path: Path, manifest: dict[str, object], imported: str, file: str
) -> None:
    core = tmp_path / "packages" / "core"
    (core / file).parent.mkdir(parents=True)
    (core / file).touch()
    (core / "package.json").write_text(json.dumps({"name": "@own/core", **manifest}))
    assert Packages(tmp_path).source(imported) == core / file


def test_sources_take_precedence_over_builds(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "package.json").write_text('{"name": "own", "main": "dist/index.js"}')
    assert Packages(tmp_path).source("own") is None
    built = tmp_path / "dist" / "index.js"
    built.touch()
    assert Packages(tmp_path).source("own") == built
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.ts").touch()
    assert Packages(tmp_path).source("own") == tmp_path / "src" / "index.ts"
    assert Packages(tmp_path).source("another") is None


def test_package_name_excludes_the_imported_path() -> None:
    assert [package_name(name) for name in ("zod", "zod/v4", "@a/b", "@a/b/c/d")] == ["zod", "zod", "@a/b", "@a/b"]
