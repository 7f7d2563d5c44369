"""PID namespaces, in which a test chooses the PIDs of processes. Linux only, and not every system allows them."""

import functools
import shutil
import sys
from pathlib import Path

from conformance.targets.probing import probe

# `--user`: with a user namespace, no privilege is needed. `--kill-child`: the namespace ends with `unshare`.
UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
PROBED_PID = 4242
_PROBE = f"""
import os
with open("/proc/sys/kernel/ns_last_pid", "w") as last:
    last.write("{PROBED_PID - 1}")
pid = os.fork()
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
print(pid)
"""


@functools.cache
def why_not() -> str:
    """The reason why this system does not allow chosen PIDs, in one line; empty if it allows them."""
    if sys.platform != "linux":
        return "PID namespaces are a part of Linux"
    if shutil.which(UNSHARE[0]) is None:
        return "there is no `unshare` on the PATH (package util-linux)"
    refusal, printed = probe([*UNSHARE, sys.executable, "-I", "-S", "-c", _PROBE], "PID namespaces")
    if not refusal and printed != str(PROBED_PID):
        return "this system does not allow chosen PIDs: /proc/sys/kernel/ns_last_pid has no effect"
    return refusal


def largest_pid() -> int:
    """The largest PID that this system assigns. Raises OSError if the limit cannot be read."""
    return int(Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii")) - 1
