"""The Node adapter alone: every release answers over the wire, and can do nothing else."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.targets import npm
from conformance.wire.messages import HelloResult
from conformance.wire.methods import CAPABILITIES, METHODS
from reference_impl.profiles import profile
from reference_impl.releases import NPM_VERSIONS, versions_between
from tests.support.command import CHECKOUT

pytestmark = pytest.mark.needs_node

POOL = {"version": 3, "accounts": [{"refreshToken": label} for label in "abc"], "activeIndex": 0}
POOL_FILE = Path(".config/opencode/antigravity-accounts.json")
STICKY = ("select", {"family": "claude", "strategy": "sticky"})
WITH_OFFSET = ("select", {"family": "claude", "strategy": "sticky", "pid_offset_enabled": True})
SNAPSHOT: tuple[str, dict[str, Any]] = ("snapshot", {})
LIMIT_A = ("mark_rate_limited", {"label": "a", "retry_after_ms": 1000, "family": "claude"})
CAPACITY = {"label": "a", "family": "claude", "reason": "MODEL_CAPACITY_EXHAUSTED"}

Call = tuple[str, dict[str, Any]]
Ask = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def packages() -> dict[str, Path]:
    """The installed releases, by version, in the cache of `make test`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(npm.CACHE_VARIABLE, os.environ.get(npm.CACHE_VARIABLE) or str(CHECKOUT / ".cache"))
        return {version: npm.install("opencode-antigravity-auth", version) for version in NPM_VERSIONS}


class Adapter:
    """Runs the adapter on the given lines, from start to end, in a temporary home."""

    def __init__(self, packages: dict[str, Path], home: Path) -> None:
        self.packages, self.home = packages, home
        self.errors = ""

    def lines(self, version: str, sent: bytes, **environment: str) -> list[Any]:
        """The answers to raw lines, decoded."""
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
        """The results of one batch without failures."""
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


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Hello.


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_hello_names_release_and_claims(adapter: Adapter, version: str) -> None:
    hello = HelloResult.model_validate(adapter.results(version, ("hello", {"wire": 1}))[0])
    assert (hello.name, hello.version, hello.profile) == ("opencode-antigravity-auth", version, version)
    assert set(hello.capabilities) <= set(CAPABILITIES)
    claimed = {name for name, method in METHODS.items() if method.needs in ("", *hello.capabilities)}
    answers = adapter.answers(version, *[(name, {}) for name in METHODS])
    answered = {
        name for name, answer in zip(METHODS, answers, strict=True) if answer.get("error", {}).get("code") != -32601
    }
    assert answered == claimed


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_a_release_claims_what_its_profile_has(adapter: Adapter, version: str) -> None:
    """`SINCE` in reference_impl/profiles.py has the release of each capability."""
    claimed = adapter.results(version, ("hello", {}))[0]["capabilities"]
    assert {*claimed, "fork"} == {word for word in CAPABILITIES if profile(version).knows(word)}


def test_a_fork_under_another_name_claims_no_release(packages: dict[str, Path], tmp_path: Path) -> None:
    fork = tmp_path / "node_modules" / "renamed"
    fork.mkdir(parents=True)
    (fork / "package.json").write_text('{"name": "renamed", "version": "0.1.0", "type": "module"}')
    (fork / "dist").symlink_to(packages["1.3.0"] / "dist")
    (hello,) = Adapter({"fork": fork}, tmp_path).results("fork", ("hello", {}))
    assert (hello["name"], hello["version"]) == ("renamed", "0.1.0")
    assert "profile" not in hello


