"""The connection to a target: normal use, and one clear message for each way in which a target can fail."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from conformance.targets import group as targets_group
from conformance.targets.command_advice import advise
from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault, WrongAnswer
from conformance.targets.exchange import MethodCall
from conformance.targets.group import Group, Launch
from conformance.targets.supervisor.serve import memory_bytes
from conformance.targets.wire_log import WireLog
from conformance.wire.answers import Answer, Raised, Result
from conformance.wire.framing import MAX_LINE_BYTES

SCRIPT = str(Path(__file__).parents[1] / "fakes" / "misbehaving.py")
HELLO: MethodCall = ("hello", {"wire": 1})
SNAPSHOT: MethodCall = ("snapshot", {})
BOUND_S = 120.0  # generous: only a hang should reach it

Started = Callable[..., AbstractContextManager[Group]]


def misbehaving(mode: str) -> Launch:
    return Launch([sys.executable, "-I", SCRIPT, mode], name="bad port")


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Started:
    """Starts a group. Afterwards no process and no folder may be left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    @contextmanager
    def start(*launches: str | Launch, timeout_s: float = BOUND_S, **options: Any) -> Iterator[Group]:
        prepared = [misbehaving(launch) if isinstance(launch, str) else launch for launch in launches]
        family: list[psutil.Process] = []
        try:
            with Group(prepared, timeout_s=timeout_s, **options) as group:
                try:
                    yield group
                finally:
                    supervisor = psutil.Process(group.supervisor_pid)
                    family += [supervisor, *supervisor.children(recursive=True)]
        finally:
            assert [process for process in family if process.is_running()] == []
            assert list(temporary.iterdir()) == []

    return start


def padding_of(answer: Answer) -> int:
    assert isinstance(answer, Result)
    return len(answer.value["config"]["padding"])


def fault(connection: Connection, *calls: MethodCall) -> str:
    """The message of the fault that the calls cause. Further calls must raise the same fault."""
    with pytest.raises(AdapterFault) as first:
        connection.batch(calls) if calls else connection.hello()
    with pytest.raises(AdapterFault) as second:
        connection.call("snapshot")
    assert str(second.value) == str(first.value)
    assert first.value.exit_code == 3
    assert str(first.value).startswith("bad port ")
    return str(first.value)


def test_calls_and_batches_are_answered_in_order(started: Started) -> None:
    with started("good") as group:
        connection = group.connections[0]
        assert connection.hello().name == "bad"
        assert connection.hello().pid == connection.pid
        assert connection.call("snapshot") == Result({"accounts": []})
        assert connection.batch([SNAPSHOT, ("close", {}), SNAPSHOT])[1] == Result(None)
        assert connection.batch([]) == []


def test_halves_of_a_batch_may_be_far_apart(started: Started) -> None:
    with started(*["good"] * 8) as group:
        for connection in group.connections:
            connection.send([HELLO])
            connection.send([SNAPSHOT])
        for connection in reversed(group.connections):
            (hello,) = connection.receive()
            assert isinstance(hello, Result)
            assert hello.value["pid"] == connection.pid
            assert connection.receive() == [Result({"accounts": []})]


@pytest.mark.parametrize("mode", ["good", "answers_while_reading"])
def test_large_batches_flow_both_ways(started: Started, mode: str) -> None:
    padding = "p" * (1024 * 1024)
    calls = [("load_config", {"directory": padding, "environment": {"size": 1024 * 1024}})] * 3
    with started(mode, mode) as group:
        for connection in group.connections:
            connection.send(calls)
        for connection in group.connections:
            assert [padding_of(answer) for answer in connection.receive()] == [2**20] * 3


def test_a_batch_that_fits_no_line_is_split(started: Started) -> None:
    padding = "p" * (3 * 1024 * 1024)
    calls = [("load_config", {"directory": padding, "environment": {"size": place}}) for place in range(7)]
    with started("good") as group:
        answers = group.connections[0].batch(calls)
    assert [padding_of(answer) for answer in answers] == list(range(7))


