"""`fuzz`: searches for sessions that a target and the reference answer differently."""

import argparse
import secrets
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.cli.options import (
    MAX_WORKERS,
    add_env,
    add_mapping,
    add_profile,
    add_timeout,
    asking,
    between,
    seconds,
)
from conformance.cli.profile import profile_of
from conformance.json_type import Json
from conformance.reports.describe import command as wrapped_command
from conformance.reports.describe import wrap
from conformance.reports.discrepancy import describe_discrepancy
from conformance.reports.progress import Progress
from conformance.search.discrepancy import write_vector
from conformance.search.workers import Plan, State, search
from conformance.targets.errors import GivenUp, UsageFault
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.targets.tools import cache_folder

CALLS = 100_000
DIFFERENT, NOTHING_JUDGED = 1, 5
HELP = "search for answers that differ from those of the reference"
DESCRIPTION = """\
Sends generated sessions to a target and compares each answer with that of the
reference at the target's profile. A discrepancy is repeated in a new process,
shrunk, explained, and stored: as a vector for `replay`, and in a database of
sessions with which each later search starts, whatever its target."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="Target to search, or a command after --")
    add("--calls", type=between(1), metavar="N", help=f"Stop after N calls (default: {CALLS})")
    add("--seconds", type=seconds, metavar="S", help="Stop after S seconds")
    add(
        "--discrepancies",
        type=between(1),
        default=5,
        metavar="N",
        help="Stop after N different discrepancies (default: 5)",
    )
    add(
        "--finds",
        dest="discrepancies",
        type=between(1),
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,  # the old name of --discrepancies
    )
    add("--seed", metavar="WORD", help="Seed for the generator (default: random; printed at start)")
    add("--shard", metavar="I/N", help="Search shard I of N: the same seed on N machines")
    add(
        "-n",
        dest="workers",
        type=between(1, MAX_WORKERS),
        default=1,
        metavar="N",
        help="Number of processes that search (default: 1)",
    )
    add_profile(parser)
    add_mapping(parser)
    add("--out", type=Path, default=Path("found"), metavar="FOLDER", help="Folder for discrepancies (default: found)")
    add(
        "--database",
        type=Path,
        metavar="FOLDER",
        help="Database of sessions to start with and add to (default: in the cache)",
    )
    add(
        "--shared",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="Another database to start with, which is only read; may be repeated",
    )
    add("--no-database", action="store_true", help="Use no database")
    add_timeout(parser)
    add_env(parser)


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    seed = _seed(options)
    target = resolve(options.target, command, options.mapping)
    hello = greet(target, timeout_s=options.timeout, pass_environment=options.env).hello
    profile = profile_of(options.profile, target, hello, timeout_s=options.timeout, pass_environment=options.env).name
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
    answered_wrongly = any(not discrepancy["failed"] for discrepancy in found)
    if (given_up := next((state.given_up for state in states if state.given_up), None)) and not answered_wrongly:
        raise GivenUp(given_up)
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
    """Print a discrepancy and write its vector."""
    call = discrepancy["scenario"]["calls"][discrepancy["position"]]
    print(f"\n{number}. {call['method']} {call['params'].get('strategy', '')}".rstrip())
    for line in describe_discrepancy(discrepancy):
        print(line)
    if discrepancy["vector"] is not None:
        path = write_vector(discrepancy["vector"], options.out)
        words = ["antigravity-conformance replay", *asking(options), shlex.quote(str(path)), _named(options, command)]
        again = " ".join(words)
        for line in wrapped_command(again, "    "):
            print(line)


def _named(options: argparse.Namespace, command: Sequence[str]) -> str:
    return f"-- {shlex.join(command)}" if command else shlex.quote(options.target)


def _search_here(plan: Plan) -> State:
    latest = [State()]
    with Progress(lambda: _line(latest, plan.calls), sys.stderr):
        search(plan, 0, lambda state: latest.__setitem__(0, state))
    return latest[0]


def _search(plan: Plan) -> tuple[list[State], Exception | None]:
    """The states of all workers, and the worst fault, if any."""
    from conformance.search.parallel import WorkerError, Workers

    with Workers(plan) as workers:
        with Progress(lambda: _line(workers.states, plan.calls), sys.stderr):
            workers.wait()
        ours = (fault for fault in workers.faults if isinstance(fault, WorkerError))
        return workers.states, next(ours, next(iter(workers.faults), None))


def _line(states: Sequence[State], planned: int | None) -> str:
    of_all = f" of {planned:,}" if planned else ""
    return f"{sum(s.calls for s in states):,}{of_all} calls, {sum(s.differences for s in states)} sessions differ ..."


def _summary(states: Sequence[State], discrepancies: int) -> Iterator[str]:
    by_kind: Counter[str] = Counter()
    for state in states:
        by_kind.update(state.by_kind)
    for kind, calls in by_kind.most_common():
        yield f"  {calls:>11,} {kind}"
    sessions, differing = sum(s.sessions for s in states), sum(s.differences for s in states)
    result = f"{differing:,} of them differ, {discrepancies} shown above" if differing else "none differs"
    for reason in dict.fromkeys(state.given_up for state in states if state.given_up):
        yield wrap(f"the search ended early: {reason.splitlines()[0]}", "")
    yield f"{sum(by_kind.values()):,} calls in {sessions:,} sessions, {result}"
