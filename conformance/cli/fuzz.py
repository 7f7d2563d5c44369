"""`fuzz`: search for sessions that a target answers otherwise than the reference at its profile."""

import argparse
import secrets
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.cli.options import MOST_WORKERS, between, seconds
from conformance.cli.profile import profile_of
from conformance.json_type import Json
from conformance.reports.describe import command as wrapped_command
from conformance.reports.discrepancy import describe_discrepancy
from conformance.reports.progress import Progress
from conformance.search.discrepancy import write_vector
from conformance.search.workers import Plan, State, search
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.targets.tools import cache_folder
from reference_impl.releases import RECOMMENDED, VERSIONS

CALLS = 100_000
DIFFERENT, NOTHING_JUDGED = 1, 5
HELP = "search for what a target answers otherwise than the reference"
DESCRIPTION = """\
Asks a target whole sessions, made of random bytes, and compares each answer with
the reference at the target's profile. What differs is asked again in a process
of its own, shrunk, explained, and kept: as a vector that `replay` runs, and in a
database of sessions that the next search, of whatever target, begins with."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="what to search; or a command after --")
    add("--calls", type=between(1), metavar="N", help=f"end after so many calls ({CALLS})")
    add("--seconds", type=seconds, metavar="S", help="end after so many seconds")
    add(
        "--discrepancies",
        type=between(1),
        default=5,
        metavar="N",
        help="end after so many finds of different kinds (5)",
    )
    add(
        "--finds",
        dest="discrepancies",
        type=between(1),
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,  # what the option was called
    )
    add("--seed", metavar="WORD", help="search where this word leads; default: somewhere new, which is told")
    add("--shard", metavar="I/N", help="search the I-th of N parts: one seed on N machines")
    add("-n", dest="workers", type=between(1, MOST_WORKERS), default=1, metavar="N", help="search on N cores")
    add("--profile", choices=[*VERSIONS, RECOMMENDED], help="compare as this release; default: the one it claims")
    add("--mapping", type=Path, metavar="FILE", help="what a checkout calls its own; default: its own file")
    add("--out", type=Path, default=Path("found"), metavar="FOLDER", help="where finds are written (found)")
    add("--database", type=Path, metavar="FOLDER", help="sessions to begin with, and to keep; default: in the cache")
    add("--shared", type=Path, action="append", default=[], metavar="FOLDER", help="a database that is only read")
    add("--no-database", action="store_true", help="begin with nothing, keep nothing")
    add("--timeout", type=seconds, default=60, metavar="S", help="seconds to wait for an answer (60)")
    add("--env", action="append", default=[], metavar="NAME", help="let the target see this variable")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    seed = _seed(options)
    target = resolve(options.target, command, options.mapping)
    hello = greet(target, timeout_s=options.timeout, pass_environment=options.env).hello
    profile = profile_of(options.profile, target, hello, options.timeout).name
    database = options.database or cache_folder() / "sessions"
    calls = options.calls or (None if options.seconds else CALLS)
    plan = Plan(
        word=target.word,
        argv=target.argv,
        environment=target.environment,
        pass_environment=options.env,
        capabilities=hello.capabilities,
        profile=profile,
        seed=seed,
        calls=calls,
        seconds=options.seconds,
        discrepancies=options.discrepancies,
        timeout_s=options.timeout,
        database=None if options.no_database else str(database.absolute()),
        shared=[str(folder.absolute()) for folder in options.shared],
        workers=options.workers,
    )
    print(f"{target.word} as {profile}, seed {seed}", flush=True)
    states, fault = _search(plan) if options.workers > 1 else ([_search_here(plan)], None)
    discrepancies = [discrepancy for state in states for discrepancy in state.discrepancies]
    found = list({discrepancy["kind"]: discrepancy for discrepancy in reversed(discrepancies)}.values())[::-1]
    if fault is not None and not found:
        raise fault
    for number, discrepancy in enumerate(found, 1):
        _show(number, discrepancy, options, command)
    print()
    for line in _summary(states, len(found)):
        print(line)
    if fault is not None:
        raise fault
    if not any(state.calls for state in states):
        return NOTHING_JUDGED
    return DIFFERENT if any(state.differences for state in states) else 0


def _seed(options: argparse.Namespace) -> str:
    seed: str = options.seed or secrets.token_hex(4)
    if options.shard is None:
        return seed
    shard, _, shards = options.shard.partition("/")
    if not (shard.isdecimal() and shards.isdecimal() and 1 <= int(shard) <= int(shards)):
        raise UsageFault(f"--shard {options.shard}: expected a part and the number of parts, such as 2/8")
    return f"{seed} {int(shard)}/{int(shards)}"


def _show(number: int, discrepancy: Json, options: argparse.Namespace, command: Sequence[str]) -> None:
    """Print one find, and write its vector."""
    call = discrepancy["scenario"]["calls"][discrepancy["position"]]
    print(f"\n{number}. {call['method']} {call['params'].get('strategy', '')}".rstrip())
    for line in describe_discrepancy(discrepancy):
        print(line)
    if discrepancy["vector"] is not None:
        path = write_vector(discrepancy["vector"], options.out)
        again = f"antigravity-conformance replay {shlex.quote(str(path))} {_named(options, command)}"
        for line in wrapped_command(again, "    "):
            print(line)


def _named(options: argparse.Namespace, command: Sequence[str]) -> str:
    return f"-- {shlex.join(command)}" if command else shlex.quote(options.target)


def _search_here(plan: Plan) -> State:
    latest = [State()]
    with Progress(lambda: _line(latest), sys.stderr):
        search(plan, 0, lambda state: latest.__setitem__(0, state))
    return latest[0]


def _search(plan: Plan) -> tuple[list[State], Exception | None]:
    """The states of all workers, and the worst fault of any."""
    from conformance.search.parallel import WorkerError, Workers

    with Workers(plan) as workers:
        with Progress(lambda: _line(workers.states), sys.stderr):
            workers.wait()
        ours = (fault for fault in workers.faults if isinstance(fault, WorkerError))
        return workers.states, next(ours, next(iter(workers.faults), None))


def _line(states: Sequence[State]) -> str:
    return f"{sum(s.calls for s in states):,} calls, {sum(s.differences for s in states)} sessions differ ..."


def _summary(states: Sequence[State], discrepancies: int) -> Iterator[str]:
    by_kind: Counter[str] = Counter()
    for state in states:
        by_kind.update(state.by_kind)
    for kind, calls in by_kind.most_common():
        yield f"  {calls:>11,} {kind}"
    sessions, differing = sum(s.sessions for s in states), sum(s.differences for s in states)
    told = f"{differing:,} of them differ, {discrepancies} shown above" if differing else "none differs"
    yield f"{sum(by_kind.values()):,} calls in {sessions:,} sessions, {told}"