def test_exit_at_once_is_reported_with_its_reason(started: Started) -> None:
    with started("exits_at_once") as group:
        message = fault(group.connections[0])
    assert "exited with code 7 before it answered `hello`" in message
    assert "no licence for this machine" in message


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("no_json", "hello there"),
        ("banner", "Welcome to the port"),
    ],
)
def test_other_output_is_quoted(started: Started, mode: str, said: str) -> None:
    with started(mode) as group:
        message = fault(group.connections[0])
    assert said in message
    assert "must write everything else to standard error" in message


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("wrong_order", "answers must come in the order of the calls"),
        ("wrong_count", "answered a batch of 2 calls (hello, snapshot) with 1 answers; expected 2"),
        ("no_array", "expected one array of 2 answers"),
        ("dies_in_mid_batch", "was ended by SIGKILL in the middle of its answer to a batch of 2 calls"),
    ],
)
def test_faults_in_a_batch_are_reported(started: Started, mode: str, expected: str) -> None:
    with started(mode) as group:
        assert expected in fault(group.connections[0], HELLO, SNAPSHOT)


def test_malformed_result_names_the_field(started: Started) -> None:
    with started("malformed") as group:
        connection = group.connections[0]
        with pytest.raises(WrongAnswer, match="gave no valid answer: hello: malformed result: name: Field required"):
            connection.hello()
        assert connection.call("close") == Result(None)  # the connection lives on


@pytest.mark.parametrize("mode", ["good", "integral_floats"])
def test_integer_may_have_a_zero_fraction(started: Started, mode: str) -> None:
    with started(mode) as group:
        connection = group.connections[0]
        assert connection.hello().pid == connection.pid
        assert connection.call("select", family="claude", strategy="sticky") == Result({"label": "a", "index": 1})


def test_error_in_the_adapter_shows_its_standard_error(started: Started) -> None:
    with started("internal_error") as group:
        assert group.connections[0].call("snapshot") == Raised("oops")  # an answer; the connection stays open
        assert group.connections[0].standard_error() == "    Traceback: the port divided by zero"
        message = fault(group.connections[0])
    assert "answered `hello` with an exception: oops; expected a result" in message
    assert "Traceback: the port divided by zero" in message


def test_silence_names_the_call_and_the_option(started: Started) -> None:
    with started("never_answers", timeout_s=0.2) as group:
        message = fault(group.connections[0])
    assert "gave no answer to `hello` within 0.2 s" in message
    assert "--timeout" in message


def test_exit_is_seen_while_grandchild_keeps_pipes(started: Started) -> None:
    with started("daemon") as group:
        group.connections[0].hello()
        assert "exited with code 5 before it answered" in fault(group.connections[0], SNAPSHOT)


def test_slow_start_has_its_own_limit(started: Started) -> None:
    with started("never_answers", timeout_s=0.1) as group:
        group.connections[0].allow_slow_start(3)
        with pytest.raises(AdapterFault, match=r"gave no answer to `hello` within 0\.3 s"):
            group.connections[0].hello()


def test_closed_output_differs_from_an_exit(started: Started) -> None:
    with started("closes_output", timeout_s=1) as group:
        assert "closed its standard output before it answered `hello`" in fault(group.connections[0])


def test_flood_without_line_end_is_cut_off(started: Started) -> None:
    with started("floods_output") as group:
        assert f"wrote a line of more than {MAX_LINE_BYTES} bytes" in fault(group.connections[0])


def test_flood_after_an_answer_leaves_the_answer_alone(started: Started) -> None:
    with started("floods_output_after_an_answer", "floods_output") as group:
        first, second = group.connections
        first.send([SNAPSHOT])
        fault(second)  # meanwhile the first one fills its buffer
        assert first.receive() == [Result({"accounts": []})]
        assert f"wrote a line of more than {MAX_LINE_BYTES} bytes" in fault(first)


def test_flood_of_standard_error_blocks_nothing(started: Started) -> None:
    with started("floods_errors") as group:
        assert group.connections[0].hello().name == "bad"
        assert len(group.connections[0].batch([SNAPSHOT, HELLO])) == 2


def test_memory_limit_ends_the_target(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets_group, "MEMORY_LIMIT_BYTES", 150 * 1024**2)
    with started("eats_memory") as group:
        message = fault(group.connections[0])
    assert "was ended because it held " in message
    assert "(limit 150 MiB) before it answered `hello`" in message


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the share of each process")
@pytest.mark.parametrize(("mode", "copies"), [("shares_memory", 1), ("copies_memory", 5)])
def test_memory_that_forks_share_counts_once(started: Started, mode: str, copies: int) -> None:
    with started(mode) as group:
        group.connections[0].hello()
        target = psutil.Process(group.connections[0].pid)
        held = sum(map(memory_bytes, [target, *target.children()]))
    assert copies == held // 2**26


