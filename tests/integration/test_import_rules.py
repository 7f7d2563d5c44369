"""A forbidden import breaks each import rule of pyproject.toml, which `make lint` checks."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conformance.json_type import Json
from tests.support.command import CHECKOUT

RULES: Json = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
FORBIDDEN = {  # by contract: a module, and a module that it must not import
    "layers": ("conformance.wire.files", "conformance.cli.main"),
    "tests": ("conformance.wire.calls", "tests"),
    "reference": ("reference_impl.selection", "conformance.wire.calls"),
    "no-reference": ("conformance.cases.judge", "reference_impl.selection"),
    "reference-data": ("conformance.targets.group", "reference_impl.selection"),
    "processes": ("conformance.processes.fleet", "conformance.requirements.catalogue"),
    "no-targets": ("conformance.vectors.load", "conformance.targets.group"),
    "search": ("conformance.search.fuzz", "conformance.processes.fleet"),
    "reports": ("conformance.reports.events", "conformance.vectors.load"),
    "cases": ("conformance.cases.kit", "conformance.search.fuzz"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The linter's output for a copy in which each of these modules has its forbidden import inside a function."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copy(CHECKOUT / "pyproject.toml", copy)
    for package in RULES["root_packages"]:
        shutil.copytree(CHECKOUT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for module, imported in FORBIDDEN.values():
        with Path(copy, *module.split(".")).with_suffix(".py").open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef _later():\n    import {imported}\n")
    linter = str(Path(sys.executable).with_name("lint-imports"))
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"],
        cwd=copy,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("contract", RULES["contracts"], ids=lambda contract: contract["id"])
def test_forbidden_import_breaks_its_rule(report: str, contract: Json) -> None:
    module, imported = FORBIDDEN[contract["id"]]
    _, _, broken = report.partition("Broken contracts")
    assert f"{contract['name']} BROKEN" in report
    assert f"{module} -> {imported} (l." in broken
