"""`python -m tools.bench_processes [PAIRS]`: the cost of judging 64 processes, relative to starting them.

One half of each pair starts 64 commands of the target in the kit's isolation and waits for their `hello`. The other
half starts as many, lets them select, and judges PROC-001. The time to end the processes is not counted. The order of
the halves alternates. The exit code is 1 if the median ratio is above the limit.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from conformance.cases import test_70_processes_fleet as cases
from conformance.cases.judge import TargetJudge
from conformance.cases.processes_kit import together
from conformance.cases.settings import RunSettings
from conformance.targets.resolve import resolve

TARGETS = ("reference", "npm:opencode-antigravity-auth@1.3.0")
PROCESSES = 64
PAIRS = 7
LIMIT = 1.25
TIMEOUT_S = 600.0


def start_only(judge: TargetJudge) -> float:
    """Seconds until the last process has answered `hello`."""
    began_s = time.perf_counter()
    with judge.start_group([judge.launch()] * PROCESSES) as group:
        for connection in group.connections:
            connection.hello()
        return time.perf_counter() - began_s


def start_and_judge(judge: TargetJudge) -> float:
    """Seconds until the kit has judged the rule."""
    judge.start_case(["PROC-001"])
    began_s = time.perf_counter()
    cases.test_each_process_selects_by_its_own_pid(judge, judge.shared_fleet(together))
    seconds = time.perf_counter() - began_s
    judge.close()
    return seconds


def measure(word: str, pairs: int) -> float:
    """Print the median ratio of a target, with minimum and maximum. Returns the median."""
    target = resolve(word, [])
    judge = TargetJudge(
        RunSettings(
            name=word,
            argv=target.argv,
            environment=target.environment,
            folder=str(Path.cwd()),
            pass_environment=[],
            capabilities=[],
            judged=["PROC-001"],
            waivers=[],
            events="",
            timeout_s=TIMEOUT_S,
            processes=PROCESSES,
        )
    )
    halves: list[Callable[[TargetJudge], float]] = [start_only, start_and_judge]
    for half in halves:  # a warm-up without timing: reads files and compiles code
        half(judge)
    ratios, seconds = [], []
    for pair in range(pairs):
        taken = {half: half(judge) for half in (halves if pair % 2 == 0 else halves[::-1])}
        ratios.append(taken[start_and_judge] / taken[start_only])
        seconds.append(taken[start_only])
    median = statistics.median(ratios)
    print(
        f"{word}: {PROCESSES} processes started and judged take {median:.3f} times as long as started "
        f"(from {min(ratios):.3f} to {max(ratios):.3f} in {pairs} pairs; started: {statistics.median(seconds):.2f} s)",
        flush=True,
    )
    return median


def main(arguments: list[str]) -> int:
    if len(arguments) > 1 or any(not word.isdigit() or word == "0" for word in arguments):
        print("usage: python -m tools.bench_processes [PAIRS]", file=sys.stderr)
        return 2
    pairs = int(arguments[0]) if arguments else PAIRS
    over = [word for word in TARGETS if measure(word, pairs) > LIMIT]
    for word in over:
        print(f"{word}: above the limit of {LIMIT:g}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
