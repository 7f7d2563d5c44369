"""Judges a sample of mutants with the command `run`, to confirm the results of the faster way."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools.mutation.instrumenting import VARIABLE
from tools.mutation.results import Result, Status

EXPECTED: dict[Status, tuple[int, ...]] = {"killed": (1,), "survived": (0,), "no verdict": (1, 3)}
BOUND_S = 3600.0
BY_RUN = "`run` ends"


def confirm(checkout: Path, profile: str | None, chosen: Sequence[Result]) -> bool:
    """Whether `run` of each mutant ends in the expected exit code. Prints a line for each mutant."""
    is_confirmed = True
    for result in chosen:
        code = exit_code(checkout, profile, result)
        is_as_expected = code in EXPECTED[result.status]
        is_confirmed &= is_as_expected
        words = "as expected" if is_as_expected else "NOT as expected"
        print(f"{result.place} [{result.id}] {result.status}: `run` ends with {code}, {words}", flush=True)
    return is_confirmed


def by_run(checkout: Path, profile: str | None, result: Result) -> Result:
    """The result of a mutant without a verdict, by `run`: another case may fail, and a failure outranks an unknown."""
    code = exit_code(checkout, profile, result)
    note = f"{BY_RUN} with {code}; {result.note}"
    return replace(result, status="killed" if code == 1 else "no verdict", note=note)


def exit_code(checkout: Path, profile: str | None, result: Result) -> int:
    """The exit code of `run` for a mutant. For a killed one: of the requirements that failed."""
    words = [f"plugin:{checkout}", "--env", VARIABLE, "--time-limit", "1800", "--fail-fast"]
    words += ["--profile", profile] if profile else []
    words += [] if result.status == "no verdict" else ["--timeout", "300"]  # a busy machine must not change the result
    words += [word for id_ in result.requirements for word in ("--only", id_)]
    run = subprocess.run(
        [sys.executable, "-m", "conformance", "run", *words],
        env=os.environ | {VARIABLE: result.id},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=BOUND_S,
        check=False,
    )
    return run.returncode
