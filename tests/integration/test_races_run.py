"""The stored schedules by which `run` judges races: each rule has one, and each release shows what it deviates in."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.cases import races_kit
from conformance.cases.findings import facts
from conformance.cases.races_kit import RaceJudge
from conformance.processes.races import racing
from conformance.processes.races.landmarks import LANDMARKS
from conformance.processes.races.racing import MAX_STEPS
from conformance.processes.races.rule_schedules import RuleSchedule, RuleSchedules, load_schedules
from conformance.processes.races.subject import Subject
from conformance.reports.events import Finding
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import release_deviations, shipped_deviations
from conformance.requirements.races import RULES
from conformance.targets.errors import AdapterFault
from conformance.targets.gate.support import why_not
from conformance.targets.group import Launch
from conformance.targets.resolve import resolve
from conformance.wire.scenario import Scenario
from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import NEWEST, NPM_VERSIONS, VERSIONS
from tests.support.command import CHECKOUT, Kit
from tests.support.judging import InProcessJudge

BOUND_S = 120.0
CATALOGUE = load_catalogue()
SCHEDULES = {schedule.id: schedule for schedule in load_schedules()}
needs_gate = pytest.mark.skipif(why_not() != "", reason=why_not())
PORTS = {
    "ReleasedBeforeRename": "written-after-other-save",
    "LockedAfterReading": "read-before-other-save",
    "StaleLockRemovedBlindly": "stale-lock-taken-twice",
}


@contextmanager
def schedules(word: str) -> Iterator[RuleSchedules]:
    target = resolve(word, [])
    with Subject(Launch(target.argv, target.environment, word), timeout_s=BOUND_S) as subject:
        yield RuleSchedules(subject)


def shown(word: str) -> dict[tuple[str, str], str]:
    """What the target breaks: the text of the finding, by rule and schedule."""
    with schedules(word) as made:
        return {
            (finding.rule, id_): finding.text for id_, each in SCHEDULES.items() for finding in made.show(each).findings
        }


def test_every_rule_has_a_schedule() -> None:
    assert {rule for schedule in SCHEDULES.values() for rule in schedule.rules} == set(RULES)
    assert len(SCHEDULES) == len(load_schedules())


def test_every_landmark_is_used() -> None:
    used = [turn for schedule in SCHEDULES.values() for turn in schedule.turns]
    faults = {schedule.fault.landmark for schedule in SCHEDULES.values() if schedule.fault}
    assert {turn.before or turn.after for turn in used} - {""} | faults == set(LANDMARKS)


def test_unknown_landmark_is_refused() -> None:
    turn = {"process": 1, "before": "sees the pool file"}
    with pytest.raises(ValueError, match="expected one of names the pool file"):
        RuleSchedule.model_validate(
            {"id": "x", "rules": ["RACE-001"], "why": "No reason.", "state": "present", "turns": [turn]}
        )


@needs_gate
def test_reference_breaks_no_rule_in_any_schedule() -> None:
    assert shown("reference") == {}


@needs_gate
@pytest.mark.parametrize("port", PORTS)
def test_wrong_port_fails_in_its_schedule(port: str) -> None:
    """Those that the catalogue does not name as mutants."""
    with schedules(f"python:tests.fakes.racing:{port}") as made:
        found = made.show(SCHEDULES[PORTS[port]])
    assert "RACE-001" in {finding.rule for finding in found.findings}


@needs_gate
@pytest.mark.parametrize(
    "version",
    [pytest.param(version, marks=() if version == NEWEST else pytest.mark.exhaustive) for version in VERSIONS],
)
def test_reference_breaks_what_its_release_does(version: str) -> None:
    """Each finding is covered by one deviation, and each deviation is shown by its schedule."""
    waivers = [each for each in shipped_deviations(version, CATALOGUE) if each.is_of_races]
    covering = {
        key: [each.id for each in waivers if each.waiver.covers([key[0]], facts(finding(key[1], text)))]
        for key, text in shown(f"reference@{version}").items()
    }
    assert {key: len(found) for key, found in covering.items()} == dict.fromkeys(covering, 1)
    named = {(each.requirement, each.counterexample["schedule"]): [each.id] for each in waivers}
    assert {key: covering.get(key) for key in named} == named
    assert {id_ for found in covering.values() for id_ in found} == {each.id for each in waivers}


def finding(schedule: str, text: str) -> Finding:
    return Finding(
        scenario=Scenario([]),
        position=None,
        what=f"race {schedule}",
        expected="",
        actual=text,
        observed=False,
        deviation=None,
        waives=None,
    )


@needs_gate
@pytest.mark.needs_node
@pytest.mark.exhaustive
@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_reference_saves_as_the_release_does(version: str) -> None:
    assert set(shown(f"npm:opencode-antigravity-auth@{version}")) == set(shown(f"reference@{version}"))


def test_deviations_of_races_cover_no_other_text() -> None:
    for deviation in release_deviations(CATALOGUE):
        if deviation.is_of_races:
            other = finding(deviation.counterexample["schedule"], "something else went wrong")
            assert not deviation.waiver.covers([deviation.requirement], facts(other)), deviation.id


@needs_gate
def test_schedule_that_never_repeats_is_unknown() -> None:
    with (
        schedules("python:tests.fakes.racing:NeverTheSame") as made,
        pytest.raises(AdapterFault, match="never did the same again"),
    ):
        made.show(SCHEDULES["one-after-another"])


@needs_gate
def test_polled_lock_lets_its_owner_go_on() -> None:
    """A process that looks again and again at the lock of another one waits for it."""
    with schedules("python:tests.fakes.racing_odd:LooksFirst") as made:
        found = made.show(SCHEDULES["read-before-other-save"])
    assert (found.findings, len(found.trace) < MAX_STEPS) == ([], True)


@needs_gate
def test_schedule_without_an_end_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the processes do after that is decided by the system, so it proves nothing."""
    with schedules("reference") as made:
        monkeypatch.setattr(racing, "MAX_STEPS", 15)
        with pytest.raises(AdapterFault, match="did not end within"):
            made.show(SCHEDULES["one-after-another"])