def test_fault_of_one_leaves_the_others_alone(started: Started) -> None:
    with started("good", "exits_at_once", "floods_output", "good") as group:
        for connection in group.connections:
            connection.send([HELLO])
        for connection in (group.connections[1], group.connections[2]):
            with pytest.raises(AdapterFault, match=r"bad port \[[23]/4\] "):
                connection.receive()
        for connection in (group.connections[0], group.connections[3]):
            assert len(connection.receive()) == 1


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["no-such-command-anywhere"], "No such file or directory: no-such-command-anywhere"),
        (["/"], "Permission denied"),
        ([str(Path(__file__))], "Permission denied"),
    ],
)
def test_command_that_cannot_start_is_a_fault(started: Started, argv: list[str], reason: str) -> None:
    with pytest.raises(AdapterFault) as caught, started("good", Launch(argv, name="bad port")):
        pass
    assert f"cannot start bad port [2/2]: {reason}" in str(caught.value)
    assert advise(argv, Path.cwd()) in str(caught.value)


def test_environment_is_private(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCODE_CONFIG_DIR", "/somewhere")
    monkeypatch.setenv("WANTED", "yes")
    show = "import os,sys,json;print(json.dumps(dict(os.environ)),file=sys.stderr)"
    launch = Launch([sys.executable, "-I", "-c", show], {"EXTRA": "1"}, "bad port")
    with started(launch, pass_environment=["WANTED", "HOME", "NOT_SET"]) as group:
        message = fault(group.connections[0])
        home = str(group.home)
    environment: dict[str, str] = eval(message.splitlines()[-1])  # noqa: S307 - what we printed ourselves
    assert environment["HOME"] == home
    assert environment["XDG_CONFIG_HOME"] == f"{home}/.config"
    assert (environment["WANTED"], environment["EXTRA"]) == ("yes", "1")
    assert {"OPENCODE_CONFIG_DIR", "NOT_SET", "USER"}.isdisjoint(environment)


def test_pid_is_verified_only_where_it_can_be(started: Started) -> None:
    wrapped = Launch(["sh", "-c", f"'{sys.executable}' -I '{SCRIPT}' good; exit"], name="wrapped")
    with started("good", wrapped, "daemon") as group:
        direct, behind_shell, daemon = group.connections
        assert direct.pid_status(direct.hello().pid) == "verified"
        assert behind_shell.hello().pid != behind_shell.pid
        assert behind_shell.pid_status(behind_shell.hello().pid) == "verified"
        assert daemon.pid_status(daemon.hello().pid) == "unverified"
        assert direct.pid_status(behind_shell.pid) == "unverified"
        assert direct.pid_status(os.getpid()) == "false"
        assert direct.pid_status(group.supervisor_pid) == "false"
        for no_process in (0, -1, 2**40, 2**31 - 1):
            assert direct.pid_status(no_process) == "unverified"


UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]


@pytest.mark.skipif(
    sys.platform != "linux" or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0,
    reason="no PID namespaces on this machine",
)
def test_pid_of_a_namespace_is_verified(started: Started) -> None:
    namespaced = Launch([*UNSHARE, sys.executable, "-I", SCRIPT, "good"], name="namespaced")
    with started(namespaced) as group:
        connection = group.connections[0]
        assert connection.hello().pid == 1
        assert connection.pid_status(1) == "verified"


def test_wire_log_has_a_line_for_each_message(started: Started, tmp_path: Path) -> None:
    log = WireLog(tmp_path / "wire.log")
    with started("good", "exits_at_once", wire_log=log) as group:
        pids = [connection.pid for connection in group.connections]
        group.connections[0].hello()
        with pytest.raises(AdapterFault):
            group.connections[1].hello()
    log.close()
    lines = (tmp_path / "wire.log").read_text().splitlines()
    assert f'--> bad port [1/2] {pids[0]}  {{"jsonrpc":"2.0","id":1,"method":"hello","params":{{"wire":1}}}}' in lines
    assert any(line.startswith(f'<-- bad port [1/2] {pids[0]}  {{"jsonrpc": "2.0", "id": 1,') for line in lines)
    assert f"!!  bad port [2/2] {pids[1]}  no licence for this machine" in lines
    assert f"!!  bad port [2/2] {pids[1]}  (exited with code 7)" in lines
