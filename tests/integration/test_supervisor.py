"""No process of a group is left after any end of its targets, its runner or its supervisor."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from conformance.targets import namespaces
from conformance.targets.errors import AdapterFault, SupervisorSignalledError
from conformance.targets.group import Group, Launch
from conformance.wire.answers import Result

FAKES = Path(__file__).parents[1] / "fakes"
MODES = ["never_answers", "ignores_sigterm", "daemon"]
BOUND_S = 120.0  # generous: only a hang should reach it
needs_namespaces = pytest.mark.skipif(bool(namespaces.why_not()), reason=namespaces.why_not() or "not needed")
WHERE = [pytest.param([], id="here"), pytest.param(["--namespace"], id="namespace", marks=needs_namespaces)]


def misbehaving(mode: str) -> Launch:
    return Launch([sys.executable, "-I", str(FAKES / "misbehaving.py"), mode], name=mode)


def assert_all_end(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=BOUND_S)
    assert alive == []


class Runner:
    """A runner in its own process and session, after its targets have answered."""

    def __init__(self, temporary: Path, arguments: tuple[str, ...]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(FAKES / "runner.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"TMPDIR": str(temporary)},
            start_new_session=True,
        )
        self.family: list[psutil.Process] = []
        self.folder = Path()
        self.heir = 0

    def await_targets(self) -> None:
        assert self.process.stdout is not None
        shown: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.folder, self.heir = Path(shown["folder"]), shown["heir"]
        for pid in shown["pids"]:
            with suppress(psutil.NoSuchProcess):  # the parent of the daemon ends by itself
                self.family.append(psutil.Process(pid))


@contextmanager
def running(temporary: Path, *arguments: str) -> Iterator[Runner]:
    runner = Runner(temporary, arguments)
    try:
        runner.await_targets()
        assert runner.folder.is_dir()
        yield runner
    finally:
        runner.process.kill()
        runner.process.communicate()


@pytest.mark.parametrize("where", WHERE)
def test_killed_runner_leaves_nothing(tmp_path: Path, where: list[str]) -> None:
    with running(tmp_path, *where, "good", "ignores_sigterm", "daemon") as runner:
        assert len(runner.family) >= 4 + len(where)  # supervisor, two targets, grandchild; `unshare`
        runner.process.kill()
        assert_all_end(runner.family)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", WHERE)
def test_killed_runner_that_has_forked_leaves_nothing(tmp_path: Path, where: list[str]) -> None:
    """The fork keeps the socket open, so the supervisor sees no end; in a namespace it cannot see the PID either."""
    with running(tmp_path, "--fork", *where, "good", "daemon") as runner:
        try:
            runner.process.kill()
            assert_all_end(runner.family)
            assert list(tmp_path.iterdir()) == []
        finally:
            os.kill(runner.heir, signal.SIGKILL)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signalled_foreground_group_leaves_nothing(tmp_path: Path, number: signal.Signals, where: list[str]) -> None:
    """Ctrl-C and a closed terminal signal the whole foreground process group."""
    with running(tmp_path, *where, "good", "ignores_sigterm", "daemon") as runner:
        os.killpg(runner.process.pid, number)
        assert runner.process.wait(BOUND_S) == -number
        assert_all_end(runner.family)
        assert list(tmp_path.iterdir()) == []


def test_interrupt_while_starting_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", str(FAKES / "runner.py"), *["good"] * 16],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        start_new_session=True,
    ) as runner:
        while not list(tmp_path.glob("antigravity-conformance-*")):
            assert runner.poll() is None
        (supervisor,) = psutil.Process(runner.pid).children()
        runner.send_signal(signal.SIGINT)
        assert runner.wait(BOUND_S) == -signal.SIGINT
        assert_all_end([supervisor])
        assert list(tmp_path.iterdir()) == []


def test_terminated_supervisor_ends_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Group([misbehaving(mode) for mode in MODES], timeout_s=BOUND_S) as group:
        for connection in group.connections[1:]:
            connection.hello()
        supervisor = psutil.Process(group.supervisor_pid)
        family = supervisor.children(recursive=True)
        assert len(family) >= 2
        supervisor.terminate()
        with pytest.raises(SupervisorSignalledError, match="was ended by SIGTERM"):
            group.connections[0].hello()
        assert_all_end(family)
    assert list(tmp_path.iterdir()) == []


def test_killed_supervisor_is_no_fault_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Group([misbehaving(mode) for mode in MODES[:2]], timeout_s=BOUND_S) as group:
        group.connections[1].hello()
        supervisor = psutil.Process(group.supervisor_pid)
        family = supervisor.children(recursive=True)
        supervisor.kill()
        with pytest.raises(SupervisorSignalledError, match="was ended by SIGKILL"):
            group.connections[0].hello()
    assert_all_end(family)
    assert list(tmp_path.iterdir()) == []


def test_stopped_supervisor_is_noticed_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Group([misbehaving("good")], timeout_s=BOUND_S) as group:
        psutil.Process(group.supervisor_pid).suspend()
        with pytest.raises(SupervisorSignalledError, match="the parent of good, was stopped"):
            group.start(misbehaving("good"))
    assert list(tmp_path.iterdir()) == []


def test_deeply_nested_folders_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Group([misbehaving("good")], timeout_s=BOUND_S) as group:
        monkeypatch.chdir(group.home)
        for _ in range(3000):
            os.mkdir("deeper")
            os.chdir("deeper")
        monkeypatch.chdir(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_locked_folder_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Group([misbehaving("good")], timeout_s=BOUND_S) as group:
        locked = group.home / "locked" / "deeper"
        locked.mkdir(parents=True)
        (locked / "file").touch()
        (group.home / "loop").symlink_to(group.home)
        locked.chmod(0)
        locked.parent.chmod(0)
        group.home.chmod(0)
    assert list(tmp_path.iterdir()) == []


def test_many_processes_are_one_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Group([misbehaving("good")] * 64, timeout_s=BOUND_S) as group:
        for connection in group.connections:
            connection.send([("hello", {"wire": 1})] * 2)
        for connection in group.connections:
            hello, _ = connection.receive()
            assert isinstance(hello, Result)
            assert hello.value["pid"] == connection.pid
        family = psutil.Process(group.supervisor_pid).children()
        assert len(family) == 64
    assert [process for process in family if process.is_running()] == []
    assert list(tmp_path.iterdir()) == []


def test_each_process_has_a_session_of_its_own() -> None:
    """Ctrl-C signals the foreground group, so that only the runner handles it."""
    with Group([misbehaving("good")] * 2, timeout_s=BOUND_S) as group:
        for pid in (group.supervisor_pid, *(connection.pid for connection in group.connections)):
            assert os.getsid(pid) == os.getpgid(pid) == pid


def test_descriptors_are_returned(tmp_path: Path) -> None:
    def used() -> int:
        return psutil.Process().num_fds()

    before = used()
    for mode in ("good", "exits_at_once", "floods_output"):
        with Group([misbehaving(mode)] * 2, timeout_s=BOUND_S) as group, suppress(AdapterFault):
            group.connections[0].hello()
    with suppress(AdapterFault):
        Group([Launch(["no-such-command-anywhere"])], timeout_s=BOUND_S)
    assert used() == before


def test_target_gets_no_descriptor_but_its_three(tmp_path: Path) -> None:
    show = "import os,sys;print(sorted(os.listdir('/dev/fd'), key=int)[:-1], file=sys.stderr)"
    launch = Launch([sys.executable, "-I", "-c", show], name="curious")
    with (
        Group([launch, launch], timeout_s=BOUND_S) as group,
        pytest.raises(AdapterFault, match=r"\['0', '1', '2'\]"),
    ):
        group.connections[1].hello()


def test_signals_have_their_usual_meaning_in_a_target() -> None:
    """The supervisor handles signals; its targets must not inherit this."""
    names = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGCHLD"]
    ignored = f"[n for n in {names} if signal.getsignal(getattr(signal, n)) == signal.SIG_IGN]"
    show = f"import signal, sys; print('ignored:', {ignored}, file=sys.stderr)"
    launch = Launch([sys.executable, "-I", "-c", show], name="curious")
    with Group([launch], timeout_s=BOUND_S) as group, pytest.raises(AdapterFault, match=r"ignored: \[\]"):
        group.connections[0].hello()
