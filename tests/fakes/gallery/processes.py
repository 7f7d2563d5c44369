"""Adapters whose process misbehaves."""

import os
import signal
import sys
import threading
import time

import psutil

from conformance.cases.engine import RUNNER_VARIABLE
from conformance.wire.serve import Wire
from tests.fakes.breaking import die, leave_a_grandchild
from tests.fakes.gallery.serving import Asked, asked_lines, fork, in_batches, lines, process, serve, write

IGNORED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
HOUR_S = 3600
PARENT = os.getppid()


def signal_parent(number: signal.Signals) -> None:
    """Only while it is the one that started this process: whoever inherits orphans is none of our business."""
    if os.getppid() == PARENT > 1:
        os.kill(PARENT, number)


def signal_judge(number: signal.Signals) -> None:
    """The parent of the supervisor, only if it is the process of the kit that judges."""
    if os.getppid() == PARENT > 1:
        judge = psutil.Process(PARENT).parent()
        if judge is not None and RUNNER_VARIABLE in judge.environ():
            judge.send_signal(number)


def sleep_on() -> None:
    time.sleep(HOUR_S)


def ignore_signals() -> None:
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)


@process
def dies_at_start(wire: Wire) -> None:
    """Exits with code 7 before it reads anything."""
    print("no licence for this machine", file=sys.stderr)
    sys.exit(7)


@process
def exits_0_at_start(wire: Wire) -> None:
    """Exits with code 0 before it reads anything, and says nothing."""


@process
def dies_at_hello(wire: Wire) -> None:
    """Exits with code 9 when it has read `hello`."""
    next(wire.input)
    os._exit(9)


@in_batches
def dies_in_the_first_batch(asked: Asked) -> bytes:
    """Exits with code 9 in the first batch."""
    die(asked.wire.output, asked.answer)
    return b""


@process
def dies_in_every_ninth_call(wire: Wire) -> None:
    """Each process exits with code 9 at its ninth call."""
    calls = 0
    for asked in asked_lines(wire):
        calls += len(asked.calls)
        write(wire, asked.answer if calls < 9 else dies_in_the_first_batch(asked))


@lines
def exits_after_each_answer(asked: Asked) -> bytes:
    """Ends with code 0 after each answer to a batch."""
    write(asked.wire, asked.answer)
    if asked.is_batch:
        os._exit(0)
    return b""


@in_batches
def is_ended_by_a_signal(asked: Asked) -> bytes:
    """Ends by SIGSEGV in the first batch."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


@in_batches
def exits_0_in_mid_answer(asked: Asked) -> bytes:
    """Writes half of an answer and ends with code 0."""
    write(asked.wire, asked.answer[: len(asked.answer) // 2])
    os._exit(0)


@in_batches
def dies_after_the_answer(asked: Asked) -> bytes:
    """Answers its first batch without a newline and exits with code 9."""
    write(asked.wire, asked.answer[:-1])
    os._exit(9)


@process
def closes_its_input(wire: Wire) -> None:
    """Closes standard input after `hello` and stays alive."""
    write(wire, next(asked_lines(wire)).answer)
    os.close(wire.input.fileno())
    sleep_on()


@in_batches
def closes_its_output(asked: Asked) -> bytes:
    """Closes standard output in the first batch and stays alive."""
    os.close(asked.wire.output.fileno())
    sleep_on()
    return b""


@in_batches
def closes_its_standard_error(asked: Asked) -> bytes:
    """Closes standard error and goes on correctly."""
    os.closerange(1, 3)
    return asked.answer


@in_batches
def closes_all_pipes(asked: Asked) -> bytes:
    """Closes every descriptor in the first batch and stays alive."""
    os.closerange(0, 64)
    sleep_on()
    return b""


@in_batches
def stops_itself(asked: Asked) -> bytes:
    """Stops itself with SIGSTOP in the first batch."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return asked.answer


@in_batches
def kills_its_parent(asked: Asked) -> bytes:
    """Kills the process that started it, and answers."""
    signal_parent(signal.SIGKILL)
    return asked.answer


@in_batches
def stops_its_parent(asked: Asked) -> bytes:
    """Stops the process that started it, and answers."""
    signal_parent(signal.SIGSTOP)
    return asked.answer


@in_batches
def terminates_its_parent(asked: Asked) -> bytes:
    """Sends SIGTERM to the process that started it, and answers."""
    signal_parent(signal.SIGTERM)
    return asked.answer


@in_batches
def kills_its_judge(asked: Asked) -> bytes:
    """Kills the process of the kit that judges it, and answers."""
    signal_judge(signal.SIGKILL)
    return asked.answer


@in_batches
def interrupts_its_judge(asked: Asked) -> bytes:
    """Sends SIGINT to the process of the kit that judges it, as Ctrl-C does, and answers."""
    signal_judge(signal.SIGINT)
    return asked.answer


@in_batches
def stops_its_judge(asked: Asked) -> bytes:
    """Stops the process of the kit that judges it, and answers."""
    signal_judge(signal.SIGSTOP)
    return asked.answer


@in_batches
def leaves_a_child_that_writes_later(asked: Asked) -> bytes:
    """Forks a child that writes a line two seconds later, then dies without an answer."""
    if fork():
        time.sleep(2)
        write(asked.wire, b'{"jsonrpc":"2.0","id":1,"result":null}\n')
        os._exit(0)
    os._exit(5)


@in_batches
def leaves_a_child_that_never_stops_writing(asked: Asked) -> bytes:
    """Forks a child that writes without end, then dies without an answer."""
    if fork():
        while True:
            write(asked.wire, b"x" * 1000)
    os._exit(5)


@in_batches
def leaves_a_child_that_holds_the_pipes(asked: Asked) -> bytes:
    """Forks a child that ignores SIGTERM and holds all pipes open, then dies without an answer."""
    leave_a_grandchild(asked.wire.output, asked.answer)
    return b""


@process
def answers_from_a_child(wire: Wire) -> None:
    """Exits with code 0 at once; its child answers correctly."""
    if fork():
        serve(wire, lambda asked: asked.answer)
    os._exit(0)


@in_batches
def becomes_a_daemon(asked: Asked) -> bytes:
    """Exits with code 0 in the first batch; a grandchild in a new session answers correctly."""
    if asked.number == 1:
        if not fork():
            os._exit(0)
        os.setsid()
        if not fork():
            os._exit(0)
    return asked.answer


@in_batches
def forks_many_children(asked: Asked) -> bytes:
    """Forks 100 children in the first batch, which sleep, and goes on correctly."""
    if asked.number == 1:
        for _ in range(100):
            if fork():
                sleep_on()
    return asked.answer


@in_batches
def leaves_zombies(asked: Asked) -> bytes:
    """Forks a child in each batch, which ends at once, and never waits for one."""
    if fork():
        os._exit(3)
    return asked.answer


@process
def ignores_sigterm(wire: Wire) -> None:
    """Answers correctly, ignores SIGTERM, and stays when its standard input ends."""
    ignore_signals()
    serve(wire, lambda asked: asked.answer)
    sleep_on()


@process
def starts_many_threads(wire: Wire) -> None:
    """Starts 300 threads that sleep, and answers correctly."""
    for _ in range(300):
        threading.Thread(target=sleep_on, daemon=True).start()
    serve(wire, lambda asked: asked.answer)
