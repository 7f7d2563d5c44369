"""`diff`: lists the behaviours in which two targets differ."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from conformance.cli.options import add_env, add_timeout, between
from conformance.reports.describe import wrap
from conformance.reports.discrepancy import describe_discrepancy
from conformance.reports.progress import Progress, Stage
from conformance.search.attribution import attribute_differences, config_rows
from conformance.search.identify import Identification, identify, unshared
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import Target, resolve
from conformance.targets.smoke import greet
from reference_impl.profiles import BY_NAME

CALLS, SESSIONS = 20_000, 400
DIFFERENT = 1
HELP = "list the behaviours in which two targets differ"
DESCRIPTION = """\
Identifies both targets and lists what differs: quirks, each with the number of
generated sessions that it changes; capabilities; config keys, variables and
folders; and shrunk scenarios of other differences. The exit code is 0 if
nothing differs, else 1."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", metavar="TARGET", help="First target")
    add("other", metavar="TARGET", help="Second target")
    add(
        "--calls",
        type=between(0),
        default=CALLS,
        metavar="N",
        help=f"Number of generated calls for each (default: {CALLS})",
    )
    add_timeout(parser)
    add_env(parser)


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault(
            "diff takes two targets and no command after --; name a checkout by plugin:PATH, a port by python:..."
        )
    stage = Stage("starting the targets")
    with Progress(stage, sys.stderr):
        targets = [resolve(word, []) for word in (options.target, options.other)]
        one, other = (_identify(target, options, stage) for target in targets)
        stage.show(lambda: "comparing the two")
        lines = list(_differences(one, other, options))
    for side in (one, other):
        print(wrap(f"{side.target.word}, nearest to {side.nearest}", ""))
    for line in lines or ["  no difference"]:
        print(line)
    print(wrap(f"compared with {one.calls:,} and {other.calls:,} generated calls", ""))
    return DIFFERENT if lines else 0


def _identify(target: Target, options: argparse.Namespace, stage: Stage) -> Identification:
    asking = {"timeout_s": options.timeout, "pass_environment": options.env}
    capabilities = greet(target, **asking).hello.capabilities
    return identify(target, capabilities, calls=options.calls, show=stage.show, **asking)


def _differences(one: Identification, other: Identification, options: argparse.Namespace) -> Iterator[str]:
    common = sorted(set(one.capabilities) & set(other.capabilities))
    named = attribute_differences(one.profile, other.profile, common, SESSIONS)
    if named.by_quirk:
        yield f"  quirks, with the number of {named.sessions} generated sessions that each changes"
    for name, count in named.by_quirk.items():
        has = one if name in one.profile.quirks else other
        yield wrap(f"{name} ({count}), in {has.target.word}: {BY_NAME[name].text}", "    ")
    for side, left in ((one, other), (other, one)):
        for word in side.capabilities:
            if word not in left.capabilities:
                yield wrap(f"capability {word}: in {side.target.word} only", "  ")
    for row in config_rows(one.profile, other.profile):
        yield wrap(row, "  ")
    if named.unnamed:
        yield f"  {named.unnamed} of the sessions differ for another reason"
    for side, left in ((one, other), (other, one)):
        for discrepancy in unshared(side.discrepancies, left, timeout_s=options.timeout, pass_environment=options.env):
            yield wrap(f"unexplained, in {side.target.word}:", "  ")
            yield from describe_discrepancy(discrepancy.to_json(side.target.word))
