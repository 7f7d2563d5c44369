"""`spread`: shows whether the PID offset spreads processes over accounts, for a command or a list of PIDs."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from conformance import __version__
from conformance.cli.options import between, seconds
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.processes.fitting import MAX_ACCOUNTS
from conformance.processes.pid_list import MAX_PID, parse, written
from conformance.processes.spread import Spread, best, better_numbers, spread
from conformance.processes.starts import REST_BOUND_S, Pace, Starts, start_many
from conformance.processes.viewers import command_of, is_viewer
from conformance.reports import spread_json, spread_svg, spread_text
from conformance.reports.describe import command as wrapped_command
from conformance.reports.describe import wrap
from conformance.reports.progress import Progress, Stage
from conformance.targets.errors import UsageFault

MAX_PIDS = 1009  # as many as `run` can start
MAX_NUMBERS = 32  # numbers of accounts in one table
MAX_TEXT_BYTES = 1024**2
SHOWN_LIST = 50
PROCESSES = 64
ELSEWHERE = ("docker", "podman", "nerdctl", "kubectl", "ssh")  # they start processes that we cannot see

HELP = "show whether the PID offset spreads your processes over your accounts"
DESCRIPTION = """\
Shows whether the PID offset helps you. Starts a command many times, reads the
PIDs, ends all processes, and shows how the PIDs spread over your accounts:

  spread --accounts 3 -- node agent.mjs
  spread --accounts 3 --pids 123,456,789
  pgrep opencode | antigravity-conformance spread --accounts 3 --pids -
  spread --accounts 3 --pids 4711 --sessions 8

The command runs in a temporary home folder, with the variables of --env. For
wrappers such as `sh -c` or `npm run`, the PID of what they run is read: as long
as a process has exactly one child, that child. In a container, the PID inside
the container counts. Viewers (`opencode attach`) in the output of pgrep are
left out: they select no account."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--accounts", required=True, metavar="N,...", help="Number of accounts, such as 3, 3,5 or 2-8")
    add(
        "--pids",
        metavar="PIDS",
        help="Start nothing; use these PIDs: 123,456 or 100-163 or 100-160/4 (every 4th) or @FILE or - (stdin)",
    )
    add("--base", type=between(0, MAX_PID), default=0, metavar="B", help="Stored active index (default: 0)")
    add(
        "--processes",
        type=between(1, MAX_PIDS),
        metavar="N",
        help=f"Number of processes to start (default: {PROCESSES})",
    )
    add(
        "--sessions",
        type=between(1, MAX_PIDS),
        default=1,
        metavar="K",
        help="Number of agents in each process, such as the sessions of one OpenCode server (default: 1)",
    )
    add("--at-once", action="store_true", help="Start all at once (default: start each when the previous one is idle)")
    add("--gap", type=seconds, metavar="S", help="Start one process every S seconds")
    add("--read", metavar="NAME", help="Read the PID of the last descendant with this name")
    add(
        "--env",
        action="append",
        default=[],
        metavar="NAME",
        help="Pass this environment variable to the command; may be repeated",
    )
    add("--json", type=Path, metavar="FILE", help="Write the result as JSON")
    add("--svg", type=Path, metavar="FILE", help="Draw a picture")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    numbers = _parse(
        options.accounts, "--accounts", what="number of accounts", minimum=1, maximum=MAX_ACCOUNTS, count=MAX_NUMBERS
    )
    numbers = list(dict.fromkeys(numbers))
    _check(options, command, numbers)
    source = Path(options.pids[1:]) if options.pids and options.pids.startswith("@") else None
    given, viewers = ([], 0) if options.pids is None else _without_viewers(_given(options.pids, source), options.pids)
    prepare_outputs({"--json": options.json, "--svg": options.svg}, {"--pids": source})
    starts = _start(options, command) if options.pids is None else None
    pids = starts.pids if starts else given
    spreads = [spread(pids, number, options.base) for number in numbers]
    question = {"accounts": numbers, "base": options.base, "sessions": options.sessions}
    if starts:
        question |= {"command": list(command), "processes": len(pids), "at_once": options.at_once, "gap_s": options.gap}
    write_report(options.json, spread_json.render(__version__, question, spreads, asdict(starts) if starts else None))
    if options.svg:
        write_report(options.svg, spread_svg.render(spreads[0]))
    for line in spread_text.render(spreads[0]) if len(spreads) == 1 else spread_text.render_many(spreads):
        print(line)
    for line in _ids(options, pids, starts):
        print(line)
    for line in spread_text.render_notes(spreads, options.sessions, viewers):
        print(line)
    words = _next(options, command, pids, spreads)
    lines = "\n".join(wrapped_command(shlex.join(words), "      "))
    print(f"next{lines[4:]}")
    return 0


