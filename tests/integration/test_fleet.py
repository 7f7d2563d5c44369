"""A fleet of real processes: calls, their record, and the ways to start and end processes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from conformance.processes.fitting import BASE_INDEX
from conformance.processes.fleet import Fleet, Member, Transcript
from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.targets.patience import Patience
from conformance.targets.resolve import resolve
from conformance.targets.supervisor import serve
from conformance.wire.answers import Result
from conformance.wire.calls import POOL_FILE, USER_FILE, pool
from tests.integration.test_supervisor import BOUND_S, misbehaving

ON = {"account_selection_strategy": "sticky", "pid_offset_enabled": True}
STORED = pool(7, activeIndex=BASE_INDEX)
LAUNCH = Launch(resolve("reference", []).argv)


@contextmanager
def fleet_of(count: int) -> Iterator[Fleet]:
    with Group([LAUNCH] * count, timeout_s=BOUND_S) as group:
        yield Fleet.greet(group)


def test_session_repeats_with_its_pid_handed_in() -> None:
    with fleet_of(4) as fleet:
        sessions = fleet.open_and_select(STORED, ON, ["claude", "gemini"])
        one = fleet.members[0].connection
        for session in sessions:
            again = one.batch([(call.method, dict(call.params)) for call in session.scenario.calls])
            assert again == session.answers
        assert len({session.scenario.calls[0].params["pid"] for session in sessions}) == 4


def test_slow_answers_of_a_fleet_are_counted() -> None:
    """Otherwise a target that is a little faster than the time limit could make a run as long as it likes."""

    class Counting(Patience):
        lines = 0

        def note_line(self, size_bytes: int, took_s: float) -> None:
            super().note_line(size_bytes, took_s)
            self.lines += 1

    patience = Counting()
    with Group([LAUNCH] * 2, timeout_s=BOUND_S, patience=patience) as group:
        Fleet.greet(group).open_and_select(STORED, ON, ["claude"])
    assert patience.lines == 2 * len(["hello", "load_config", "open and select"])


def test_expectations_are_those_of_the_selections() -> None:
    with fleet_of(1) as fleet:
        (session,) = fleet.open_and_select(STORED, ON, ["claude"] * 3)
    expecting = session.expecting({"label": "fig"}, None)
    assert [call.to_json().get("expect", "unjudged") for call in expecting.scenario.calls] == [
        "unjudged",
        {"label": "fig"},
        None,
        "unjudged",
    ]


def test_pool_file_has_the_version_of_the_profile() -> None:
    """A release that migrates the file would save it, and eight processes would wait for one lock."""
    with fleet_of(1) as fleet:
        fleet.pool_version = 4
        fleet.prepare(pool(1), ON)
        stored = json.loads((fleet.group.folder / POOL_FILE).read_text(encoding="utf-8"))
    assert stored["version"] == 4


def test_process_reads_its_own_home() -> None:
    with fleet_of(2) as fleet:
        one, other = fleet.members
        fleet.use_homes(lambda member: f"homes/{member.number}")
        fleet.prepare(pool(1), ON, members=[one])
        fleet.prepare(pool(2), {**ON, "pid_offset_enabled": False}, members=[other])
        fleet.load({})
        answers = [session.answers[0] for session in fleet.select(None, [])]
        assert answers == [Result({"accounts": ["mango"]}), Result({"accounts": ["mango", "fig"]})]
        assert [member.config["pid_offset_enabled"] for member in fleet.members] == [True, False]


def test_prepared_home_has_no_earlier_files() -> None:
    """A target that moves its config or pool file elsewhere does not find what it moved in an earlier case."""
    with fleet_of(1) as fleet:
        for folder in ("home", "project"):
            kept = fleet.group.folder / folder / ".config" / "moved" / "antigravity.json"
            kept.parent.mkdir(parents=True)
            kept.write_text("{}", encoding="utf-8")
        fleet.prepare(pool(2), ON)
        files = sorted(str(path.relative_to(fleet.group.folder)) for path in fleet.group.folder.rglob("antigravity*"))
    assert files == [POOL_FILE, USER_FILE]


def test_record_lists_actions_in_order() -> None:
    with fleet_of(2) as fleet:
        fleet.open_and_select(STORED, ON, ["claude"])
        one, other = fleet.members
        fleet.kill([other])
        entries = fleet.record.entries
        pids = {1: one.pid, 2: other.pid}
        found = [(entry.process, entry.did) for entry in entries]
        did = ["load_config", "load_config", "open", "select", "open", "select"]
        assert found == [(1, "started"), (2, "started"), *zip([1, 2, 1, 1, 2, 2], did, strict=True), (2, "killed")]
        assert [entry.order for entry in entries] == list(range(1, 10))
        assert all(entry.pid == pids[entry.process] for entry in entries)
        assert entries[4].params["home"] == "{root}/home"
        assert entries[5].answer["index"] == (BASE_INDEX + one.pid) % 7
        assert [entry.at_ms for entry in entries] == sorted(entry.at_ms for entry in entries)


def test_killed_process_leaves_the_others_running() -> None:
    with fleet_of(3) as fleet:
        fleet.open_and_select(STORED, ON, ["claude"])
        one, victim, other = fleet.members
        sessions = fleet.go_on(["claude"] * 50, kill=[victim])
        assert [session.member for session in sessions] == [one, other]
        for session in sessions:
            assert session.answers[1:] == [session.answers[1]] * 50
        assert not fleet.is_whole
        with pytest.raises(AdapterFault, match="was ended by SIGKILL"):
            fleet.ask([("snapshot", {})])


def test_restarted_processes_are_new_ones_in_turn() -> None:
    """Each selects before the next one starts. They use the homes of the former processes."""
    with fleet_of(2) as fleet:
        fleet.use_homes(lambda member: f"homes/{member.number}")
        fleet.open_and_select(STORED, ON, [])
        before = fleet.pids
        here = []

        def first(member: Member) -> Transcript:
            here.append([not each.connection.is_dead for each in fleet.members])
            return fleet.select(None, ["claude"], members=[member])[0]

        fleet.restart(LAUNCH, first)
        assert not set(before) & {member.connection.pid for member in fleet.members}
        assert here == [[True, False], [True, True]]
        assert fleet.restarted is not None
        assert [session.member for session in fleet.restarted.transcripts] == fleet.members
        assert [session.answers[0] for session in fleet.restarted.transcripts] == [
            Result({"accounts": ["mango", "fig", "pear", "7", "Date-palm", "apple", "kiwi_2"]})
        ] * 2


def test_next_case_begins_on_common_home() -> None:
    with fleet_of(2) as fleet:
        fleet.use_homes(lambda member: f"homes/{member.number}")
        fleet.begin_case()
        fleet.open_and_select(STORED, ON, [])
        assert (fleet.group.home / ".config").is_dir()
        assert not (fleet.group.folder / "homes").exists()
        assert [entry.order for entry in fleet.record.entries] == [1, 2, 3, 4]


def test_held_processes_start_together() -> None:
    with Group([], timeout_s=BOUND_S) as group:
        held = [group.start(misbehaving("good"), 3, held=True) for _ in range(3)]
        commands = [psutil.Process(connection.pid).cmdline() for connection in held]
        assert all(any(word == serve.__file__ for word in command) for command in commands)
        group.let_go()
        assert [connection.hello().pid for connection in held] == [connection.pid for connection in held]
        assert group.start(misbehaving("good")).hello().name == "bad"


def test_held_processes_end_with_a_killed_supervisor() -> None:
    with Group([], timeout_s=BOUND_S) as group:
        held = [psutil.Process(group.start(misbehaving("good"), 2, held=True).pid) for _ in range(2)]
        psutil.Process(group.supervisor_pid).kill()
        _, alive = psutil.wait_procs(held, timeout=BOUND_S)
        assert alive == []


def test_held_command_fails_when_it_is_released() -> None:
    with pytest.raises(AdapterFault, match=r"nothing \[2/2\]: No such file or directory: no-such-command"):
        Group([misbehaving("good"), Launch(["no-such-command"], name="nothing")], timeout_s=BOUND_S, held=True)


def test_processes_per_core_multiply_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.targets.group.CORES", 1)
    monkeypatch.setattr("conformance.targets.group.PROCESSES_A_CORE", 1)
    with (
        Group([misbehaving("never_answers")] * 3, timeout_s=0.5) as group,
        pytest.raises(AdapterFault, match=r"gave no answer to `hello` within 1\.5 s"),
    ):
        group.connections[0].hello()
