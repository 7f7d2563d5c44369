"""`fuzz`: searches for sessions that a target and the reference answer differently."""

import argparse
import secrets
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from conformance import __version__
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
from conformance.cli.outputs import prepare_folder, prepare_outputs, write_report
from conformance.cli.profile import profile_of
from conformance.reports.describe import command as wrapped_command
from conformance.reports.describe import wrap
from conformance.reports.discrepancy import describe_discrepancy, shortened
from conformance.reports.fuzz_report import (
    FuzzReport,
    FuzzReportError,
    merge,
    of_each_kind,
    read_fuzz_report,
    render_issue,
    title_of,
)
from conformance.reports.progress import Progress
from conformance.search.databases import absolute
from conformance.search.discrepancy import write_vector
from conformance.search.workers import Plan, State, open_databases, search
from conformance.targets.errors import GivenUp, UsageFault
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.targets.tools import cache_folder
from conformance.texts import many

CALLS = 100_000
DESCRIBED_LINES = 20  # of a discrepancy on the terminal; its vector has all
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
        metavar="WHERE",
        help="Sessions to start with and add to: a folder, redis://HOST or github:OWNER/REPO (default: in the cache)",
    )
    add(
        "--shared",
        action="append",
        default=[],
        metavar="WHERE",
        help="Another database to start with, which is only read; may be repeated",
    )
    add("--no-database", action="store_true", help="Use no database")
    add("--json", type=Path, metavar="FILE", help="Write the report as JSON, also for --merge")
    add("--issue", type=Path, metavar="FILE", help="Write the text of an issue; empty if no discrepancy is new")
    add("--merge", type=Path, nargs="+", metavar="FILE", help="Search nothing: merge the JSON reports of shards")
    add_timeout(parser)
    add_env(parser)


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    prepare_outputs({"--json": options.json, "--issue": options.issue}, {})
    prepare_folder("--out", options.out)
    if options.merge:
        return _merge(options, command)
    plan = _plan(options, command)
    print(f"{plan.word} as {plan.profile}, seed {plan.seed}", flush=True)
    states, fault = _search(plan) if options.workers > 1 else _search_here(plan)
    report = _report(plan, states, asking(options))
    if fault is not None and not report.discrepancies and not isinstance(fault, KeyboardInterrupt):
        raise fault
    _show(report, options)
    if fault is not None:
        raise fault
    if not any(state.calls for state in states):
        return NOTHING_JUDGED
    answered_wrongly = any(not discrepancy["failed"] for discrepancy in report.discrepancies)
    if (given_up := next((state.given_up for state in states if state.given_up), None)) and not answered_wrongly:
        raise GivenUp(given_up)
    return DIFFERENT if report.differences else 0


def _plan(options: argparse.Namespace, command: Sequence[str]) -> Plan:
    target = resolve(options.target, command, options.mapping)
    hello = greet(target, timeout_s=options.timeout, pass_environment=options.env).hello
    profile = profile_of(options.profile, target, hello, timeout_s=options.timeout, pass_environment=options.env).name
    database = absolute(options.database or str(cache_folder() / "sessions"))
    plan = Plan(
        word=target.word,
        argv=target.argv,
        environment=target.environment,
        pass_environment=options.env,
        capabilities=hello.capabilities,
        profile=profile,
        seed=_seed(options),
        calls=options.calls or (None if options.seconds else CALLS),
        seconds=options.seconds,
        discrepancies=options.discrepancies,
        timeout_s=options.timeout,
        database=None if options.no_database else database,
        shared=[absolute(word) for word in options.shared],
        workers=options.workers,
        cache=str(cache_folder()),
    )
    open_databases(plan)  # a wrong word ends the command here, and not in each worker
    return plan


def _report(plan: Plan, states: Sequence[State], options: list[str]) -> FuzzReport:
    calls: Counter[str] = Counter()
    for state in states:
        calls.update(state.by_kind)
    return FuzzReport(
        kit=__version__,
        target=plan.word,
        profile=plan.profile,
        options=options,
        seeds=[plan.seed],
        sessions=sum(state.sessions for state in states),
        differences=sum(state.differences for state in states),
        calls=dict(calls),
        ended_early=list(dict.fromkeys(state.given_up for state in states if state.given_up)),
        discrepancies=of_each_kind([discrepancy for state in states for discrepancy in state.discrepancies]),
    )


