"""Forks a process with a chosen PID and turns it into the target."""

import errno
import os
import signal
from collections.abc import Sequence
from typing import Any, NoReturn

LAST_PID = "/proc/sys/kernel/ns_last_pid"  # the next process gets the next free PID after this one
ATTEMPTS_AT_A_PID = 100
NOT_STARTED = 127  # exit code of a process that could not become the target


def fork(wanted: int | None) -> int:
    """Fork; with `wanted`, repeat until the new process has that PID. Raises OSError if the PID is not available.

    Usually the first attempt succeeds, because no other process of the namespace forks at the same time.
    """
    if wanted is None:
        return os.fork()
    for _ in range(ATTEMPTS_AT_A_PID):
        try:
            with open(LAST_PID, "w", encoding="ascii") as last:
                last.write(str(wanted - 1))
        except OSError as error:
            raise OSError(error.errno, f"PID {wanted} is not available: {error.strerror}") from error
        pid = os.fork()
        if pid == 0:
            if os.getpid() != wanted:
                os._exit(NOT_STARTED)
            return 0
        if pid == wanted:
            return pid
        os.waitpid(pid, 0)
    raise OSError(errno.EBUSY, f"PID {wanted} is not available; another process has it")


def become(
    message: dict[str, Any], descriptors: list[int], complain: int, gate: int | None, shut: Sequence[int]
) -> NoReturn:
    """In the forked process: become the target, or write the reason for a failure to `complain`.

    With a gate, first close the descriptors in `shut` and wait for a byte from the gate.
    """
    try:
        signal.set_wakeup_fd(-1)
        os.setsid()
        for place, descriptor in enumerate(descriptors):
            os.dup2(descriptor, place)
        if gate is not None:
            for descriptor in shut:
                os.close(descriptor)
            if not os.read(gate, 1):
                os._exit(NOT_STARTED)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and the target would inherit that
            signal.signal(number, signal.SIG_DFL)
        os.chdir(message["cwd"])
        try:
            os.execvpe(message["argv"][0], message["argv"], message["env"])  # noqa: S606 - no shell is wanted
        except OSError as error:  # it names the last searched path; report the command instead
            raise OSError(error.errno, error.strerror, message["argv"][0]) from error
    except BaseException as error:
        os.write(complain, start_error(error).encode("utf-8", errors="backslashreplace"))
    finally:
        os._exit(NOT_STARTED)


def read_all(descriptor: int) -> str:
    with os.fdopen(descriptor, "rb") as pipe:
        return pipe.read().decode("utf-8", errors="replace")


def start_error(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    return str(error)
