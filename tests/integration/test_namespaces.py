"""Chosen PIDs: exact in a namespace, not run without namespaces, and no process left at the end."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from conformance.targets import namespaces
from conformance.targets.errors import AdapterFault, SupervisorLostError, SupervisorSignalledError, UsageFault
from conformance.targets.group import Group, Launch
from tests.integration.test_run_faults import wait_for_line
from tests.integration.test_supervisor import MODES, assert_all_end, misbehaving, needs_namespaces
from tests.support.command import CHECKOUT
from tests.support.kit_runs import BOUND_S, Bench, breaking, verdicts
from tests.support.tiers import sampled

CHOSEN = {f"PROC-0{number}" for number in (20, 21, 22, 23, 24)}
IN_NAMESPACES = ["PROC-020", "PROC-023"]  # chosen PIDs in one namespace, and in one namespace for each process
PIDS = [123, 456, 789]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary folders, which must be empty at the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@needs_namespaces
def test_processes_have_the_chosen_pids(temporary: Path) -> None:
    pids = [*PIDS, 2, namespaces.largest_pid(), *range(5000, 5020)]
    with Group([misbehaving("good")] * len(pids), timeout_s=BOUND_S, pids=pids) as group:
        assert [connection.pid for connection in group.connections] == pids
        assert [connection.hello().pid for connection in group.connections] == pids
        assert {connection.pid_status(connection.pid) for connection in group.connections} == {"verified"}
        assert group.connections[0].pid_status(os.getpid()) == "unverified"  # a PID of another namespace
        outside = psutil.Process(group.supervisor_pid).children(recursive=True)
        assert len(outside) == len(pids) + 1  # one more for the first process of the namespace
    assert_all_end(outside)


@needs_namespaces
def test_proc_shows_the_namespace(temporary: Path) -> None:
    show = "import os, sys; print('seen:', sorted(filter(str.isdigit, os.listdir('/proc')), key=int), file=sys.stderr)"
    launch = Launch([sys.executable, "-I", "-c", show], name="curious")
    with (
        Group([launch], timeout_s=BOUND_S, pids=[456]) as group,
        pytest.raises(AdapterFault, match=r"seen: \['1', '456'\]"),
    ):
        group.connections[0].hello()


@needs_namespaces
@pytest.mark.parametrize(
    ("pids", "message"),
    [
        ([7, 7], "PID 7 is not available; another process has it; choose distinct PIDs from 2"),
        ([1], "PID 1 is not available"),
        ([2**30], "PID 1073741824 is not available: Invalid argument"),
    ],
)
def test_impossible_pid_is_refused(temporary: Path, pids: list[int], message: str) -> None:
    with pytest.raises(UsageFault, match=message):
        Group([misbehaving("good")] * len(pids), timeout_s=BOUND_S, pids=pids)


# Runs as PID 1 of a namespace: the wanted PID is taken until two attempts have failed.
FORKS_WHILE_THE_ID_IS_TAKEN = """
import os, sys
sys.path.append(sys.argv[1])
from conformance.targets.supervisor.forking import fork
waits, gate = os.pipe()
taken = os.fork()
if taken == 0:
    os.close(gate)
    os.read(waits, 1)
    os._exit(0)
failed, wait = [], os.waitpid

def waitpid(pid, options):
    failed.append(pid)
    if len(failed) == 2:
        os.close(gate)
        wait(taken, 0)
    return wait(pid, options)

os.waitpid = waitpid
pid = fork(taken)
if pid == 0:
    os._exit(0)
