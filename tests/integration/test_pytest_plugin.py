"""`pytest --antigravity-target=...` in the project of a port: one test per rule."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT

RULES = "PID-001 or PID-008 or COOL-009 or HYB-001 or POOL-001 or test_own"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Python example, with one test of its own."""
    folder = tmp_path / "port"
    shutil.copytree(CHECKOUT / "docs" / "examples" / "python", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    return folder


def change(project: Path, right: str, wrong: str) -> None:
    port = project / "port.py"
    text = port.read_text(encoding="utf-8")
    assert text.count(right) == 1
    port.write_text(text.replace(right, wrong), encoding="utf-8")


def run_pytest(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "-k", RULES, *arguments],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_rule_is_a_test(project: Path) -> None:
    done = run_pytest(project, "--antigravity-target=python:port:Port", "--antigravity-args=--no-namespaces")
    assert done.returncode == 0, done.stdout
    for outcome in ("PASSED antigravity::PID-001", "PASSED antigravity::POOL-001", "PASSED test_own.py::test_own"):
        assert f"{outcome}\n" in done.stdout
    assert "the target does not claim: hybrid, tokens, health" in done.stdout
    assert "5 passed, 1 skipped, " in done.stdout


def test_failing_rule_shows_scenario_and_command(project: Path) -> None:
    """A SHOULD that fails is an expected failure."""
    change(project, "+ pid) % count", "+ pid + 1) % count")
    change(project, "= self._now + cooldown_ms", "= max(self._find(label).cooling_until, self._now + cooldown_ms)")
    done = run_pytest(project, "--antigravity-target=python:port:Port")
    assert done.returncode == 1, done.stdout
    assert "PID-001 The first sticky account is (b + p mod n) mod n\nWith the offset on, " in done.stdout
    assert "> select " in done.stdout
    assert "select label: expected " in done.stdout
    assert "repeat: antigravity-conformance run --only PID-001 python:port:Port\n" in done.stdout
    assert "XFAIL antigravity::COOL-009" in done.stdout
    assert "1 failed, 3 passed, 1 skipped, " in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.exhaustive
def test_workers_share_one_run(project: Path) -> None:
    done = run_pytest(project, "--antigravity-target=python:port:Port", "-n", "2", "--antigravity-args=--events events")
    assert done.returncode == 0, done.stdout
    assert "5 passed, 1 skipped" in done.stdout
    assert (project / "events").read_text(encoding="utf-8").count('"judged":') == 1


def test_port_that_cannot_start_fails_one_test(project: Path) -> None:
    change(project, "CAPABILITIES = [", "CAPABILITIES = no_such_name + [")
    done = run_pytest(project, "--antigravity-target=python:port:Port")
    assert done.returncode != 0
    assert "no_such_name" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_without_the_option_no_rule_is_added(project: Path) -> None:
    assert "1 passed in" in run_pytest(project).stdout


def test_wrong_option_is_explained(project: Path) -> None:
    done = run_pytest(project, "--antigravity-target=python:port:Port", "--antigravity-args=--no-such")
    assert "unrecognized arguments: --no-such" in done.stdout
