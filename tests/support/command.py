"""The kit as its users start it: a command, in a process of its own, away from any user's home."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def run_kit(
    *arguments: str, folder: Path = CHECKOUT, environment: dict[str, str] | None = None, given: bytes | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `antigravity-conformance`, with what is given on its input, and return what it printed, and its exit code."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("antigravity-conformance")), *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input=given.decode("utf-8", errors="surrogateescape") if given else "",
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
