"""`python -m tools.soak [CALLS] [SEED]`: a million generated calls against each release, and what they reached.

Ends 0 if no release answers otherwise than the reference at its profile, every quirk was reached at least 1,000 times
(it changed as many answers, in all releases that have it together), and a port that is wrong on one input in a
million is caught.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from conformance.reports.discrepancy import describe_discrepancy
from conformance.search.compare import are_same, instants
from conformance.search.differential import DifferentialRunner
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.search.steps import GeneratedSession
from conformance.targets.resolve import resolve
from conformance.wire.answers import Answer
from conformance.wire.files import ask
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import QUIRKS, Profile
from reference_impl.releases import NPM_VERSIONS

CALLS, SEED = 1_000_000, "soak"
OFTEN = 1_000
SUBTLE = "python:tests.fakes.subtle:WrongOnceInAMillion"
SUBTLE_CALLS = 8  # times as many: one in a million is missed by a million calls in one of three searches


class CountingProfile(Profile):
    """A profile that knows which quirks it was asked for: no other can change an answer."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile.name, profile.quirks)
        object.__setattr__(self, "seen", set())

    def has(self, quirk: str) -> bool:
        seen: set[str] = self.__dict__["seen"]
        seen.add(quirk)
        return super().has(quirk)


def reached(release: str, sessions: Iterator[GeneratedSession], counts: Counter[str]) -> None:
    """Count the answers that each quirk of the release changes; one that has come often enough is not looked at."""
    profile = CountingProfile(flip_quirks(release))
    for session in sessions:
        seen = profile.__dict__["seen"]
        seen.clear()
        answers = answers_of(session, profile)
        for quirk in seen & profile.quirks:
            if counts[quirk] < OFTEN:
                without = answers_of(session, Profile(release, profile.quirks - {quirk}))
                counts[quirk] += changed(session, answers, without)


def changed(session: GeneratedSession, answers: Sequence[Answer], others: Sequence[Answer]) -> int:
    """In how many answers the two differ."""
    asked = zip(session.calls, answers, others, instants(session.calls), strict=True)
    return sum(not are_same(method, answer, other, now_ms) for (method, _), answer, other, now_ms in asked)


def answers_of(session: GeneratedSession, profile: Profile) -> list[Answer]:
    return ask(session.to_scenario(), Oracle(profile).answers)


def search(word: str, profile: str, calls: int, seed: str) -> Search:
    """Search to the end; print how it went."""
    target = resolve(word, [])
    with DifferentialRunner(target, Oracle(flip_quirks(profile)), timeout_s=60) as runner:
        began_s = time.perf_counter()
        running = Search(runner, capabilities(profile), seed, Bounds(calls=calls, discrepancies=1))
        for discrepancy in running.run():
            print("\n".join(describe_discrepancy(discrepancy.to_json(word))))
        took_s = time.perf_counter() - began_s
    tally = running.tally
    print(f"{word} as {profile}: {tally.calls:,} calls, {tally.sessions:,} sessions, {took_s:.0f} s", flush=True)
    return running


def capabilities(profile: str) -> list[str]:
    claimed: list[str] = ReferenceAdapter(profile).hello(1)["capabilities"]
    return claimed


def main(arguments: Sequence[str]) -> int:
    calls = int(arguments[0]) if arguments else CALLS
    seed = arguments[1] if len(arguments) > 1 else SEED
    wrong: list[str] = []
    counts: Counter[str] = Counter({quirk.name: 0 for quirk in QUIRKS})
    by_kind: Counter[str] = Counter()
    for release in NPM_VERSIONS:
        running = search(f"npm:opencode-antigravity-auth@{release}", release, calls, seed)
        wrong += [f"{release} differs"] * bool(running.differences)
        by_kind.update(running.tally.by_kind)
        drafts = islice(stream(seed), running.tally.sessions)
        reached(release, (decode(draft, capabilities(release)) for draft in drafts), counts)
    for kind, count in by_kind.most_common():
        print(f"  {count:>11,} {kind}")
    print(f"answers that each quirk changed, counted up to {OFTEN:,}")
    for quirk, count in counts.most_common():
        print(f"  {count:>11,} {quirk}")
        wrong += [f"{quirk} was reached {count} times"] * (count < OFTEN)
    caught = search(SUBTLE, "recommended", calls * SUBTLE_CALLS, seed)
    wrong += ["the port that is wrong once in a million was not caught"] * (not caught.discrepancies)
    print("\n".join(wrong) or "nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