@needs_gate
def test_save_without_an_end_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "MAX_STEPS", 5)
    with pytest.raises(AdapterFault, match="one `save` makes more than"), schedules("reference"):
        pass


@needs_gate
def test_pool_behind_a_swapped_link_is_judged() -> None:
    with schedules("python:tests.fakes.racing_odd:SwapsLink") as made:
        found = made.show(SCHEDULES["unsynced-replacement"])
    assert [finding.rule for finding in found.findings] == ["RACE-011"]


@needs_gate
@pytest.mark.parametrize("port", ["KeepsPipe", "WrongPointers"])
def test_odd_file_calls_change_no_verdict(port: str) -> None:
    with schedules(f"python:tests.fakes.racing_odd:{port}") as made:
        assert made.show(SCHEDULES["one-after-another"]).findings == []


@needs_gate
def test_odd_names_of_files_are_printable() -> None:
    """A report is UTF-8, and a terminal may show it."""
    with schedules("python:tests.fakes.racing_odd:OddNames") as made:
        found = made.show(SCHEDULES["one-after-another"])
    texts = [*found.trace, *(finding.text for finding in found.findings)]
    assert [finding.rule for finding in found.findings] == ["RACE-009"]
    assert [text for text in texts if not text.isprintable()] == []


def test_target_that_cannot_start_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise its faults would end the run before the other sections are judged."""
    started = []

    def start(*given: object, **options: object) -> Subject:
        started.append(given)
        raise AdapterFault("`save` was answered with an exception")

    monkeypatch.setattr(races_kit, "Subject", start)
    monkeypatch.setattr(races_kit, "why_not", str)
    races, judge = RaceJudge(), InProcessJudge(ReferenceAdapter)
    for _ in range(4):
        with pytest.raises(AdapterFault, match="was answered with an exception"):
            races.check(judge, "RACE-001", SCHEDULES["first-file"])
    assert len(started) == 1
    judge.patience.check("the target")


@needs_gate
def test_failed_race_shows_both_processes(kit: Kit, tmp_path: Path) -> None:
    written, page, markdown = (tmp_path / name for name in ("report.json", "page.html", "report.md"))
    files = ("--json", str(written), "--html", str(page), "--markdown", str(markdown))
    done = kit("run", "python:tests.fakes.racing:ReleasedBeforeRename", "--only", "RACE-001", *files)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    heading = next(line for line in lines if line.split() == ["process", "1", "process", "2"])
    undoing = next(line for line in lines if line.lstrip().startswith(">"))
    assert undoing.index("rename") in (heading.index("process 1"), heading.index("process 2"))
    assert max(map(len, lines)) <= 80
    assert "FAIL RACE-001 An acknowledged save is in the file: `save` of process" in " ".join(lines[-6:])
    assert undoing.removeprefix(" " * 6) in markdown.read_text(encoding="utf-8").splitlines()
    assert page.read_text(encoding="utf-8").count('class="lanes"') >= 1
    report = json.loads(written.read_text(encoding="utf-8"))
    rule = next(each for each in report["requirements"] if each["id"] == "RACE-001")
    calls = next(finding["file_calls"] for case in rule["cases"] for finding in case["findings"])
    assert {call["process"] for call in calls} == {1, 2}
    assert [call["text"].split()[0] for call in calls if call["is_wrong"]] == ["rename"]


@needs_gate
@pytest.mark.parametrize(
    ("port", "told"),
    [
        ("PoolFileElsewhere", "`mark_rate_limited` was answered with the refusal unknown_account"),
        ("SavesNothing", "but the rate limit of token-one is not in ~/.config/opencode/antigravity-accounts.json"),
    ],
)
def test_target_that_cannot_save_fails_once(kit: Kit, port: str, told: str) -> None:
    """It answers every call, so its adapter is not at fault."""
    done = kit("run", f"python:tests.fakes.groundless:{port}", "--only", "RACE")
    assert done.returncode == 1, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "1 fail, 10 not run" in said
    assert "1 failure follows from it: RACE-001" in said
    assert told in said


@needs_gate
def test_run_lists_what_the_target_opens(kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one process that answers, and in the two of a race."""
    other, listed = tmp_path / "other", tmp_path / "listed"
    other.write_bytes(b"")
    monkeypatch.setenv("OTHER_FILE", str(other))
    options = ("--only", "CFG-001,RACE-011", "--trace-files", str(listed))
    done = kit("run", "python:tests.fakes.racing:OpensAnotherFile", "--env", "OTHER_FILE", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(other) in listed.read_text(encoding="utf-8").splitlines()


@needs_gate
def test_run_opens_nothing_of_the_home(kit: Kit, tmp_path: Path) -> None:
    listed = tmp_path / "listed"
    done = kit("run", "reference", "--only", "LAY-001,PATH-001,STO-013,RACE-011", "--trace-files", str(listed))
    assert done.returncode == 0, done.stdout + done.stderr
    opened = listed.read_text(encoding="utf-8").splitlines()
    assert any(path.endswith((".py", ".pyc")) for path in opened)
    home = os.path.expanduser("~")
    kept = (str(CHECKOUT), os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix))
    assert [path for path in opened if path.startswith(home + "/") and not path.startswith(kept)] == []


def test_refused_gate_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(races_kit, "why_not", lambda: "this system refuses seccomp")
    with pytest.raises(pytest.skip.Exception, match="refuses seccomp"):
        RaceJudge().check(InProcessJudge(ReferenceAdapter), "RACE-001", SCHEDULES["first-file"])
