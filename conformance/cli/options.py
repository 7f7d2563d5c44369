"""The options of `run`, and the types of their values."""

import argparse
import datetime
import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from conformance.processes.fitting import MAX_ACCOUNTS
from conformance.reports.formats import FORMATS
from reference_impl.releases import RECOMMENDED, VERSIONS

DEFAULT_TIMEOUT_S = 30
DEFAULT_TIME_LIMIT_S = 600
MAX_TIMEOUT_S = 24 * 3600
DEFAULT_PROCESSES = 8
MAX_WORKERS = 64


class _Joined(argparse.Action):
    """A list with commas, which may be given in several options."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, value: object, _option: object = None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, f"{before},{value}" if before else value)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="Target to judge, or a command after --")
    add("--only", action="append", default=[], metavar="ID|SECTION", help="Judge only these; may be repeated")
    add("--list", action="store_true", help="Print what would be judged, and judge nothing")
    add_profile(parser, "Release to judge as")
    add_mapping(parser)
    add(
        "--require",
        action="append",
        default=[],
        metavar="SECTION|all",
        help="Fail these if they are not claimed or not run",
    )
    add("--no-fork", action="store_true", help="Do not require rules of `fork`, which only Python ports can claim")
    add("-v", "--verbose", action="store_true", help="Print a line for each rule, and each failure in full")
    add("-q", "--quiet", action="store_true", help="Print only the verdict and the counts")
    add("--strict", action="store_true", help="Count a SHOULD that fails as a failure")
    add("--fail-fast", action="store_true", help="Stop at the first failure that makes the target not conformant")
    add("--watch", action="store_true", help="Judge again after each change of a file, the rules that failed first")
    add(
        "--deviations",
        metavar="FILE|NAME",
        action=_Joined,
        help="Known deviations of the target: files, releases, ids of deviations of releases, or `inherited` (those of "
        "the release that a checkout is judged as), with , between them",
    )
    add("--today", type=day, metavar="DATE", help="Date for the expiry of deviations (default: today)")
    for report in FORMATS:
        add(report.option, type=Path, metavar="FILE", help=report.help)
    add("--events", type=Path, metavar="FILE", help="Keep the event log, which grows during the run")
    add("--wire-log", type=Path, metavar="FILE", help="Write every message to and from the target")
    add(
        "--trace-files",
        type=Path,
        metavar="FILE",
        help="List each path outside its folder that the target opens; needs Linux; without the rules of PROC",
    )
    _add_limits(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """The options for time limits, processes and examples."""
    add = parser.add_argument
    add_timeout(parser)
    add(
        "--time-limit",
        type=seconds,
        default=DEFAULT_TIME_LIMIT_S,
        metavar="S",
        help=f"Time limit of the run in seconds; rules left then are unknown (default: {DEFAULT_TIME_LIMIT_S})",
    )
    add_env(parser)
    add(
        "--processes",
        type=between(2, MAX_ACCOUNTS, " (no pool fits more processes)"),
        default=DEFAULT_PROCESSES,
        metavar="N",
        help=f"Number of real processes to start at once (default: 8; up to {MAX_ACCOUNTS})",
    )
    add("--no-namespaces", action="store_true", help="Do not choose PIDs; rules that need that are not run")
    add(
        "--draw",
        type=between(0),
        default=0,
        metavar="N",
        help="Also draw N new examples for each property",
    )
    add(
        "-n",
        dest="workers",
        type=between(0, MAX_WORKERS),
        default=0,
        metavar="N",
        help=f"Number of cores to run the cases on (up to {MAX_WORKERS})",
    )


def add_profile(parser: argparse.ArgumentParser, what: str = "Release to compare with") -> None:
    parser.add_argument(
        "--profile",
        choices=[*VERSIONS, RECOMMENDED],
        metavar="RELEASE",
        help=f"{what}: {', '.join(VERSIONS)} or {RECOMMENDED} (default: the one that the target claims)",
    )


def add_mapping(parser: argparse.ArgumentParser) -> None:
    what = "Mapping file for renamed modules or methods (default: antigravity-conformance.toml in the checkout)"
    parser.add_argument("--mapping", type=Path, metavar="FILE", help=what)


def add_timeout(parser: argparse.ArgumentParser) -> None:
    what = f"Time limit of one answer in seconds (default: {DEFAULT_TIMEOUT_S})"
    parser.add_argument("--timeout", type=seconds, default=DEFAULT_TIMEOUT_S, metavar="S", help=what)


def add_env(parser: argparse.ArgumentParser) -> None:
    what = "Pass this environment variable to the target; may be repeated"
    parser.add_argument("--env", action="append", default=[], metavar="NAME", help=what)


def repeated(options: argparse.Namespace) -> list[str]:
    """The options that affect verdicts, quoted for a shell."""
    words: list[str] = []
    for name, value, default in (
        ("--deviations", options.deviations, None),
        ("--processes", options.processes, DEFAULT_PROCESSES),
        ("--draw", options.draw, 0),
    ):
        if value != default:
            words += [name, shlex.quote(str(value))]
    if options.no_namespaces:
        words.append("--no-namespaces")
    return [*asking(options), *words]


def asking(options: argparse.Namespace) -> list[str]:
    """The options of any command that affect the calls to a target and the comparison, quoted for a shell."""
    words: list[str] = []
    for name, value, default in (
        ("--profile", options.profile, None),
        ("--mapping", options.mapping, None),
        ("--timeout", options.timeout, DEFAULT_TIMEOUT_S),
    ):
        if value != default:
            words += [name, shlex.quote(str(value))]
    for name in options.env:
        words += ["--env", shlex.quote(name)]
    return words


def given_for_runs(options: argparse.Namespace, *more: tuple[str, object]) -> list[str]:
    """The given options that only a run obeys. `more` are other such options, with their defaults."""
    common: tuple[tuple[str, object], ...] = (
        ("--only", []),
        ("--profile", None),
        ("--today", None),
        ("--timeout", DEFAULT_TIMEOUT_S),
        ("--processes", DEFAULT_PROCESSES),
        ("--env", []),
    )
    return [
        name for name, default in (*common, *more) if getattr(options, name.lstrip("-").replace("-", "_")) != default
    ]


def seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) <= MAX_TIMEOUT_S:
            return value
    raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, up to a day, got {text!r}")


def between(minimum: int, maximum: int | None = None, why: str = "") -> Callable[[str], int]:
    def read(text: str) -> int:
        with suppress(ValueError):
            value = int(text)
            if value >= minimum and (maximum is None or value <= maximum):
                return value
        numbers = f"of {minimum} or more" if maximum is None else f"from {minimum} to {maximum}{why}"
        raise argparse.ArgumentTypeError(f"expected a whole number {numbers}, got {text!r}")

    return read


def day(text: str) -> datetime.date:
    with suppress(ValueError):
        return datetime.date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"expected a date such as 2026-12-31, got {text!r}")