def _check(options: argparse.Namespace, command: Sequence[str], numbers: Sequence[int]) -> None:
    if (options.pids is None) != bool(command):
        both = "both --pids and a command after -- were given" if command else "no PIDs were given"
        raise UsageFault(f"{both}; give one of them: `spread --accounts 3 --pids 123,456` or `... -- node agent.mjs`")
    of_start = ("processes", "gap", "read", "env", "at_once")
    if not command and (named := [name for name in of_start if getattr(options, name) not in (None, False, [])]):
        raise UsageFault(f"--{named[0].replace('_', '-')} applies only to started processes; drop it, or drop --pids")
    if options.at_once and options.gap is not None:
        raise UsageFault("--at-once and --gap exclude each other; give one of them")
    if command and Path(command[0]).name in ELSEWHERE:
        raise UsageFault(
            f"{command[0]} starts its processes elsewhere, so their PIDs cannot be read. Give the PIDs instead. The "
            "first process of a container has PID 1: `spread --accounts 3 --pids 1,1,1`"
        )
    if command and is_viewer(command):
        raise UsageFault(
            "`opencode attach` shows a session of a server and selects no account. Start the server itself, and give "
            "the number of its agents with --sessions"
        )
    if options.svg and len(numbers) > 1:
        raise UsageFault("--svg draws one number of accounts; give only one with --accounts")
    if options.svg and numbers[0] > spread_svg.MAX_BARS:
        raise UsageFault(f"--svg draws up to {spread_svg.MAX_BARS} accounts, not {numbers[0]}; drop it")


def _parse(text: str, option: str, *, what: str, minimum: int, maximum: int, count: int) -> list[int]:
    try:
        return parse(text, what=what, minimum=minimum, maximum=maximum, count=count)
    except ValueError as error:
        raise UsageFault(f"{option}: {error}") from error


def _given(word: str, source: Path | None) -> list[int]:
    """The PIDs of --pids. Raises UsageFault."""
    text, place = word, "--pids"
    if word == "-" or source:
        data = _bytes(source)
        place = f"--pids {word}"
        if len(data) > MAX_TEXT_BYTES:
            raise UsageFault(f"{place}: more than {MAX_PIDS} PIDs; give fewer")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise UsageFault(f"{place}: not a text; expected PIDs, such as `pgrep` prints") from error
    try:
        return _parse(text, place, what="PID", minimum=0, maximum=MAX_PID, count=MAX_PIDS)
    except UsageFault as fault:
        if any(character.isalpha() for character in text) and place != "--pids":
            raise UsageFault(f"{fault}. Give only PIDs, as `pgrep opencode` prints them") from fault
        raise


def _without_viewers(pids: list[int], word: str) -> tuple[list[int], int]:
    """The PIDs that are not viewers, and the number of viewers. Only PIDs from standard input are looked up."""
    if word != "-":
        return pids, 0
    agents = [pid for pid in pids if not is_viewer(command_of(pid))]
    if not agents:
        raise UsageFault(
            f"--pids -: all {len(pids)} processes are viewers (`opencode attach`), which select no account. Give the "
            "PID of their server, and the number of its agents with --sessions"
        )
    return agents, len(pids) - len(agents)


