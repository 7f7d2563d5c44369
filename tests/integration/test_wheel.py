"""The wheel, installed without the checkout, judges as the checkout does."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.command import CHECKOUT, run_kit
from tests.support.kit_runs import comparable

TODAY = "2026-03-01"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build for each session, even with several workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "wheel"
    with FileLock(shared / "wheel.lock"):
        if not folder.exists():
            run(sys.executable, "-m", "build", "--wheel", "--outdir", str(shared / "building"), str(CHECKOUT))
            (shared / "building").rename(folder)
    (built,) = folder.glob("*.whl")
    return built


def run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def test_wheel_contains_run_files_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    fixtures = {
        f"conformance/_fixtures/{path.relative_to(CHECKOUT / 'fixtures')}"
        for path in (CHECKOUT / "fixtures").rglob("*")
        if path.is_file()
    }
    assert fixtures <= names
    assert {
        "conformance/wire/schema.json",
        "conformance/targets/node/adapter.mjs",
        "conformance/py.typed",
        "conformance/requirements/30_pid.toml",
        "reference_impl/py.typed",
    } <= names
    packages = {name.partition("/")[0] for name in names}
    assert {package for package in packages if not package.endswith(".dist-info")} == {"conformance", "reference_impl"}
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


def test_the_installed_wheel_judges_as_the_checkout_does(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=True, symlinks=True)
    constraints = str(CHECKOUT / "constraints.txt")
    pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "-c", constraints, str(wheel), cwd=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = ["run", "reference", "-n", "2", "--today", TODAY, "--json"]
    run(str(home / "bin" / "antigravity-conformance"), *arguments, str(tmp_path / "installed.json"), cwd=empty)
    checkout = run_kit(*arguments, str(tmp_path / "checkout.json"))
    assert checkout.returncode == 0, checkout.stdout + checkout.stderr
    installed, here = (
        comparable(json.loads((tmp_path / name).read_text(encoding="utf-8")))
        for name in ("installed.json", "checkout.json")
    )
    assert installed == here
    assert list(empty.iterdir()) == []
