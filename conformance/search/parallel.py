"""A search on several cores: `multiprocess` starts one process a worker, and each has a target of its own."""

import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import multiprocess.connection
from multiprocess import resource_tracker

from conformance.search.workers import Plan, State, search
from conformance.targets.errors import TargetError
from conformance.targets.interrupt import STOP_BOUND_S, interrupt_at_end_of

CONTEXT = multiprocess.get_context("spawn")
SAFE_PATH = "PYTHONSAFEPATH"
SIGNALS = (signal.SIGINT, signal.SIGTERM)
END_BOUND_S = STOP_BOUND_S + 30.0  # for a worker that was told to stop


class WorkerError(RuntimeError):
    """A worker failed or was killed: a fault of the suite or of the machine, not of the target."""


class Workers:
    """The workers of one search. A context manager: at its end none of them, and none of their targets, is left.

    `states` says how far each is, `faults` why some ended early; both grow during `wait`.
    """

    def __init__(self, plan: Plan) -> None:
        self.states = [State() for _ in range(plan.workers)]
        self.faults: list[Exception] = []
        self._plan = plan
        self._workers: dict[Any, tuple[int, Any]] = {}  # by connection: number and process

    def __enter__(self) -> Self:
        try:
            with _prepared():
                for number in range(self._plan.workers):
                    self._start(number)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _start(self, number: int) -> None:
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=_work, args=(self._plan, number, theirs), daemon=True)
        with theirs:
            process.start()
        self._workers[ours] = number, process

    def wait(self) -> None:
        """Return when every worker has ended. One that fails does not end the others."""
        waiting = dict(self._workers)
        while waiting:
            for connection in multiprocess.connection.wait(list(waiting)):
                number, process = waiting[connection]
                try:
                    told = connection.recv()
                except (EOFError, OSError):  # it has ended, perhaps in the middle of a message
                    del waiting[connection]
                    process.join()
                    if process.exitcode:
                        self.faults.append(WorkerError(f"{_name(number, self._plan)} {_ending(process.exitcode)}"))
                    continue
                if isinstance(told, State):
                    self.states[number] = told
                else:
                    self.faults.append(told)

    def _end(self) -> None:
        for connection in self._workers:
            connection.close()  # which tells the worker to stop
        for _, process in self._workers.values():
            process.join(END_BOUND_S)
            if process.is_alive():
                process.kill()
                process.join()


@contextmanager
def _prepared() -> Iterator[None]:
    """What workers inherit: no module of the current folder is imported, and signals wait until they are ready."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        resource_tracker.ensure_running()  # else the first worker starts it, which unblocks the signals
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def _work(plan: Plan, number: int, connection: Any) -> None:
    """In a worker: search, and send states, and at most one fault. It stops when the runner closes its end."""
    os.setsid()  # Ctrl-C in a terminal is for the runner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # this drops one that came before
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    with suppress(KeyboardInterrupt, ConnectionError):
        interrupt_at_end_of(connection.fileno())
        try:
            search(plan, number, connection.send)
        except Exception as error:
            connection.send(_fault(error, _name(number, plan)))
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _fault(error: Exception, worker: str) -> Exception:
    """The error as the runner raises it: that of a target stays one, all others are the suite's."""
    fault = (
        error if isinstance(error, TargetError) else WorkerError(f"{worker} failed: {type(error).__name__}: {error}")
    )
    fault.add_note("".join(traceback.format_exception(error)))
    return fault


def _name(number: int, plan: Plan) -> str:
    return f"worker {number + 1} of {plan.workers}"


def _ending(exit_code: int) -> str:
    if exit_code > 0:
        return f"exited with code {exit_code} before it was done"
    return f"was ended by signal {-exit_code} ({signal.strsignal(-exit_code)}); was the memory used up?"
