"""Crashes and errors: one process saves and meets a fault at one of its file calls, then another process saves."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

from conformance.processes.races.folder import POOL, Names, lay_out, parse, pool_in, pool_place, read_files
from conformance.processes.races.model import Fault, FaultKind, Files, Outcome, Schedule
from conformance.processes.races.rules import judge_crash, judge_failure, judge_loading, judge_next, labels_in
from conformance.processes.races.states import State, open_home
from conformance.processes.races.subject import Subject
from conformance.targets.gate.calls import FileCall
from conformance.targets.gate.short_write import is_supported
from conformance.wire.answers import Answer, Result

SAVER, NEXT = 0, 1
ERRORS: Mapping[FaultKind, tuple[str, ...]] = {  # the calls that can meet each error; EIO can happen anywhere
    "ENOSPC": ("open", "mkdir", "write", "rename", "link", "symlink", "truncate", "fsync"),
    "EACCES": ("open", "mkdir", "rename", "link", "unlink", "rmdir", "symlink", "chmod", "utime", "stat", "access"),
    "short write": ("write",),
}


class Faults:
    """Runs the schedules with a fault in one state. Folders that are alike are given to the next save only once."""

    def __init__(self, subject: Subject, state: State) -> None:
        self._subject, self._state = subject, state
        self._endings: dict[object, tuple[list[Answer], Files, dict[str, str]]] = {}

    def crashes(self) -> Iterator[Outcome]:
        """Kill the process before each of its calls."""
        for at in range(len(self._undisturbed())):
            yield self.run(Schedule((), Fault("kill", at)))

    def errors(self) -> Iterator[Outcome]:
        """Let each call fail, with each error that it can meet."""
        calls = self._undisturbed()
        for at, call in enumerate(calls):
            for kind in _kinds(call, calls):
                yield self.run(Schedule((), Fault(kind, at)))

    def run(self, schedule: Schedule) -> Outcome:
        """Run one schedule with a fault, then the save of the other process, and judge both."""
        subject, state, fault = self._subject, self._state, schedule.fault
        assert fault is not None
        if fault.kind == "power failure":
            return self._lose_power(schedule, fault)
        if NEXT in state.prepared:
            subject.prepare(state, [NEXT])
        outcome = subject.observe(state, {SAVER: state.calls[SAVER]}, schedule)
        before = parse(pool_in(state.files))
        if fault.kind == "kill":
            judge_crash(outcome, before)
        else:
            judge_failure(outcome, state.changes[SAVER], before, is_reading=self._is_reading(outcome, fault))
        answers, after = self._next(outcome)
        judge_next(outcome, state.changes[NEXT], answers, after)
        return outcome

    def power_failures(self) -> Iterator[Outcome]:
        """Let the power fail after each call that replaces or changes the pool file, if its content is not synced."""
        goal = str(self._subject.home / POOL)
        for at, call in enumerate(self._undisturbed()):
            if (call.verb == "rename" and call.goal == goal) or (call.verb == "write" and call.path == goal):
                yield self.run(Schedule((), Fault("power failure", at)))

    def _lose_power(self, schedule: Schedule, fault: Fault) -> Outcome:
        """A file that was renamed or written without an fsync may be empty or half. Does the target load it?"""
        subject, state = self._subject, self._state
        outcome = subject.observe(state, {SAVER: state.calls[SAVER]}, schedule)
        calls = subject.race.calls
        if fault.at >= len(calls):  # of another target
            return outcome
        files = outcome.seen[fault.at]
        content, place = pool_in(files), pool_place(files)
        renamed = calls[fault.at].path if place == POOL else str(subject.home / place)
        if content is None or _is_synced(calls, fault.at, renamed):
            return outcome
        wanted = labels_in(parse(content))
        for share, word in ((0, "empty"), (2, "half written")):
            left = replace(files[place], content=content[: len(content) // share] if share else b"")
            lay_out(subject.home, {**files, place: left})
            (answer,) = subject.race.ask(NEXT, [open_home(str(subject.home))])
            loaded = answer.value["accounts"] if isinstance(answer, Result) else []
            judge_loading(outcome, loaded, wanted, word, fault.at)
        return outcome

    def _undisturbed(self) -> list[FileCall]:
        self._subject.observe(self._state, {SAVER: self._state.calls[SAVER]}, Schedule())
        return self._subject.race.calls

    def _next(self, outcome: Outcome) -> tuple[list[Answer], Files]:
        key = _alike(outcome, str(self._subject.home))
        if key not in self._endings:
            self._touch_locks()
            answers = self._subject.race.ask(NEXT, self._state.calls[NEXT])
            self._endings[key] = answers, read_files(self._subject.home), outcome.names
        answers, after, names = self._endings[key]
        outcome.names = {**names, **outcome.names}
        return answers, after

    def _touch_locks(self) -> None:
        """Make a leftover lock as young as the crash, however long this machine has needed since it was taken."""
        for place in self._subject.race.locks:
            if os.path.lexists(path := self._subject.home / place):
                os.utime(path)

    def _is_reading(self, outcome: Outcome, fault: Fault) -> bool:
        """Whether the fault met the opening or the reading of the pool file."""
        step = outcome.steps[fault.at] if fault.at < len(outcome.steps) else None
        return step is not None and POOL in step.access.read and step.text.startswith(("open ", "read "))


def _kinds(call: FileCall, calls: list[FileCall]) -> Iterator[FaultKind]:
    """The faults of a call. None for the removal of a lock or of a temporary file: what is left then stays for sure."""
    made = {path for other in calls for path in (other.created, other.path if other.verb == "open" else "")}
    if call.verb == "lock" or (call.verb in ("unlink", "rmdir") and call.path in made):
        return
    for kind, verbs in ERRORS.items():
        if kind == "short write" and not is_supported():
            continue
        if call.verb in verbs and (kind == "EACCES" or call.modifies):
            yield kind
    yield "EIO"


def _is_synced(calls: list[FileCall], at: int, path: str) -> bool:
    """Whether call `at` is a rename, and the file with the new content was synced after it was last written."""
    verbs = [call.verb for call in calls[:at] if call.path == path and call.verb in ("write", "fsync")]
    return calls[at].verb == "rename" and verbs[-1:] == ["fsync"]


def _alike(outcome: Outcome, home: str) -> object:
    """A key that is equal for folders that differ only in random names."""
    names = Names(home)
    return frozenset(
        (names.place(f"{home}/{place}", SAVER), file.kind, file.mode, len(file.content))
        for place, file in outcome.after.items()
    )
