"""`doctor`: shows what this machine has, and what each part enables."""

import argparse
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence

from conformance import __version__
from conformance.reports.describe import wrap
from conformance.targets import namespaces
from conformance.targets.errors import AdapterFault, UsageFault
from conformance.targets.gate.support import why_not
from conformance.targets.tools import cache_folder, node_path, run_tool

HELP = "show what this machine has, and what each part enables"
DESCRIPTION = """\
Shows which programs and features of the system this machine has, and what the
kit cannot do without them. Starts no target and installs nothing."""
BOUND_S = 60.0
Check = Callable[[], str]  # what was found; raises AdapterFault or OSError with the reason if it is missing


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes no options."""


def main(_options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault("doctor takes no command after --")
    print(f"antigravity-conformance {__version__}, Python {platform.python_version()}, {platform.system()}")
    for line in _lines():
        print(line)
    return 0


def _lines() -> Iterator[str]:
    for name, check, enables in CHECKS:
        try:
            yield wrap(f"{name:<12}ok       {check()}", "", 21)
        except (AdapterFault, OSError) as error:
            yield wrap(f"{name:<12}missing  {str(error).splitlines()[0]}", "", 21)
            yield wrap(f"without it: {enables}", " " * 21, 0)


def node_version() -> str:
    """The version of Node. Raises AdapterFault if it is missing or too old."""
    return run_tool([node_path(), "--version"], BOUND_S).stdout.strip()


def _program(name: str) -> Check:
    def check() -> str:
        found = shutil.which(name)
        if found is None:
            raise AdapterFault(f"there is no `{name}` on the PATH")
        return run_tool([found, "--version"], BOUND_S).stdout.strip().splitlines()[0]

    return check


def _namespaces() -> str:
    if reason := namespaces.why_not():
        raise AdapterFault(reason)
    return "PIDs can be chosen"


def _seccomp() -> str:
    if reason := why_not():
        raise AdapterFault(reason)
    return "file calls can be held"


def _cache() -> str:
    folder = cache_folder()
    above = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(above, os.W_OK):
        raise AdapterFault(f"{folder} cannot be written")
    return str(folder)


CHECKS: tuple[tuple[str, Check, str], ...] = (
    ("Node", node_version, "no releases (npm:) and no checkouts (plugin:)"),
    ("npm", _program("npm"), "no releases or packages of checkouts, unless the cache has them"),
    ("namespaces", _namespaces, "rules that need chosen PIDs are not run"),
    ("seccomp", _seccomp, "orders of file calls cannot be chosen"),
    ("git", _program("git"), "a survey does not show the commits of checkouts"),
    ("cache", _cache, "nothing can be installed; ANTIGRAVITY_CONFORMANCE_CACHE names another folder"),
)
