"""A checkout is built completely and once, and again after a change; the build writes nothing into it."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.targets import tools
from conformance.targets.checkout import Prepared, bundle, prepare
from conformance.targets.errors import AdapterFault, UsageFault
from conformance.wire.answers import Result
from tests.support.checkouts import (
    ACCOUNTS,
    LOADER_TEXT,
    MANAGER_TEXT,
    MIN_WAIT,
    OPEN,
    SELECT,
    ask_checkout,
    files_below,
    own_cache,
    write_checkout,
)
from tests.support.tiers import sampled

__all__ = ["own_cache"]
pytestmark = pytest.mark.needs_node


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that the build starts: npm, and Node with esbuild."""
    programs: list[str] = []
    real = tools.run_tool

    def run_tool(argv: list[str], *rest: object) -> object:
        programs.append(Path(argv[1]).name)
        return real(argv, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bundle, "run_tool", run_tool)
    return programs


def bundle_of(prepared: Prepared) -> Path:
    return Path(prepared.argv[-1])


def test_the_second_run_builds_and_installs_nothing(tmp_path: Path, own_cache: Path, started: list[str]) -> None:
    checkout = write_checkout(tmp_path / "fork")
    first = prepare(str(checkout))
    assert "esbuild" in started
    started.clear()
    assert prepare(str(checkout)) == first
    assert started == []


def test_nothing_is_written_into_the_checkout(tmp_path: Path, own_cache: Path) -> None:
    checkout = write_checkout(tmp_path / "fork", {"node_modules/zod/index.js": "throw new Error('not used')"})
    before = files_below(checkout)
    ask_checkout(checkout, [OPEN, SELECT])
    assert files_below(checkout) == before


def test_node_modules_of_the_checkout_are_not_used(tmp_path: Path, own_cache: Path) -> None:
    files = {
        ACCOUNTS: f'import {{ word }} from "not-declared";\n{MANAGER_TEXT}'.replace("Date.now()", "word()"),
        "node_modules/not-declared/index.js": "export const word = () => 1;",
        "node_modules/not-declared/package.json": '{"name": "not-declared", "type": "module", "main": "index.js"}',
    }
    checkout = write_checkout(tmp_path / "fork", files)
    assert ask_checkout(checkout, [OPEN, MIN_WAIT])[1] != Result({"wait_ms": 1})


CHANGES: list[Callable[[Path], object]] = [
    lambda checkout: (checkout / ACCOUNTS).write_text(MANAGER_TEXT.replace("[0]", "[1]")),
    lambda checkout: (checkout / "src/plugin/accounts.js").write_text("export class AccountManager {}"),
    lambda checkout: (checkout / "package.json").write_text('{"name": "renamed", "type": "module"}'),
    lambda checkout: (checkout / "package-lock.json").write_text("{}"),
    lambda checkout: (checkout / "antigravity-conformance.toml").write_text("[plugin]\nconfig = false\n"),
    lambda checkout: (checkout / "tsconfig.json").write_text('{"compilerOptions": {"target": "es2020"}}'),
    lambda checkout: (checkout / "src/tsconfig.json").write_text('{"compilerOptions": {"target": "es2020"}}'),
]


@pytest.mark.parametrize("change", sampled(CHANGES), ids=range(len(CHANGES)))
def test_changed_source_is_built_again(
    tmp_path: Path, own_cache: Path, started: list[str], change: Callable[[Path], object]
) -> None:
    checkout = write_checkout(tmp_path / "fork", {"src/tsconfig.json": "{}"})
    prepare(str(checkout))
    started.clear()
    change(checkout)
    prepare(str(checkout))
    assert "esbuild" in started


def test_an_edit_of_the_same_length_is_seen(tmp_path: Path, own_cache: Path) -> None:
    checkout = write_checkout(tmp_path / "fork")
    first = bundle_of(prepare(str(checkout)))
    (checkout / ACCOUNTS).write_text(MANAGER_TEXT.replace("[0]", "[1]"))
    assert ask_checkout(checkout, [OPEN, SELECT])[1] == Result({"label": "b", "index": 1})
    assert "[0]" in (first / "bundle.mjs").read_text()  # a running run keeps the bundle that it started with


