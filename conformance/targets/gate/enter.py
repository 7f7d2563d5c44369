"""Becomes a command whose file calls are held: `python -I -S -B enter.py SOCKET UMASK COMMAND...`.

It installs the filter, sends its listener over the socket to the kit, and executes the command. No privilege is needed,
because the process gives up new privileges first (`no_new_privs`). It imports only the standard library.
"""

import ctypes
import os
import platform
import signal
import socket
import sys

if __name__ == "__main__":
    sys.path.append(os.path.abspath(__file__).removesuffix("conformance/targets/gate/enter.py"))
from conformance.targets.gate.syscalls import SECCOMP, program

PR_SET_NO_NEW_PRIVS = 38
SET_MODE_FILTER = 1
NEW_LISTENER = 1 << 3
WAIT_KILLABLE = 1 << 5  # Linux 5.19: signals such as those of Go's scheduler do not restart a held call
NOT_STARTED = 127


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def install() -> int:
    """Install the filter in this thread; returns the listener. Raises OSError if the system refuses it."""
    libc = ctypes.CDLL(None, use_errno=True)
    machine = platform.machine()
    if machine not in SECCOMP:
        raise OSError(f"the gate supports {' and '.join(SECCOMP)}, not {machine}")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl: {os.strerror(ctypes.get_errno())}")
    lines = program(machine)
    loaded = _Program(len(lines) // 8, lines)
    for flags in (NEW_LISTENER | WAIT_KILLABLE, NEW_LISTENER):
        listener: int = libc.syscall(SECCOMP[machine], SET_MODE_FILTER, flags, ctypes.byref(loaded))
        if listener >= 0:
            return listener
    raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def short(folder: int, name: str) -> str:
    """A path of a socket in an open folder. A socket's own path may have only 107 bytes."""
    return f"/proc/self/fd/{folder}/{name}"


def main() -> None:
    place, mask, command = sys.argv[1], int(sys.argv[2], 8), sys.argv[3:]
    with socket.socket(socket.AF_UNIX) as kit:
        folder = os.open(os.path.dirname(place), os.O_RDONLY | os.O_DIRECTORY)
        kit.connect(short(folder, os.path.basename(place)))
        os.close(folder)
        listener = install()
        socket.send_fds(kit, [b"."], [listener])
        os.close(listener)
        kit.recv(1)  # the kit listens now
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and the target would inherit that
        signal.signal(number, signal.SIG_DFL)
    os.umask(mask)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main()
