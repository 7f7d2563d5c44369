"""Code of a checkout cannot reach the harness at import or in a call, and its errors are reported verbatim."""

import subprocess
from pathlib import Path

import pytest

from conformance.targets.checkout import prepare
from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.wire.answers import Raised, Result
from tests.support.checkouts import (
    ACCOUNTS,
    LOADER,
    LOADER_TEXT,
    MANAGER_TEXT,
    MIN_WAIT,
    OPEN,
    SELECT,
    ask_checkout,
    write_checkout,
)
from tests.support.tiers import sampled

pytestmark = [pytest.mark.needs_node, pytest.mark.usefixtures("own_cache")]

FIRST = Result({"label": "a", "index": 0})


def with_line(line: str) -> dict[str, str]:
    """The account manager with an additional line of TypeScript at line 2."""
    return {ACCOUNTS: f"// a comment\n{line}\n{MANAGER_TEXT}"}


@pytest.mark.parametrize(
    "line",
    sampled(
        [
            "console.log('hello')",
            "process.stdout.write('hello\\n')",
            "import { writeSync } from 'node:fs'; writeSync(1, 'hello\\n')",
            "setInterval(() => console.log('tick'), 1)",
            "setTimeout(() => process.exit(9), 0)",
            "process.stdin.setEncoding('utf8')",
            "import { stdin } from 'node:process'; stdin.destroy()",
            "JSON.parse = () => ({}); JSON.stringify = () => 'broken'; Date.now = () => 5",
            "globalThis.Promise = null as never; Array.prototype.every = () => false",
            "Object.defineProperty(process, 'pid', { value: 1 })",
            "Promise.reject(new Error('nobody waits'))",
        ]
    ),
)
def test_setup_at_import_does_not_affect_the_adapter(tmp_path: Path, line: str) -> None:
    checkout = write_checkout(tmp_path / "fork", with_line(line))
    assert ask_checkout(checkout, [OPEN, SELECT, MIN_WAIT])[1:] == [FIRST, Result({"wait_ms": 1234})]


@pytest.mark.parametrize(
    "line",
    [
        "process.exitCode = 9",
        "process.on('exit', () => { process.exitCode = 9 })",
        "process.prependOnceListener('exit', () => { process.exitCode = 9 })",
        "import { addListener } from 'node:process'; addListener.call(process, 'exit', () => { process.exitCode = 9 })",
    ],
)
def test_handlers_of_the_checkout_keep_exit_code(tmp_path: Path, line: str) -> None:
    checkout = write_checkout(tmp_path / "fork", with_line(line))
    run = subprocess.run(prepare(str(checkout)).argv, input=b"", capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (0, b"")


def test_the_current_folder_stays(tmp_path: Path) -> None:
    files = {
        **with_line("process.chdir('/')"),
        LOADER: "export function loadConfig() {\n  return { folder: process.cwd() };\n}\n",
    }
    load = ("load_config", {"directory": "/project", "home": "/somebody"})
    answers = ask_checkout(write_checkout(tmp_path / "fork", files), [load])
    assert answers == [Result({"config": {"folder": str(Path.cwd())}})]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("throw new TypeError('no host here')", "could not be imported: TypeError: no host here"),
        ("process.exit(3)", r"called process\.exit\(3\) while it was imported"),
        ("import { exit } from 'node:process'; exit(3)", r"called process\.exit\(3\) while it was imported"),
        ("process.abort()", r"called process\.abort\(\) while it was imported"),
        ("(globalThis as any).Bun.serve()", "TypeError: Cannot read properties of undefined"),
    ],
)
def test_error_at_import_is_reported_with_its_place(tmp_path: Path, line: str, expected: str) -> None:
    checkout = write_checkout(tmp_path / "fork", with_line(line))
    with pytest.raises(AdapterFault, match=rf"(?s){expected}.*, at src/plugin/accounts\.ts:2\n") as fault:
        ask_checkout(checkout, [OPEN])
    assert fault.value.exit_code == 3


