"""The kit as a command, in a new process or in this process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

CHECKOUT = Path(__file__).parents[2]


class Kit(Protocol):
    """The fixture `kit`: runs `antigravity-conformance` in this process, which avoids a start of Python."""

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]: ...


class Spread(Protocol):
    """The fixture `spread`: runs `antigravity-conformance spread` in this process and returns its output."""

    def __call__(self, *arguments: str) -> str: ...


def run_kit(
    *arguments: str, folder: Path = CHECKOUT, environment: dict[str, str] | None = None, given: bytes | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `antigravity-conformance` with the given input; returns the output and the exit code."""
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
