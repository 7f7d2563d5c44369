"""Says whether this system lets an unprivileged process hold file calls."""

import functools
import os
import platform
import sys

from conformance.targets.gate import enter
from conformance.targets.gate.syscalls import AUDIT_ARCH
from conformance.targets.probing import probe

_PROBE = (  # with the listener closed, no call of the probe is held
    "import os, sys; sys.path.append(sys.argv[1]); from conformance.targets.gate import enter; "
    "os.close(enter.install()); os._exit(0)"
)


@functools.cache
def why_not() -> str:
    """The reason why file calls cannot be held here, in one line; empty if they can."""
    if sys.platform != "linux":
        return "seccomp user notification is a part of Linux"
    if platform.machine() not in AUDIT_ARCH:
        return f"the gate supports {' and '.join(AUDIT_ARCH)}, not {platform.machine()}"
    root = os.path.abspath(enter.__file__).removesuffix("conformance/targets/gate/enter.py")
    return probe([sys.executable, "-I", "-S", "-B", "-c", _PROBE, root], "seccomp user notification").refusal
