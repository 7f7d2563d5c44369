"""The scripts of docs/examples/github/fuzz-nightly.yml, run as the jobs run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.command import CHECKOUT

WORKFLOW = CHECKOUT / "docs" / "examples" / "github" / "fuzz-nightly.yml"
QUICK = {
    'plugin:. --seconds 1200 --seed "$SEED"': 'python:port:Port --calls 3000 --discrepancies 1 --seed "$SEED"',
    ' --shared "github:$GITHUB_REPOSITORY"': ' --shared "$BEFORE"',
}


def script_of(job: str, step: str) -> str:
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    script: str = next(each["run"] for each in jobs[job]["steps"] if each.get("name") == step)
    return script


def run_script(script: str, folder: Path, **variables: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | variables | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """A port with a wrong PID offset."""
    folder = tmp_path / "port"
    shutil.copytree(CHECKOUT / "docs/examples/python", folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "port.py").read_text(encoding="utf-8")
    (folder / "port.py").write_text(text.replace("+ pid) % count", "+ pid + 1) % count"), encoding="utf-8")
    return folder


def one_night(port: Path, folder: Path, before: Path) -> str:
    """Two shards and the merge; returns the text of the issue."""
    search = script_of("search", "search")
    for right, quick in QUICK.items():
        assert search.count(right) == 1
        search = search.replace(right, quick)
    for shard in ("1", "2"):
        place = folder / "shards" / f"shard-{shard}"
        shutil.copytree(port, place)
        run_script(search, place, SEED="7", SHARD=f"{shard}/2", BEFORE=str(before))
    run_script(script_of("report", "merge"), folder)
    return (folder / "issue.md").read_text(encoding="utf-8")


@pytest.mark.exhaustive
def test_new_find_gives_an_issue_once(port: Path, tmp_path: Path) -> None:
    """The second night begins with the sessions of the first."""
    first, second = tmp_path / "first", tmp_path / "second"
    assert "## 1. `select " in one_night(port, first, tmp_path / "nothing")
    assert any((first / "sessions").rglob("*"))
    assert one_night(port, second, first / "sessions") == ""
    assert any((second / "sessions").rglob("*"))
