"""`antigravity-conformance`: finds the command and turns what goes wrong into one message and an exit code."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from conformance import __version__
from conformance.cli import requirements, run, vectors
from conformance.requirements import CatalogueError
from conformance.requirements.deviations import DeviationError
from conformance.requirements.quirks import QuirkError
from conformance.targets.connection import SupervisorLostError
from conformance.targets.errors import TargetError

INTERRUPTED = 128 + signal.SIGINT  # as shells report Ctrl-C
NOBODY_READS = 128 + signal.SIGPIPE
SUITE_FAULT = 4
WRONG_USAGE = 2

EPILOG = """\
exit codes: 0 conformant, 1 not conformant, 2 wrong usage, 3 the adapter or its
start failed, 4 fault of the suite, 5 nothing was judged, 6 a deviation is stale
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command: list[str] = []
    if "--" in given:
        place = given.index("--")
        given, command = given[:place], given[place + 1 :]
        if not command:
            print("antigravity-conformance: a command is expected after --", file=sys.stderr)
            return WRONG_USAGE
    options = _parser().parse_args(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a CI that gives up on us: as Ctrl-C
    try:
        code: int = options.main(options, command)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; Python must not try to write the rest as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except (TargetError, DeviationError, SupervisorLostError, CatalogueError, QuirkError, KeyboardInterrupt) as error:
        message, code = _explain(error)
        print(f"antigravity-conformance: {message}", file=sys.stderr)
    return code


def _explain(error: BaseException) -> tuple[str, int]:
    """What the user is told of it, and the exit code."""
    match error:
        case TargetError():
            return str(error), error.exit_code
        case DeviationError():
            return str(error), WRONG_USAGE
        case CatalogueError() | QuirkError():
            return f"the catalogue is wrong: {error}", SUITE_FAULT
        case KeyboardInterrupt():
            return "interrupted", INTERRUPTED
    return str(error), SUITE_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="antigravity-conformance",
        description="Does an implementation of the account selection and config loading behave as\n"
        "specified, run by one process and by many?",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (run, requirements, vectors):
        name = module.__name__.rpartition(".")[2]
        sub = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=EPILOG if module is run else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.set_defaults(main=module.main)
    return parser
