"""Runs schedules: lets the file calls of gated processes go in a given order."""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from conformance.processes.races.folder import Names, lay_out, read_files
from conformance.processes.races.model import Access, Fault, Files, Outcome, Schedule, Step
from conformance.targets.exchange import MethodCall
from conformance.targets.gate.calls import READING, FileCall
from conformance.targets.gate.gated import Gated, Gates
from conformance.targets.group import Launch
from conformance.wire.answers import Answer

ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EACCES": errno.EACCES}
MAX_STEPS = 2000
GATED_START = 4.0  # while a program starts, each of its file calls waits for the kit: some thousand in Node
Pick = Callable[[Sequence[int], int | None], int]  # picks one of the processes that can run; has the one that ran last
Watch = Callable[[Path, int], None]  # told the home folder and the number of the step that has just been run


class Race:
    """Gated processes of one target with one home folder. They stay alive from schedule to schedule."""

    def __init__(self, gates: Gates, launch: Launch, count: int, timeout_s: float) -> None:
        self.gates = gates
        self.home = gates.group.home
        self.locks: frozenset[str] = frozenset()  # places of lock files, which `learn` finds
        self.calls: list[FileCall] = []  # of the last schedule
        self.cold: set[int] = set()  # processes that have not saved yet
        self._killed: set[int] = set()
        self.timeout_s = timeout_s  # of one step
        self._launch = launch
        self.processes: list[Gated] = []
        for _ in range(count):
            self._start(len(self.processes))

    def _start(self, place: int) -> None:
        gated = self.gates.start(self._launch)
        gated.connection.allow_slow_start(GATED_START)
        gated.connection.hello()
        self.processes.insert(place, gated)
        self.cold.add(place)

    def revive(self) -> None:
        """Start killed processes again. They are cold."""
        for process in sorted(self._killed):
            self.processes.pop(process)
            self._start(process)
        self._killed.clear()

    def ask(self, process: int, calls: Sequence[MethodCall]) -> list[Answer]:
        """Send calls to one process with its gate open."""
        return self.processes[process].connection.batch(calls)

    def run(
        self,
        files: Files,
        calls: Mapping[int, Sequence[MethodCall]],
        schedule: Schedule,
        watch: Watch | None = None,
        pick: Pick | None = None,
    ) -> Outcome:
        """Lay out the files, send its calls to each process, and let their file calls go as the schedule says.

        After the turns of the schedule, `pick` chooses; without it, the same process goes on.
        Raises AdapterFault if a process does not answer in time.
        """
        lay_out(self.home, files)
        self.calls = []
        running = _Running(self, schedule, watch, pick, sorted(calls))
        running.outcome.before = read_files(self.home)
        for process, asked in calls.items():
            self.gates.shut(self.processes[process])
            self.processes[process].connection.send_anew(asked)
        try:
            running.go()
        finally:
            for gated in self.processes:
                self.gates.open(gated)
        outcome = running.outcome
        for process in sorted(calls):
            is_killed = process in running.killed
            outcome.answers[process] = None if is_killed else self.processes[process].connection.receive()
        outcome.after = read_files(self.home)
        self._killed.update(running.killed)
        return outcome

    def wait(self, gated: Gated) -> None:
        self.gates.wait(gated, time.monotonic() + self.timeout_s)


