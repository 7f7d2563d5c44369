"""`identify`: names the release that a target behaves like, and what differs."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from conformance.cli.options import add_env, add_mapping, add_timeout, between
from conformance.reports.describe import wrap
from conformance.reports.discrepancy import describe_discrepancy, shortened
from conformance.reports.progress import Progress, Stage
from conformance.search.config_keys import added_keys
from conformance.search.identify import Identification, identify
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from reference_impl.profiles import BY_NAME, profile
from reference_impl.releases import VERSIONS

CALLS = 20_000
DESCRIBED_LINES = 14  # of a discrepancy
HELP = "name the release that a target behaves like, and what differs"
DESCRIPTION = """\
Names the nearest release and each quirk in which the target differs from it.
Then it searches for differences that no quirk explains. The same target always
gets the same answer. For a verdict, use `run`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="Target to identify, or a command after --")
    add("--calls", type=between(0), default=CALLS, metavar="N", help=f"Number of generated calls (default: {CALLS})")
    add_mapping(parser)
    add_timeout(parser)
    add_env(parser)


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    asking = {"timeout_s": options.timeout, "pass_environment": options.env}
    stage = Stage()
    with Progress(stage, sys.stderr):
        target = resolve(options.target, command, options.mapping)
        greeting = greet(target, with_config=True, **asking)
        capabilities = greeting.hello.capabilities
        identification = identify(target, capabilities, calls=options.calls, show=stage.show, **asking)
    for line in describe_identification(identification):
        print(line)
    if added := added_keys(greeting.config):
        print(wrap(f"it adds config keys that no release has: {', '.join(added)}", ""))
    return 0


def describe_identification(identification: Identification) -> Iterator[str]:
    """The lines that describe what a target behaves like."""
    nearest = identification.nearest
    differs = bool(identification.flipped or identification.other_signs or identification.differing)
    alike = [version for version in VERSIONS if version in (nearest, *identification.release.equals)]
    between = identification.release.between
    lies = f"lies between {between[0]} and {between[1]}, and " if between else ""
    like = f"{lies}behaves like {' and '.join(alike) or nearest}"
    yield wrap(f"{identification.target.word} {like}" + (", except" if differs else ""), "")
    for name in identification.flipped:
        verb = "does not show" if name in profile(nearest).quirks else "shows"
        yield wrap(f"it {verb} the quirk {name}: {BY_NAME[name].text}", "  ")
    for sign in identification.other_signs:
        yield wrap(f"it differs in {sign}", "  ")
    for discrepancy in identification.discrepancies:
        described = describe_discrepancy(discrepancy.to_json(identification.target.word))
        yield from shortened(described, DESCRIBED_LINES)
    beside = "apart from that, " if identification.flipped or identification.other_signs else ""
    result = f"{identification.differing} sessions differ" if identification.differing else "every answer is the same"
    yield wrap(f"{beside}{result} in {identification.calls:,} generated calls", "")