print(pid == taken, len(failed), taken in failed)
"""


@needs_namespaces
def test_occupied_pid_is_taken_once_free() -> None:
    command = [*namespaces.UNSHARE, sys.executable, "-I", "-c", FORKS_WHILE_THE_ID_IS_TAKEN, str(CHECKOUT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=BOUND_S)
    assert (run.stdout, run.stderr) == ("True 2 False\n", "")


@needs_namespaces
def test_command_that_cannot_start_is_reported(temporary: Path) -> None:
    launches = [misbehaving("good"), Launch(["no-such-command-anywhere"], name="nothing")]
    with pytest.raises(AdapterFault, match=r"nothing \[2/2\]: No such file or directory: no-such-command-anywhere"):
        Group(launches, timeout_s=BOUND_S, pids=[5, 6])


@needs_namespaces
def test_ending_one_process_leaves_the_others(temporary: Path) -> None:
    with Group([misbehaving("good")] * 3, timeout_s=BOUND_S, pids=PIDS) as group:
        first, second, third = group.connections
        group.kill(second)
        assert (first.hello().pid, third.hello().pid) == (123, 789)
        with pytest.raises(AdapterFault, match="was ended by SIGKILL"):
            second.hello()


@needs_namespaces
@pytest.mark.parametrize("lost", ["unshare", "supervisor"])
def test_a_killed_supervisor_takes_its_namespace_with_it(temporary: Path, lost: str) -> None:
    with Group([misbehaving(mode) for mode in MODES], timeout_s=BOUND_S, pids=PIDS) as group:
        group.connections[2].hello()
        outer = psutil.Process(group.supervisor_pid)
        family = outer.children(recursive=True)
        (outer if lost == "unshare" else outer.children()[0]).kill()
        with pytest.raises((SupervisorLostError, SupervisorSignalledError)):
            group.connections[0].hello()
    assert_all_end(family)


def refusing(folder: Path) -> dict[str, str]:
    """An environment in which `unshare` fails with the messages of systems that refuse it."""
    fake = folder / "bin" / "unshare"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}


def test_without_namespaces_all_else_is_judged(bench: Bench, tmp_path: Path) -> None:
    bench.environment |= refusing(tmp_path)
    report = bench.report("--only", "PROC-001,PROC-020,PROC-021,PROC-022,PROC-023,PROC-024", "reference")
    assert verdicts(report) == {"PROC-001": "pass", **dict.fromkeys(CHOSEN, "not run")}
    assert report["exit_code"] == 0
    reasons = {entry["reason"] for entry in report["requirements"] if entry["id"] in CHOSEN}
    assert reasons == {"this system refuses PID namespaces: unshare: unshare failed: Operation not permitted"}


@pytest.mark.exhaustive
def test_not_run_is_counted_and_can_be_required(bench: Bench, tmp_path: Path) -> None:
    bench.environment |= refusing(tmp_path)
    run = bench.run("--only", "PROC-001,PROC-020", "reference")
    assert "1 pass, 1 not run" in run.stdout
    assert "1 MUST judged / 2 claimed / 2 in all" in run.stdout
    required = bench.run("--only", "PROC-001,PROC-020", "--require", "PROC", "reference")
    assert required.returncode == 1
    assert "required, but not run: this system refuses PID namespaces" in " ".join(required.stdout.split())


def test_namespaces_can_be_switched_off(bench: Bench) -> None:
    run = bench.run("--no-namespaces", "--only", "PROC-020,PROC-023", "reference")
    assert run.returncode == 5
    assert run.stdout.count("PROC-020, PROC-023:\n    PID namespaces are switched off") == 1


@needs_namespaces
def test_chosen_pid_of_a_shell_is_not_judged(bench: Bench) -> None:
    report = bench.report("--only", "PROC-020", "--", "sh", "-c", f"{sys.executable} -P -m reference_impl; exit 0")
    assert verdicts(report) == {"PROC-020": "not run"}
    assert "as a child, which has another PID" in json.dumps(report["requirements"])


@pytest.mark.parametrize("how", sampled(["kill -9", "Ctrl-C"]))
@pytest.mark.parametrize("rule", ["PROC-001", *(pytest.param(rule, marks=needs_namespaces) for rule in IN_NAMESPACES)])
def test_killed_run_with_hanging_processes_leaves_nothing(bench: Bench, rule: str, how: str) -> None:
    log = bench.folder / "wire.log"
    options = ["--timeout", "3600", "--processes", "3", "--only", rule, "--wire-log", str(log)]
    with bench.started(*options, *breaking("hangs-with-the-offset")) as run:
        wait_for_line(run, log, '"pid_offset_enabled":true')
        if how == "Ctrl-C":
            os.killpg(run.pid, signal.SIGINT)
        else:
            run.kill()
        run.communicate(timeout=BOUND_S)


@needs_namespaces
@pytest.mark.parametrize("rule", sampled(IN_NAMESPACES))
def test_hanging_target_is_unknown_and_leaves_nothing(bench: Bench, rule: str) -> None:
    report = bench.report("--timeout", "2", "--processes", "2", "--only", rule, *breaking("hangs-with-the-offset"))
    assert verdicts(report) == {rule: "unknown"}
    assert report["exit_code"] == 3
