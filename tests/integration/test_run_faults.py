"""A fault of the target affects no other verdict, causes no hang and leaves no process; nor does an aborted run."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from conformance.cases.engine import RUNNER_VARIABLE
from tests.support.kit_runs import BOUND_S, PAUSE_S, Bench, breaking, misbehaving, validated, verdicts, wait_until
from tests.support.tiers import sampled, sampled_rows

# The faults of `breaking.py` show when an account is marked as limited: in the first and the last of these.
FAULT_FIRST = ("--only", "STK-003,PID-008")
FAULT_LAST = ("--only", "PID-008,LIM-001")


@pytest.mark.parametrize(
    ("command", "message"),
    sampled_rows(
        [
            (("--", "/none/such"), "No such file or directory: /none/such"),
            (("--", str(Path(__file__).parent)), "Permission denied"),
            (misbehaving("exits_at_once"), r"exited with code 7 before it answered `hello`(.|\n)*no licence for this"),
            (misbehaving("no_json"), "no answer to `hello`: not a JSON message(.|\n)*the line was 'hello there'"),
            (misbehaving("malformed"), "gave no valid answer: hello: malformed result: name: Field required"),
            (("--timeout", "1", *misbehaving("never_answers")), "gave no answer to `hello` within 1 s; .* --timeout"),
            (misbehaving("daemon"), "exited with code 5 before it answered `open`"),
            (misbehaving("floods_output"), "wrote a line of more than 8388608 bytes"),
            (misbehaving("dies_in_mid_batch"), "was ended by SIGKILL in the middle of its answer to `hello`"),
            (("python:none.such:Port",), "there is no module 'none'"),
        ]
    ),
    ids=lambda value: " ".join(value[-1:]) if isinstance(value, tuple) else "",
)
def test_unusable_target_is_reported_in_one_message(bench: Bench, command: tuple[str, ...], message: str) -> None:
    run = bench.run(*command)
    assert run.returncode == 3, run.stdout + run.stderr
    assert run.stdout == ""
    assert re.search(message, run.stderr), run.stderr
    assert run.stderr.count("antigravity-conformance: ") == 1
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("mode", "options", "message"),
    sampled_rows(
        [
            ("dies", [], "exited with code 9 before it answered a batch of .*the port ran out of luck"),
            ("hangs", ["--timeout", "10"], "gave no answer to a batch of .* within 10 s; .*--timeout.*thinking"),
            ("leaves-a-grandchild", [], "exited with code 9 before it answered a batch of"),
            ("floods", [], "wrote a line of more than 8388608 bytes when asked a batch of"),
            ("no-json", [], "a line that is no answer to a batch of .* the line was 'Limits are marked now.'"),
            ("wrong-order", [], "gave no valid answer, call 1 of .+ in a batch: "),
        ]
    ),
)
def test_fault_in_the_middle_keeps_other_verdicts(bench: Bench, mode: str, options: list[str], message: str) -> None:
    report = bench.report(*options, *FAULT_FIRST, *breaking(mode))
    assert verdicts(report) == {"STK-003": "unknown", "PID-008": "pass"}
    assert report["exit_code"] == 3
    assert report["complete"]
    assert re.search(message, report["observed"]["reasons"]["STK-003"], re.DOTALL), report["observed"]["reasons"]


def test_malformed_answers_of_processes_leave_later_cases_alone(bench: Bench) -> None:
    """The kit reads no further after the first malformed answer, but the other processes have answered too."""
    report = bench.report("--only", "PROC-001,PROC-002,PROC-007,PROC-008", *breaking("text-with-the-offset"))
    found = verdicts(report)
    assert found == {"PROC-001": "unknown", "PROC-002": "pass", "PROC-007": "unknown", "PROC-008": "unknown"}
    assert report["exit_code"] == 3
    assert "malformed result: index" in report["observed"]["reasons"]["PROC-008"]


def test_fault_is_shown_once_with_standard_error(bench: Bench) -> None:
    report = bench.folder / "report.json"
    run = bench.run("--only", "LIM", "--json", str(report), *breaking("dies"))
    assert run.returncode == 3
    assert run.stderr == ""
    shown = " ".join(run.stdout.split())  # line breaks depend on the length of the command
    document = json.loads(report.read_text())
    assert set(verdicts(document).values()) == {"unknown"}
    assert shown.count("breaking.py dies failed 3 times and is not started again. The last time: it exited") == 1
    assert 1 < shown.count("the port ran out of luck") <= 4 < len(document["requirements"])
    assert "no verdict: the adapter failed (exit code 3)" in shown


def test_a_proven_failure_outranks_an_unknown(bench: Bench) -> None:
    report = bench.report("--only", "STK-003,PID-001", *breaking("off-by-one-and-dies"))
    assert verdicts(report) == {"STK-003": "unknown", "PID-001": "fail"}
    assert report["exit_code"] == 1


@pytest.mark.parametrize("cores", ["0", "2"])
@pytest.mark.parametrize("how", sampled(["Ctrl-C", "SIGTERM", "SIGHUP"]))
def test_interrupted_run_leaves_a_report(bench: Bench, how: str, cores: str) -> None:
    report, events = bench.folder / "report.json", bench.folder / "events.jsonl"
    with asked_for_ever(bench, "--json", str(report), "--events", str(events), "-n", cores) as run:
        # The engine reports a case at its end; on two cores the first case may end after the second has begun.
        wait_until(lambda: '"case"' in events.read_text(encoding="utf-8"), "the first verdict")
        if how == "Ctrl-C":
            os.killpg(run.pid, signal.SIGINT)
        else:
            run.send_signal(signal.Signals[how])
        shown, said = run.communicate(timeout=BOUND_S)
    assert run.returncode == 130
    assert said == ""
    assert "THE RUN WAS CUT SHORT" in shown
    document = validated(json.loads(report.read_text(encoding="utf-8")))
    assert (document["complete"], document["exit_code"]) == (False, 130)
    assert verdicts(document) == {"PID-008": "pass", "LIM-001": "not run"}
    assert '"end"' not in events.read_text(encoding="utf-8")


@pytest.mark.parametrize("cores", ["0", "2"])
def test_a_killed_run_leaves_nothing(bench: Bench, cores: str) -> None:
    with asked_for_ever(bench, "-n", cores) as run:
        run.kill()
        run.communicate(timeout=BOUND_S)


def test_ignored_interrupt_is_sent_again() -> None:
    run = subprocess.run([sys.executable, "-P", "-c", LOSES_THE_FIRST_SIGNAL], timeout=BOUND_S, check=False)
    assert run.returncode == 77


LOSES_THE_FIRST_SIGNAL = f"""
import os, select, signal, sys
from conformance.cases import engine
reader, writer = os.pipe()
os.environ[{RUNNER_VARIABLE!r}] = str(reader)
send, sent = signal.pthread_kill, []
signal.pthread_kill = lambda *what: sent.append(what) or (len(sent) > 1 and send(*what))
engine.stop_with_runner()
os.close(writer)
try:
    select.select([], [], [])
