"""The complete ports in docs/examples pass all rules that they claim, with the support files of `init`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.cli.init import TEMPLATES
from conformance.json_type import Json
from conformance.requirements.build_order import STEPS
from tests.support.command import CHECKOUT, run_kit
from tests.support.kit_runs import verdicts

EXAMPLES = CHECKOUT / "docs" / "examples"
CLAIMED = {capability for step in STEPS[:9] for capability in step.capabilities}
needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")


def report_of(tmp_path: Path, *target: str, folder: Path) -> Json:
    """The report of a conformant run."""
    file = tmp_path / "report.json"
    done = run_kit("run", "--json", str(file), *target, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    words = verdicts(report)
    assert {id_: word for id_, word in words.items() if word not in ("pass", "not claimed")} == {}
    assert sum(word == "pass" for word in words.values()) > 120
    return report


@pytest.mark.exhaustive
@needs_go
def test_go_example_passes_all_it_claims(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    subprocess.run(["go", "build", "-o", str(adapter), "."], cwd=EXAMPLES / "go", check=True)
    report = report_of(tmp_path, "--", str(adapter), folder=EXAMPLES / "go")
    assert set(report["hello"]["capabilities"]) == CLAIMED


@pytest.mark.exhaustive
def test_python_example_passes_all_it_claims(tmp_path: Path) -> None:
    report = report_of(tmp_path, "python:port:Port", folder=EXAMPLES / "python")
    assert set(report["hello"]["capabilities"]) == {*CLAIMED, "fork"}


@needs_go
@pytest.mark.parametrize(
    ("right", "wrong", "failing"),
    [("reset <= now", "reset <= now", ""), ("reset <= now", "reset < now", "lim-ended-stays-ended-for-the-other")],
    ids=["as it is", "a wrong limit"],
)
def test_go_test_runs_the_vectors(tmp_path: Path, right: str, wrong: str, failing: str) -> None:
    folder = tmp_path / "go"
    shutil.copytree(EXAMPLES / "go", folder)
    limits = folder / "limits.go"
    text = limits.read_text(encoding="utf-8")
    assert text.count(right) == 1
    limits.write_text(text.replace(right, wrong), encoding="utf-8")
    variables = os.environ | {"VECTORS": str(CHECKOUT / "fixtures" / "vectors")}
    done = subprocess.run(["go", "test", "."], cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == bool(failing), done.stdout + done.stderr
    assert failing in done.stdout


@pytest.mark.parametrize("file", ["wire.go", "adapter.go", "go.mod", ".gitignore"])
def test_example_has_the_support_file_of_the_template(file: str) -> None:
    assert (EXAMPLES / "go" / file).read_bytes() == (TEMPLATES / "go" / file).read_bytes()
