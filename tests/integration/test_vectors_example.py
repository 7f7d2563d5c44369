"""The example in docs/examples judges a JavaScript port by the vectors, without the kit."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT

pytestmark = [pytest.mark.needs_node]


def run_example(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", "--test", str(folder / "docs/examples/javascript/vectors.test.mjs")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_javascript_example_passes() -> None:
    done = run_example(CHECKOUT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "failing"),
    [
        ("this.pid) % count", "this.pid + 1) % count", "pid-offset-of-0"),
        ("this.now >= end", "this.now > end", "lim-ends-at-its-instant"),
        ("this.cursor %= before;", "", "rem-after-the-first-round"),
    ],
)
def test_javascript_example_detects_a_wrong_line(tmp_path: Path, right: str, wrong: str, failing: str) -> None:
    shutil.copytree(CHECKOUT / "docs" / "examples", tmp_path / "docs" / "examples")
    shutil.copytree(CHECKOUT / "fixtures" / "vectors", tmp_path / "fixtures" / "vectors")
    port = tmp_path / "docs/examples/javascript/port.mjs"
    text = port.read_text(encoding="utf-8")
    assert text.count(right) == 1
    port.write_text(text.replace(right, wrong), encoding="utf-8")
    done = run_example(tmp_path)
    assert done.returncode == 1
    assert "not ok" in done.stdout or "✖" in done.stdout
    assert failing in done.stdout