def _merge(options: argparse.Namespace, command: Sequence[str]) -> int:
    if options.target or command:
        raise UsageFault("--merge takes no target; name only the reports: fuzz --merge FILE FILE")
    reports = []
    for path in options.merge:
        try:
            reports.append(read_fuzz_report(path.read_text(encoding="utf-8")))
        except (OSError, FuzzReportError) as error:
            raise UsageFault(f"cannot merge {path}: {getattr(error, 'strerror', None) or error}") from error
    try:
        merged = merge(reports)
    except FuzzReportError as error:
        raise UsageFault(str(error)) from error
    print(f"{merged.target} as {merged.profile}, {len(reports)} reports")
    _show(merged, options)
    return DIFFERENT if merged.differences else 0


def _seed(options: argparse.Namespace) -> str:
    seed: str = options.seed or secrets.token_hex(4)
    if options.shard is None:
        return seed
    shard, _, shards = options.shard.partition("/")
    if not (shard.isdecimal() and shards.isdecimal() and 1 <= int(shard) <= int(shards)):
        raise UsageFault(f"--shard {options.shard}: expected a part and the number of parts, such as 2/8")
    return f"{seed} {int(shard)}/{int(shards)}"


def _show(report: FuzzReport, options: argparse.Namespace) -> None:
    """Print each discrepancy and the counts; write the vectors and the reports."""
    for number, discrepancy in enumerate(report.discrepancies, 1):
        print(f"\n{number}. {title_of(discrepancy['scenario']['calls'][discrepancy['position']])}")
        for line in shortened(describe_discrepancy(discrepancy), DESCRIBED_LINES):
            print(line)
        if discrepancy["vector"] is not None:
            path = write_vector(discrepancy["vector"], options.out)
            words = ["antigravity-conformance replay", *report.options, shlex.quote(str(path)), report.target]
            for line in wrapped_command(" ".join(words), "    "):
                print(line)
    print()
    for line in _summary(report):
        print(line)
    write_report(options.json, report.model_dump_json(indent=2) + "\n")
    write_report(options.issue, render_issue(report))


def _search_here(plan: Plan) -> tuple[list[State], BaseException | None]:
    """The state when the search ended, and Ctrl-C, if that ended it."""
    latest = [State()]
    try:
        with Progress(lambda: _line(latest, plan.calls), sys.stderr):
            search(plan, 0, lambda state: latest.__setitem__(0, state))
    except KeyboardInterrupt as interrupt:
        return _interrupted(latest), interrupt
    return latest, None


def _interrupted(states: Sequence[State]) -> list[State]:
    return [replace(state, given_up=state.given_up or "interrupted") for state in states]


def _search(plan: Plan) -> tuple[list[State], BaseException | None]:
    """The states of all workers, and the worst fault or Ctrl-C, if any."""
    from conformance.search.parallel import WorkerError, Workers

    with Workers(plan) as workers:
        try:
            with Progress(lambda: _line(workers.states, plan.calls), sys.stderr):
                workers.wait()
        except KeyboardInterrupt as interrupt:
            return _interrupted(workers.states), interrupt
        ours = (fault for fault in workers.faults if isinstance(fault, WorkerError))
        return workers.states, next(ours, next(iter(workers.faults), None))


def _line(states: Sequence[State], planned: int | None) -> str:
    of_all = f" of {planned:,}" if planned else ""
    return f"{sum(s.calls for s in states):,}{of_all} calls, {sum(s.differences for s in states)} sessions differ ..."


def _summary(report: FuzzReport) -> Iterator[str]:
    for kind, calls in Counter(report.calls).most_common():
        yield f"  {calls:>11,} {kind}"
    different = f"differences in {many(report.differences, 'session')}, {len(report.discrepancies)} shown above"
    for reason in report.ended_early:
        yield wrap(f"the search ended early: {reason.splitlines()[0]}", "")
    result = different if report.differences else "none differs"
    yield f"{sum(report.calls.values()):,} calls in {report.sessions:,} sessions, {result}"