def test_an_edit_while_it_is_bundled_is_seen(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = write_checkout(tmp_path / "fork")
    real = tools.run_tool

    def edit_and_run(argv: list[str], *rest: Any) -> object:
        """Edits a file after esbuild has read it, the first time."""
        run = real(argv, *rest)
        if argv[1].endswith("esbuild"):
            (checkout / ACCOUNTS).write_text(MANAGER_TEXT.replace("[0]", "[1]"))
        return run

    with monkeypatch.context() as patch:
        patch.setattr(bundle, "run_tool", edit_and_run)
        prepare(str(checkout))
    assert ask_checkout(checkout, [OPEN, SELECT])[1] == Result({"label": "b", "index": 1})


def test_checkout_that_keeps_changing_is_a_fault(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = write_checkout(tmp_path / "fork")
    real, edits = tools.run_tool, iter(range(100))

    def edit_and_run(argv: list[str], *rest: Any) -> object:
        (checkout / ACCOUNTS).write_text(f"{MANAGER_TEXT}// {next(edits)}")
        return real(argv, *rest)

    monkeypatch.setattr(bundle, "run_tool", edit_and_run)
    with pytest.raises(AdapterFault, match="changed while it was bundled; run again when no program writes into it"):
        prepare(str(checkout))


def test_a_change_elsewhere_in_the_checkout_builds_nothing(tmp_path: Path, own_cache: Path, started: list[str]) -> None:
    checkout = write_checkout(tmp_path / "fork", {"docs/a.md": "a"})
    prepare(str(checkout))
    started.clear()
    (checkout / "docs" / "a.md").write_text("b")
    prepare(str(checkout))
    assert started == []


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text("cut short")], ids=range(2))
def test_a_damaged_bundle_is_built_anew(tmp_path: Path, own_cache: Path, damage: Callable[[Path], object]) -> None:
    checkout = write_checkout(tmp_path / "fork")
    damage(bundle_of(prepare(str(checkout))) / "bundle.mjs")
    assert ask_checkout(checkout, [OPEN, SELECT])[1] == Result({"label": "a", "index": 0})


def test_runs_at_the_same_time_share_one_bundle(tmp_path: Path, own_cache: Path) -> None:
    checkout = write_checkout(tmp_path / "fork")
    with ThreadPoolExecutor(4) as runs:
        prepared = list(runs.map(lambda _: prepare(str(checkout)), range(4)))
    assert len({tuple(one.argv) for one in prepared}) == 1
    assert [path.name for path in (own_cache / "bundles").iterdir() if path.is_dir()] == [bundle_of(prepared[0]).name]
    assert [path.suffix for path in (own_cache / "checkouts").iterdir()] == [".json"]


def test_replaced_checkout_gets_its_own_bundle(tmp_path: Path, own_cache: Path) -> None:
    one, other = (write_checkout(tmp_path / name, {"package.json": None}) for name in ("one", "other"))
    assert bundle_of(prepare(str(one))) != bundle_of(prepare(str(other)))  # each bundle contains the name of its folder
    shutil.rmtree(one)
    assert ask_checkout(other, [OPEN, SELECT])[1] == Result({"label": "a", "index": 0})


def test_scripts_of_the_checkout_are_not_run(tmp_path: Path, own_cache: Path) -> None:
    mark = tmp_path / "mark"
    scripts = ", ".join(f'"{name}": "touch {mark}"' for name in ("preinstall", "postinstall", "prepare", "build"))
    manifest = f'{{"name": "a-fork", "version": "1.0.0", "type": "module", "scripts": {{{scripts}}}}}'
    prepare(str(write_checkout(tmp_path / "fork", {"package.json": manifest})))
    assert not mark.exists()


def test_own_package_is_bundled_from_its_sources(tmp_path: Path, own_cache: Path) -> None:
    files: dict[str, str | None] = {
        "package.json": '{"name": "root", "private": true}',
        ACCOUNTS: None,
        "src/plugin/config/loader.ts": None,
        "packages/host/package.json": '{"name": "@own/host", "version": "2.0.0", "dependencies": {"@own/core": "*"}}',
        "packages/host/src/plugin/accounts.ts": 'export { AccountManager } from "@own/core";',
        "packages/host/src/plugin/config/loader.ts": LOADER_TEXT,
        "packages/core/package.json": '{"name": "@own/core", "main": "dist/index.js"}',
        "packages/core/src/index.ts": MANAGER_TEXT,
    }
    checkout = write_checkout(tmp_path / "fork", files)
    hello, _, selected = ask_checkout(checkout, [("hello", {"wire": 1}), OPEN, SELECT])
    assert selected == Result({"label": "a", "index": 0})
    assert isinstance(hello, Result)
    assert (hello.value["name"], hello.value["version"]) == ("@own/host", "2.0.0")
    assert "profile" not in hello.value


@pytest.mark.parametrize("path", ["none", "file", ""])
def test_path_that_is_no_folder_is_refused(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageFault, match="there is no such folder; expected a checkout of the plugin or a fork"):
        prepare(path)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file stands there")
    monkeypatch.setenv(tools.CACHE_VARIABLE, str(tmp_path / "cache"))
    with pytest.raises(Exception, match=tools.CACHE_VARIABLE):
        prepare(str(write_checkout(tmp_path / "fork")))
