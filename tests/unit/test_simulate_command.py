"""`simulate`: reproducible output, and one message for wrong usage."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.reports.simulation_plot import TITLE_COLUMNS
from tests.support.command import Kit

QUICK = ("simulate", "--agents", "2", "--accounts", "2", "--minutes", "1")
LIMITED = (*QUICK, "--per-minute", "2")


def test_same_seed_gives_same_bytes(kit: Kit, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.json", "b.json", "c.json")]
    for file, seed in zip(files, ("1", "1", "2"), strict=True):
        done = kit(*LIMITED, "--json", str(file), "--seed", seed, "--settings", "sticky")
        assert done.returncode == 0, done.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    one, other = (json.loads(file.read_text()) for file in files[1:])
    assert one["settings"][0]["runs"] != other["settings"][0]["runs"]


def test_document_has_intervals_and_paired_differences(kit: Kit, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert kit(*LIMITED, "--json", str(file), "--settings", "sticky,round-robin").returncode == 0
    document = json.loads(file.read_text())
    base, other = document["settings"]
    assert document["target"] == "reference@1.6.0"
    assert len(base["runs"]) == len(other["runs"]) == 30
    assert set(base["differences"]["goodput"].values()) == {0}
    goodput = other["estimates"]["goodput"]
    assert goodput["low"] < goodput["mean"] < goodput["high"]


def test_table_fits_80_columns(kit: Kit) -> None:
    done = kit(*LIMITED, "--settings", "sticky,sticky+offset,round-robin,hybrid,sticky+offset+balance")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout.startswith("agents    2 in 2 processes: PIDs 7 to 22 apart, one started every 20 s")
    assert "limits    2 accounts, 2 requests a minute for each account" in done.stdout
    for word in ("sticky+offset", "round-robin", "hybrid", "run by run"):
        assert word in done.stdout


@pytest.mark.parametrize("name", ["plot.svg", "plot.png"])
def test_plot_is_drawn(kit: Kit, tmp_path: Path, name: str) -> None:
    done = kit(*LIMITED, "--settings", "sticky,hybrid", "--plot", str(tmp_path / name))
    assert done.returncode == 0, done.stderr
    content = (tmp_path / name).read_bytes()
    if name.endswith("svg"):
        root = ET.fromstring(content)  # noqa: S314 - our own file
        texts = "".join(root.itertext())
        assert "prefers-color-scheme:dark" in texts
        assert "hybrid" in texts
        assert "429s per 100 requests" in texts
        assert all(len(text) <= TITLE_COLUMNS for text in root.itertext() if text.startswith("Agents: "))
    else:
        assert content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (QUICK, "no limit was given"),
        (("simulate", "--agents", "0", "--at-once", "1"), "expected a whole number from 1 to 256, got '0'"),
        (("simulate", "--accounts", "0", "--at-once", "1"), "expected a whole number from 1 to 64, got '0'"),
        (("simulate", "reference@9.9", "--at-once", "1"), "there is no profile '9.9'"),
        ((*LIMITED, "--settings", "fast"), "'fast' names no settings"),
        ((*LIMITED, "--settings", ","), "--settings names no settings"),
        ((*LIMITED, "--set", "scheduling_mod=balance"), "has no config key 'scheduling_mod'; did you mean scheduling"),
        ((*LIMITED, "--set", "scheduling_mode=fast"), "expected 'cache_first', 'balance' or 'performance_first'"),
        ((*LIMITED, "--settings", "sticky+fast"), "or one of them with +offset, +balance or +offset+balance"),
        ((*LIMITED, "--settings", "sticky, balance"), "'balance' names no settings"),
        (
            (*LIMITED, "--settings", "hybrid+balance", "--set", "scheduling_mode=cache_first"),
            "both name the mode; give one of them",
        ),
        ((*LIMITED, "--set", "pid_offset_enabled=true"), "pid_offset_enabled is part of --settings"),
        ((*LIMITED, "--set", "quiet_mode=true"), "quiet_mode has no effect on a simulation"),
        ((*LIMITED, "--set", "quiet_mode"), "expected KEY=VALUE"),
        ((*LIMITED, "--pids", "1,x"), "'x' is not a valid PID"),
        ((*LIMITED, "--pids", "stride:0"), "expected stride:K"),
        ((*LIMITED, "--processes", "3"), "exceeds 2 agents"),
        ((*LIMITED, "--per-window", "300"), "expected N/H"),
        ((*LIMITED, "--retry-after", "soon"), "expected given, none or a number of seconds"),
        ((*LIMITED, "--seeds", "2"), "expected a whole number from 30 to"),
        ((*LIMITED, "--plot", "plot.gif"), "expected a file that ends in .svg or .png"),
    ],
)
def test_wrong_usage_gets_one_message(
    kit: Kit, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    done = kit(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_key_of_other_release_is_refused(kit: Kit) -> None:
    """Release 1.2.8 has no scheduling_mode, so setting it is refused."""
    for words in (("--set", "scheduling_mode=balance"), ("--settings", "sticky+balance")):
        done = kit(*LIMITED[:1], "reference@1.2.8", *LIMITED[1:], *words)
        assert done.returncode == 2
        assert "release 1.2.8 has no config key" in done.stderr


@pytest.mark.parametrize("release", ["1.2.8", "1.3.0", "1.4.3", "recommended"])
def test_reference_simulates_any_release(kit: Kit, release: str) -> None:
    done = kit(*LIMITED[:1], f"reference@{release}", *LIMITED[1:])
    assert done.returncode == 0, done.stderr
    assert f"reference@{release} selected" in done.stdout
