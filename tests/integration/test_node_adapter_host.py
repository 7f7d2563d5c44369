"""The machine as a release sees it in the Node adapter: PID, clock, random numbers, folders, variables and output."""

import json
from pathlib import Path
from typing import Any

import pytest

from reference_impl.releases import NPM_VERSIONS, versions_between
from tests.support.node_adapter import LIMIT_A, POOL, SNAPSHOT, STICKY, Adapter, Call, opening, write_pool

pytestmark = pytest.mark.needs_node

WITH_OFFSET = ("select", {"family": "claude", "strategy": "sticky", "pid_offset_enabled": True})
CAPACITY = {"label": "a", "family": "claude", "reason": "MODEL_CAPACITY_EXHAUSTED"}


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# PID, clock and random numbers.


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_pid_is_the_given_or_the_real_one(adapter: Adapter, version: str) -> None:
    hello, _, given, _, real = adapter.results(
        version, ("hello", {}), opening(pid=7), WITH_OFFSET, opening(), WITH_OFFSET
    )
    assert given["index"] == 7 % 3
    assert real["index"] == hello["pid"] % 3


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_the_clock_stands_until_it_is_moved(adapter: Adapter, version: str) -> None:
    calls = [opening(now_ms=5000), LIMIT_A, SNAPSHOT, STICKY, ("advance", {"ms": 999.5}), STICKY]
    results = adapter.results(version, *calls, opening(now_ms=9), LIMIT_A, ("advance", {"ms": 1000}), STICKY)
    assert results[2]["accounts"][0]["rate_limit_reset_times_ms"] == {"claude": 6000}
    assert [results[n]["label"] for n in (3, 5, 9)] == ["b", "b", "a"]
    assert [results[n]["now_ms"] for n in (4, 8)] == [5999.5, 1009]


@pytest.mark.parametrize("version", [version for version in NPM_VERSIONS if version in versions_between("1.4.3")])
def test_random_draws_are_used_in_a_cycle(adapter: Adapter, version: str) -> None:
    backoff = ("mark_rate_limited_with_reason", CAPACITY)
    results = adapter.results(version, opening(random=[0.0, 0.25]), *[backoff] * 3, opening(), backoff)
    assert [results[n]["backoff_ms"] for n in (1, 2, 3, 5)] == [30000, 37500, 30000, 45000]


def test_new_pool_resets_health_and_tokens(adapter: Adapter) -> None:
    use: list[Call] = [
        ("record_health", {"label": "a", "outcome": "failure"}),
        ("consume_token", {"label": "a", "amount": 10}),
    ]
    settings = {"health": {"initial": 40, "failure_penalty": -5}, "tokens": {"initial_tokens": 20}}
    results = adapter.results("1.3.0", opening(), *use, opening(), *use, opening(**settings), *use, opening(), *use)
    scores = [results[n]["score"] for n in (1, 4, 7, 10)]
    tokens = [results[n]["tokens"] for n in (2, 5, 8, 11)]
    assert scores == [50, 50, 35, 50]
    assert tokens == [40, 40, 10, 40]


# Folders and variables.


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_pool_is_read_and_saved_in_its_folder(adapter: Adapter, tmp_path: Path, version: str) -> None:
    home = tmp_path / "another"
    file = write_pool(home, POOL)
    elsewhere = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "OPENCODE_CONFIG_DIR": str(tmp_path / "direct")}
    stored = ("open", {"home": str(home), "now_ms": 5000})
    opened, _, saved, again, selected = adapter.results(
        version, stored, LIMIT_A, ("save", {}), stored, STICKY, **elsewhere
    )
    assert opened == again == {"accounts": ["a", "b", "c"]}
    assert saved is None
    assert selected["label"] == "b"
    assert json.loads(file.read_text())["accounts"][0]["rateLimitResetTimes"] == {"claude": 6000}
    assert {path.name for path in file.parent.iterdir()} <= {file.name, ".gitignore"}
    assert files_below(adapter.home) == {}
    assert {path.name for path in tmp_path.iterdir()} == {"home", "another"}


def test_lock_wait_uses_the_real_clock(adapter: Adapter) -> None:
    lock = write_pool(adapter.home, POOL).with_suffix(".json.lock")
    lock.mkdir()  # a fresh lock, which is stale by the given clock
    stored = ("open", {"home": str(adapter.home), "now_ms": 4e12})
    _, saved = adapter.answers("1.2.8", stored, ("save", {}))
    assert "Lock file is already being held" in saved["error"]["message"]


def test_a_save_that_the_release_schedules_never_comes(adapter: Adapter, tmp_path: Path) -> None:
    outdated = {"refreshToken": "a", "fingerprint": {"userAgent": "antigravity/0.0.1 linux/x64"}}
    write_pool(adapter.home, {"version": 4, "accounts": [outdated], "activeIndex": 0})  # reading it schedules a save
    write_pool(tmp_path / "other", {**POOL, "version": 4})
    before = files_below(tmp_path)
    stored, other = (("open", {"home": str(home)}) for home in (adapter.home, tmp_path / "other"))
    disable = ("set_enabled", {"label": "a", "enabled": False})  # schedules a save, too
    # With this timer, a scheduled save would run immediately instead of after a second.
    at_once = "--import=data:text/javascript,const/**/later=setTimeout;globalThis.setTimeout=(work)=>later(work,0)"
    adapter.results("1.6.0", stored, *[other] * 20, disable, *[other] * 20, NODE_OPTIONS=at_once)
    assert files_below(tmp_path) == before


