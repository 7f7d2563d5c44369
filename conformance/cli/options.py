"""The options of `run`, and what each of them takes."""

import argparse
import datetime
import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from conformance.processes.fitting import MOST_ACCOUNTS
from conformance.reports.formats import FORMATS
from reference_impl.releases import RECOMMENDED, VERSIONS

DEFAULT_TIMEOUT_S = 60
LONGEST_TIMEOUT_S = 24 * 3600
DEFAULT_PROCESSES = 8
MOST_WORKERS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="what to judge; or a command after --")
    add("--only", action="append", default=[], metavar="ID|SECTION", help="judge these alone; may be repeated")
    add("--list", action="store_true", help="print what would be judged, and judge nothing")
    add(
        "--profile",
        choices=[*VERSIONS, RECOMMENDED],
        help="judge as this release; default: the one it claims",
    )
    add("--mapping", type=Path, metavar="FILE", help="what a checkout calls its own; default: its own file")
    add(
        "--require",
        action="append",
        default=[],
        metavar="SECTION|all",
        help="not claimed and not run are failures",
    )
    add("--strict", action="store_true", help="a SHOULD that fails counts too")
    add("--fail-fast", action="store_true", help="stop at the first case that fails")
    add("--deviations", type=Path, metavar="FILE", help="known deviations of this target")
    add("--today", type=day, metavar="DATE", help="judge expiry against this day; default: today")
    for report in FORMATS:
        add(report.option, type=Path, metavar="FILE", help=report.help)
    add("--events", type=Path, metavar="FILE", help="keep the log of events, written as they happen")
    add("--wire-log", type=Path, metavar="FILE", help="write every message to and from the target")
    _add_limits(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """How long, by how many processes and with how many examples a target is judged."""
    add = parser.add_argument
    add("--timeout", type=seconds, default=DEFAULT_TIMEOUT_S, metavar="S", help="seconds to wait for an answer (60)")
    add("--env", action="append", default=[], metavar="NAME", help="let the target see this variable")
    add(
        "--processes",
        type=between(2, MOST_ACCOUNTS, " (no pool is fitted to more processes)"),
        default=DEFAULT_PROCESSES,
        metavar="N",
        help=f"real processes started at once (8), up to {MOST_ACCOUNTS}",
    )
    add("--no-namespaces", action="store_true", help="give no process a chosen id; what needs that is not run")
    add(
        "--draw",
        type=between(0),
        default=0,
        metavar="N",
        help="draw N fresh examples a property, beside the stored ones",
    )
    add(
        "-n",
        dest="workers",
        type=between(0, MOST_WORKERS),
        default=0,
        metavar="N",
        help=f"run the cases on N cores, up to {MOST_WORKERS}",
    )


def repeated(options: argparse.Namespace) -> list[str]:
    """The options that shape verdicts, as words that a shell reads back."""
    words: list[str] = []
    for name, value, default in (
        ("--profile", options.profile, None),
        ("--mapping", options.mapping, None),
        ("--deviations", options.deviations, None),
        ("--timeout", options.timeout, DEFAULT_TIMEOUT_S),
        ("--processes", options.processes, DEFAULT_PROCESSES),
        ("--draw", options.draw, 0),
    ):
        if value != default:
            words += [name, shlex.quote(str(value))]
    if options.no_namespaces:
        words.append("--no-namespaces")
    for name in options.env:
        words += ["--env", shlex.quote(name)]
    return words


def seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) <= LONGEST_TIMEOUT_S:
            return value
    raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, up to a day, got {text!r}")


def between(least: int, most: int | None = None, why: str = "") -> Callable[[str], int]:
    def read(text: str) -> int:
        with suppress(ValueError):
            value = int(text)
            if value >= least and (most is None or value <= most):
                return value
        numbers = f"of {least} or more" if most is None else f"from {least} to {most}{why}"
        raise argparse.ArgumentTypeError(f"expected a whole number {numbers}, got {text!r}")

    return read


def day(text: str) -> datetime.date:
    with suppress(ValueError):
        return datetime.date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"expected a day such as 2026-12-31, got {text!r}")
