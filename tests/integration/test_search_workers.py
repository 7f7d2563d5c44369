"""`fuzz -n N`: the workers end with the command, and a failed worker does not lose the results of the others."""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

from conformance.search.parallel import CONTEXT, WorkerError, Workers, _fault
from conformance.search.workers import Plan
from conformance.targets.errors import AdapterFault
from tests.support.kit_runs import BOUND_S, Bench, breaking, wait_until
from tests.support.tiers import sampled

COMMAND = "fuzz"  # of the fixture `bench`
WRONG = "python:tests.fakes.searched:OffsetAgain"
BARE_PYTHON_BYTES = 16 * 1024**2
PLAN = Plan(
    word="reference",
    argv=[sys.executable, "-P", "-m", "reference_impl"],
    environment={},
    pass_environment=[],
    capabilities=["sticky"],
    profile="recommended",
    seed="a",
    calls=200,
    seconds=None,
    discrepancies=5,
    timeout_s=60,
    database=None,
    shared=[],
    workers=2,
)


def is_importing(bench: Bench) -> bool:
    with suppress(psutil.Error):
        return any(process.memory_info().rss > BARE_PYTHON_BYTES for process in bench.workers())
    return False


@pytest.mark.parametrize("how", sampled(["Ctrl-C", "SIGTERM", "SIGKILL"]))
def test_end_of_fuzz_ends_workers_and_targets(bench: Bench, how: str) -> None:
    with bench.started("-n", "2", "--timeout", "3600", "--no-database", *breaking("hangs")) as run:
        wait_until(lambda: len(bench.targets()) == 2 or run.poll() is not None, "a target of each worker")
        if how == "Ctrl-C":
            os.killpg(run.pid, signal.SIGINT)
        else:
            run.send_signal(signal.Signals[how])
        _, said = run.communicate(timeout=BOUND_S)
    assert (run.returncode, said) == (
        (-signal.SIGKILL, "") if how == "SIGKILL" else (130, "antigravity-conformance: interrupted\n")
    )


@pytest.mark.parametrize("how", sampled(["Ctrl-C", "SIGTERM"]))
def test_interrupt_while_workers_start_is_quiet(bench: Bench, how: str) -> None:
    with bench.started("-n", "4", "--no-database", *breaking("sticky-only")) as run:
        wait_until(lambda: is_importing(bench) or run.poll() is not None, "a worker that imports")
        os.killpg(run.pid, signal.SIGINT if how == "Ctrl-C" else signal.SIGTERM)
        _, said = run.communicate(timeout=BOUND_S)
    assert (run.returncode, said) == (130, "antigravity-conformance: interrupted\n")


def test_killed_worker_is_a_suite_fault(bench: Bench) -> None:
    """The discrepancies of the other worker are still shown."""
    with bench.started(
        WRONG,
        "-n",
        "2",
        "--calls",
        "100000",
        "--seed",
        "a",
        "--discrepancies",
        "1",
        "--no-database",
        "--out",
        str(bench.folder),
    ) as run:
        wait_until(lambda: len(bench.workers()) == 2 or run.poll() is not None, "two workers")
        bench.workers()[0].kill()
        shown, said = run.communicate(timeout=BOUND_S * 4)
    assert run.returncode == 4, shown + said
    assert "\n1. " in shown
    assert "differences in " in shown
    assert "a fault of this suite, not of the target: WorkerError: worker " in said
    assert " of 2 was killed by signal 9 (Killed)" in said


def test_failing_worker_reports_its_error() -> None:
    with Workers(replace(PLAN, calls="many")) as workers:  # type: ignore[arg-type]
        workers.wait()
    first, second = sorted(workers.faults, key=str)
    assert isinstance(first, WorkerError)
    assert str(first).startswith("worker 1 of 2 failed: TypeError: ")
    assert str(second).startswith("worker 2 of 2 failed: TypeError: ")
    assert "workers.py" in first.__notes__[0]


def test_target_fault_of_a_worker_stays_one() -> None:
    ours, theirs = CONTEXT.Pipe()
    theirs.send(_fault(AdapterFault("it wrote no JSON"), "worker 1 of 2"))
    fault = ours.recv()
    assert isinstance(fault, AdapterFault)
    assert str(fault) == "it wrote no JSON"