def load(folder: Path, **params: Any) -> Call:
    return "load_config", {"directory": str(folder / "project"), "home": str(folder), **params}


@pytest.mark.parametrize("version", [version for version in NPM_VERSIONS if version not in versions_between("1.6.0")])
def test_variables_of_a_call_end_with_it(adapter: Adapter, version: str) -> None:
    variables = {"OPENCODE_ANTIGRAVITY_QUIET": "1"}
    results = adapter.results(
        version,
        load(adapter.home, environment=variables),
        load(adapter.home),
        OPENCODE_ANTIGRAVITY_RESUME_TEXT="of the machine",
    )
    first, second = (result["config"] for result in results)
    assert (first["quiet_mode"], second["quiet_mode"]) == (True, False)
    assert first["resume_text"] == second["resume_text"] == "continue"
    assert "log_dir" not in first


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_user_file_is_read_from_the_given_home(adapter: Adapter, tmp_path: Path, version: str) -> None:
    posix, windows = tmp_path / ".config" / "opencode", tmp_path / "AppData" / "Roaming" / "opencode"
    for folder, text in ((posix, "posix"), (windows, "windows")):
        folder.mkdir(parents=True)
        (folder / "antigravity.json").write_text(json.dumps({"resume_text": text}))
    results = adapter.results(
        version, load(tmp_path), load(tmp_path, platform="win32"), load(tmp_path, platform="darwin")
    )
    on_windows = "posix" if version in versions_between("1.4.5") else "windows"
    assert [result["config"]["resume_text"] for result in results] == ["posix", on_windows, "posix"]


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_what_the_release_prints_goes_to_standard_error(adapter: Adapter, version: str) -> None:
    project = adapter.home / "project" / ".opencode"
    project.mkdir(parents=True)
    (project / "antigravity.json").write_text("{broken")
    environment = {"OPENCODE_ANTIGRAVITY_CONSOLE_LOG": "1"}
    (result,) = adapter.results(version, load(adapter.home, environment=environment))
    assert result["config"]["quiet_mode"] is False
    assert "Invalid JSON in config file" in adapter.errors


@pytest.mark.parametrize(
    "statement",
    [
        "console.log('x')",
        "console.table([1])",
        "process.stdout.write('x\\n')",
        "import { writeSync } from 'node:fs'; writeSync(1, 'x\\n')",
        "import { execSync } from 'node:child_process'; execSync('echo x', { stdio: 'inherit' })",
    ],
)
def test_stdout_is_the_wire_before_loading(packages: dict[str, Path], tmp_path: Path, statement: str) -> None:
    noisy = tmp_path / "noisy"
    plugin = noisy / "dist" / "src" / "plugin"
    (plugin / "config").mkdir(parents=True)
    (noisy / "package.json").write_text('{"name": "noisy", "version": "1.0.0", "type": "module"}')
    (plugin / "folder").mkdir()
    (plugin / "folder" / "index.js").write_text(f"{statement};")
    manager = "export class AccountManager { getCurrentOrNextForFamily() {} }"
    (plugin / "accounts.js").write_text(f'import "./folder";\n{manager}')
    (plugin / "config" / "loader.js").write_text("export const loadConfig = () => ({});")
    adapter = Adapter({"noisy": noisy}, tmp_path)
    assert adapter.results("noisy", ("hello", {}))[0]["name"] == "noisy"
    assert adapter.errors


def test_schema_may_import_modules_of_its_package(packages: dict[str, Path], tmp_path: Path) -> None:
    """The adapter loads a schema that imports only packages before the others, which may lack file extensions."""
    package = tmp_path / "package"
    plugin = package / "dist" / "src" / "plugin"
    (plugin / "config").mkdir(parents=True)
    (package / "package.json").write_text('{"name": "own", "version": "1.0.0", "type": "module"}')
    (plugin / "config" / "keys.js").write_text("export const keys = {};")
    (plugin / "config" / "schema.js").write_text("import { keys } from './keys';\nexport const schema = keys;")
    (plugin / "config" / "loader.js").write_text(
        'import { schema } from "./schema";\nexport const loadConfig = () => schema;'
    )
    (plugin / "accounts.js").write_text("export class AccountManager { getCurrentOrNextForFamily() {} }")
    adapter = Adapter({"own": package}, tmp_path)
    assert "config" in adapter.results("own", ("hello", {}))[0]["capabilities"]


def test_debug_variable_starts_no_log_file(adapter: Adapter) -> None:
    variables = {"OPENCODE_ANTIGRAVITY_DEBUG": "1"}
    file = adapter.home / ".config" / "opencode" / "antigravity.json"
    file.parent.mkdir(parents=True)
    file.write_text("{broken")
    adapter.results("1.6.0", load(adapter.home, environment=variables), opening(), WITH_OFFSET, **variables)
    assert set(files_below(adapter.home)) == {".config/opencode/antigravity.json"}