except KeyboardInterrupt:
    sys.exit(77)
"""


def test_ctrl_c_while_the_target_starts_ends_it(bench: Bench) -> None:
    log = bench.folder / "wire.log"
    with bench.started("--timeout", "3600", "--wire-log", str(log), *misbehaving("never_answers")) as run:
        wait_for_line(run, log, '"hello"')
        os.killpg(run.pid, signal.SIGINT)
        _, said = run.communicate(timeout=BOUND_S)
    assert run.returncode == 130
    assert said == "antigravity-conformance: interrupted\n"


@contextmanager
def asked_for_ever(bench: Bench, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run whose target has received a call that it never answers."""
    log = bench.folder / "wire.log"
    arguments = ["--timeout", "3600", "--wire-log", str(log), *options, *FAULT_LAST, *breaking("hangs")]
    with bench.started(*arguments) as run:
        wait_for_line(run, log, '"mark_rate_limited"')
        assert bench.targets() != []
        yield run


def wait_for_line(run: subprocess.Popen[str], log: Path, text: str) -> None:
    """Wait until the wire log has the text. Fails if the run ends first."""

    def seen() -> bool:
        with suppress(subprocess.TimeoutExpired):
            run.wait(PAUSE_S)
        assert run.returncode is None, run.communicate()
        return log.exists() and text in log.read_text(encoding="utf-8")

    wait_until(seen, f"{text} in the wire log")
