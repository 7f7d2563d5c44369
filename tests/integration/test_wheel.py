"""The wheel has every file of the kit; the kit, installed where nothing of the checkout is, judges as the checkout."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.requirements import load_catalogue
from tests.support.command import CHECKOUT, run_kit
from tests.support.kit_runs import comparable

pytestmark = pytest.mark.exhaustive

PACKAGES = {"conformance": "conformance", "reference_impl": "reference_impl", "fixtures": "conformance/_fixtures"}
DEVIATING = "PROC-009"
# A rule of each section, so that each module of cases is imported, and one from which the release deviates.
ONLY = ",".join([*(section.requirement[0].id for section in load_catalogue().sections), DEVIATING])
ARGUMENTS = ["run", "reference@1.4.5", "-n", "2", "--today", "2026-03-01", "--only", ONLY, "--json"]


def files_below(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_wheel_has_the_files_and_no_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    ours = {f"{to}/{name}": data for of, to in PACKAGES.items() for name, data in files_below(CHECKOUT / of).items()}
    assert packed.keys() ^ ours.keys() == set()
    assert [name for name, data in packed.items() if data != ours[name]] == []


def test_installed_kit_judges_as_the_checkout(installed_by_action: Path, tmp_path: Path) -> None:
    installed, here = tmp_path / "installed.json", tmp_path / "here.json"
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        [str(installed_by_action / "bin" / "antigravity-conformance"), *ARGUMENTS, str(installed)],
        cwd=empty,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert run_kit(*ARGUMENTS, str(here)).returncode == 0
    assert report_of(installed) == report_of(here)
    words = {entry["id"]: entry["verdict"] for entry in report_of(installed)["requirements"]}
    assert words[DEVIATING] == "waived"
    assert list(empty.iterdir()) == []


def report_of(file: Path) -> Json:
    return comparable(json.loads(file.read_text(encoding="utf-8")))
