"""`spread` starts real processes, reads their PIDs and ends them."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.processes.starts import Pace, start_many
from conformance.targets.errors import UsageFault
from tests.support.command import Kit, Spread, run_kit
from tests.support.kit_runs import MARKER, Bench

# A process that writes its PID, and then waits for the end of its input.
TELLS = "import os, sys; open(f'{sys.argv[1]}/{os.getpid()}', 'w').close(); sys.stdin.read()"


@pytest.fixture
def pid_folder(tmp_path: Path) -> Iterator[Path]:
    """The folder in which processes write their PIDs."""
    folder = tmp_path / "pids"
    folder.mkdir()
    yield folder
    for name in folder.iterdir():
        assert not Path(f"/proc/{name.name}/cmdline").exists() or TELLS not in command_line(name.name)


def command_line(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def observed(file: Path) -> Json:
    return json.loads(file.read_text())["observed"]


@pytest.mark.parametrize("pace", [(), ("--at-once",), ("--gap", "0.01")])
def test_pids_are_those_the_processes_see(tmp_path: Path, pid_folder: Path, spread: Spread, pace: tuple[str]) -> None:
    file = tmp_path / "a.json"
    command = [sys.executable, "-c", TELLS, str(pid_folder)]
    text = spread("--accounts", "3", "--processes", "4", *pace, "--json", str(file), "--", *command)
    assert sorted(observed(file)["pids"]) == sorted(int(path.name) for path in pid_folder.iterdir())
    assert (observed(file)["ended"], observed(file)["busy"]) == (0, False)
    assert "\nPIDs  4 of python" in text


@pytest.mark.parametrize(
    "wrapper",
    [
        ["sh", "-c", '"$@"; :', "sh"],  # the shell waits for its child
        ["sh", "-c", 'sh -c \'"$@"; :\' sh "$@"; :', "sh"],
        ["sh", "-c", '"$@" <&3 & exit', "sh"],  # the child is left behind
    ],
)
def test_pid_behind_a_wrapper_is_read(pid_folder: Path, wrapper: list[str]) -> None:
    command = ["sh", "-c", 'exec 3<&0; exec "$@"', "sh", *wrapper, sys.executable, "-c", TELLS, str(pid_folder)]
    starts = start_many(command, 2, Pace())
    assert sorted(starts.pids) == sorted(int(path.name) for path in pid_folder.iterdir())
    assert all(names.endswith("python" + names.rpartition("python")[2]) for names in starts.read)
    assert starts.ended == 0


def test_process_with_several_children_is_no_wrapper(pid_folder: Path) -> None:
    """An agent may start helpers without being a wrapper."""
    helpers = "import subprocess; [subprocess.Popen(['sleep', '600']) for _ in range(2)]; "
    command = [sys.executable, "-c", helpers + TELLS, str(pid_folder)]
    starts = start_many(command, 2, Pace(at_once=True))
    assert sorted(starts.pids) == sorted(int(path.name) for path in pid_folder.iterdir())


def test_name_chooses_whose_pid_is_read(pid_folder: Path) -> None:
    helper = "import subprocess; subprocess.Popen(['sleep', '600']); "
    command = [sys.executable, "-c", helper + TELLS, str(pid_folder)]
    assert all(names.endswith("> sleep") for names in start_many(command, 1, Pace()).read)
    for name in list(pid_folder.iterdir()):
        name.unlink()
    starts = start_many(command, 1, Pace(), name=Path(sys.executable).resolve().name)
    assert starts.pids == tuple(int(path.name) for path in pid_folder.iterdir())
    with pytest.raises(UsageFault, match=r"--read agent: no started process has this name; found: .*sleep"):
        start_many(command, 1, Pace(), name="agent")


def test_ended_command_keeps_pid_and_error_output(tmp_path: Path, spread: Spread) -> None:
    file = tmp_path / "a.json"
    command = ["sh", "-c", f'touch "{tmp_path}/pid-$$"; echo no licence >&2']
    text = spread("--accounts", "3", "--processes", "3", "--json", str(file), "--", *command)
    assert {f"pid-{pid}" for pid in observed(file)["pids"]} == {path.name for path in tmp_path.glob("pid-*")}
    assert observed(file)["ended"] == 3
    assert "3 of the started command, which ended before" in text
    assert "      The first process that ended wrote:\n        no licence\n" in text


@pytest.mark.parametrize(
    ("script", "ending"), [("exit 3", "ended with exit code 3"), ("kill -9 $$", "was ended by signal 9")]
)
def test_command_that_always_fails_has_no_spread(script: str, ending: str) -> None:
    run = run_kit("spread", "--accounts", "3", "--processes", "2", "--", "sh", "-c", f"echo no licence >&2; {script}")
    assert (run.returncode, run.stdout) == (3, "")
    assert f"sh {ending} before its PID could be read" in run.stderr
    assert run.stderr.endswith("    no licence\n")


def test_command_has_own_home_and_named_variables(
    tmp_path: Path, spread: Spread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEN", "yes")
    monkeypatch.setenv("UNSEEN", "no")
    command = ["sh", "-c", f'echo "$SEEN,$UNSEEN,$HOME" >"{tmp_path}/said"']
    spread("--accounts", "2", "--processes", "1", "--env", "SEEN", "--", *command)
    seen, unseen, home = (tmp_path / "said").read_text().strip().split(",")
    assert (seen, unseen) == ("yes", "")
    assert home != os.environ["HOME"]
    assert not Path(home).exists()


def test_command_that_cannot_start_is_a_fault(kit: Kit) -> None:
    done = kit("spread", "--accounts", "3", "--", "no-such-command")
    assert done.returncode == 3
    assert done.stderr.startswith("antigravity-conformance: cannot start no-such-command [1/64]: No such file")


def test_children_of_the_command_are_ended(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    command = ["sh", "-c", "setsid sleep 600 & sleep 600"]
    ran = run_kit(
        "spread", "--accounts", "3", "--processes", "3", "--env", MARKER, "--", *command, environment=bench.environment
    )
    assert ran.returncode == 0, ran.stderr
    bench.assert_nothing_left()


def test_values_from_started_processes_are_observed(tmp_path: Path, spread: Spread) -> None:
    file = tmp_path / "a.json"
    spread("--accounts", "2,3", "--processes", "2", "--json", str(file), "--", "true")
    document = json.loads(file.read_text())
    assert set(document) == {"format", "kit", "question", "observed"}
    assert document["question"] == {
        "accounts": [2, 3], "base": 0, "sessions": 1, "command": ["true"], "processes": 2, "at_once": False,
        "gap_s": None,
    }  # fmt: skip
    assert {"pids", "best", "spreads"} < set(document["observed"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1\n2\nx\n", "'x' in line 3 is not a valid PID"),
        (b"\xff\xfe", "not a text; expected PIDs"),
        (b"1\n" * 10**6, "more than 1009 PIDs"),
        (b"1\n" * 1010, "'1' in line 1010 exceeds the maximum of 1009 numbers"),
        (b"", "there is no PID; expected numbers"),
    ],
)
def test_pids_of_file_or_input_are_checked(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "ids"
    file.write_bytes(content)
    for word, given in ((f"@{file}", None), ("-", content)):
        ran = run_kit("spread", "--accounts", "3", "--pids", word, given=given)
        assert ran.returncode == 2
        assert ran.stderr.startswith(f"antigravity-conformance: --pids {word}: {message}")
        assert len(ran.stderr.splitlines()) == 1


def test_pids_come_from_file_or_input(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_text("123\n456\n789\n")
    expected = run_kit("spread", "--accounts", "3", "--pids", "123,456,789").stdout
    from_input = run_kit("spread", "--accounts", "3", "--pids", "-", given=file.read_bytes()).stdout
    assert from_input == expected
    from_file = run_kit("spread", "--accounts", "3", "--pids", f"@{file}").stdout
    assert from_file.partition("next")[0] == expected.partition("next")[0]
    assert from_file.endswith(f" @{file}\n")


def test_processes_that_never_rest_are_awaited_once(spread: Spread, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def never(tree: object) -> bool:
        waited.append(tree)
        return False

    monkeypatch.setattr("conformance.processes.starts._rests", never)
    text = spread("--accounts", "3", "--processes", "5", "--", "sleep", "600")
    assert len(waited) == 1
    assert "Some were still busy after 30 s" in text
    assert "5 of sleep" in text


@pytest.mark.parametrize(("code", "rests"), [("while True: pass", False), ("import time; time.sleep(600)", True)])
def test_a_process_at_work_does_not_rest(monkeypatch: pytest.MonkeyPatch, code: str, rests: bool) -> None:
    if not rests:
        monkeypatch.setattr("conformance.processes.starts.REST_BOUND_S", 0.5)
    assert start_many([sys.executable, "-c", code], 1, Pace()).busy is not rests
