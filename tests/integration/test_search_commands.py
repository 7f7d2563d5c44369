"""The commands fuzz, identify, diff and replay."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import diff
from conformance.json_type import Json
from tests.support.command import Kit, run_kit
from tests.support.tiers import releases_on_npm

WRONG = "python:tests.fakes.searched:OffsetAgain"
RELEASE = "npm:opencode-antigravity-auth"


def fuzz(folder: Path, *arguments: str) -> Any:
    return run_kit("fuzz", *arguments, "--database", str(folder / "sessions"), "--out", str(folder / "found"))


def test_correct_target_is_searched_to_the_end(tmp_path: Path) -> None:
    run = fuzz(tmp_path, "reference@1.4.3", "--calls", "2000", "--seed", "a")
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "reference@1.4.3 as 1.4.3, seed a"
    assert re.fullmatch(r"2,\d{3} calls in \d+ sessions, none differs", lines[-1])
    assert not (tmp_path / "found").exists()
    assert fuzz(tmp_path, "reference@1.4.3", "--calls", "2000", "--seed", "a").stdout == run.stdout


def test_a_find_is_shown_and_replayed(tmp_path: Path) -> None:
    run = fuzz(tmp_path, WRONG, "--calls", "3000", "--seed", "a", "--discrepancies", "1")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "expected" in run.stdout
    assert "state before the call:" in run.stdout
    assert all(len(line) <= 80 for line in run.stdout.splitlines() if str(tmp_path) not in line)
    (file,) = (tmp_path / "found").iterdir()
    assert f"replay {file}" in run.stdout.replace(" \\\n        ", " ")
    again = run_kit("replay", str(file), WRONG)
    assert again.returncode == 1
    assert again.stdout.count("\n> ") == 1
    assert again.stdout.endswith("; answers that differ from the file: 1\n")
    right = run_kit("replay", str(file), "reference")
    assert right.returncode == 0
    assert right.stdout.endswith("; answers that differ from the file: 0\n")


def test_the_next_search_begins_with_what_was_found(tmp_path: Path) -> None:
    assert fuzz(tmp_path, WRONG, "--calls", "3000", "--discrepancies", "1").returncode == 1
    run = fuzz(tmp_path, WRONG, "--calls", "1", "--discrepancies", "1")
    assert run.returncode == 1, run.stdout
    other = run_kit(
        "fuzz", WRONG, "--calls", "1", "--discrepancies", "1", "--database", str(tmp_path / "own"), "--shared",
        str(tmp_path / "sessions"), "--out", str(tmp_path / "found"),
    )  # fmt: skip
    assert other.returncode == 1, other.stdout


@pytest.mark.exhaustive
def test_workers_and_shards_search_elsewhere(tmp_path: Path) -> None:
    # With this seed, no session of a worker is one of the rare long ones.
    run = fuzz(tmp_path, "reference", "--calls", "2000", "--seed", "b", "-n", "2")
    assert run.returncode == 0, run.stdout + run.stderr
    both = calls_of(run.stdout)
    shards = [fuzz(tmp_path, "reference", "--calls", "2000", "--seed", "b", "--shard", f"{i}/2") for i in (1, 2)]
    assert 2_000 <= both < 3_000
    assert shards[0].stdout.splitlines()[0] == "reference as recommended, seed b 1/2"
    assert calls_of(shards[0].stdout) != calls_of(shards[1].stdout)


def test_workers_find_what_one_finds(tmp_path: Path) -> None:
    run = fuzz(tmp_path, WRONG, "--calls", "4000", "--seed", "a", "-n", "2", "--discrepancies", "1")
    assert run.returncode == 1, run.stdout + run.stderr
    assert list((tmp_path / "found").iterdir())


@pytest.mark.exhaustive
def test_finds_is_an_alias_that_help_hides(tmp_path: Path) -> None:
    arguments = [WRONG, "--calls", "3000", "--seed", "a"]
    renamed = fuzz(tmp_path / "new", *arguments, "--discrepancies", "1")
    assert fuzz(tmp_path / "old", *arguments, "--finds", "1").stdout == renamed.stdout.replace("new", "old")
    assert "--finds" not in run_kit("fuzz", "--help").stdout


def calls_of(shown: str) -> int:
    found = re.search(r"([\d,]+) calls in", shown)
    assert found is not None, shown
    return int(found[1].replace(",", ""))


def test_time_ends_a_search_too(tmp_path: Path) -> None:
    run = fuzz(tmp_path, "reference", "--seconds", "0.01")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["fuzz", "reference", "--shard", "3/2"], "--shard 3/2: expected a part and the number of parts, such as 2/8"),
        (["fuzz", "reference", "--shard", "x"], "--shard x: expected a part"),
        (["fuzz"], "no target was given"),
        (["diff", "reference", "nothing"], "unknown target 'nothing'"),
        (["identify", "reference", "--calls", "-1"], "expected a whole number of 0 or more"),
        (["replay", "no-such-file", "reference"], "cannot read no-such-file: No such file"),
        (["replay", "README.md", "reference"], "README.md is not JSON in UTF-8"),
    ],
)
def test_wrong_usage_is_reported(arguments: list[str], told: str, kit: Kit) -> None:
    run = kit(*arguments)
    assert run.returncode == 2
    assert told in run.stderr


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "a scenario is an object with a list `calls`"),
        ({"calls": [{"method": 1}]}, "calls[0] must be an object with a method"),
        ({"calls": [{"method": "sing"}]}, "there is no method 'sing'"),
    ],
)
def test_invalid_scenario_is_not_replayed(document: Json, told: str, tmp_path: Path, kit: Kit) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(document))
    run = kit("replay", str(file), "reference")
    assert run.returncode == 2
    assert told in run.stderr


def test_scenario_without_expectation_uses_the_reference(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    stored = {"accounts": [{"refreshToken": "a"}, {"refreshToken": "b"}], "activeIndex": 0}
    asked = {"family": "claude", "strategy": "sticky", "pid_offset_enabled": True}
    select = {"method": "select", "params": asked}
    file.write_text(json.dumps({"calls": [{"method": "open", "params": {"pool": stored, "pid": 1}}, select, select]}))
    wrong, right = run_kit("replay", str(file), WRONG), run_kit("replay", str(file), "reference")
    assert (wrong.returncode, right.returncode) == (1, 0), wrong.stdout + right.stdout
    assert wrong.stdout.endswith("; answers that differ from the reference at recommended: 1\n")


@pytest.mark.needs_node
@pytest.mark.parametrize("version", releases_on_npm())
def test_a_release_is_identified(version: str) -> None:
    run = run_kit("identify", f"{RELEASE}@{version}", "--calls", "3000")
    assert run.returncode == 0, run.stderr
    told = " ".join(run.stdout.split())
    alike = "1.3.2 and 1.4.3" if version == "1.4.3" else version
    assert told.startswith(f"{RELEASE}@{version} behaves like {alike} every answer is the same in 3,0")


def test_identify_names_quirk_and_other_differences() -> None:
    run = run_kit("identify", "python:tests.fakes.searched:NearlyTheLatest", "--calls", "1500")
    assert run.returncode == 0, run.stderr
    assert "behaves like 1.6.0, except\n" in run.stdout
    assert "it does not show the quirk wait-counts-disabled-accounts" in run.stdout
    assert "> select" in run.stdout


@pytest.mark.exhaustive
@pytest.mark.needs_node
def test_two_releases_differ_by_name(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "SESSIONS", 100)
    run = kit("diff", f"{RELEASE}@1.4.3", f"{RELEASE}@1.6.0", "--calls", "300")
    assert run.returncode == 1, run.stderr
    for name in (
        "version-4-unknown",
        "disabled-account-kept",
        "usage-in-binary",
        "environment-variables-unread",
    ):
        assert re.search(rf"{name} \(\d+\)", run.stdout), name
    assert "capability soft-quota: in npm:opencode-antigravity-auth@1.6.0 only" in " ".join(run.stdout.split())
    assert "for another reason" not in run.stdout
    assert "unexplained, in" not in run.stdout


def test_a_target_does_not_differ_from_itself() -> None:
    run = run_kit("diff", "reference", "reference", "--calls", "200")
    assert run.returncode == 0
    assert "no difference" in run.stdout


@pytest.mark.exhaustive
def test_diff_shows_only_unnamed_differences() -> None:
    run = run_kit("diff", "reference", WRONG, "--calls", "1500")
    assert run.returncode == 1
    assert f"unexplained, in {WRONG}:" in run.stdout
    both = run_kit("diff", "python:tests.fakes.searched:OffsetAgainToo", WRONG, "--calls", "1500")
    assert both.returncode == 0, both.stdout
