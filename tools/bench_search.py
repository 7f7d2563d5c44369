"""`python -m tools.bench_search [CALLS]`: calls per second of the search, relative to a raw loop.

The search generates, predicts and compares; the raw loop sends the same lines to the same adapter and ignores the
answers. Both run alternately on one core. The ratio uses only sessions with parsed pools, because sessions with files
wait for the disk; their rate is printed separately. The exit code is 1 if a median ratio is above the limit.
"""

import gc
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from conformance.search.differential import Pipeline, to_lines
from conformance.search.oracle import Oracle, flip_quirks
from conformance.search.sessions import SOURCES, decode
from conformance.search.source import Draft, stream
from conformance.targets.connection import Connection
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve

TARGETS = (("npm:opencode-antigravity-auth@1.3.0", "1.3.0"), ("reference@1.3.0", "1.3.0"))
CALLS, ROUNDS, LIMIT, IN_FLIGHT = 100_000, 5, 5.0, 8


def drafted(sessions: int, seed: str, *, of_all: bool = False) -> Iterator[Draft]:
    """The first drafts of a seed: of all kinds, or only those with a parsed pool."""
    plain = (draft for draft in stream(seed) if of_all or SOURCES[draft.head[0]] == "pool")
    return islice(plain, sessions)


def searched(
    connection: Connection, profile: str, sessions: int, seed: str, *, of_all: bool = False
) -> tuple[int, float]:
    """The number of calls and the seconds that the search took."""
    pipeline = Pipeline(connection, Oracle(flip_quirks(profile)))
    capabilities = connection.hello().capabilities
    began_s = time.perf_counter()
    drafts = drafted(sessions, seed, of_all=of_all)
    differences = list(pipeline.differences((draft, decode(draft, capabilities)) for draft in drafts))
    took_s = time.perf_counter() - began_s
    assert not differences, f"{len(differences)} sessions differ: search for them with `fuzz`"
    return pipeline.tally.calls, took_s


def raw(connection: Connection, sessions: int, seed: str) -> float:
    """The seconds that the raw loop took. The lines are made before."""
    capabilities = connection.hello().capabilities
    lines = [to_lines(decode(draft, capabilities).calls) for draft in drafted(sessions, seed)]
    began_s = time.perf_counter()
    for number, line in enumerate(lines):
        connection.send_lines(line)
        if number >= IN_FLIGHT:
            list(connection.receive_lines())
    for _ in range(min(IN_FLIGHT, len(lines))):
        list(connection.receive_lines())
    return time.perf_counter() - began_s


def measure(word: str, profile: str, calls: int) -> float:
    target = resolve(word, [])
    sessions = max(1, calls // 45)
    ratios, rates = [], []
    with Group([Launch(target.argv, target.environment, word)], timeout_s=60) as group:
        connection = group.connections[0]
        searched(connection, profile, sessions // 5 + 1, "warm")
        for round_number in range(ROUNDS):
            seed = f"bench {round_number}"
            gc.collect()
            if round_number % 2:
                raw_s = raw(connection, sessions, seed)
                asked, took_s = searched(connection, profile, sessions, seed)
            else:
                asked, took_s = searched(connection, profile, sessions, seed)
                raw_s = raw(connection, sessions, seed)
            ratios.append(took_s / raw_s)
            rates.append(asked / took_s)
        asked, took_s = searched(connection, profile, sessions, "all", of_all=True)
    median = statistics.median(ratios)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{word}: {statistics.median(rates):,.0f} calls/s generated, predicted and compared; "
        f"{median:.2f} times the raw loop (from {min(ratios):.2f} to {max(ratios):.2f} in {ROUNDS} rounds); "
        f"{asked / took_s:,.0f} calls/s with files included; "
        f"at most {peak_mib:.0f} MiB so far",
        flush=True,
    )
    return median


def main(arguments: Sequence[str]) -> int:
    calls = int(arguments[0]) if arguments else CALLS
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the adapter inherits it
    over = [word for word, profile in TARGETS if measure(word, profile, calls) > LIMIT]
    for word in over:
        print(f"{word}: above the limit of {LIMIT:g}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
