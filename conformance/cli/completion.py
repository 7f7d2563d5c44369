"""`completion`: prints a script that completes commands and options in a shell."""

import argparse
import sys
from collections.abc import Sequence

from conformance.targets.errors import UsageFault

HELP = "print a script for completion in a shell"
DESCRIPTION = """\
Prints a script that completes commands and options. For bash:
  eval "$(antigravity-conformance completion bash)\""""
SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"One of {', '.join(SHELLS)}")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault("completion takes no command after --")
    import shtab

    from conformance.cli.main import full_parser

    sys.stdout.write(shtab.complete(full_parser(), options.shell) + "\n")
    return 0
