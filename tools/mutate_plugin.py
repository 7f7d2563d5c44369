"""`python -m tools.mutate_plugin CHECKOUT`: which mutants of the plugin `run` notices (docs/mutation.md)."""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from conformance.targets.tools import cache_folder
from tools.mutation import results
from tools.mutation.assessing import Assessor
from tools.mutation.instrumenting import Mutant, instrument
from tools.mutation.judging import Cases, load
from tools.mutation.process import MutantProcess
from tools.mutation.recording import Recording

START_TIMEOUT_S = 300.0


def main(words: Sequence[str]) -> int:
    options = _parser().parse_args(words)
    instrumented = instrument(options.checkout.resolve(), options.file)
    cases = load(instrumented.checkout, options.profile)
    store = options.results or cache_folder() / "mutation" / f"results-{instrumented.checkout.parent.name}.jsonl"
    store.parent.mkdir(parents=True, exist_ok=True)
    if options.again:
        store.unlink(missing_ok=True)
    known = results.read(store)
    left = [
        mutant
        for mutant in results.missing(instrumented.mutants, known)
        if not options.mutant or mutant.id in options.mutant
    ]
    _say(f"{len(instrumented.mutants)} mutants, {len(left)} to judge; results in {store}")
    if left:
        with MutantProcess(cases.plan.subject.target.argv, timeout_s=START_TIMEOUT_S) as process:
            recording = cases.record(process)
        scenarios = sum(map(len, recording.cases.values()))
        _say(f"recorded {scenarios} scenarios of {len(recording.cases)} cases")
        _assess_all(left, cases, recording, store, options.n)
    return 0


def _assess_all(left: Sequence[Mutant], cases: Cases, recording: Recording, store: Path, workers: int) -> None:
    context = multiprocessing.get_context("fork")  # cases cannot be pickled
    started = [
        context.Process(target=_assess, args=(left[number::workers], cases, recording, store))
        for number in range(workers)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()


def _assess(left: Sequence[Mutant], cases: Cases, recording: Recording, store: Path) -> None:
    assessor = Assessor(cases, recording)
    for mutant in left:
        results.append(store, assessor.assess(mutant))
    assessor.close()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.mutate_plugin", description=__doc__)
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT", help="Checkout of the plugin or of a fork")
    parser.add_argument("--profile", metavar="RELEASE", help="Release to judge as (default: detected)")
    parser.add_argument("--file", action="append", default=[], help="Mutate this file of the checkout; may be repeated")
    parser.add_argument("--mutant", action="append", default=[], metavar="ID", help="Judge only this mutant")
    parser.add_argument("--results", type=Path, metavar="FILE", help="Results so far (default: in the cache)")
    parser.add_argument("--again", action="store_true", help="Discard the results so far")
    parser.add_argument("-n", type=int, default=2, help="Number of processes (default: 2)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
