"""`python -m tools.mutate_plugin [CHECKOUT]`: which mutants of a checkout `run` notices.

Without a checkout, it writes docs/mutation.md from docs/mutation.json and tools/mutation_reasons.toml.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.targets.tools import cache_folder
from tests.support.command import CHECKOUT
from tools.mutation import reasons, recording, results
from tools.mutation.assessing import Assessor
from tools.mutation.confirming import BY_RUN, by_run, confirm
from tools.mutation.instrumenting import Instrumented, Mutant, instrument
from tools.mutation.judging import Cases, load
from tools.mutation.own_tests import noticed_by_own_tests
from tools.mutation.page import Table, render, rows, unexplained_lines
from tools.mutation.process import HOOK, MutantProcess
from tools.mutation.recording import Recording, digest_of, stored
from tools.mutation.results import Result

TABLE = CHECKOUT / "docs" / "mutation.json"
PAGE = CHECKOUT / "docs" / "mutation.md"


def main(words: Sequence[str]) -> int:
    options = _parser().parse_args(words)
    explained, unreached = reasons.load(), reasons.load_unreached()
    if options.checkout is None:
        PAGE.write_text(render(Table.read(TABLE), explained, unreached), encoding="utf-8")
        return 0
    instrumented = instrument(options.checkout.resolve(), options.file)
    store = options.results or instrumented.checkout.parent.with_suffix(".jsonl")
    if options.again:
        store.unlink(missing_ok=True)
    found = _judge(instrumented, store, options)
    reached = [result for result in found if result.status != "not reached"]
    draw = random.Random(options.seed)  # noqa: S311 - no secret
    own_tests = Table.read(TABLE).own_tests if TABLE.exists() else {}
    if options.own_tests:
        chosen = draw.sample(reached, min(options.own_tests, len(reached)))
        own_tests = noticed_by_own_tests(instrumented.checkout, chosen)
    left = len(instrumented.mutants) - len(found)
    table = Table.of(options.checkout.resolve().name, found, left, own_tests)
    for line in (*rows(table, explained), "", *_alive(table.alive, explained)):
        print(line)
    for place in unexplained_lines(table, unreached):
        print(f"{place} is not reached: not explained")
    if options.docs:
        TABLE.write_text(table.text(), encoding="utf-8")
        PAGE.write_text(render(table, explained, unreached), encoding="utf-8")
    chosen = draw.sample(reached, min(options.confirm, len(reached)))
    return int(not confirm(instrumented.checkout, options.profile, chosen))


def _judge(instrumented: Instrumented, store: Path, options: argparse.Namespace) -> list[Result]:
    """Judge the mutants without a result in `store`. Returns all results that are there afterwards."""
    store.parent.mkdir(parents=True, exist_ok=True)
    left = results.missing(instrumented.mutants, results.read(store))
    if options.mutant:
        left = [mutant for mutant in left if mutant.id in options.mutant]
    _say(f"{len(instrumented.mutants)} mutants, {len(left)} to judge; results in {store}")
    if left and options.n:
        cases = load(instrumented.checkout, options.profile)
        recorded = _record(cases)
        _say(f"recorded {sum(map(len, recorded.cases.values()))} scenarios of {len(recorded.cases)} cases")
        _assess_all(left, cases, recorded, store, options.n)
        for result in results.read(store).values():
            if result.status == "no verdict" and not result.note.startswith(BY_RUN):
                results.append(store, by_run(instrumented.checkout, options.profile, result))
    found = results.read(store)
    return [found[mutant.id] for mutant in instrumented.mutants if mutant.id in found]


def _record(cases: Cases) -> Recording:
    """What the cases ask. It is recorded once for each state of the kit and of the bundle."""

    def record() -> Recording:
        with MutantProcess(cases.argv) as process:
            return cases.record(process)

    kit = [CHECKOUT / name for name in ("conformance", "fixtures", "reference_impl")]
    how = [Path(file).read_text(encoding="utf-8") for file in (HOOK, recording.__file__)]
    digest = digest_of(kit, *cases.argv, cases.settings.profile, *how)
    return stored(cache_folder() / "mutation" / f"recording-{digest}.pickle", record)


def _assess_all(left: Sequence[Mutant], cases: Cases, recorded: Recording, store: Path, workers: int) -> None:
    context = multiprocessing.get_context("fork")  # cases cannot be pickled
    counts = recorded.scenarios_by_mutant()
    cheap_first = sorted(left, key=lambda mutant: (mutant.id in recorded.static, counts[mutant.id]))
    shares = [cheap_first[number::workers] for number in range(workers)]
    started = [context.Process(target=_assess, args=(share, cases, recorded, store)) for share in shares]
    for process in started:
        process.start()
    for process in started:
        process.join()
    failed = [process.exitcode for process in started if process.exitcode]
    if failed:
        raise SystemExit(f"a worker ended with {failed[0]}; run the same command again to continue")


def _assess(left: Sequence[Mutant], cases: Cases, recorded: Recording, store: Path) -> None:
    assessor = Assessor(cases, recorded)
    for mutant in left:
        results.append(store, assessor.assess(mutant))
    assessor.close()


def _alive(alive: Sequence[Result], explained: Sequence[reasons.Reason]) -> Iterator[str]:
    for result in alive:
        reason = reasons.reason_of(result, explained)
        why = f"{reason.kind}: {reason.why}" if reason else "not explained"
        yield f"{result.place} {result.status} [{result.id} {result.mutator}] {why} {result.note}".rstrip()
        yield f"    {' '.join(result.original.split())[:150]}"
        yield f"    {' '.join(result.replacement.split())[:150]}"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.mutate_plugin", description=__doc__)
    add = parser.add_argument
    add("checkout", nargs="?", type=Path, metavar="CHECKOUT", help="Checkout of the plugin or of a fork")
    add("--profile", metavar="RELEASE", help="Release to judge as (default: detected)")
    add("--file", action="append", default=[], help="Mutate only this file of the checkout; may be repeated")
    add("--mutant", action="append", default=[], metavar="ID", help="Judge only this mutant; may be repeated")
    add("--results", type=Path, metavar="FILE", help="Results so far (default: in the cache)")
    add("--again", action="store_true", help="Discard the results so far")
    add("--docs", action="store_true", help="Write docs/mutation.json and docs/mutation.md")
    add("--own-tests", type=int, default=0, metavar="N", help="Run the plugin's own tests on a sample of N mutants")
    add("--confirm", type=int, default=0, metavar="N", help="Judge a sample of N mutants with the command `run` too")
    add("--seed", type=int, default=1, help="Seed of the samples (default: 1)")
    add("-n", type=int, default=2, help="Number of processes (default: 2; 0: judge nothing, show the results so far)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
