"""`advise`: what is in force, how many accounts count, and which settings it recommends. All homes are temporary."""

import json
import os
import re
from pathlib import Path

import pytest

from conformance.advice.accounts import count_accounts
from conformance.advice.cases import cases_of
from conformance.advice.findings import Place, findings
from conformance.advice.installed import find_installed, nearest
from conformance.advice.recommend import Recommendation
from conformance.cli import advise
from conformance.json_type import Json
from conformance.simulation.model import PLAIN, Limits, Load, Settings
from reference_impl.config.files import read_file
from reference_impl.profiles import profile
from tests.support.command import CHECKOUT, Kit

NEW = profile("1.6.0")
USER, PROJECT = ".config/opencode/antigravity.json", "project/.opencode/antigravity.json"
POOL = ".config/opencode/antigravity-accounts.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a project, isolated from the real user."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENCODE_CONFIG_DIR", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "project").mkdir()
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # so that the simulation starts no processes
    return tmp_path


def write(home: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)


def told(home: Path, release: str = "1.6.0", **environment: str) -> str:
    place = Place(str(home / "project"), str(home), environment, "linux")
    return "\n".join(findings(place, read_file, profile(release)))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({USER: '{"pid_offset_enabled": true}'}, "almost no effect: the strategy is hybrid (the default)"),
        (
            {USER: '{"pid_offset_enabled": true, "account_selection_strategy": "round-robin"}'},
            "pid_offset_enabled has no effect: the strategy is round-robin, which ignores it (RR-003)",
        ),
        ({USER: '{"debug": true,}'}, "has no effect at all: not JSON: line 1, column 16: expected a string"),
        ({USER: '{"debug": true,}'}, "the file has a trailing comma"),
        ({USER: '{"debug": true // no\n}'}, "the file has a comment"),
        ({USER: '{"debug": "yes"}'}, "has no effect at all: not valid: debug: expected true or false"),
        ({USER: '{"web_search": {"default_mode": "off"}}'}, "the last one with it is 1.3.0"),
        ({USER: '{"nope": 1}'}, "nope in the user file has no effect: no release has such a key"),
        ({USER: '{"signature_cache": {"nope": 1}}'}, "signature_cache.nope in the user file has no effect"),
        ({USER: '{"debug": true}', PROJECT: '{"quiet_mode": true}'}, "debug (true becomes false)"),
        ({PROJECT: "{}"}, "The project file changes keys that it does not name"),
        ({USER: ""}, "has no effect at all: the file is empty"),
        ({USER: "\ufeff{}"}, "begins with a byte order mark; save it as UTF-8 without one"),
        ({USER: '\0{\0"\0'}, "the file seems to be UTF-16; save it as UTF-8"),
        ({f"{USER}/inner": ""}, "antigravity.json has no effect at all: it cannot be read (Is a directory)"),
    ],
)
def test_finding_names_what_has_no_effect(home: Path, files: dict[str, str], expected: str) -> None:
    write(home, files)
    assert expected in told(home)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {USER: '{"pid_offset_enabled": true, "account_selection_strategy": "sticky"}'},
        {USER: '{"debug": true}', PROJECT: '{"debug": true, "quiet_mode": true}'},
        {USER: '{"signature_cache": {"enabled": false}, "$schema": "x"}'},
    ],
)
def test_config_in_force_has_no_finding(home: Path, files: dict[str, str]) -> None:
    write(home, files)
    assert told(home) == ""


def test_variables_are_read_up_to_1_5_5(home: Path) -> None:
    name = "OPENCODE_ANTIGRAVITY_QUIET"
    assert f"variable {name} has no effect: the config of release 1.6.0" in told(home, **{name: "1"})
    assert told(home, "1.5.5", **{name: "1"}) == ""


def test_recommended_profile_resets_no_keys(home: Path) -> None:
    write(home, {USER: '{"debug": true}', PROJECT: '{"quiet_mode": true}'})
    assert told(home, "recommended") == ""


def test_installed_release_is_found(home: Path) -> None:
    where: tuple[Path, Path, dict[str, str]] = home / "project", home, {}
    assert find_installed(*where).found_in is None
    write(home, {"project/opencode.json": '{"plugin": ["opencode-antigravity-auth@1.4.1"]}'})
    assert find_installed(*where).release == "1.3.2"  # which has the code of 1.4.1
    package = ".cache/opencode/node_modules/opencode-antigravity-auth/package.json"
    write(home, {package: '{"version": "1.3.0"}'})
    assert find_installed(*where).release == "1.3.0"
    write(home, {package: "[]"})
    assert find_installed(*where).release == "1.3.2"


