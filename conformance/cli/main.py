"""`antigravity-conformance`: runs a command. Turns each error into one message and an exit code."""

import argparse
import importlib
import io
import os
import platform
import shlex
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from conformance import __version__
from conformance.cli.faults import TRACEBACK_VARIABLE, explain
from conformance.cli.nearest import OPTION_ALIKE, options_of
from conformance.targets.errors import TargetError, UsageFault
from conformance.targets.nearest import did_you_mean
from conformance.targets.resolve import is_word
from conformance.texts import printable

COMMANDS = (  # modules of this folder
    "init",
    "run",
    "survey",
    "compare",
    "spread",
    "races",
    "simulate",
    "advise",
    "identify",
    "diff",
    "fuzz",
    "replay",
    "requirements",
    "vectors",
    "config",
    "doctor",
    "completion",
)
FIRST = {"replay": "FILE "}  # what a command takes before its target
INSTEAD = {"simulate": "[TARGET]", "spread": "--pids PIDS"}  # what a command takes instead of a target
WITH_TARGET = ("run", "spread", "races", "simulate", "identify", "fuzz", "replay")  # they take a command after --
EPILOG = """\
exit codes: 0 conformant, 1 not conformant, 2 wrong usage, 3 the adapter failed
or cannot be started, 4 fault of this suite, 5 nothing was judged, 6 a deviation
is stale, 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    _prepare_streams()
    try:
        _end_as_by_interrupt(signal.SIGTERM)  # CI systems cancel with SIGTERM
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup ignores it
            _end_as_by_interrupt(signal.SIGHUP)  # the terminal is closed
        message, code = "", _run(list(sys.argv[1:] if arguments is None else arguments))
    except BaseException as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            traceback.print_exc()
        message, code = explain(error)
    if (lost := _flush(sys.stdout)) is not None:
        message, code = explain(lost)
    if message:
        with suppress(OSError):  # if standard error fails too, nothing is left
            print(f"antigravity-conformance: {printable(message)}", file=sys.stderr)
    _flush(sys.stderr)
    return code


def _end_as_by_interrupt(number: int) -> None:
    """The reports of what was judged so far are written, as after Ctrl-C."""
    signal.signal(number, signal.default_int_handler)


def _run(given: list[str]) -> int:
    command: list[str] = []
    if "--" in given:
        place = given.index("--")
        given, command = given[:place], given[place + 1 :]
        if not command:
            raise UsageFault("a command is expected after --")
    try:
        os.getcwd()  # some imported packages need it too
    except OSError as error:
        raise UsageFault("the current folder does not exist any more; change to one that does") from error
    first = given[0] if given else ""
    if first and not first.startswith("-") and first not in COMMANDS:
        hint = did_you_mean(first, COMMANDS) or (f"; did you mean run {first}?" if is_word(first) else ".")
        raise UsageFault(f"there is no command {first!r}{hint} The commands are {', '.join(COMMANDS)}")
    if first == "--version":
        print(_version())
        return 0
    parser = _parser(first)
    options, unknown = parser.parse_known_args(given)
    if unknown:
        _refuse(options, unknown, options_of(parser, first), first)
    code: int = options.main(options, command)
    return code


def _version() -> str:
    """The kit, Python, the size of the catalogue, and Node if it is there."""
    from conformance.cli.doctor import node_version
    from conformance.requirements import load_catalogue

    try:
        node = f", Node {node_version().removeprefix('v')}"
    except TargetError:
        node = ""
    python = platform.python_version()
    return f"antigravity-conformance {__version__}, {len(load_catalogue())} requirements, Python {python}{node}"


def _refuse(options: argparse.Namespace, unknown: Sequence[str], known: Sequence[str], name: str) -> None:
    """Refuse unknown words. A command without `--` before it is the most likely cause."""
    option = unknown[0].partition("=")[0]
    if option.startswith("-") and (hint := did_you_mean(option, known, OPTION_ALIKE)):
        raise UsageFault(f"unrecognized arguments: {shlex.join(unknown)}{hint}")
    target = getattr(options, "target", None)
    if target is not None and not is_word(target):
        raise UsageFault(f"put -- before the command: antigravity-conformance run -- {shlex.join([target, *unknown])}")
    if options.takes_command and target is None and not unknown[0].startswith("-"):
        raise UsageFault(f"put -- before the command: -- {shlex.join(unknown)}")
    raise UsageFault(f"unrecognized arguments: {shlex.join(unknown)}; see `antigravity-conformance {name} --help`")


def _prepare_streams() -> None:
    """Replace closed streams by the null device; otherwise the next file that is opened would receive the output.

    Characters that a stream cannot encode are escaped; they may come from a path or from a target.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until exit
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush(stream: TextIO) -> OSError | None:
    """Flush. Output that cannot be written is dropped; otherwise Python would try again on exit."""
    try:
        stream.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        return error
    return None


def full_parser() -> argparse.ArgumentParser:
    """A parser with all commands."""
    return _parser("")


def _parser(first: str) -> argparse.ArgumentParser:
    """A parser with the given command, or with all commands if there is no such command."""
    parser = argparse.ArgumentParser(
        prog="antigravity-conformance",
        description="Checks whether an implementation of account selection and config loading behaves\n"
        "as specified, in one process and in many.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print versions and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in [first] if first in COMMANDS else COMMANDS:
        module = importlib.import_module(f"conformance.cli.{name}")  # slow, so only the given command is imported
        sub = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=EPILOG if name in ("run", "survey", "compare") else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name in WITH_TARGET:
            before = f"antigravity-conformance {name} [OPTIONS] {FIRST.get(name, '')}"
            sub.usage = f"{before}{INSTEAD.get(name, 'TARGET')}\n       {before}-- COMMAND ..."
        module.add_arguments(sub)
        sub.set_defaults(main=module.main, takes_command=name in WITH_TARGET)
    return parser