class _Running:
    """One schedule while it runs."""

    def __init__(
        self, race: Race, schedule: Schedule, watch: Watch | None, pick: Pick | None, active: Sequence[int]
    ) -> None:
        self.race, self.schedule, self.watch = race, schedule, watch
        self.pick: Pick = pick or (lambda runnable, current: runnable[0] if current is None else current)
        self.names = Names(str(race.home))
        self.outcome = Outcome(schedule)
        self.owners: dict[str, int] = {}  # of the files that were created in this schedule
        self.last: dict[int, FileCall] = {}  # of each process
        self.made = 0  # calls of the first process
        self.killed: list[int] = []
        self.active = active

    def go(self) -> None:
        for process in self.active:
            self.race.wait(self.race.processes[process])
        current: int | None = None
        while runnable := self._runnable():
            if len(self.outcome.steps) == MAX_STEPS:
                # A process waits for another one without a lock, or its save makes too many calls.
                self.outcome.is_diverged = self.outcome.is_endless = True
                return
            current = current if current in runnable else None
            chosen = self._choose(runnable, current)
            self._step(chosen, runnable, current)
            current = chosen

    def _runnable(self) -> list[int]:
        held = [p for p in self.active if p not in self.killed and self.race.processes[p].waiting]
        free = [process for process in held if not self._is_blocked(process)]
        return free or held  # if every process waits for a lock, the attempts fail

    def _choose(self, runnable: Sequence[int], current: int | None) -> int:
        place = len(self.outcome.steps)
        if place < len(self.schedule.turns):
            if self.schedule.turns[place] in runnable:
                return self.schedule.turns[place]
            self.outcome.is_diverged = True
        return self.pick(runnable, current)

    def _is_blocked(self, process: int) -> bool:
        """Whether the process tries to take a lock that another one holds. It is let go when the lock is free.

        So it is with a process that looks at this lock again and again, before it tries to take it.
        """
        held, call = self.race.processes[process].waiting[0]
        if call.verb == "lock":
            return not call.flags & fcntl.LOCK_UN and _would_block(held.thread, call)
        path = call.path if call == self.last.get(process) and call.verb in ("stat", "access") else call.created
        owner = self.owners.get(path)
        is_lock = bool(path) and self.names.place(path, process) in self.race.locks
        return is_lock and owner not in (None, process) and os.path.lexists(path)

    def access(self, process: int) -> Access:
        """What the held call of a process touches. A `mkdir` of a folder that is there changes nothing."""
        _, call = self.race.processes[process].waiting[0]
        places = frozenset(self.names.place(path, process) for path in call.paths)
        if call.verb == "readdir":
            return Access(frozenset(), places, places)
        idle = call.verb in READING or not call.modifies or (call.verb == "mkdir" and os.path.lexists(call.path))
        return Access(frozenset(), places) if idle else Access(places, frozenset())

    def _step(self, chosen: int, runnable: Sequence[int], current: int | None) -> None:
        gated = self.race.processes[chosen]
        call = gated.waiting[0][1]
        text, access = self._text(call, chosen), self.access(chosen)
        for path in call.paths:
            place = self.names.place(path, chosen)
            self.outcome.names[path.removeprefix(f"{self.race.home}/")] = place
        pending = None if current is None else self.access(current)
        fault = self.schedule.fault
        at_fault = fault is not None and fault.kind != "power failure" and chosen == 0 and fault.at == self.made
        self.made += chosen == 0
        others = tuple(process for process in runnable if process != chosen)
        absent = bool(call.created) and not os.path.lexists(call.created)
        if fault is not None and at_fault:
            text = self._fail(gated, fault, chosen, text)
        else:
            self.race.gates.let_go(gated)
        if chosen not in self.killed:
            self.race.wait(gated)
        self._note_locks(call, chosen, absent=absent)
        self.race.calls.append(call)
        self.last[chosen] = call
        self.outcome.steps.append(Step(chosen, text, access, others, current, pending))
        if self.watch is not None:
            self.watch(self.race.home, len(self.outcome.steps) - 1)

    def _fail(self, gated: Gated, fault: Fault, process: int, text: str) -> str:
        if fault.kind == "kill":
            self.race.gates.kill(gated)
            self.race.processes.remove(gated)
            self.race.processes.insert(process, gated)  # keeps its place until another one is started
            self.killed.append(process)
            return f"killed before {text}"
        if fault.kind == "short write":
            if self.race.gates.write_half(gated):
                return f"{text}: half"
            self.race.gates.let_go(gated)
            return text
        self.race.gates.refuse(gated, ERRORS[fault.kind])
        return f"{text}: {fault.kind}"

    def _note_locks(self, call: FileCall, process: int, *, absent: bool) -> None:
        if absent and os.path.lexists(call.created):
            self.owners[call.created] = process
        if call.freed and not os.path.lexists(call.freed):
            self.owners.pop(call.freed, None)
        if process in self.killed:
            self.owners = {path: owner for path, owner in self.owners.items() if owner != process}

    def _text(self, call: FileCall, process: int) -> str:
        words = [call.verb, *(self.names.short(path, process) for path in call.paths)]
        if call.verb == "open" and call.modifies:
            words[0] = "create" if call.flags & os.O_CREAT and not os.path.lexists(call.path) else "open for writing"
            words += ["(emptied)"] if call.flags & os.O_TRUNC and words[0] != "create" else []
        elif call.verb in ("open", "stat", "access") and not os.path.lexists(call.path):
            words.append("(absent)")
        elif call.created and os.path.lexists(call.created):
            words.append("(exists)")
        return " ".join(words)


def _would_block(thread: int, call: FileCall) -> bool:
    """Whether another open file has a lock on this file, of either kind."""
    with suppress(OSError):
        descriptor = os.open(f"/proc/{thread}/fd/{call.descriptor}", os.O_RDWR)
        try:
            for lock in (fcntl.flock, fcntl.lockf):
                try:
                    lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
                lock(descriptor, fcntl.LOCK_UN)
        finally:
            os.close(descriptor)
    return False
