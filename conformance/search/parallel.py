"""A search on several cores: `multiprocess` starts the workers, and each worker starts its own target."""

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
END_BOUND_S = STOP_BOUND_S + 30.0  # for a worker that was asked to stop


class WorkerError(RuntimeError):
    """A worker failed or was killed. The cause is the suite or the machine, not the target."""


class Workers:
    """The workers of one search. A context manager: on exit it ends all workers and their targets.

    `states` holds the progress of each worker, `faults` the errors of those that ended early. `wait` updates both.
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
        """Return when every worker has ended. A failed worker does not stop the others."""
        waiting = dict(self._workers)
        while waiting:
            for connection in multiprocess.connection.wait(list(waiting)):
                number, process = waiting[connection]
                try:
                    message = connection.recv()
                except (EOFError, OSError):  # the worker has ended, perhaps in the middle of a message
                    del waiting[connection]
                    process.join()
                    if process.exitcode:
                        self.faults.append(WorkerError(f"{_name(number, self._plan)} {_ending(process.exitcode)}"))
                    continue
                if isinstance(message, State):
                    self.states[number] = message
                else:
                    self.faults.append(message)

    def _end(self) -> None:
        for connection in self._workers:
            connection.close()  # the worker stops when it sees this
        for _, process in self._workers.values():
            process.join(END_BOUND_S)
            if process.is_alive():
                process.kill()
                process.join()


@contextmanager
def _prepared() -> Iterator[None]:
    """What the workers inherit: a safe import path, and signals that are blocked until the worker is ready."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        resource_tracker.ensure_running()  # otherwise the first worker starts it, which unblocks the signals
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
    """In a worker: search, send states and at most one fault. Stops when the parent closes its end of the pipe."""
    os.setsid()  # Ctrl-C in a terminal goes to the parent only
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # drops a SIGINT that is already pending
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    with suppress(KeyboardInterrupt, ConnectionError):
        interrupt_at_end_of(connection.fileno())
        try:
            search(plan, number, connection.send)
        except Exception as error:
            connection.send(_fault(error, _name(number, plan)))
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _fault(error: Exception, worker: str) -> Exception:
    """The error to raise in the parent. Target errors keep their type; any other is a fault of the suite."""
    fault = (
        error if isinstance(error, TargetError) else WorkerError(f"{worker} failed: {type(error).__name__}: {error}")
    )
    fault.add_note("".join(traceback.format_exception(error)))
    return fault


def _name(number: int, plan: Plan) -> str:
    return f"worker {number + 1} of {plan.workers}"


def _ending(exit_code: int) -> str:
    if exit_code > 0:
        return f"exited with code {exit_code} before it had finished"
    return f"was killed by signal {-exit_code} ({signal.strsignal(-exit_code)}); did the machine run out of memory?"
