"""What the plugin's own tests notice of a sample of mutants: vitest runs once for each mutant."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from conformance.targets.errors import AdapterFault
from conformance.targets.installing import make_once
from conformance.targets.tools import node_path, run_tool, tool_path
from tools.mutation.instrumenting import VARIABLE
from tools.mutation.results import Result

INSTALL_BOUND_S = 1200.0
BOUND_S = 600.0  # of one run; a mutant that makes the tests hang is noticed
INSTALL = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def noticed_by_own_tests(checkout: Path, chosen: Sequence[Result]) -> dict[str, list[int]]:
    """For each file, how many mutants the tests notice and miss. Prints a line for each mutant.

    Raises AdapterFault if the packages cannot be installed, or if the tests fail without a mutant.
    """
    folder = _with_packages(checkout)
    tests = sorted({str(path.relative_to(folder)) for path in (folder / "src").rglob("*.test.ts")})
    if _fails(folder, tests, None):
        raise AdapterFault(f"the tests in {folder} fail without a mutant; `npx vitest run` there shows why")
    counts: dict[str, list[int]] = {result.file: [0, 0] for result in sorted(chosen, key=lambda each: each.file)}
    for result in chosen:
        fails = _fails(folder, tests, result.id)
        counts[result.file][not fails] += 1
        print(f"{result.place} [{result.id}] {result.status}: its own tests {'fail' if fails else 'pass'}", flush=True)
    return counts


def _with_packages(checkout: Path) -> Path:
    """A copy of the instrumented checkout with its packages installed, in the cache."""
    place = checkout.parent.with_name(f"{checkout.parent.name}-tests")

    def fill(folder: Path) -> None:
        shutil.copytree(checkout, folder, dirs_exist_ok=True)
        run = run_tool([tool_path("npm"), *INSTALL], INSTALL_BOUND_S, folder)
        if run.returncode != 0:
            raise AdapterFault(f"npm could not install the packages of {checkout}:\n{run.stderr.strip()}")

    make_once(place, fill)
    return place


def _fails(folder: Path, tests: Sequence[str], mutant: str | None) -> bool:
    program = folder / "node_modules" / "vitest" / "vitest.mjs"
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    try:
        run = subprocess.run(
            [node_path(), str(program), "run", "--bail", "1", *tests],
            cwd=folder,
            env=environment | ({VARIABLE: mutant} if mutant else {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=BOUND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0
