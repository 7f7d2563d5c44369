"""Real processes. The proofs fork."""

import functools
import os
import threading

from conformance.json_type import Json
from conformance.wire.scenario import Call
from reference_impl.adapter import ReferenceAdapter
from tests.fakes.blind.calls import offset, opened
from tests.fakes.blind.ports import Section

section = Section("processes")
PID_AT_IMPORT = os.getpid()
MANY = [f"account {number}" for number in range(97)]  # `unlike_reference` counts on 97


def forked(*calls: Call) -> Call:
    return Call("fork", {"calls": [{"method": each.method, "params": dict(each.params)} for each in calls]})


@section.port(opened(*MANY), offset(), opened(*MANY[:89]), offset())
class PidOfTheParent(ReferenceAdapter):
    """Reads the PID of the parent, which starts one port for each agent."""

    def process_id(self) -> int:
        return os.getppid() if self.pid is None else self.pid


@section.port(opened(*MANY), forked(offset()))
class PidAtImport(ReferenceAdapter):
    """Reads the PID when its module is imported."""

    def process_id(self) -> int:
        return PID_AT_IMPORT if self.pid is None else self.pid


@section.port(opened(*MANY), offset("gemini"), forked(offset("claude")))
class PidOfTheFirstSelection(ReferenceAdapter):
    """Caches the PID at the first selection, which a fork inherits."""

    @functools.cached_property
    def own(self) -> int:
        return os.getpid()

    def process_id(self) -> int:
        return self.own if self.pid is None else self.pid


_THREAD = threading.local()


@section.port(opened(*MANY), offset("gemini"), forked(offset("claude")))
class PidOfTheThread(ReferenceAdapter):
    """Caches the PID for each thread. The thread that forks goes on in the child."""

    def process_id(self) -> int:
        if self.pid is not None:
            return self.pid
        if not hasattr(_THREAD, "pid"):
            _THREAD.pid = os.getpid()
        return int(_THREAD.pid)


@section.port(opened(*MANY), forked(offset("gemini")), offset("gemini"))
class PidOfTheGroup(ReferenceAdapter):
    """Reads the process group, which is the PID of a process that a shell has started."""

    def process_id(self) -> int:
        return os.getpgrp() if self.pid is None else self.pid


@section.port(opened(*MANY), offset("gemini"), forked(offset("gemini"), offset("claude")))
class ChildStartsAnew(ReferenceAdapter):
    """Detects a fork by its PID, and forgets what the parent has applied."""

    seen: int | None = None

    def select(self, *args: object, **params: object) -> Json:
        if self.seen not in (None, os.getpid()):
            self._opened().moved = dict.fromkeys(self._opened().moved, False)
        self.seen = os.getpid()
        return super().select(*args, **params)  # type: ignore[arg-type]