@pytest.mark.parametrize(("version", "release"), [("1.3.1", "1.3.0"), ("9.0.0", "1.6.0"), ("0.1.0", "1.2.8")])
def test_unknown_version_follows_nearest_release(version: str, release: str) -> None:
    assert nearest(version) == release


def pool(*changes: Json, version: int = 4) -> bytes:
    accounts = [
        {"email": f"{n}@x", "refreshToken": f"t{n}", "addedAt": 0, "lastUsed": 0, **change}
        for n, change in enumerate(changes)
    ]
    return json.dumps({"version": version, "accounts": accounts, "activeIndex": 0}).encode()


def test_accounts_that_count() -> None:
    content = pool({}, {"enabled": False}, {"projectId": "p"}, {"projectId": "p"}, {"refreshToken": ""})
    found = count_accounts(content, NEW, 0)
    assert (found.stored, found.usable, found.projects) == (5, 3, 2)
    text = "\n".join(found.findings)
    for expected in ("without a refresh token", "modulo 4, not 3", "3 accounts count as 2"):
        assert expected in text
    assert count_accounts(pool({}, {"enabled": False}, version=3), profile("1.3.0"), 0).usable == 2
    assert count_accounts(None, NEW, 0).usable == 0
    assert (
        "2 accounts, but version 4, which 1.3.0 does not read"
        in count_accounts(pool({}, {}), profile("1.3.0"), 0).findings[0]
    )


def test_advice_names_setting_figures_and_lines(home: Path, kit: Kit) -> None:
    """Three accounts and four sessions with a limit a minute: round-robin spreads; the lines go to the user file."""
    write(home, {".config/opencode/antigravity-accounts.json": pool({}, {}, {}).decode()})
    arguments = ("--agents", "4", "--as", "server", "--per-minute", "6", "--minutes", "1")
    done = kit("advise", str(home / "project"), *arguments)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80 or str(home) in done.stdout
    for expected in (
        "3 of 3 usable, in 3 projects",
        "Recommended: round-robin.",
        "Criterion: the most answered requests, then the fewest 429s",
        f"Write to {home}/{USER}:",
    ):
        assert expected in done.stdout
    lines = done.stdout.partition("antigravity.json:\n")[2]
    assert json.loads(lines) == {"account_selection_strategy": "round-robin"}


def test_single_account_makes_no_difference(home: Path, kit: Kit) -> None:
    write(home, {".config/opencode/antigravity-accounts.json": pool({}).decode()})
    arguments = ("advise", str(home / "project"), "--agents", "1", "--per-minute", "60", "--minutes", "1")
    done = kit(*arguments)
    assert "There is one account" in done.stdout
    assert "It makes no difference: keep what you have." in done.stdout
    assert "Write to" not in done.stdout
    document = json.loads(kit(*arguments, "--json").stdout)
    assert document["accounts"] == {"loaded": 1, "projects": 1, "stored": 1, "usable": 1}
    assert document["recommended"]["matters"] is False
    assert document["cases"][0]["situation"]["load"]["minutes"] == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "The pool file is not JSON, so 1.6.0 reads no account: repair it. Or give"),
        ("[]", "The pool file has no list `accounts`, so 1.6.0 reads no account: repair it. Or give"),
        (
            '{"version": 9, "accounts": [{}]}',
            "has 1 account, but version 9, which 1.6.0 does not read: name",
        ),
        ('{"version": 4, "accounts": []}', "(0 stored). Run `opencode auth login`,"),
        ('{"version": 4, "accounts": [{}]}', "1 stored account without a refresh token: never selected. Run `opencode"),
    ],
)
def test_pool_without_accounts_says_why(home: Path, kit: Kit, content: str, expected: str) -> None:
    write(home, {POOL: content})
    done = kit("advise", str(home / "project"), "--agents", "8")
    assert done.returncode == 2
    assert expected in done.stderr


def test_folder_in_place_of_pool_file_is_named(home: Path, kit: Kit) -> None:
    write(home, {f"{POOL}/inner": ""})
    assert "The file cannot be read: Is a directory." in kit("advise", str(home), "--agents", "8").stderr


