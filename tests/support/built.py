"""The wheel, and the kit as installed by the action. Both are built once for all workers of a session."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.action import Runner
from tests.support.command import CHECKOUT


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker fills while the others wait. If this worker fails, the next one tries again."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def build(folder: Path) -> None:
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(CHECKOUT)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    (built,) = made_once(tmp_path_factory, "wheel", build).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed_by_action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the step `install` creates, with the constraints of the project."""

    def install(folder: Path) -> None:
        runner = Runner(folder)
        for step in ("look", "install"):
            done = runner.run(step)
            assert done.returncode == 0, done.stdout + done.stderr
        (folder / "named").write_text(runner.outputs["steps.install.outputs.folder"], encoding="utf-8")

    return Path((made_once(tmp_path_factory, "action", install) / "named").read_text(encoding="utf-8"))
