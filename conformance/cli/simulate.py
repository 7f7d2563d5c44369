"""`simulate`: simulates agents that share accounts, and compares settings."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from conformance import __version__
from conformance.advice.cases import names_limit, shortage
from conformance.cli import situation_text, situations
from conformance.cli.options import MAX_WORKERS, add_mapping, add_timeout, between
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.cli.settings import parse_changes, parse_settings
from conformance.reports import simulation_json, simulation_plot, simulation_text
from conformance.reports.progress import Progress, Stage
from conformance.simulation.experiment import FEWEST_SEEDS, Decider, seeds_of, simulate
from conformance.simulation.loop_data import document
from conformance.simulation.model import MAX_ACCOUNTS, MAX_AGENTS, Load, Situation
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
  simulate --agents 8 --accounts 4 --as jobs --limit at-once --json result.json
  simulate --at-once 3 --settings sticky+balance,sticky+offset+balance

The target is the reference as release {NEWEST} unless another one is named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help=f"Target that selects (default: reference@{NEWEST})")
    add("--agents", type=between(1, MAX_AGENTS), default=8, metavar="N", help="Number of agents (default: 8)")
    add("--accounts", type=between(1, MAX_ACCOUNTS), default=4, metavar="N", help="Number of accounts (default: 4)")
    situations.add_agents(parser)
    situations.add_limits(parser, Load().minutes)
    add(
        "--settings",
        default=SETTINGS,
        metavar="S,...",
        help="Settings to compare, each with the first: a strategy, or one with +offset (pid_offset_enabled), +balance "
        f"(scheduling_mode balance) or +offset+balance (default: {SETTINGS})",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="Config key for all settings, such as max_rate_limit_wait_seconds=60; may be repeated",
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
    agents, limits = situations.agents(options), situations.limits(options, options.accounts)
    if not names_limit(limits) and options.limit is None:
        raise UsageFault(
            "no limit was given, so nothing would be rejected; give its number with --per-minute, --at-once, "
            "--tokens-per-minute or --per-window, or only its kind, such as `simulate --limit a-minute`"
        )
    (limits,) = situations.cases(options, limits, agents).values()
    situation = Situation(agents, limits, situations.load(options))
    if options.plot:
        check_plot(options.plot)
    prepare_outputs({"--json": options.json, "--plot": options.plot}, {})
    word = options.target or (None if command else f"reference@{NEWEST}")
    stage = Stage("starting the target")
    with Progress(stage, sys.stderr):
        decider = decider_of(resolve(word, command, options.mapping), options.timeout)
        changes = parse_changes(options.set, decider.profile)
        settings = parse_settings(options.settings, changes, decider.profile)
        stage.show(lambda: f"simulating {len(settings)} settings, {options.seeds} runs each")
        outcomes = simulate(decider, situation, settings, seeds_of(options.seed, options.seeds), options.workers)
    document_ = simulation_json.document(
        __version__, (decider.target.word, decider.profile), situation, options.seed, outcomes
    )
    write_report(options.json, simulation_json.render(document_))
    if options.plot:
        title = f"Agents: {situation_text.agents(agents)}; {situation_text.limits(limits)}"
        simulation_plot.write(options.plot, outcomes, title)
    for line in [*situation_text.lines(situation), *simulation_text.render(outcomes)]:
        print(line)
    for line in notes(decider, situation, options):
        print(line)
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


def notes(decider: Decider, situation: Situation, options: argparse.Namespace) -> Iterator[str]:
    """What decided, and what was assumed."""
    common = f", all with {' and '.join(options.set)}" if options.set else ""
    yield situation_text.line(
        "note",
        f"{decider.target.word} selected{common}; the request loop is that of release {document()['release']}. "
        f"{options.seeds} runs with equal loads for all settings, from seed {options.seed}.",
    )
    if text := shortage(situation):
        yield situation_text.line("", text)
