"""The engine of a run: its imports, and how it reports a broken module."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cases import engine
from conformance.cases.interference import wait_for
from tests.support.command import Kit
from tests.support.tiers import sampled
from tools.gallery_run import target

SLOW = ("asyncio", "filelock", "hypothesis", "jsonschema", "pytest", "reference_impl.adapter")


def test_slow_modules_are_imported_late() -> None:
    script = f"import sys, conformance.cli.run; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "options", sampled([[], ["--fail-fast"], ["-n", "2"]]), ids=["usual", "fail fast", "two cores"]
)
def test_broken_module_is_a_suite_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kit: Kit, options: list[str]
) -> None:
    """pytest itself ends as after Ctrl-C, and with several workers as if the module had no case."""
    broken = tmp_path / "test_30_broken.py"
    broken.write_text("import no_such_module_anywhere\n", encoding="utf-8")
    monkeypatch.setattr(engine, "modules_judging", lambda _: [engine.CASES / "test_30_pid.py", broken])
    file = tmp_path / "report.json"
    done = kit("run", "reference", "--only", "PID-001", "--json", str(file), *options)
    report = json.loads(file.read_text(encoding="utf-8"))
    assert (done.returncode, report["complete"]) == (4, True)
    assert "no_such_module_anywhere" in done.stderr
    assert report["observed"]["suite_faults"] == ["the engine ended with pytest's exit code 3"]
    assert "CUT SHORT" not in done.stdout


def test_engine_that_never_starts_is_a_suite_fault(monkeypatch: pytest.MonkeyPatch, kit: Kit) -> None:
    """As where PYTHONPATH names the kit: the engine does not see it, and Python ends as if a case had failed."""
    monkeypatch.setattr(engine, "_options", lambda _: ["--version"])
    done = kit("run", "reference", "--only", "PID-001")
    assert done.returncode == 4
    assert done.stderr.startswith("pytest ")


def test_stopped_engine_is_killed() -> None:
    """It would stay for ever: no signal but SIGKILL and SIGCONT reaches a stopped process."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.send_signal(signal.SIGSTOP)
        assert wait_for([process]) == [-signal.SIGSTOP]
        assert process.returncode == -signal.SIGKILL


def test_worker_that_is_killed_is_no_pass(kit: Kit) -> None:
    """pytest goes on without the case that the worker judged."""
    done = kit("run", "--only", "PID-001,CFG-001", "-n", "2", "--", *target("kills-its-judge"))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "a process of the kit, which judges" in done.stdout
    assert "2 unknown" in done.stdout


@pytest.mark.exhaustive
def test_verdict_does_not_depend_on_order(monkeypatch: pytest.MonkeyPatch, kit: Kit) -> None:
    """A rule that is judged alone has no case before it."""
    options = engine._options
    monkeypatch.setattr(engine, "_options", lambda ini: [*options(ini), "-p", "tests.fakes.reversed_cases"])
    done = kit("run", "reference")
    assert done.returncode == 0, done.stdout
