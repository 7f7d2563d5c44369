"""The README is up to date: its runs are real, and its port is judged as the page says."""

import re
from pathlib import Path

import pytest

from conformance.targets.namespaces import why_not
from tests.support.command import run_kit
from tools.readme import README, fill, port_of

TEXT = README.read_text(encoding="utf-8")


@pytest.mark.needs_node
@pytest.mark.skipif(bool(why_not()), reason=why_not() or "the runs on the page need chosen PIDs")
def test_runs_on_the_page_are_current() -> None:
    assert fill(TEXT) == TEXT, "run `make docs`"


def test_port_on_the_page_fails_as_stated(tmp_path: Path) -> None:
    (tmp_path / "port.py").write_text(port_of(TEXT), encoding="utf-8")
    run = run_kit("run", "-v", "python:port:Port", folder=tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    assert re.search(r"POOL-002 +FAIL", run.stdout)
    assert re.search(r"PID-002 +pass", run.stdout)
    assert "\nUNKNOWN\n" not in run.stdout
