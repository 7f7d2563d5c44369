"""Runs several `run` commands at once. Each is a process and leaves a JSON report, even after a fault."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conformance import __version__
from conformance.reports.fault import Fault, fault_report
from conformance.reports.report import Report, read_report
from conformance.reports.verdicts import ADAPTER_FAULT, INTERRUPTED, SUITE_FAULT

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDING_BOUND_S = 30.0  # for a run to end its target and write its report
LAST_WORDS_BYTES = 2000


@dataclass(frozen=True)
class Job:
    """One `run`: its target and its options."""

    word: str
    options: Sequence[str]


@dataclass(frozen=True)
class Finished:
    """The report of one `run`, or of the fault that ended it."""

    report: Report
    seconds: float


def run_jobs(
    jobs: Sequence[Job], folder: Path, *, workers: int, bound_s: float, on_end: Callable[[int, Finished], None]
) -> list[Finished]:
    """Run all jobs, `workers` at once. Returns their reports in the same order after the last has ended.

    `folder` receives the reports. `on_end` is called with the position of each job that ends. Ctrl-C, SIGTERM and
    SIGHUP end every `run`; jobs without a report get one that says so.
    """
    return asyncio.run(_run_jobs(jobs, folder, workers, bound_s, on_end))


async def _run_jobs(
    jobs: Sequence[Job], folder: Path, workers: int, bound_s: float, on_end: Callable[[int, Finished], None]
) -> list[Finished]:
    places = asyncio.Semaphore(workers)
    finished: dict[int, Finished] = {}

    async def judge(position: int) -> None:
        async with places:
            finished[position] = await _run(jobs[position], folder / _file_name(position, jobs[position]), bound_s)
            on_end(position, finished[position])

    tasks = [asyncio.ensure_future(judge(position)) for position in range(len(jobs))]
    everything = asyncio.gather(*tasks)
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    for number in before:
        loop.add_signal_handler(number, everything.cancel)
    try:
        await everything
    except asyncio.CancelledError:
        await asyncio.wait(tasks)
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
    return [finished.get(position) or _interrupted(job) for position, job in enumerate(jobs)]


async def _run(job: Job, file: Path, bound_s: float) -> Finished:
    """One `run` in its own session, so that Ctrl-C does not reach it directly. It ends when this process ends."""
    started_s = time.monotonic()
    file.unlink(missing_ok=True)
    arguments = [*job.options, "--json", str(file), job.word]
    errors = file.with_suffix(".log")
    with errors.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-P", "-m", "conformance.cli.ends_with_parent", "run", *arguments],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
    try:
        await asyncio.wait_for(process.wait(), bound_s)
        report = _read(file) or _died(job, process.returncode, errors)
    except TimeoutError:
        await _end(process)
        report = _fault(job, ADAPTER_FAULT, f"it did not end within {bound_s:g} seconds; --give-up sets the limit")
    except asyncio.CancelledError:
        await _end(process)
        raise
    finally:
        errors.unlink()
    return Finished(report, round(time.monotonic() - started_s, 3))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the run with SIGTERM, so that it ends its target; if it does not end, kill its whole session."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), ENDING_BOUND_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _read(file: Path) -> Report | None:
    with suppress(OSError, ValueError):
        return read_report(json.loads(file.read_text(encoding="utf-8")))
    return None


def _died(job: Job, code: int | None, errors: Path) -> Report:
    words = errors.read_bytes()[-LAST_WORDS_BYTES:].decode("utf-8", errors="replace").strip()
    return _fault(job, SUITE_FAULT, f"its run ended with {code} and wrote no report" + (f":\n{words}" if words else ""))


def _interrupted(job: Job) -> Finished:
    return Finished(_fault(job, INTERRUPTED, "the survey was interrupted before the target was judged"), 0.0)


def _fault(job: Job, code: int, message: str) -> Report:
    return fault_report(Fault(job.word, __version__, code, message))


def _file_name(position: int, job: Job) -> str:
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", job.word).strip("-.")
    return f"{position + 1:02}-{plain[-60:]}.json"
