"""The kit runs inside other projects: their files and pytest settings change nothing."""

import json
from pathlib import Path

import pytest

from conformance.json_type import Json
from tests.support.command import run_kit
from tests.support.kit_runs import comparable
from tests.support.tiers import sampled

RAISE = "raise RuntimeError('the project around the kit was imported')\n"
MODULES = [
    "conformance/__init__.py",
    "conformance/cases/__init__.py",
    "conformance/cases/plugin.py",
    "reference_impl/__init__.py",
    "reference_impl/__main__.py",
    "tests/conftest.py",
    "conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "pytest.py",
    "hypothesis.py",
    "psutil.py",
    "pydantic.py",
    "json.py",
    "selectors.py",
]
FILES = dict.fromkeys(MODULES, RAISE) | {
    "pytest.ini": "[pytest]\naddopts = --definitely-not-an-option\npython_files = nothing\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--definitely-not-an-option"\n',
    "tox.ini": "[pytest]\naddopts = --definitely-not-an-option\n",
    "setup.cfg": "[tool:pytest]\naddopts = --definitely-not-an-option\n",
}
# PYTHONPATH is not included: Python reads it before any code of ours, and it is the user's own choice.
ENVIRONMENT = {
    "PYTEST_ADDOPTS": "--bogus",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "",
    "PYTHONWARNINGS": "error",
    "HYPOTHESIS_PROFILE": "ci",
    "ANTIGRAVITY_CONFORMANCE_DRAW": "1000",
}
ARGUMENTS = ["--only", "PID-001,PID-010,LIM-001,CFG-001,PROC-001", "--today", "2026-03-01"]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    project = tmp_path / "hostile"
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    return project


def judge(target: str, folder: Path, report: Path, *options: str, environment: dict[str, str] | None = None) -> Json:
    """The report without values that depend on the machine."""
    arguments = ["run", *ARGUMENTS, *options, "--json", str(report), target]
    run = run_kit(*arguments, folder=folder, environment=environment)
    assert report.exists(), run.stdout + run.stderr
    assert report.stat().st_size, run.stdout + run.stderr
    return comparable(json.loads(report.read_text(encoding="utf-8")))


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The report of a run in an empty folder, which stays empty."""
    empty = tmp_path_factory.mktemp("empty")
    report = judge("reference", empty, tmp_path_factory.mktemp("elsewhere") / "report.json")
    assert list(empty.iterdir()) == []
    return report


@pytest.mark.parametrize("options", sampled([[], ["-n", "2"]]), ids=["one core", "two cores"])
def test_surrounding_project_changes_no_verdict(
    hostile: Path, elsewhere: Json, tmp_path: Path, options: list[str]
) -> None:
    before = contents(hostile)
    inside = judge("reference", hostile, tmp_path / "inside.json", *options, environment=ENVIRONMENT)
    assert inside == elsewhere
    assert {entry["verdict"] for entry in inside["requirements"]} == {"pass"}
    assert contents(hostile) == before


def test_port_in_the_project_is_found(hostile: Path, tmp_path: Path) -> None:
    (hostile / "port.py").write_text(
        "from reference_impl.adapter import ReferenceAdapter\n\n\n"
        "class Port(ReferenceAdapter):\n"
        "    def process_id(self) -> int:\n"
        "        return super().process_id() + 1\n",
        encoding="utf-8",
    )
    before = contents(hostile)
    report = judge("python:port:Port", hostile, tmp_path / "report.json", environment=ENVIRONMENT)
    wrong = {entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"}
    assert {"PID-001", "PID-010", "PROC-001"} == wrong
    assert {entry["verdict"] for entry in report["requirements"]} == {"pass", "fail"}
    assert contents(hostile) == before


def test_other_commands_see_nothing_of_the_project(hostile: Path) -> None:
    listed = run_kit("requirements", "list", folder=hostile, environment=ENVIRONMENT)
    assert listed.returncode == 0, listed.stderr
    assert "PID-001" in listed.stdout


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["one core", "two cores"])
def test_fuzz_sees_nothing_of_the_project(hostile: Path, options: list[str]) -> None:
    before = contents(hostile)
    arguments = ["fuzz", "reference", "--calls", "200", "--no-database", *options]
    run = run_kit(*arguments, folder=hostile, environment=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert contents(hostile) == before
