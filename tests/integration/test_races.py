"""Races: wrong ports break their rule, the reference breaks none, and a schedule does the same again."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.cli.races import _exit_code
from conformance.cli.replay_race import run_stored
from conformance.fixtures import fixtures_folder
from conformance.processes.races.judging import Plan, judge_races
from conformance.processes.races.model import Schedule
from conformance.processes.races.results import Judged, verdict
from conformance.processes.races.states import NAMES
from conformance.processes.races.stored import StoredRace, from_json
from conformance.processes.races.subject import Subject
from conformance.requirements.races import RULES
from conformance.targets.gate.support import why_not
from conformance.targets.group import Launch
from conformance.targets.resolve import resolve
from tests.fakes.racing import BROKEN
from tests.mutants.races import ErrorSwallowed, NoLock
from tests.support.command import CHECKOUT, Kit

BOUND_S = 120.0
KINDS = {
    "RACE-005": ["crashes"],
    "RACE-006": ["crashes"],
    "RACE-004": ["errors"],
    "RACE-010": ["errors"],
    "RACE-011": ["power"],
}
ONLY_ORDERS = ["missing", "no-folder", "link", "version-3", "removal"]
PLUGIN = "npm:opencode-antigravity-auth@1.6.0"
STORED = sorted((fixtures_folder() / "races").glob("*.json"))
pytestmark = pytest.mark.skipif(why_not() != "", reason=why_not())


@contextmanager
def subject(word: str) -> Iterator[Subject]:
    target = resolve(word, [])
    with Subject(Launch(target.argv, target.environment, word), timeout_s=BOUND_S) as started:
        yield started


def judged(word: str, plan: Plan) -> list[Judged]:
    with subject(word) as started:
        return list(judge_races(started, plan))


def stored(path: Path) -> StoredRace:
    return from_json(json.loads(path.read_text(encoding="utf-8")), RULES)


@pytest.mark.parametrize(
    ("port", "rule", "state"),
    [
        pytest.param(port.__name__, *broken, marks=() if port in (NoLock, ErrorSwallowed) else pytest.mark.exhaustive)
        for port, broken in BROKEN.items()
    ],
)
def test_wrong_port_breaks_its_rule(port: str, rule: str, state: str) -> None:
    plan = Plan([state], 2 if state == "stale-lock" else 1, KINDS.get(rule, ["orders"]))
    rows = judged(f"python:tests.fakes.racing:{port}", plan)
    assert verdict(rows, rule) == "fail"
    assert all(found.is_repeated for row in rows for found in row.found.values())


def test_every_rule_has_a_wrong_port() -> None:
    assert {rule for rule, _ in BROKEN.values()} == set(RULES)


def test_reference_breaks_no_rule() -> None:
    with subject("reference") as started:
        rows = [*judge_races(started, Plan(["present"], 1)), *judge_races(started, Plan(ONLY_ORDERS, 1, ["orders"]))]
    assert {row.verdict(rule) for row in rows for rule in row.rules} == {"pass"}
    assert {rule for row in rows for rule in row.rules} == set(RULES)


def test_same_schedule_gives_the_same_trace() -> None:
    """In the same processes, and in others, whose PIDs differ."""
    schedule = Schedule((0, 0, 0, 1, 1, 1, 0))
    traces = []
    for _ in range(2):
        with subject("reference") as started:
            traces += [started.run(started.states["missing"], schedule).trace for _ in range(2)]
    assert all(trace == traces[0] for trace in traces)
    assert [line[0] for line in traces[0][:7]] == list("1112221")


def test_lock_is_not_taken_while_another_holds_it() -> None:
    """The second process is let go only when the lock of the first one is free, so it never waits for a time."""
    with subject("reference") as started:
        outcome = started.run(started.states["present"], Schedule((0, 0, 0, 0, 1, 1, 1, 1)))
    assert outcome.is_diverged
    calls = [line for line in outcome.trace if " lock " in line or " rename " in line]
    assert [line.split()[:2] for line in calls] == [["1", "lock"], ["1", "rename"], ["2", "lock"], ["2", "rename"]]
    assert outcome.findings == []


@pytest.mark.needs_node
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_release_loses_what_the_stored_schedule_says(path: Path) -> None:
    race = stored(path)
    with subject(PLUGIN) as started:
        outcome = run_stored(started, race)
    assert outcome.trace == list(race.trace)
    assert race.rule in {finding.rule for finding in outcome.findings}


def test_failure_is_written_and_replayed(kit: Kit, tmp_path: Path) -> None:
    port = "python:tests.fakes.racing:NoLock"
    options = ["--state", "present", "--no-faults", "--preemptions", "1"]
    done = kit("races", port, *options, "--out", str(tmp_path / "out"), "--json", str(tmp_path / "races.json"))
    assert done.returncode == 1
    assert "all orders with up to 1 preemption\n" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if str(tmp_path) not in line) <= 80
    report = json.loads((tmp_path / "races.json").read_text(encoding="utf-8"))
    assert report["rules"]["RACE-001"] == {"level": "MUST", "verdict": "fail"}
    (path,) = (tmp_path / "out").iterdir()
    again = kit("replay", str(path), port)
    assert again.returncode == 1
    assert "the trace equals the one in the file" in again.stdout
    assert kit("replay", str(path), "reference").returncode == 0


def test_three_processes_are_drawn_and_replayed(kit: Kit, tmp_path: Path) -> None:
    port = "python:tests.fakes.racing:NoLock"
    done = kit("races", port, "--state", "present", "--processes", "3", "--samples", "30", "--out", str(tmp_path))
    assert done.returncode == 1
    assert "30 schedules drawn; they find a fault of depth 2" in " ".join(done.stderr.split())
    (path,) = tmp_path.glob("RACE-001-*")
    assert max(process for process, _ in json.loads(path.read_text(encoding="utf-8"))["schedule"]) == 3
    again = kit("replay", str(path), port)
    assert (again.returncode, "the trace equals the one in the file" in again.stdout) == (1, True)


def test_target_that_hangs_is_unknown() -> None:
    """In one order only. Just the wait for its file calls is short: a busy machine may start processes slowly."""
    with subject("python:tests.fakes.racing:Hangs") as started:
        started.race.timeout_s = 3
        (row,) = judge_races(started, Plan(["present"], 1, ["orders"]))
    assert "neither answered nor made a file call in time" in row.unsteady
    assert {row.verdict(rule) for rule in row.rules} == {"unknown"}
    assert _exit_code({"pass", "unknown"}) == 3


def test_targets_open_nothing_of_the_home(kit: Kit, tmp_path: Path) -> None:
    """A file there would change what a target does."""
    listed = tmp_path / "files"
    done = kit("races", "reference", "--state", "present", "--no-faults", "--trace-files", str(listed))
    assert done.returncode == 0
    opened = listed.read_text(encoding="utf-8").splitlines()
    assert any(path.endswith((".py", ".pyc")) for path in opened)
    home = os.path.expanduser("~")
    kept = (str(CHECKOUT), os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix))
    assert [path for path in opened if path.startswith(home + "/") and not path.startswith(kept)] == []


def test_state_that_does_not_apply_is_refused(kit: Kit) -> None:
    """The lock of the reference ends with its process, so it is never stale."""
    done = kit("races", "reference", "--state", "stale-lock")
    assert done.returncode == 2
    assert "--state stale-lock does not apply" in done.stderr


def test_target_that_cannot_save_is_not_claimed(kit: Kit) -> None:
    done = kit("races", "python:tests.fakes.racing:SavesNot")
    assert done.returncode == 5
    assert "does not claim storage, save" in done.stdout


def test_every_state_has_a_name() -> None:
    with subject("python:tests.fakes.racing:StaleLockRemovedBlindly") as started:
        assert set(started.states) == set(NAMES)


def test_fault_after_the_last_call_breaks_nothing(kit: Kit, tmp_path: Path) -> None:
    """The file may be from another target, whose save makes more calls."""
    fault = {"kind": "power failure", "at": 99}
    document = {"state": "present", "rule": "RACE-011", "schedule": [[1, 1]], "fault": fault, "trace": []}
    (tmp_path / "race.json").write_text(json.dumps(document), encoding="utf-8")
    done = kit("replay", str(tmp_path / "race.json"), "reference")
    assert (done.returncode, "the trace differs" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": [[5, 1]]}, r"expected a list of \[process, number of calls\]"),
        ({"fault": {"kind": "flood", "at": 1}}, "expected a fault with a kind"),
        ({"trace": 1}, "expected `trace` to be a list of texts"),
        ({"state": None}, "expected the names of a state and of a rule"),
        ({"fault": {"kind": "kill", "at": -1}}, "expected a fault with a kind"),
        ({"schedule": [[3, 1]]}, "expected a number of processes up to 4, got 2"),
    ],
)
def test_wrong_file_is_refused(kit: Kit, tmp_path: Path, change: dict[str, object], message: str) -> None:
    document = {"state": "present", "rule": "RACE-001", "schedule": [[1, 1]], "trace": []}
    (tmp_path / "race.json").write_text(json.dumps(document | change), encoding="utf-8")
    done = kit("replay", str(tmp_path / "race.json"), "reference")
    assert done.returncode == 2
    assert re.search(message, done.stderr)
