"""`python -m tools.repeat N TARGET [OPTIONS]`: judges a target N times while all cores are busy.

The exit code is 0 if all reports are equal outside `observed`; else it is 1 and the first difference is printed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from conformance.json_type import Json
from tests.support.command import run_kit

BUSY = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"  # ends when its parent ends


def difference(first: Json, other: Json, place: str = "") -> str | None:
    """The first difference of two reports outside `observed`, or None. Requirements are named by their ids."""
    if isinstance(first, dict) and isinstance(other, dict):
        for key in [*first, *(key for key in other if key not in first)]:
            if key == "observed" and not place:
                continue
            if key not in first or key not in other:
                return f"{_join(place, key)}: in {'the first' if key in first else 'this'} report only"
            if found := difference(first[key], other[key], _join(place, key)):
                return found
        return None
    if isinstance(first, list) and isinstance(other, list) and len(first) == len(other):
        pairs = enumerate(zip(first, other, strict=True))
        found_in = (difference(a, b, f"{place}[{_name(a, number)}]") for number, (a, b) in pairs)
        return next(filter(None, found_in), None)
    if type(first) is type(other) and first == other:
        return None
    return f"{place}: {_shown(first)} in the first report, {_shown(other)} in this one"


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _name(entry: Json, number: int) -> str:
    return str(entry["id"]) if isinstance(entry, dict) and "id" in entry else str(number)


def _shown(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:200] + " ..."


@contextmanager
def busy_cores() -> Iterator[None]:
    """A busy process for each core."""
    command = [sys.executable, "-S", "-c", BUSY, str(os.getpid())]
    with ExitStack() as started:
        for _ in range(os.cpu_count() or 1):
            process = started.enter_context(subprocess.Popen(command))
            started.callback(process.kill)
        yield


def judge(target: str, report: Path, options: Sequence[str] = ()) -> Json:
    """The report of one run. Raises SystemExit, with the message of the kit, if there is none."""
    run = run_kit("run", target, "--json", str(report), *options)
    text = report.read_text(encoding="utf-8") if report.exists() else ""
    if not text:
        raise SystemExit(f"\n{target} gave no report (exit code {run.returncode}):\n{run.stderr}")
    return json.loads(text)


def repeat(count: int, target: str, options: Sequence[str] = ()) -> int:
    """Run, compare and print the result. Returns the exit code."""
    with busy_cores(), tempfile.TemporaryDirectory() as folder:
        first: Json = None
        for number in range(1, count + 1):
            print(f"\r{number} of {count} ", end="", flush=True)
            report = judge(target, Path(folder) / f"{number}.json", options)
            first = first or report
            if found := difference(first, report):
                print(f"\nrun {number} of {count} differs from the first: {found}")
                return 1
    print(f"\r{count} of {count} runs gave the same verdict: {first['conclusion']}")
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case [count, target, *options] if count.isdigit() and int(count) > 1:
            return repeat(int(count), target, options)
    print("usage: python -m tools.repeat N TARGET [OPTIONS of run], with N of 2 or more", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
