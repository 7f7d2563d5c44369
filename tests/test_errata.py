"""Every erratum's evidence, executed: each check fails if the tutorial's statement were true.

Releases answer over the wire, as targets; what they print is looked up in their published files.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import RELEASES
from conformance.requirements.errata import PAGE, load_errata, render_markdown
from conformance.targets import npm
from conformance.targets.connection import Connection, Group, Launch
from conformance.wire.answers import Result
from tests.command import CHECKOUT

ERRATA = load_errata()
SHOWN: set[str] = set()
LABELS = "abcdefgh"
POOL_FILE = Path(".config/opencode/antigravity-accounts.json")
USER_FILE = Path(".config/opencode/antigravity.json")
WINDOWS_FILE = Path("AppData/Roaming/opencode/antigravity.json")
VARIABLE = "OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED"
ON = '{"pid_offset_enabled": true}'
OFF = '{"pid_offset_enabled": false}'
NOW_MS = 1_000_000

Test = TypeVar("Test", bound=Callable[..., None])


def shows(id_: str) -> Callable[[Test], Test]:
    """The test executes the evidence of this erratum."""

    def register(test: Test) -> Test:
        SHOWN.add(id_)
        return test

    return register


class Release:
    """A running release. Accounts are numbered from 0; `start` is a process that loads the pool."""

    def __init__(self, version: str, package: Path, connection: Connection) -> None:
        self.version, self.package, self._connection = version, package, connection

    def ask(self, method: str, /, **params: Any) -> Any:
        answer = self._connection.call(method, **params)
        assert isinstance(answer, Result), answer
        return answer.value

    def start(self, pid: int, n: int = 3, index: int = 0, disabled: str = "") -> None:
        accounts = [{"refreshToken": label, "enabled": label not in disabled} for label in LABELS[:n]]
        pool = {"version": 3, "accounts": accounts, "activeIndex": index}
        self.ask("open", pool=pool, pid=pid, now_ms=NOW_MS)

    def select(self, strategy: str = "sticky", *, offset: bool = True, family: str = "claude") -> int:
        """The index of the account for one request."""
        answer = self.ask("select", family=family, strategy=strategy, pid_offset_enabled=offset)
        return int(answer["index"])

    def first(self, pid: int, strategy: str = "sticky", *, offset: bool = True, n: int = 3, index: int = 0) -> int:
        """The index of the account that a process with this PID starts on."""
        self.start(pid, n, index)
        return self.select(strategy, offset=offset)

    def limit(self, index: int) -> None:
        self.ask("mark_rate_limited", label=LABELS[index], retry_after_ms=1000, family="claude")

    def config(self, home: Path, environment: dict[str, str] | None = None, platform: str = "linux") -> dict[str, Any]:
        """The config of the project `home/project`."""
        asked = {"directory": str(home / "project"), "home": str(home), "environment": environment or {}}
        return dict(self.ask("load_config", **asked, platform=platform)["config"])

    def is_on(self, home: Path, environment: dict[str, str] | None = None, platform: str = "linux") -> bool:
        return bool(self.config(home, environment, platform)["pid_offset_enabled"])

    def sources(self) -> dict[str, str]:
        """The release's compiled modules, by path."""
        folder = self.package / "dist"
        return {str(file.relative_to(folder)): file.read_text("utf-8") for file in sorted(folder.rglob("*.js"))}

    def original_line(self, module: str, code: str) -> int:
        """The line in the TypeScript source, counted from 1, of the one compiled line that holds `code`."""
        file = self.package / "dist" / module
        (compiled,) = [at for at, line in enumerate(file.read_text("utf-8").splitlines()) if code in line]
        mapping = json.loads(file.with_name(file.name + ".map").read_text("utf-8"))["mappings"]
        rows = mapping.split(";")
        moves = [_decode(segment)[2] for row in rows[:compiled] for segment in row.split(",") if segment]
        return 1 + sum(moves) + _decode(rows[compiled].split(",")[0])[2]


