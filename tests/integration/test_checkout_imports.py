"""The kit installs every package that a checkout loads, however its modules load it."""

import json
from pathlib import Path

import pytest

from conformance.targets.checkout import bundle, prepare
from conformance.targets.checkout.packages import Wanted
from conformance.wire.answers import Raised, Result
from tests.support.checkouts import (
    ACCOUNTS,
    LOADER,
    MANAGER_TEXT,
    MIN_WAIT,
    OPEN,
    ask_checkout,
    own_cache,
    write_checkout,
)
from tests.support.tiers import sampled_rows

__all__ = ["own_cache"]
pytestmark = [pytest.mark.needs_node, pytest.mark.usefixtures("own_cache")]

NAMES = ("x", "@scope/x", "second")
ZOD = "3.25.76"  # a version that other tests install as well


def with_packages(**declared: str) -> str:
    return json.dumps({"name": "a-fork", "version": "1.0.0", "type": "module", "dependencies": declared})


def waiting(expression: str, lines: str = "") -> str:
    """The account manager, with this expression as the minimum wait."""
    text = MANAGER_TEXT.replace("getMinWaitTimeForFamily(family: string): number", "async getMinWaitTimeForFamily()")
    return f"{lines}\n{text}".replace("Date.now()", expression)


@pytest.mark.parametrize(
    ("line", "installed"),
    sampled_rows(
        [
            ("export const a = () => import('x')", ["x"]),
            ("export const a = () => import(`x`)", ["x"]),
            ("export const a = () => import('x/y/z.js')", ["x"]),
            ("export const a = () => import('@scope/x/y')", ["@scope/x"]),
            ("export const a = (b: boolean) => import(b ? 'x' : 'second')", ["second", "x"]),
            ("export const a = () => require.resolve('@scope/x')", ["@scope/x"]),
            ("import { createRequire as made } from 'module'; made(import.meta.url)('x/y')", ["x"]),
            ("export const a = () => require(`x`)", ["x"]),
            ("import a = require('x'); export const b = a", ["x"]),
            ("const name = 'x'; export const a = () => import(name)", ["x"]),
            ("export * from 'x'; export { b } from '@scope/x/c'", ["@scope/x", "x"]),
            ("export * as a from 'x'", ["x"]),
            ("import 'x'", ["x"]),
            ("import type { A } from 'x'; export type B = import('second').B | A", []),
            ("export const a = () => [import('fs/promises'), import('node:sqlite'), require('path/posix')]", []),
            ("import { type A } from 'x'; export const a = 'x is not imported'", []),
        ]
    ),
)
def test_loaded_packages_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, installed: list[str]
) -> None:
    asked: list[str] = []

    def install(wanted: list[Wanted]) -> None:
        asked[:] = [want.name for want in wanted if want.spec]

    monkeypatch.setattr(bundle, "_install", install)
    files = {
        "package.json": with_packages(**dict.fromkeys(NAMES, "^1.0.0")),
        ACCOUNTS: f"{MANAGER_TEXT}{line};\n",
    }
    prepare(str(write_checkout(tmp_path / "fork", files)))
    assert asked == installed


@pytest.mark.parametrize(
    ("expression", "lines"),
    [
        ("(await import('zod')).z ? 7 : 0", ""),
        ("(await import(`zod/v4`)).z ? 7 : 0", ""),
        ("require.resolve('zod').endsWith('.cjs') ? 7 : 0", ""),
        (
            "load('zod').z ? 7 : 0",
            "import { createRequire } from 'node:module';\nconst load = createRequire(import.meta.url);",
        ),
    ],
)
def test_package_loaded_in_a_call_is_there(tmp_path: Path, expression: str, lines: str) -> None:
    files = {"package.json": with_packages(zod=ZOD), ACCOUNTS: waiting(expression, lines)}
    checkout = write_checkout(tmp_path / "fork", files)
    assert ask_checkout(checkout, [OPEN, MIN_WAIT])[1] == Result({"wait_ms": 7})
    assert any(f"zod@{ZOD}" in note for note in prepare(str(checkout)).notes)


def test_dynamic_import_of_missing_package_can_be_caught(tmp_path: Path) -> None:
    """As in the plugin's host. A stub would be loaded instead, and fail where the checkout does not expect it."""
    text = waiting("await import('an-undeclared-package').then(() => 1, () => 7)")
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    assert ask_checkout(checkout, [OPEN, MIN_WAIT])[1] == Result({"wait_ms": 7})
    assert any("an-undeclared-package is imported, but no" in note for note in prepare(str(checkout)).notes)


def test_missing_package_imported_both_ways_is_a_stub(tmp_path: Path) -> None:
    files = {
        ACCOUNTS: waiting("(await import('@a-host/its-own')).host.now()"),
        LOADER: "import { host } from '@a-host/its-own';\nexport const loadConfig = () => ({ host: host.name });\n",
    }
    answers = ask_checkout(write_checkout(tmp_path / "fork", files), [OPEN, MIN_WAIT])
    assert isinstance(answers[1], Raised)
    assert "@a-host/its-own is not installed, but the checkout uses it here" in answers[1].message


def test_package_named_like_a_builtin_module_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(bundle, "_install", lambda wanted: asked.extend(want.name for want in wanted if want.spec))
    files = {"package.json": with_packages(punycode="2.3.1"), ACCOUNTS: f"import 'punycode/';\n{MANAGER_TEXT}"}
    prepare(str(write_checkout(tmp_path / "fork", files)))
    assert set(asked) == {"punycode"}
