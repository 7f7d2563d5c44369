"""A port with one fault, chosen by its first argument, that shows in the middle of a run.

Unlike `misbehaving.py` it answers correctly until then: it is the reference with one change.
"""

import json
import os
import signal
import sys
import time
from typing import Any, BinaryIO

from conformance.json_type import Json
from conformance.wire.serve import Wire, answer_line, claimed
from reference_impl.adapter import ReferenceAdapter


class Port(ReferenceAdapter):
    """Correct, except for the changes of the modes below."""

    name = "breaking"
    capabilities: tuple[str, ...] | None = None

    def hello(self, wire: int) -> Json:
        hello = super().hello(wire)
        return hello | ({} if self.capabilities is None else {"capabilities": list(self.capabilities)})


class MadeUpPid(Port):
    """Returns a PID that no process has."""

    def hello(self, wire: int) -> Json:
        return super().hello(wire) | {"pid": 2**31 - 1}


class OffByOne(Port):
    """Uses the PID plus one, but only if the number of accounts is in `counts`."""

    counts = range(1, 100)

    def process_id(self) -> int:
        return super().process_id() + (len(self._opened().pool.accounts) in self.counts)


class OffByOneOfTwo(OffByOne):
    counts = range(2, 3)


class NoneWithTheOffset(Port):
    """Does not implement the offset: selects no account if the offset is on."""

    def select(self, *args: Any, **params: Any) -> Json:
        return None if params.get("pid_offset_enabled") else super().select(*args, **params)


class RaisesWithTheOffset(Port):
    def select(self, *args: Any, **params: Any) -> Json:
        if params.get("pid_offset_enabled"):
            raise ValueError("the offset is not implemented yet")
        return super().select(*args, **params)


class TextWithTheOffset(Port):
    """Answers with a text in place of the index if the offset is on."""

    def select(self, *args: Any, **params: Any) -> Json:
        selected = super().select(*args, **params)
        return selected | {"index": str(selected["index"])} if params.get("pid_offset_enabled") else selected


class HangsWithTheOffset(Port):
    """Hangs if the offset is on and `open` passed no PID."""

    def select(self, *args: Any, **params: Any) -> Json:
        if self.pid is None and params.get("pid_offset_enabled"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(3600)
        return super().select(*args, **params)


class StickyOnly(Port):
    capabilities = ("sticky",)


class Nothing(Port):
    capabilities = ()


def die(_output: BinaryIO, _answer: bytes) -> None:
    print("the port ran out of luck", file=sys.stderr, flush=True)
    os._exit(9)


def hang(_output: BinaryIO, _answer: bytes) -> None:
    print("thinking", file=sys.stderr, flush=True)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)


def leave_a_grandchild(output: BinaryIO, answer: bytes) -> None:
    """Exit, and leave a process in its own session that holds all pipes open."""
    if os.fork() == 0:
        os.setsid()
        hang(output, answer)
    die(output, answer)


def flood(output: BinaryIO, _answer: bytes) -> None:
    while True:
        output.write(b"x" * 65536)


def say_no_json(output: BinaryIO, _answer: bytes) -> None:
    output.write(b"Limits are marked now.\n")


def turn_around(output: BinaryIO, answer: bytes) -> None:
    output.write(json.dumps(json.loads(answer)[::-1]).encode() + b"\n")


ADAPTERS: dict[str, type[Port]] = {
    "off-by-one": OffByOne,
    "off-by-one-of-two": OffByOneOfTwo,
    "off-by-one-and-dies": OffByOne,
    "none-with-the-offset": NoneWithTheOffset,
    "raises-with-the-offset": RaisesWithTheOffset,
    "hangs-with-the-offset": HangsWithTheOffset,
    "text-with-the-offset": TextWithTheOffset,
    "made-up-pid": MadeUpPid,
    "sticky-only": StickyOnly,
    "nothing": Nothing,
}
FAULTS = {
    "dies": die,
    "off-by-one-and-dies": die,
    "hangs": hang,
    "leaves-a-grandchild": leave_a_grandchild,
    "floods": flood,
    "no-json": say_no_json,
    "wrong-order": turn_around,
}


def serve(wire: Wire, mode: str) -> None:
    """Answer. The fault shows when an account is marked as limited."""
    adapter = ADAPTERS.get(mode, Port)()
    for line in wire.input:
        answer = answer_line(adapter, line)
        if mode in FAULTS and b'"mark_rate_limited"' in line:
            FAULTS[mode](wire.output, answer)
        else:
            wire.output.write(answer)
        wire.output.flush()


if __name__ == "__main__":
    with claimed() as claimed_wire:
        serve(claimed_wire, sys.argv[1])
