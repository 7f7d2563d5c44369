"""`simulate`: simulates agents that share accounts, and compares settings."""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from conformance import __version__
from conformance.cli import situations
from conformance.cli.options import MAX_WORKERS, add_mapping, add_timeout, between
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.cli.settings import parse_changes, parse_settings
from conformance.reports import simulation_json, simulation_plot, simulation_text
from conformance.reports.describe import wrap
from conformance.reports.progress import Progress, Stage
from conformance.simulation.experiment import FEWEST_SEEDS, Decider, seeds_of, simulate
from conformance.simulation.loop_data import document
from conformance.simulation.model import MAX_ACCOUNTS, MAX_AGENTS, Situation
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import Target, resolve
from conformance.targets.smoke import greet
from reference_impl.releases import NEWEST, RECOMMENDED

SETTINGS = "sticky,sticky+offset,round-robin,hybrid"
MAX_SEEDS = 10_000
HELP = "simulate agents that share accounts, and compare settings"
DESCRIPTION = f"""\
Simulates agents that share accounts, in virtual time, and compares settings.
The selection code of the target decides. The rest is a model: the limits, the
load, and the request loop of release {document()["release"]} (docs/which-settings.md).

  simulate --agents 8 --accounts 4 --as server --per-minute 15
  simulate --agents 8 --accounts 4 --as jobs --at-once 3 --json result.json

The target is the reference as release {NEWEST} unless another one is named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help=f"Target that selects (default: reference@{NEWEST})")
    add("--agents", type=between(1, MAX_AGENTS), default=8, metavar="N", help="Number of agents (default: 8)")
    add("--accounts", type=between(1, MAX_ACCOUNTS), default=4, metavar="N", help="Number of accounts (default: 4)")
    situations.add_agents(parser)
    situations.add_limits(parser)
    add(
        "--settings",
        default=SETTINGS,
        metavar="S,...",
        help=f"Settings to compare, each with the first: a strategy, or one with +offset (default: {SETTINGS})",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="Config key for all settings, such as scheduling_mode=balance; may be repeated",
    )
    add("--seed", default="1", metavar="WORD", help="Seed: the same one gives the same result (default: 1)")
    add(
        "--seeds",
        type=between(FEWEST_SEEDS, MAX_SEEDS),
        default=FEWEST_SEEDS,
        metavar="N",
        help=f"Runs of each setting, with the same N loads (default: {FEWEST_SEEDS})",
    )
    add(
        "-n",
        dest="workers",
        type=between(1, MAX_WORKERS),
        default=1,
        metavar="N",
        help="Number of cores to use; the result stays the same (default: 1)",
    )
    add("--json", type=Path, metavar="FILE", help="Write the result as JSON")
    add("--plot", type=Path, metavar="FILE", help="Draw the result (.svg or .png); needs the extra `plots`")
    add_mapping(parser)
    add_timeout(parser)


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if not situations.has_limit(options):
        raise UsageFault(
            "no limit was given, so nothing would be rejected; give --per-minute, --at-once, --tokens-per-minute or "
            "--per-window, such as `simulate --per-minute 15`"
        )
    situation = Situation(
        situations.agents(options), situations.limits(options, options.accounts), situations.load(options)
    )
    if options.plot:
        check_plot(options.plot)
    prepare_outputs({"--json": options.json, "--plot": options.plot}, {})
    word = options.target or (None if command else f"reference@{NEWEST}")
    stage = Stage("starting the target")
    with Progress(stage, sys.stderr):
        decider = decider_of(resolve(word, command, options.mapping), options.timeout)
        changes = parse_changes(options.set, decider.profile)
        settings = parse_settings(options.settings, changes)
        stage.show(lambda: f"simulating {len(settings)} settings, {options.seeds} runs each")
        outcomes = simulate(decider, situation, settings, seeds_of(options.seed, options.seeds), options.workers)
    document_ = simulation_json.document(
        __version__, (decider.target.word, decider.profile), situation, options.seed, outcomes
    )
    write_report(options.json, simulation_json.render(document_))
    if options.plot:
        simulation_plot.write(options.plot, outcomes, situations.described(situation.agents, situation.limits))
    print(wrap(situations.described(situation.agents, situation.limits), ""))
    for line in simulation_text.render(outcomes):
        print(line)
    print(wrap(note(decider, situation, options), "", 6))
    return 0


def check_plot(path: Path) -> None:
    """Raises UsageFault if the plot cannot be drawn."""
    if path.suffix not in simulation_plot.FORMATS:
        raise UsageFault(f"--plot {path}: expected a file that ends in {' or '.join(simulation_plot.FORMATS)}")
    if find_spec("altair") is None or find_spec("vl_convert") is None:
        raise UsageFault(
            "--plot needs Altair and vl-convert; install them with pip install 'antigravity-conformance[plots]'"
        )


def decider_of(target: Target, timeout_s: float) -> Decider:
    """The target as a decider. Starts a target that is not the reference, to ask for its release."""
    kind, _, name = target.word.partition("@")
    if kind == "reference":
        return Decider(target, name or RECOMMENDED, timeout_s)
    return Decider(target, greet(target, timeout_s=timeout_s).hello.profile or NEWEST, timeout_s)


def note(decider: Decider, situation: Situation, options: argparse.Namespace) -> str:
    """What decided, and what was assumed."""
    load = situation.load
    return (
        f"note  {decider.target.word} selected; the request loop is that of release {document()['release']}. "
        f"{options.seeds} runs of {load.minutes:g} minutes with equal loads for all settings: a request runs "
        f"{load.latency_s:g} s (median), then the agent pauses {load.pause_s:g} s (mean)."
    )
