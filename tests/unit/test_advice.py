"""`advise`: what is in force, how many accounts count, and which settings it recommends. All homes are temporary."""

import json
from pathlib import Path

import pytest

from conformance.advice import recommend
from conformance.advice.accounts import count_accounts
from conformance.advice.findings import Place, findings
from conformance.advice.installed import find_installed, nearest
from conformance.advice.recommend import alternatives_to, best_of, cases_of
from conformance.json_type import Json
from conformance.simulation.measures import NAMES, Measures
from conformance.simulation.model import Limits, Load, Settings, agents_of
from conformance.simulation.outcome import Outcome
from reference_impl.config.files import read_file
from reference_impl.profiles import profile
from tests.support.command import Kit

NEW = profile("1.6.0")
USER, PROJECT = ".config/opencode/antigravity.json", "project/.opencode/antigravity.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a project, isolated from the real user."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENCODE_CONFIG_DIR", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "project").mkdir()
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
        ({USER: '{"debug": true}', PROJECT: '{"quiet_mode": true}'}, "debug (True becomes False)"),
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
        "2 accounts, but version 4: 1.3.0 reads none" in count_accounts(pool({}, {}), profile("1.3.0"), 0).findings[0]
    )


def outcome(name: str, goodput: float, rejections: float, tokens: float = 0) -> Outcome:
    plain = dict.fromkeys(NAMES, 0.0)
    runs = [
        Measures(**{**plain, "goodput": goodput + n % 2, "rejections": rejections + n % 2, "resent_tokens": tokens})
        for n in range(30)
    ]
    return Outcome(Settings(name), tuple(runs))


@pytest.mark.parametrize(
    ("others", "best"),
    [
        ([("b", 120, 5)], "b"),
        ([("b", 101, 5)], "now"),
        ([("b", 100, 1)], "b"),
        ([("b", 120, 9), ("c", 119, 1)], "c"),
        ([("b", 120, 1, 500), ("c", 120, 1, 100)], "c"),
        ([("b", 80, 0)], "now"),
    ],
)
def test_best_has_answers_then_few_rejections(others: list[tuple[str, float, float]], best: str) -> None:
    """A difference that is too small keeps the settings in force."""
    outcomes = [outcome("now", 100, 5), *(outcome(*each) for each in others)]
    assert best_of(outcomes).settings.name == best


def test_offset_is_no_alternative_for_one_pid() -> None:
    config: dict[str, Json] = {"account_selection_strategy": "hybrid", "pid_offset_enabled": False}
    names = {kind: [each.name for each in alternatives_to(config, agents_of(kind, 8))] for kind in ("server", "jobs")}
    assert names == {
        "server": ["as now", "sticky", "round-robin"],
        "jobs": ["as now", "sticky", "sticky+offset", "round-robin"],
    }


def test_named_limit_is_the_only_case() -> None:
    assert list(cases_of(Limits(4, at_once=3), 8, Load())) == ["your limit"]
    both = cases_of(Limits(4), 8, Load())
    assert [(each.per_minute, each.at_once) for each in both.values()] == [(12, None), (None, 2)]


def test_advice_names_setting_figures_and_lines(home: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four accounts and four jobs with a limit a minute: round-robin spreads, and the lines go to the user file."""
    monkeypatch.setattr(recommend, "MINUTES", 2)
    write(home, {".config/opencode/antigravity-accounts.json": pool({}, {}, {}).decode()})
    arguments = ("advise", str(home / "project"), "--agents", "4", "--as", "jobs", "--per-minute", "8")
    done = kit(*arguments)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80 or str(home) in done.stdout
    assert "Recommended: round-robin" in done.stdout
    assert f"Write to {home}/{USER}:" in done.stdout
    assert '"account_selection_strategy": "round-robin"' in done.stdout
    document = json.loads(kit(*arguments, "--json").stdout)
    assert document["accounts"] == {"loaded": 3, "projects": 3, "stored": 3, "usable": 3}
    assert document["recommended"]["matters"] is True


def test_single_account_makes_no_difference(home: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommend, "MINUTES", 1)
    write(home, {".config/opencode/antigravity-accounts.json": pool({}).decode()})
    done = kit("advise", str(home / "project"), "--agents", "1", "--per-minute", "60")
    assert "There is one account" in done.stdout
    assert "Keep your settings" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("advise", "project", "--agents", "0"), "expected a whole number from 1 to 256, got '0'"),
        (("advise", "nowhere", "--agents", "8"), "there is no folder 'nowhere'"),
        (("advise", "project", "--agents", "8"), "no account can be selected (0 stored)"),
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
