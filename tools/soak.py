"""`python -m tools.soak [VERSION=PATH ...]`: sends a million generated calls to each release and counts their effects.

Releases on npm are always asked. A release that exists only as a git tag is asked if a checkout is given. The exit code
is 0 if every answer equals that of the reference at the release's profile, if every quirk changed at least 1,000
answers in all its releases together, and if the search detects a port that is wrong on one input in a million.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from conformance.reports.discrepancy import describe_discrepancy
from conformance.search.differential import DifferentialRunner
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.search.steps import GeneratedSession
from conformance.targets.resolve import resolve
from reference_impl.profiles import QUIRKS, profile
from reference_impl.releases import VERSIONS
from tools.quirk_effects import quirk_effects
from tools.release_targets import add_checkouts, claimed_capabilities, release_targets

CALLS, SEED = 1_000_000, "soak"
OFTEN = 1_000
SUBTLE = "python:tests.fakes.subtle:WrongOnceInAMillion"
SUBTLE_CALLS = 8  # times as many: with a million calls, one search in three would miss a fault of one in a million


def count_reached(release: str, sessions: Iterator[GeneratedSession], counts: Counter[str], often: int = OFTEN) -> None:
    """Count the answers that each quirk of the release changes. Stops counting a quirk at `often`."""
    of = profile(release)
    for session in sessions:
        rare = [name for name in of.quirks if counts[name] < often]
        counts.update(dict(quirk_effects(session.to_scenario(), of, rare)))


def search(word: str, of: str, calls: int, seed: str) -> Search:
    """Run one search and print the result."""
    target = resolve(word, [])
    with DifferentialRunner(target, Oracle(flip_quirks(of)), timeout_s=60) as runner:
        began_s = time.perf_counter()
        running = Search(runner, claimed_capabilities(of), seed, Bounds(calls=calls, discrepancies=1))
        for discrepancy in running.run():
            print("\n".join(describe_discrepancy(discrepancy.to_json(word))))
        took_s = time.perf_counter() - began_s
    tally = running.tally
    differ = f"{running.differences:,} differ" if running.differences else "none differs"
    print(f"{word} as {of}: {tally.calls:,} calls in {tally.sessions:,} sessions, {differ}, {took_s:.0f} s", flush=True)
    return running


def soak(targets: dict[str, str], calls: int, seed: str, counts: Counter[str]) -> Iterator[str]:
    """Search each release, count and print the effects of quirks. Yields the problems."""
    by_kind: Counter[str] = Counter()
    for release, word in targets.items():
        running = search(word, release, calls, seed)
        if running.differences:
            yield f"{release} differs"
        by_kind.update(running.tally.by_kind)
        if counts:
            drafts = islice(stream(seed), running.tally.sessions)
            count_reached(release, (decode(draft, claimed_capabilities(release)) for draft in drafts), counts)
    for kind, count in by_kind.most_common():
        print(f"  {count:>11,} {kind}")
    if counts:
        print(f"answers that each quirk changed, counted up to {OFTEN:,}")
    for quirk, count in counts.most_common():
        print(f"  {count:>11,} {quirk}")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m tools.soak", description="Ask each release generated calls.")
    add = parser.add_argument
    add("--calls", type=int, default=CALLS, metavar="N", help=f"Number of calls for each release (default: {CALLS:,}).")
    add("--seed", default=SEED, metavar="WORD", help=f"Seed for the generator (default: {SEED}).")
    add(
        "--only",
        action="append",
        choices=VERSIONS,
        help="Ask only this release, and count no effects of quirks; may be repeated.",
    )
    add_checkouts(parser)
    options = parser.parse_args(arguments)
    targets = release_targets(options.checkouts)
    asked = {version: word for version, word in targets.items() if version in (options.only or targets)}
    if missing := [version for version in options.only or VERSIONS if version not in targets]:
        message = f"{', '.join(missing)}: not on npm; give a checkout of the tag as VERSION=PATH"
        if options.only:
            parser.error(message)
        print(f"not asked: {message}")
    of_asked = [quirk for quirk in QUIRKS if set(quirk.releases) & set(asked)]
    # One release alone does not reach every quirk often enough.
    counts: Counter[str] = Counter({} if options.only else {quirk.name: 0 for quirk in of_asked})
    wrong = list(soak(asked, options.calls, options.seed, counts))
    if not options.only:
        wrong += [f"{name} changed only {count} answers" for name, count in counts.items() if count < OFTEN]
        caught = search(SUBTLE, "recommended", options.calls * SUBTLE_CALLS, options.seed)
        wrong += ["the port that is wrong once in a million was not caught"] * (not caught.discrepancies)
    print("\n".join(wrong) or "nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
