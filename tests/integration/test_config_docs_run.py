"""Runs the statements of the plugin's documents about config on each release that makes them."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.targets import npm
from conformance.targets.connection import Connection
from conformance.targets.tools import node_path
from conformance.wire.answers import Result
from conformance.wire.calls import PROJECT_FILE, USER_FILE, load_config, text
from conformance.wire.files import ask
from conformance.wire.scenario import ROOT, Scenario
from reference_impl.config.environment import PREFIX
from reference_impl.releases import NPM_VERSIONS
from tools.config_docs import Run, Statement, load_config_docs, places
from tools.documents import TUTORIAL, fingerprint, load_lines, speaking

pytestmark = [pytest.mark.needs_node]

DOCS, LINES = load_config_docs(), load_lines()
NOW_MS = 1_000_000_000
HOUR_MS = 3_600_000
PACKAGED = {
    "README.md": "README.md",
    "dist/src/plugin/config/schema.js": "src/plugin/config/schema.ts",
    "dist/src/plugin/config/loader.js": "src/plugin/config/loader.ts",
}


def test_statement_names_the_test_that_shows_it() -> None:
    named = [statement.shown_by for statement in DOCS.statements if statement.shown_by is not None]
    assert [name for name in named if not callable(globals().get(name))] == []


@pytest.mark.parametrize("version", NPM_VERSIONS)
@pytest.mark.parametrize("packaged", PACKAGED)
def test_packaged_document_contains_no_unread_line(version: str, packaged: str) -> None:
    known = {line.fingerprint for line in LINES[version][PACKAGED[packaged]].values()}
    content = (_package(version) / packaged).read_text(encoding="utf-8")
    name = PACKAGED[packaged]
    assert [said for _, said in speaking(name, content) if _is_said(said) and fingerprint(said) not in known] == []


def _is_said(said: str) -> bool:
    """Compilation adds one comment: the name of the source map."""
    return not said.startswith("# sourceMappingURL")


def _package(version: str) -> Path:
    return npm.install("opencode-antigravity-auth", version)


def _loads(connection: Connection, run: Run) -> Json:
    """The config that a release loads."""
    in_places = {
        USER_FILE: run.user,
        PROJECT_FILE: run.project,
        "appdata/opencode/antigravity.json": run.appdata,
        "own/antigravity.json": run.own,
    }
    files = {path: text(json.dumps(document)) for path, document in in_places.items() if document is not None}
    variables = {PREFIX + name: value for name, value in run.variables.items()}
    variables |= {"APPDATA": f"{ROOT}/appdata"} if run.appdata is not None else {}
    variables |= {"OPENCODE_CONFIG_DIR": f"{ROOT}/own"} if run.own is not None else {}
    (answer,) = ask(Scenario([load_config(variables, run.platform)], files), connection.batch)
    assert isinstance(answer, Result), answer
    return answer.value["config"]


@pytest.mark.parametrize("statement", [it for it in DOCS.statements if any(it.runs())], ids=lambda it: it.id)
def test_statement_holds_unless_called_wrong(releases: dict[str, Connection], statement: Statement) -> None:
    stated_in = {"1.3.0" if release == TUTORIAL else release for release in places(LINES, statement.id)}
    denied = {v for v in stated_in if any(run.denied_by(_loads(releases[v], run)) for run in statement.runs())}
    assert denied == {*statement.wrong}


def _wrong(id_: str) -> set[str]:
    """The releases for which a statement is marked as wrong."""
    (statement,) = (it for it in DOCS.statements if it.id == id_)
    return {*statement.wrong}


def _stated(id_: str) -> set[str]:
    return {*places(LINES, id_)} - {TUTORIAL}


def _denying(releases: dict[str, Connection], id_: str, denies: Callable[[Connection], bool]) -> set[str]:
    """The releases that make the statement and behave differently."""
    return {version for version in _stated(id_) if denies(releases[version])}


def _selects(connection: Connection, strategy: str, pid: int = 0, *, times: int = 1, **params: Json) -> list[int]:
    """The indices that a new process with 3 accounts selects, with one second between requests."""
    accounts = params.pop("accounts", [{"refreshToken": label} for label in "abc"])
    pool = {"version": 3, "accounts": accounts, "activeIndex": params.pop("index", 0)}
    _ask(connection, "open", pool=pool, pid=pid, now_ms=NOW_MS)
    selected = []
    for _ in range(times):
        selected.append(_ask(connection, "select", family="claude", strategy=strategy, **params)["index"])
        _ask(connection, "advance", ms=1000)
    return selected


def _ask(connection: Connection, method: str, /, **params: Json) -> Json:
    answer = connection.call(method, **params)
    assert isinstance(answer, Result), answer
    return answer.value


def _strategy(connection: Connection, **user: Json) -> str:
    """The strategy in the config for this user file."""
    return str(_loads(connection, Run(user=user))["account_selection_strategy"])


def test_default_strategy_depends_on_the_release(
    releases: dict[str, Connection],
) -> None:
    id_ = "sticky-whatever-is-set"
    assert _denying(releases, id_, lambda it: len({*_selects(it, _strategy(it), times=3)}) > 1) == _wrong(id_)


def test_default_strategy_never_rotates(releases: dict[str, Connection]) -> None:
    id_ = "round-robin-whatever-is-set"
    assert _selects(releases["1.3.0"], "round-robin", times=3, index=1) == [1, 2, 0]
    assert _denying(releases, id_, lambda it: _selects(it, _strategy(it), times=3, index=1) != [1, 2, 0]) == _wrong(id_)


def test_hybrid_sticks_only_in_1_2_8(releases: dict[str, Connection]) -> None:
    id_ = "hybrid-fresh-first"
    assert _denying(releases, id_, lambda it: _selects(it, "hybrid", times=5)[-3:] != [2, 2, 2]) == _wrong(id_)


def test_offset_alone_spreads_only_with_sticky_default(releases: dict[str, Connection]) -> None:
    id_ = "offset-alone-spreads"

    def crowds(connection: Connection) -> bool:
        strategy = _strategy(connection, pid_offset_enabled=True)
        return len({_selects(connection, strategy, pid, pid_offset_enabled=True)[0] for pid in range(3)}) == 1

    assert _denying(releases, id_, crowds) == _wrong(id_)


def test_offset_spreads_nothing_under_round_robin(releases: dict[str, Connection]) -> None:
    id_ = "offset-with-round-robin"

    def crowds(connection: Connection) -> bool:
        firsts = {_selects(connection, "round-robin", pid, pid_offset_enabled=True)[0] for pid in range(3)}
        return len(firsts) == 1

    assert _denying(releases, id_, crowds) == _wrong(id_)
    assert _wrong("offset-not-round-robin") == set()


def test_only_1_6_0_leaves_a_disabled_account(releases: dict[str, Connection]) -> None:
    id_ = "disabled-left-out"
    accounts = [{"refreshToken": "a", "enabled": False}, {"refreshToken": "b"}]
    assert _denying(releases, id_, lambda it: _selects(it, "sticky", accounts=accounts) == [0]) == _wrong(id_)


def test_an_account_exactly_at_the_threshold_is_skipped(releases: dict[str, Connection]) -> None:
    id_ = "soft-quota-exceeded"
    reading = {"cachedQuota": {"claude": {"remainingFraction": 0.25}}, "cachedQuotaUpdatedAt": NOW_MS}
    accounts = [{"refreshToken": "a", **reading}, {"refreshToken": "b"}]

    def skips(connection: Connection) -> bool:
        return _selects(connection, "sticky", accounts=accounts, soft_quota_threshold_percent=75) == [1]

    assert _denying(releases, id_, skips) == _wrong(id_)


def test_failed_account_is_eligible_before_the_ttl(releases: dict[str, Connection]) -> None:
    id_ = "failure-ttl-bars"

    def is_back(connection: Connection) -> bool:
        _selects(connection, "sticky", accounts=[{"refreshToken": "a"}])
        failed = {"label": "a", "family": "claude", "reason": "RATE_LIMIT_EXCEEDED", "failure_ttl_ms": HOUR_MS}
        _ask(connection, "mark_rate_limited_with_reason", **failed)
        assert _ask(connection, "select", family="claude", strategy="sticky") is None
        _ask(connection, "advance", ms=HOUR_MS // 2)
        return _ask(connection, "select", family="claude", strategy="sticky") is not None

    assert _denying(releases, id_, is_back) == _wrong(id_)


def test_longest_wait_of_0_does_not_fail() -> None:
    id_ = "max-wait-zero-fails"
    fails_only_above_0 = "if (maxWaitMs > 0 && waitMs > maxWaitMs)"
    assert {v for v in _stated(id_) if fails_only_above_0 in _source(v, "plugin.js")} == _wrong(id_)


def test_only_the_schema_names_two_scheduling_modes() -> None:
    id_ = "performance-first"
    assert _stated(id_) == _wrong(id_)
    for version in _stated(id_):
        folder = _package(version) / "dist"
        for mode in ("performance_first", "balance"):
            naming = [file for file in folder.rglob("*.js") if f"'{mode}'" in file.read_text("utf-8")]
            assert [file.name for file in naming] == ["schema.js"]


def test_page_of_all_options_lacks_some() -> None:
    id_, page = "all-options-here", "docs/CONFIGURATION.md"
    since_1_4_3 = ("scheduling-mode", "cache-first-wait", "failure-ttl", "retry-numbers", "jitter")
    for version in _stated(id_):
        lacking = [
            key for key in since_1_4_3 if version in (where := places(LINES, key)) and page not in where[version]
        ]
        assert lacking == (list(since_1_4_3) if version in _wrong(id_) else [])


def test_logs_have_own_variables_in_1_6_0(tmp_path: Path) -> None:
    """The logs read their variables directly, although the config reads none (`var-debug`)."""
    states = "(initializeDebug({debug: false, debug_tui: false}), [isDebugEnabled(), isDebugTuiEnabled()])"
    for variables, expected in (
        ({}, [False, False]),
        ({"DEBUG": "1"}, [True, False]),
        ({"DEBUG": "2"}, [True, False]),
        ({"DEBUG_TUI": "1"}, [False, True]),
    ):
        assert _evaluated("1.6.0", "debug.js", states, tmp_path, variables) == expected
    assert _stated("var-debug-logs") == {"1.6.0"}


def test_auto_ttl_is_twice_the_refresh_interval(tmp_path: Path) -> None:
    minutes = "[0, 4, 5, 6, 15, 60].map(it => computeSoftQuotaCacheTtlMs('auto', it) / 60000)"
    assert _evaluated("1.6.0", "accounts.js", minutes, tmp_path) == [10, 10, 10, 12, 30, 120]
    assert _stated("soft-quota-auto") == {"1.6.0"}


def _evaluated(
    version: str, module: str, expression: str, home: Path, variables: Mapping[str, str] | None = None
) -> Json:
    """The value of an expression over the exports of a release's module, in a new Node process."""
    package = _package(version)
    program = f"""
        import {{ loadPackage }} from {json.dumps((npm.ADAPTER.parent / "package.mjs").as_uri())};
        await loadPackage({json.dumps(str(package))});
        const exported = await import({json.dumps((package / "dist/src/plugin" / module).as_uri())});
        const evaluate = new Function(...Object.keys(exported), {json.dumps("return " + expression)});
        process.stdout.write(JSON.stringify(evaluate(...Object.values(exported))), () => process.exit());
    """
    environment = {"HOME": str(home), **{PREFIX + name: value for name, value in (variables or {}).items()}}
    command = [node_path(), "--input-type=module", "--eval", program]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60).stdout)


def _source(version: str, module: str) -> str:
    return (_package(version) / "dist" / "src" / module).read_text(encoding="utf-8")