def test_a_folder_without_a_release_is_named(tmp_path: Path) -> None:
    run = subprocess.run(npm.command(tmp_path), input="", capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert f"{tmp_path}/package.json is missing" in run.stderr
    assert run.stdout == ""


# The wire.


def test_batch_keeps_order_with_slow_calls(adapter: Adapter) -> None:
    write_pool(adapter.home, POOL)
    stored = ("open", {"home": str(adapter.home)})
    results = adapter.results("1.6.0", stored, LIMIT_A, ("save", {}), STICKY, opening(), STICKY)
    assert [r and r.get("label") for r in results] == [None, None, None, "b", None, "a"]


def test_invalid_request_is_answered_and_survived(adapter: Adapter) -> None:
    lines = [b"{nope", b"", b'"\xff"', b'"word"', b"[]", b"null", b'{"jsonrpc":"2.0","id":5}']
    answers = adapter.lines("1.3.0", b"\n".join(lines) + b"\n")
    assert [answer["error"]["code"] for answer in answers] == [-32700] * 3 + [-32600] * 4
    assert [answer["id"] for answer in answers] == [None] * 7


def test_invalid_item_does_not_affect_its_batch(adapter: Adapter) -> None:
    line = b'[7,{"id":1,"method":"hello","params":[]},{"id":2,"method":"constructor"},{"id":3,"method":"close"}]\n'
    (answers,) = adapter.lines("1.3.0", line)
    assert [answer.get("error", {}).get("code") for answer in answers] == [-32600, -32602, -32601, None]


def test_overlong_line_is_answered_once_and_skipped(adapter: Adapter) -> None:
    longest = b'"' + b"x" * (8 * 1024 * 1024 - 2) + b'"'
    answers = adapter.lines("1.3.0", longest + b"\n" + longest + b"x\n" + b'{"id":1,"method":"close"}\n')
    assert [answer.get("error", {}).get("code") for answer in answers] == [-32600, -32700, None]
    assert "a line above 8388608 bytes" in answers[1]["error"]["message"]


def test_a_last_line_without_an_end_is_answered(adapter: Adapter) -> None:
    assert adapter.lines("1.3.0", b'{"id":1,"method":"close"}') == [{"jsonrpc": "2.0", "id": 1, "result": None}]


def test_method_the_release_lacks_is_not_supported(adapter: Adapter) -> None:
    calls: list[Call] = [
        ("set_enabled", {"label": "a", "enabled": False}),
        ("fork", {"calls": []}),
        ("min_wait", {"family": "gemini", "header_style": "gemini-cli", "strict": True}),
        ("select", {**STICKY[1], "soft_quota_threshold_percent": 90}),
    ]
    answers = adapter.answers("1.3.0", opening(), *calls)
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32601] * 4


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_refusals_have_their_kind(adapter: Adapter, version: str) -> None:
    unknown = ("mark_rate_limited", {**LIMIT_A[1], "label": "z"})
    answers = adapter.answers(
        version, STICKY, LIMIT_A, opening(), unknown, ("save", {}), ("close", {}), ("advance", {"ms": 1})
    )
    refusals = [answer.get("error", {}).get("data", {}).get("refusal") for answer in answers]
    assert refusals == ["not_open", "not_open", None, "unknown_account", "no_folder", None, "not_open"]


def test_label_disables_the_right_account_despite_gaps(adapter: Adapter) -> None:
    pool = {"accounts": [{"refreshToken": label} for label in ("", "b", "c")]}
    disable = ("set_enabled", {"label": "b", "enabled": False})
    *_, snapshot = adapter.results("1.6.0", opening(pool=pool), disable, SNAPSHOT)
    assert [(account["label"], account["enabled"]) for account in snapshot["accounts"]] == [("b", False), ("c", True)]


def test_exception_of_the_release_is_an_internal_error(adapter: Adapter) -> None:
    _, thrown, then = adapter.answers("1.3.0", opening(), opening(pool={"accounts": [None]}), STICKY)
    assert thrown["error"]["code"] == -32603
    assert "TypeError" in thrown["error"]["message"]
    assert then["error"]["data"] == {"refusal": "not_open"}


def test_non_finite_number_is_an_internal_error(adapter: Adapter) -> None:
    beyond = ("advance", {"ms": 1.7e308})
    _, finite, infinite, then = adapter.answers("1.3.0", opening(), beyond, beyond, STICKY)
    assert finite["result"] == {"now_ms": 1.7e308}
    assert infinite["error"]["code"] == -32603
    assert then["result"]["label"] == "a"


def test_overlong_line_of_answers_is_an_error(adapter: Adapter) -> None:
    long_label = opening(pool={"accounts": [{"refreshToken": "a" * 1_000_000}]})
    batch = [{"id": n, "method": m, "params": p} for n, (m, p) in enumerate([long_label, *[SNAPSHOT] * 8])]
    (answer,) = adapter.lines("1.3.0", json.dumps(batch).encode())
    assert answer["error"]["code"] == -32603
    assert "send smaller batches" in answer["error"]["message"]


# The environment that the release sees.


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
    lock.mkdir()  # held since now, which is long ago by the clock of the adapter
    stored = ("open", {"home": str(adapter.home), "now_ms": 4e12})
    _, saved = adapter.answers("1.2.8", stored, ("save", {}))
    assert "Lock file is already being held" in saved["error"]["message"]


def test_a_save_that_the_release_schedules_never_comes(adapter: Adapter, tmp_path: Path) -> None:
    outdated = {"refreshToken": "a", "fingerprint": {"userAgent": "antigravity/0.0.1 linux/x64"}}
    write_pool(adapter.home, {"version": 4, "accounts": [outdated], "activeIndex": 0})  # reading it schedules a save
    write_pool(tmp_path / "other", {**POOL, "version": 4})
    before = files_below(tmp_path)
    stored, other = (("open", {"home": str(home)}) for home in (adapter.home, tmp_path / "other"))
    disable = ("set_enabled", {"label": "a", "enabled": False})  # this also schedules a save
    # A scheduled save would come immediately, because the adapter skips the release's delay of one second.
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


def test_debug_variable_starts_no_log_file(adapter: Adapter) -> None:
    variables = {"OPENCODE_ANTIGRAVITY_DEBUG": "1"}
    file = adapter.home / ".config" / "opencode" / "antigravity.json"
    file.parent.mkdir(parents=True)
    file.write_text("{broken")
    adapter.results("1.6.0", load(adapter.home, environment=variables), opening(), WITH_OFFSET, **variables)
    assert set(files_below(adapter.home)) == {".config/opencode/antigravity.json"}