def test_exit_in_a_call_is_reported_with_place(tmp_path: Path) -> None:
    text = MANAGER_TEXT.replace("return this.accounts[0] ?? null;", "process.exit(0);")
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    with pytest.raises(AdapterFault, match=r"called process\.exit\(0\) in a call, at src/plugin/accounts\.ts:9\n"):
        ask_checkout(checkout, [OPEN, SELECT])


def test_endless_import_is_reported(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "fork", with_line("await new Promise(() => {})"))
    with pytest.raises(AdapterFault, match="the import of the checkout never ends"):
        ask_checkout(checkout, [OPEN])


def test_every_import_style_gets_scenario_clock_and_pid(tmp_path: Path) -> None:
    lines = 'import { pid } from "node:process";\nimport * as all from "process";\n'
    text = lines + MANAGER_TEXT.replace("return Date.now();", "return pid * 1000 + all.pid;")
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    assert ask_checkout(checkout, [OPEN, MIN_WAIT])[1] == Result({"wait_ms": 5005})


def test_methods_and_config_may_answer_promises(tmp_path: Path) -> None:
    files = {
        ACCOUNTS: MANAGER_TEXT.replace("getCurrentOrNextForFamily", "async getCurrentOrNextForFamily").replace(
            "): Account | null", "): Promise<Account | null>"
        ),
        LOADER: "export async function loadConfig() {\n  await null;\n  return { home: process.env.HOME };\n}\n",
    }
    checkout = write_checkout(tmp_path / "fork", files)
    load = ("load_config", {"directory": "/project", "home": "/somebody"})
    answers = ask_checkout(checkout, [OPEN, SELECT, load])
    assert answers[1:] == [FIRST, Result({"config": {"home": "/somebody"}})]


def test_missing_package_is_reported_where_it_is_used(tmp_path: Path) -> None:
    files = {
        ACCOUNTS: f'import {{ host }} from "@a-host/its-own";\n{MANAGER_TEXT}'.replace("Date.now()", "host.now()"),
        LOADER: f'import {{ type Some }} from "@a-host/types-only";\n{LOADER_TEXT}',
    }
    checkout = write_checkout(tmp_path / "fork", files)
    assert any("@a-host/its-own is imported, but no package.json" in note for note in prepare(str(checkout)).notes)
    _, selected, waited = ask_checkout(checkout, [OPEN, SELECT, MIN_WAIT])
    assert selected == FIRST
    assert waited == Raised("Error: @a-host/its-own is not installed, but the checkout uses it here")


def test_text_files_are_bundled_as_text(tmp_path: Path) -> None:
    files = {
        ACCOUNTS: f'import words from "./words.md";\n{MANAGER_TEXT}'.replace("Date.now()", "words.length"),
        "src/plugin/words.md": "1234567",
    }
    checkout = write_checkout(tmp_path / "fork", files)
    assert ask_checkout(checkout, [OPEN, MIN_WAIT])[1] == Result({"wait_ms": 7})


def test_build_error_names_file_and_line(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "fork", with_line("import { gone } from './gone'; gone()"))
    with pytest.raises(AdapterFault, match=r'(?s)Could not resolve "\./gone".*src/plugin/accounts\.ts:2:') as caught:
        prepare(str(checkout))
    assert "node:internal" not in str(caught.value)


def test_home_of_the_user_is_not_visible(tmp_path: Path) -> None:
    text = MANAGER_TEXT.replace("return Date.now();", "return process.env.HOME === undefined ? 0 : 1;")
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text.replace("=== undefined", f"=== '{Path.home()}'")})
    with Group([Launch(prepare(str(checkout)).argv)], timeout_s=60) as group:
        assert group.connections[0].batch([OPEN, MIN_WAIT])[1] == Result({"wait_ms": 1})