def test_accounts_that_are_not_simulated_are_named(home: Path, kit: Kit) -> None:
    accounts = [{"refreshToken": f"t{number}"} for number in range(65)]
    write(home, {POOL: json.dumps({"version": 4, "accounts": accounts})})
    done = kit("advise", str(home), "--agents", "1", "--per-minute", "60", "--minutes", "1")
    assert "at most 64 accounts, and you have 65" in " ".join(done.stdout.split())


def test_one_request_a_minute_is_singular() -> None:
    assert next(iter(cases_of(Limits(64), 8, Load()))) == "1 request a minute"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("advise", "project", "--agents", "0"), "expected a whole number from 1 to 256, got '0'"),
        (("advise", "nowhere", "--agents", "8"), "there is no folder 'nowhere'"),
        (("advise", "project", "--agents", "8"), "no account can be selected (0 stored; there is no such file)"),
        (("advise", "project", "--agents", "8", "--release", "9.9"), "invalid choice: '9.9'"),
        (("advise", "project"), "the following arguments are required: --agents"),
    ],
)
def test_wrong_usage_gets_one_message(
    home: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(home)
    done = kit(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("files", "release", "expected"),
    [
        ({}, "1.6.0", USER),
        ({PROJECT: "{}"}, "1.6.0", PROJECT),
        ({PROJECT: "{}"}, "1.3.0", USER),
        ({PROJECT: '{"account_selection_strategy": "hybrid"}'}, "1.3.0", PROJECT),
    ],
)
def test_lines_go_to_file_that_wins(home: Path, files: dict[str, str], release: str, expected: str) -> None:
    """A project file wins if it names the key, or if the release fills in what it leaves out."""
    write(home, files)
    chosen = profile(release)
    loaded = Place(str(home / "project"), str(home), {}, "linux").load(read_file, chosen)
    settings = Settings("round-robin", {"account_selection_strategy": "round-robin"})
    found = Recommendation(settings, (), {})
    assert f"Write to {home / expected}" in next(line for line in advise._lines(found, loaded, chosen) if line)


def test_variable_that_overrides_is_named(home: Path) -> None:
    name = "OPENCODE_ANTIGRAVITY_ACCOUNT_SELECTION_STRATEGY"
    chosen = profile("1.5.5")
    loaded = Place(str(home / "project"), str(home), {name: "hybrid"}, "linux").load(read_file, chosen)
    found = Recommendation(Settings("sticky", {"account_selection_strategy": "sticky"}), (), {})
    assert f"Unset {name}, which overrides account_selection_strategy." in "\n".join(
        advise._lines(found, loaded, chosen)
    ).replace("\n", " ")


def test_guide_agrees_with_the_lab() -> None:
    """The table to look up names the best settings of docs/lab.json, with their 429s and those of the defaults."""
    page = (CHECKOUT / "docs" / "which-settings.md").read_text(encoding="utf-8")
    names = {"one server": "server", "terminals": "terminals", "containers": "containers", "CI jobs": "jobs"}
    lab = json.loads((CHECKOUT / "docs" / "lab.json").read_text(encoding="utf-8"))["lookup"]
    found = {(each["kind"], each["limit"]): each for each in lab if each["accounts"] == 4}
    cells = {kind: cells_of(page, f"| **{name}**") for name, kind in names.items()}
    for kind, row in cells.items():
        for limit, cell in zip(("a minute", "at once"), row[1:3], strict=True):
            best, figures = found[kind, limit]["best"], found[kind, limit]["settings"]
            assert f"`{best}`" in cell
            told = [int(number) for number in re.findall(r"(?:: |now )(\d+)", cell)]
            assert told == [round(figures[name]["rejections"][0]) for name in (best, "hybrid")], cell


def cells_of(page: str, begins: str) -> list[str]:
    """The cells of the first row that begins like this."""
    return next(line for line in page.splitlines() if line.startswith(begins)).split(" | ")


def test_guide_says_what_each_kind_means() -> None:
    page = (CHECKOUT / "docs" / "which-settings.md").read_text(encoding="utf-8")
    pids = {"apart": "7 to 22 apart", "equal": "equal", "random": "random"}
    for kind, plain in PLAIN.items():
        if plain.processes > 1:
            start = f"one every {plain.gap_s:g} s" if plain.gap_s else "all at once"
            assert f"one for each agent | {pids[plain.pids.pattern]} | {start} | {plain.pool} |" in page, kind