def _decode(segment: str) -> list[int]:
    """The numbers of a source map's segment (base64 VLQ); the third is how many source lines it moves on."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    numbers, value, shift = [], 0, 0
    for digit in map(digits.index, segment):
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers


@pytest.fixture(scope="module")
def releases() -> Iterator[dict[str, Release]]:
    """The four published releases, running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(npm.CACHE_VARIABLE, os.environ.get(npm.CACHE_VARIABLE) or str(CHECKOUT / ".cache"))
        packages = {version: npm.install("opencode-antigravity-auth", version) for version in RELEASES}
    launches = [Launch(npm.command(package), name=version) for version, package in packages.items()]
    with Group(launches, timeout_s=60) as group:
        pairs = zip(packages.items(), group.connections, strict=True)
        yield {version: Release(version, package, connection) for (version, package), connection in pairs}


@pytest.fixture(params=[pytest.param(version, marks=pytest.mark.needs_node) for version in RELEASES])
def release(request: pytest.FixtureRequest, releases: dict[str, Release]) -> Release:
    return releases[request.param]


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


# The page.


def test_the_page_is_rendered_from_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_markdown(ERRATA), (
        "stale: python -m conformance.requirements.errata"
    )


def test_ids_are_consecutive() -> None:
    assert [erratum.id for erratum in ERRATA] == [f"E-{number:02}" for number in range(1, len(ERRATA) + 1)]


def test_every_erratum_is_shown_by_a_test() -> None:
    assert {erratum.id for erratum in ERRATA} == SHOWN


def test_every_requirement_named_is_in_the_catalogue() -> None:
    named = {name for erratum in ERRATA for name in re.findall(r"\b[A-Z]{2,5}-[0-9]{3}\b", str(erratum.model_dump()))}
    assert named
    assert named <= set(load_catalogue().by_id)


# Calculations.


@shows("E-01")
@pytest.mark.parametrize("n", range(2, 11))
def test_two_random_pids_meet_with_chance_1_in_n(n: int) -> None:
    pairs = list(itertools.product(range(n), repeat=2))
    assert sum(a == b for a, b in pairs) / len(pairs) == 1 / n


@shows("E-07")
def test_the_pids_of_the_example_have_one_remainder() -> None:
    assert [pid % 3 for pid in (123, 456, 789)] == [0, 0, 0]


@shows("E-26")
def test_three_random_pids_meet_on_5_accounts_with_chance_52_percent() -> None:
    meeting = [pids for pids in itertools.product(range(5), repeat=3) if len(set(pids)) < 3]
    assert (len(meeting), len(meeting) / 5**3) == (65, 0.52)


# Who starts where.


@shows("E-01")
def test_equal_remainders_start_on_the_same_account(release: Release) -> None:
    assert release.first(1001, n=2) == release.first(1003, n=2)


@shows("E-02")
def test_processes_meet_when_their_accounts_are_limited(release: Release) -> None:
    places = []
    for pid in (1, 2):
        release.start(pid, n=4)
        start = release.select()
        release.limit(start)
        places.append((start, release.select()))
    assert places == [(1, 0), (2, 0)]


@shows("E-03")
@pytest.mark.needs_node
def test_the_pid_has_no_influence_in_any_row_of_the_summary(releases: dict[str, Release]) -> None:
    release = releases["1.3.0"]
    rows = [("sticky", False), ("round-robin", False), ("hybrid", False), ("hybrid", True), ("sticky", True)]
    starts = [{release.first(pid, strategy, offset=offset) for pid in range(3)} for strategy, offset in rows]
    assert starts == [{0}, {0}, {0}, {0}, {0, 1, 2}]
    readme = (release.package / "README.md").read_text(encoding="utf-8")
    assert '| **Parallel agents** | Add `"pid_offset_enabled": true` |' in readme


@shows("E-04")
def test_agents_in_one_process_share_an_account(release: Release) -> None:
    release.start(pid=1)
    agents: list[list[int]] = [[], []]
    for agent in agents * 5:
        agent.append(release.select())
    assert agents == [[1] * 5] * 2
    code = release.sources()["src/plugin/accounts.js"]
    (parameters,) = re.findall(r"^    getCurrentOrNextForFamily\((.*)\) \{$", code, re.MULTILINE)
    names = [parameter.split(" = ")[0] for parameter in parameters.split(", ")]
    assert names[:5] == ["family", "model", "strategy", "headerStyle", "pidOffsetEnabled"]
    assert names[5:] == (["softQuotaThresholdPercent", "softQuotaCacheTtlMs"] if release.version == "1.6.0" else [])