def _bytes(source: Path | None) -> bytes:
    if source is None:
        return sys.stdin.buffer.read(MAX_TEXT_BYTES + 1) if sys.stdin else b""
    try:
        with source.open("rb") as file:
            return file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise UsageFault(f"--pids @{source}: {error.strerror}; expected a file with PIDs") from error


def _start(options: argparse.Namespace, command: Sequence[str]) -> Starts:
    count = options.processes or PROCESSES
    pace = Pace(options.at_once, options.gap)
    stage = Stage("starting the first process")

    def show(number: int) -> None:
        stage.show(lambda: f"{number} of {count} started")

    with Progress(stage, sys.stderr):
        return start_many(command, count, pace, name=options.read, pass_environment=options.env, on_start=show)


def _ids(options: argparse.Namespace, pids: Sequence[int], starts: Starts | None) -> Iterator[str]:
    """The lines that say which processes the PIDs belong to."""
    yield ""
    listed = written(pids)
    shown = f": {listed}" if len(listed) <= SHOWN_LIST else f", from {min(pids)} to {max(pids)}"
    counted = (
        f"note  The figures assume that every process loads the stored index {options.base}. A process that saves its "
        "selected account changes the index for the processes that load the pool after it (erratum E-10)."
    )
    if starts is None:
        yield wrap(f"PIDs  {len(pids)} given{shown}.", "", 6)
        yield wrap(counted, "", 6)
        return
    pace = "one after another, each when the previous one was idle"
    if options.at_once or options.gap:
        pace = "at once" if options.at_once else f"one every {options.gap:g} s"
    whose = [f"{count} of {_whose(names)}" for names, count in starts.read.items()]
    if starts.ended:
        whose.append(f"{starts.ended} of the started command, which ended before its PID was read")
    yield wrap(f"PIDs  {', '.join(whose)}{shown}; started {pace}.", "", 6)
    if any(" > " in names for names in starts.read):
        yield wrap("Use --read NAME to read the PID of another process.", "      ", 0)
    if starts.busy:
        yield wrap(f"Some were still busy after {REST_BOUND_S:g} s and may start more processes.", "      ", 0)
    if starts.said:
        yield "      The first process that ended wrote:"
        for line in starts.said.splitlines():
            yield wrap(line.strip(), "        ", 0)
    yield wrap(counted, "", 6)


def _whose(names: str) -> str:
    """`node`, or `node, started by sh`."""
    *above, last = names.split(" > ")
    return f"{last}, started by {' > '.join(above)}" if above else last


def _next(
    options: argparse.Namespace, command: Sequence[str], pids: Sequence[int], spreads: Sequence[Spread]
) -> list[str]:
    """The words of the next command: a better number of accounts, or other numbers to compare."""
    first = spreads[0]
    if first.reasons[0].kind == "equal-ids" and (first.verdict != "even" or spread_text.are_alike(spreads)):
        return ["antigravity-conformance", "requirements", "show", "RR"]
    better = better_numbers(first, max(spread_text.MAX_ACCOUNTS_TRIED, first.accounts + 2))
    accounts = f"2-{max(8, min(first.accounts + 2, MAX_NUMBERS))}"
    if len(spreads) > 1:
        accounts = str(best(spreads).accounts)
    elif better:
        accounts = ",".join(map(str, sorted([*better, first.accounts])))
    words = ["antigravity-conformance", "spread", "--accounts", accounts]
    if options.sessions > 1:
        words += ["--sessions", str(options.sessions)]
    if options.base:
        words += ["--base", str(options.base)]
    if not command:
        listed = written(pids)
        return [*words, "--pids", listed if options.pids == "-" and len(listed) <= SHOWN_LIST else options.pids]
    for name, value in (("--processes", options.processes), ("--gap", options.gap), ("--read", options.read)):
        words += [name, str(value)] if value is not None else []
    words += ["--at-once"] if options.at_once else []
    for name in options.env:
        words += ["--env", name]
    return [*words, "--", *command]
