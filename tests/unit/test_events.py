"""The events of a run as lines of a file: nothing is lost, and lines of other versions are refused."""

import os
from pathlib import Path

import pytest

from conformance.reports.events import Event, EventError, RunEnded, RunStarted, append_event, event_line, read_events
from tests.support.factories import case, deviation, finding, hello

STARTED = RunStarted(format=1, target="plugin:\udcff", hello=hello(extra=[None]), judged=["ONE-001"])
RECORD = [
    {"order": 1, "process": 1, "pid": 2, "did": "select", "params": {"model": None}, "answer": None, "at_ms": 0.5}
]
EVENTS: list[Event] = [
    STARTED,
    case("pass", findings=[finding(by=deviation())]),
    case("fail", findings=[finding(actual="\ud800\u2028"), finding(process=None, record=RECORD)]),
    RunEnded(pytest_exit=1),
]


def test_events_are_read_as_written(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    assert read_events(log) == []
    for event in EVENTS:
        append_event(log, event)
    assert read_events(log) == EVENTS
    assert log.read_text(encoding="ascii") == "".join(map(event_line, read_events(log)))


def test_event_cut_by_a_full_disk_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the next event would be appended to its first half."""
    log = tmp_path / "events.jsonl"
    append_event(log, EVENTS[1])
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:5]))
        with pytest.raises(OSError, match="No space left on device"):
            append_event(log, EVENTS[2])
    append_event(log, EVENTS[3])
    assert read_events(log) == [EVENTS[1], EVENTS[3]]


def test_unfinished_last_line_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    append_event(log, EVENTS[1])
    with log.open("ab") as file:
        file.write(event_line(EVENTS[2])[:-1].encode("ascii"))
    assert read_events(log) == EVENTS[1:2]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"event":"en', "not JSON: Unterminated string"),
        ("", "not JSON: Expecting value"),
        ("[]", "not an event of format 1: Input should be a valid dictionary"),
        ('{"event":"other"}', "not an event of format 1: Input tag 'other' found"),
        ('{"event":"end"}', "not an event of format 1: end.pytest_exit: Field required"),
        ('{"event":"end","pytest_exit":"0"}', "end.pytest_exit: Input should be a valid integer"),
        ('{"event":"end","pytest_exit":0,"more":1}', "end.more: Extra inputs are not permitted"),
        (event_line(STARTED).replace('"format":1', '"format":2'), "run.format: Input should be 1"),
        (event_line(EVENTS[1]).replace('"what"', '"which"'), "case.findings.0.what: Field required"),
        (event_line(EVENTS[1]).replace('"calls"', '"call"'), "case.findings.0.scenario: Value error, a scenario is an"),
    ],
)
def test_line_of_other_shape_is_refused(tmp_path: Path, line: str, problem: str) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(event_line(EVENTS[3]) + line.rstrip("\n") + "\n", encoding="ascii")
    with pytest.raises(EventError) as caught:
        read_events(log)
    assert str(caught.value).startswith("events.jsonl, line 2: ")
    assert problem in str(caught.value)