@shows("E-05")
def test_processes_in_two_pid_namespaces_have_the_same_pid() -> None:
    namespace = ["unshare", "-U", "-r", "--pid", "--fork"]
    if not shutil.which("unshare") or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no PID namespace can be made here")
    shell = [*namespace, "sh", "-c", "echo $$; read end"]
    with (
        subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one,
        subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        assert one.stdout is not None
        assert other.stdout is not None
        pids = one.stdout.readline(), other.stdout.readline()
        assert (one.poll(), other.poll()) == (None, None)  # both are still alive: each waits to be told
        one.communicate(b"\n")
        other.communicate(b"\n")
    assert pids == (b"1\n", b"1\n")


@shows("E-05")
def test_equal_pids_start_on_the_same_account(release: Release) -> None:
    assert release.first(7) == release.first(7) == 7 % 3


@shows("E-06")
@pytest.mark.parametrize(("n", "start_accounts"), [(2, 1), (4, 1), (8, 2), (3, 3), (5, 5)])
def test_multiples_of_4_reach_few_accounts(release: Release, n: int, start_accounts: int) -> None:
    assert len({release.first(pid, n=n) for pid in range(4, 204, 4)}) == start_accounts


@shows("E-07")
def test_the_processes_of_the_example_start_on_one_account(release: Release) -> None:
    assert [release.first(pid) for pid in (123, 456, 789)] == [0, 0, 0]
    assert [release.first(pid) for pid in (123, 124, 125)] == [0, 1, 2]


@shows("E-08")
def test_without_the_offset_a_process_starts_at_the_stored_index(release: Release) -> None:
    assert {release.first(pid, offset=False, index=2) for pid in range(6)} == {2}


@shows("E-09")
def test_the_offset_counts_from_the_stored_index(release: Release) -> None:
    assert [release.first(pid, index=1) for pid in (123, 124, 125)] == [1, 2, 0]


@shows("E-10")
@pytest.mark.parametrize(("pids", "accounts"), [((7, 7, 7), [1, 2, 0]), ((1, 3), [1, 1])])
def test_offsets_add_up_over_starts(release: Release, tmp_path: Path, pids: Sequence[int], accounts: list[int]) -> None:
    pool = {"version": 3, "accounts": [{"refreshToken": label} for label in "abc"], "activeIndex": 0}
    put(tmp_path / POOL_FILE, json.dumps(pool))
    starts = []
    for pid in pids:
        release.ask("open", home=str(tmp_path), pid=pid, now_ms=NOW_MS)
        starts.append(release.select())
        release.ask("save")
    assert starts == accounts


@shows("E-11")
def test_hybrid_applies_the_offset_when_it_has_no_candidate(release: Release) -> None:
    fresh, without = set(), set()
    for pid in range(3):
        release.start(pid)
        fresh.add(release.select("hybrid"))
        if release.version == "1.2.8":
            assert [release.select("hybrid") for _ in range(2)] == [1, 2]
        else:
            for label in "abc":
                release.ask("record_health", label=label, outcome="failure")
                assert release.ask("record_health", label=label, outcome="failure")["score"] < 50
        without.add(release.select("hybrid"))
    assert (fresh, without) == ({0}, {0, 1, 2})


@shows("E-12")
@pytest.mark.needs_node
@pytest.mark.parametrize("version", RELEASES[1:])
@pytest.mark.parametrize(("consumed", "account"), [(0, 0), (40, 1)])
def test_tokens_outweigh_health(releases: dict[str, Release], version: str, consumed: int, account: int) -> None:
    release = releases[version]
    release.start(pid=0, n=2)
    scores = [release.ask("record_health", label="a", outcome="success")["score"] for _ in range(30)]
    assert scores[-1] == 100
    release.ask("consume_token", label="a", amount=consumed)
    assert release.select("hybrid") == account


@shows("E-12")
def test_1_2_8_keeps_no_health(release: Release) -> None:
    code = release.sources()["src/plugin/accounts.js"]
    assert ("getHealthTracker" in code) == (release.version != "1.2.8")


# round-robin.


@shows("E-13")
def test_round_robin_chooses_before_it_moves_on(release: Release) -> None:
    release.start(pid=1, index=1)
    accounts = [release.select("round-robin") for _ in range(3)]
    shown = [cursor % 3 for cursor in (1 + 1, 1 + 2, 1 + 3)]
    assert (accounts, shown) == ([1, 2, 0], [2, 0, 1])


@shows("E-14")
def test_under_round_robin_every_process_goes_through_one_sequence(release: Release) -> None:
    for pid, offset in itertools.product(range(6), (True, False)):
        release.start(pid)
        assert [release.select("round-robin", offset=offset) for _ in range(4)] == [0, 1, 2, 0]


@shows("E-15")
def test_families_in_turn_use_a_part_of_the_accounts_each(release: Release) -> None:
    release.start(pid=1, n=2)
    used = [(release.select("round-robin"), release.select("round-robin", family="gemini")) for _ in range(5)]
    assert used == [(0, 1)] * 5


# The config.


@shows("E-16")
@pytest.mark.parametrize(
    ("block", "key", "value"),
    [
        (
            '{\n  "account_selection_strategy": "round-robin",\n'
            '  "pid_offset_enabled": false  // Not needed for round-robin\n}',
            "account_selection_strategy",
            "round-robin",
        ),
        (
            '{\n  "account_selection_strategy": "sticky",  // Change to sticky\n  "pid_offset_enabled": true\n}',
            "pid_offset_enabled",
            True,
        ),
    ],
)
def test_a_block_with_a_comment_is_ignored(release: Release, tmp_path: Path, block: str, key: str, value: Any) -> None:
    no_file = release.config(tmp_path)
    put(tmp_path / USER_FILE, block)
    assert release.config(tmp_path) == no_file
    put(tmp_path / USER_FILE, re.sub(" +//.*", "", block))
    assert release.config(tmp_path)[key] == value != no_file[key]


@shows("E-17")
def test_the_list_of_accounts_belongs_to_the_login_prompt(release: Release) -> None:
    sources = release.sources()
    assert [file for file, text in sources.items() if "account(s) saved" in text] == ["src/plugin/cli.js"]
    callers = {file for file, text in sources.items() if re.search(r"await promptLoginMode\(", text)}
    assert callers == {"src/plugin.js"}
    assert sources["src/plugin.js"].count("promptLoginMode(") == 1
    assert ("(a)dd new account(s)" in sources["src/plugin/cli.js"]) == (release.version in ("1.2.8", "1.3.0"))


@shows("E-18")
def test_the_configuration_file_of_opencode_is_not_read(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE.with_name("opencode.json"), ON)
    assert not release.is_on(tmp_path)
    put(tmp_path / USER_FILE, ON)
    assert release.is_on(tmp_path)


@shows("E-19")
def test_the_paths_depend_on_variables_and_release(release: Release, tmp_path: Path) -> None:
    windows, posix, elsewhere = (tmp_path / name for name in ("windows", "posix", "elsewhere"))
    put(windows / WINDOWS_FILE, ON)
    put(posix / USER_FILE, ON)
    put(elsewhere / "opencode/antigravity.json", ON)
    newest = release.version == "1.6.0"

    roaming = {"APPDATA": str(windows / "AppData/Roaming")}
    assert [release.is_on(windows, variables, "win32") for variables in ({}, roaming)] == [not newest] * 2
    assert release.is_on(posix, platform="win32") == newest
    assert release.is_on(posix)
    assert release.is_on(tmp_path, {"XDG_CONFIG_HOME": str(elsewhere)})
    assert not release.is_on(posix, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert release.is_on(tmp_path, {"OPENCODE_CONFIG_DIR": str(elsewhere / "opencode")}) == newest


@shows("E-20")
def test_layers_stand_above_the_users_file(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE, ON)
    put(tmp_path / "project/.opencode/antigravity.json", OFF)
    assert not release.is_on(tmp_path)
    assert release.is_on(tmp_path, {VARIABLE: "1"}) == (release.version != "1.6.0")


@shows("E-20")
def test_one_value_that_is_not_accepted_drops_the_file(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE, '{"pid_offset_enabled": true, "debug": "yes"}')
    assert not release.is_on(tmp_path)


@shows("E-20")
def test_the_config_is_loaded_once(release: Release) -> None:
    callers = [
        file
        for file, text in release.sources().items()
        for _ in re.findall(r"^ *const config = loadConfig\(", text, re.MULTILINE)
    ]
    assert callers == ["src/plugin.js"]


@shows("E-21")
def test_the_first_example_alone_spreads_nothing_from_1_3_0_on(release: Release, tmp_path: Path) -> None:
    put(tmp_path / USER_FILE, ON)
    config = release.config(tmp_path)
    strategy, offset = config["account_selection_strategy"], config["pid_offset_enabled"]
    starts = {release.first(pid, strategy, offset=offset) for pid in range(3)}
    assert starts == ({0, 1, 2} if release.version == "1.2.8" else {0})


@shows("E-22")
def test_the_variable_switches_on_and_never_off(release: Release, tmp_path: Path) -> None:
    values = ("1", "true", "TRUE", "yes", "on", " 1", "0", "false")
    switched_on = {value for value in values if release.is_on(tmp_path, {VARIABLE: value})}
    assert switched_on == (set() if release.version == "1.6.0" else {"1", "true"})
    assert list(tmp_path.rglob("antigravity.json")) == []
    put(tmp_path / USER_FILE, ON)
    assert all(release.is_on(tmp_path, {VARIABLE: value}) for value in values)


# What is printed, and where it is written.


@shows("E-23")
def test_no_release_prints_the_log_lines(release: Release) -> None:
    text = "".join(release.sources().values())
    for printed in ("[accounts]", "Starting account index", "(process.pid % accounts.length)"):
        assert printed not in text
    lines = re.findall(r"`.*Applying PID offset.*`", text)
    pids = "pid=${process.pid} offset=${pidOffset} family=${family} index=${baseIndex}->${newIndex}"
    assert lines == ([f"`[Account] Applying PID offset: {pids}`"] if release.version == "1.6.0" else [])


@shows("E-30")
def test_the_line_numbers_are_those_of_1_3_0(release: Release) -> None:
    line = release.original_line("src/plugin/accounts.js", "const pidOffset = process.pid % this.accounts.length")
    assert (line in range(388, 394)) == (release.version == "1.3.0")
    if release.version == "1.3.0":
        assert line == 389
    assert (VARIABLE in release.sources()["src/plugin/config/loader.js"]) == (release.version != "1.6.0")


# What is left open.


@shows("E-24")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_a_process_keeps_its_account(release: Release, family: str) -> None:
    for pid in range(6):
        release.start(pid)
        assert {release.select(family=family) for _ in range(100)} == {pid % 3}


@shows("E-25")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin"])
def test_the_order_of_starts_has_no_influence(release: Release, strategy: str) -> None:
    with Group([Launch(npm.command(release.package))], timeout_s=60) as group:
        second = Release(release.version, release.package, group.connections[0])
        second.start(pid=2)  # before the first one's request ...
        release.start(pid=1)
        accounts = [release.select(strategy, offset=False), second.select(strategy, offset=False)]
        second.start(pid=2)  # ... and after it
        accounts.append(second.select(strategy, offset=False))
    assert accounts == [0, 0, 0]


@shows("E-26")
def test_three_processes_can_meet_on_5_accounts(release: Release) -> None:
    assert {release.first(pid, n=5) for pid in (5, 10, 15)} == {0}
    assert {release.first(pid, n=5, offset=False) for pid in range(15)} == {0}


@shows("E-27")
def test_disabled_and_limited_accounts_count(release: Release) -> None:
    starts = []
    for pid in (6, 1):
        release.start(pid, n=4, disabled="b")
        release.limit(3)
        starts.append(release.select())
    assert starts == [2, 0 if release.version == "1.6.0" else 1]


@shows("E-28")
def test_a_limited_landing_place_is_left_for_good(release: Release) -> None:
    release.start(pid=1)
    release.limit(1)
    first = release.select()
    release.ask("advance", ms=1000)
    assert (first, release.select()) == (0, 0)


@shows("E-29")
def test_the_offset_is_applied_once_for_a_loaded_pool(release: Release) -> None:
    release.start(pid=1)
    assert release.select() == 1
    release.ask("remove", label="b")
    after = release.ask("select", family="claude", strategy="sticky", pid_offset_enabled=True)
    assert after == {"label": "c", "index": 1}
    assert release.first(1) == 1  # loaded again, in the same process
