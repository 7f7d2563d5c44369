"""Asks the system for a permission by a short program that needs it."""

import subprocess
from collections.abc import Sequence
from typing import NamedTuple

BOUND_S = 60.0


class Probe(NamedTuple):
    """What the program printed, or the reason why the system refused `what`, in one line."""

    refusal: str
    printed: str = ""


def probe(argv: Sequence[str], what: str) -> Probe:
    """Run the program. It asks for `what`, and its exit code is 0 if the system allows that."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=BOUND_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Probe(f"the probe for {what} cannot be run: {error}")
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        return Probe(f"this system refuses {what}: {said[-1] if said else f'exit code {done.returncode}'}")
    return Probe("", done.stdout.strip())
