"""`advise DIRECTORY`: says which settings suit your agents, from your own config and pool. Writes nothing."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from conformance.advice.accounts import Accounts, count_accounts
from conformance.advice.findings import Place, findings
from conformance.advice.installed import Installed, find_installed
from conformance.advice.recommend import OFFSET, STRATEGY, Recommendation, cases_of, recommend, shares_pid
from conformance.cli import situations
from conformance.cli.config import PLATFORMS, project_folder
from conformance.cli.options import between
from conformance.json_type import Json
from conformance.reports import simulation_json
from conformance.reports.describe import wrap
from conformance.reports.progress import Progress, Stage
from conformance.reports.simulation_text import interval
from conformance.simulation.experiment import Decider
from conformance.simulation.model import KINDS, MAX_ACCOUNTS, MAX_AGENTS, Agents, Limits
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import resolve
from reference_impl.config.files import read_file
from reference_impl.config.loader import PROJECT_FILE, LoadedConfig
from reference_impl.pool_place import pool_place
from reference_impl.profiles import Profile, profile
from reference_impl.releases import VERSIONS

HELP = "say which settings suit your agents"
DESCRIPTION = """\
Reads your config and your pool as the installed release does, and says what is
in force and what has no effect. Then simulates the settings that could suit
your agents, and recommends one or says that it makes no difference.

  advise . --agents 8 --as server
  advise . --agents 8 --as containers --at-once 3

Without a limit, two kinds are simulated: requests a minute and requests at
once, at which an even spread just suffices. Writes nothing but --json."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("directory", metavar="DIRECTORY", help="Project folder")
    add("--agents", type=between(1, MAX_AGENTS), required=True, metavar="N", help="Number of agents")
    situations.add_agents(parser)
    situations.add_limits(parser)
    add(
        "--release",
        choices=VERSIONS,
        metavar="RELEASE",
        help="Release to follow (default: the installed one, else the newest)",
    )
    add(
        "--accounts",
        type=between(1, MAX_ACCOUNTS),
        metavar="N",
        help="Number of accounts (default: those of your pool)",
    )
    add("--platform", choices=PLATFORMS, help="Platform whose folders count (default: this one)")
    add("--json", action="store_true", help="Print JSON")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault("advise takes no command after --")
    place = Place(project_folder(options.directory), str(Path.home()), os.environ, options.platform or sys.platform)
    installed = (
        Installed(options.release, "--release")
        if options.release
        else find_installed(Path(place.directory), Path.home(), os.environ)
    )
    chosen = profile(installed.release)
    loaded = place.load(read_file, chosen)
    pool = pool_place(place.home, place.environment, place.platform, chosen).path
    accounts = count_accounts(read_file(pool), chosen, time.time() * 1000)
    agents = situations.agents(options)
    limits = _limits(options, accounts, pool)
    decider = Decider(resolve(f"reference@{installed.release}", []), installed.release)
    cases = cases_of(limits, agents.count, situations.load(options))
    stage = Stage("simulating")
    with Progress(stage, sys.stderr):
        found = recommend(decider, _flat(loaded), agents, cases)
    told = [*findings(place, read_file, chosen), *accounts.findings, *_of_agents(agents, loaded, limits)]
    if options.json:
        print(json.dumps(_document(installed, loaded, accounts, told, found), indent=2, sort_keys=True))
        return 0
    for line in _text(installed, loaded, accounts, pool, told, found, options):
        print(line)
    for line in _lines(found, loaded, chosen):
        print(line)
    return 0


def _limits(options: argparse.Namespace, accounts: Accounts, pool: str) -> Limits:
    """The limits, of the accounts that can be used. Raises UsageFault if there is none."""
    if options.accounts is None and accounts.usable == 0:
        raise UsageFault(
            " ".join([f"{pool}: no account can be selected ({accounts.stored} stored).", *accounts.findings])
            + " Run `opencode auth login`, or give a number with --accounts"
        )
    count = min(options.accounts or accounts.usable, MAX_ACCOUNTS)
    limits = situations.limits(options, count)
    if options.projects is None and options.accounts is None and accounts.projects < accounts.usable:
        return Limits(**{**asdict(limits), "projects": accounts.projects})
    return limits


def _flat(loaded: LoadedConfig) -> dict[str, Json]:
    """The config by path."""
    flat: dict[str, Json] = {}
    for name, value in loaded.config.items():
        flat |= {f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _of_agents(agents: Agents, loaded: LoadedConfig, limits: Limits) -> Iterator[str]:
    if limits.accounts == 1:
        yield "There is one account, so there is nothing to select. Only more accounts help."
    elif loaded.config.get(OFFSET) and shares_pid(agents):
        why = "sessions of one process" if agents.processes == 1 else "processes that all have the same PID"
        yield f"{OFFSET} cannot spread these agents: they are {why}, so all get the same offset."


def _text(
    installed: Installed,
    loaded: LoadedConfig,
    accounts: Accounts,
    pool: str,
    told: Sequence[str],
    found: Recommendation,
    options: argparse.Namespace,
) -> Iterator[str]:
    first = found.cases[0].situation
    yield wrap(f"release   {installed.described}", "", 10)
    offset = "on" if loaded.config.get(OFFSET) else "off"
    strategy = loaded.config.get(STRATEGY)
    origin = loaded.origins.get(STRATEGY, "")
    yield wrap(f"in force  strategy {strategy} ({origin}), offset {offset} ({loaded.origins.get(OFFSET, '')})", "", 10)
    projects = f"{accounts.projects} project{'s' * (accounts.projects != 1)}"
    yield wrap(f"accounts  {accounts.usable} of {accounts.stored} usable, in {projects}; {pool}", "", 10)
    yield wrap(f"agents    {first.agents.count}: {KINDS[options.kind]}", "", 10)
    for number, text in enumerate(told):
        yield wrap(f"{'' if number else 'note':10}{text}", "", 10)
    for case in found.cases:
        yield ""
        yield wrap(f"{first.limits.accounts} accounts, {case.name}", "")
        yield f"{'':22}{'429s per 100':>16}{'answered a minute':>22}{'wait s':>8}{'k tokens':>10}"
        for each in case.outcomes:
            goodput, rejections = each.estimate("goodput"), each.estimate("rejections")
            wait, tokens = each.estimate("wait_p95_s").mean, each.estimate("resent_tokens").mean / 1e5
            yield (
                f"{each.settings.name:22}{rejections.mean:8.1f} +- {rejections.half:<4.1f}"
                f"{goodput.mean:14.1f} +- {goodput.half:<4.1f}{wait:8.1f}{tokens:10.1f}"
            )
    yield ""
    yield from _answer(found)


def _answer(found: Recommendation) -> Iterator[str]:
    name = found.chosen.name
    if not found.matters:
        yield wrap("Keep your settings: no other one makes a difference here.", "")
        return
    yield wrap(f"Recommended: {name}.", "")
    for case in found.cases:
        chosen = case.of(name)
        change = chosen.against(case.base, "goodput")
        fewer = chosen.against(case.base, "rejections")
        yield wrap(
            f"With {case.name}: {interval(change)} answered a minute and {interval(fewer)} 429s per 100 requests, "
            f"against {case.base.settings.name}.",
            "  ",
        )
        if (best := found.best[case.name]) != name and best != case.base.settings.name:
            yield wrap(f"If this is your limit, {best} is better.", "  ")


def _lines(found: Recommendation, loaded: LoadedConfig, chosen: Profile) -> Iterator[str]:
    """The lines to write, and the file to write them to."""
    if not found.matters:
        return
    project = next(file for file in loaded.files if file.layer == PROJECT_FILE)
    resets = project.ignored is None and chosen.has("file-resets-other-keys")
    file = project if resets else loaded.files[0]
    changed = {key: value for key, value in found.chosen.config.items() if loaded.config.get(key, value) != value}
    named = {STRATEGY: found.chosen.config[STRATEGY], **{k: v for k, v in changed.items() if "." not in k}}
    yield ""
    yield f"Write to {file.path}{', and keep its other keys' if file.ignored is None else ''}:"
    yield from json.dumps(named, indent=2).splitlines()


def _document(
    installed: Installed, loaded: LoadedConfig, accounts: Accounts, told: Sequence[str], found: Recommendation
) -> Json:
    return {
        "release": asdict(installed),
        "config": {key: loaded.config.get(key) for key in (STRATEGY, OFFSET)},
        "accounts": {key: value for key, value in asdict(accounts).items() if key != "findings"},
        "findings": list(told),
        "recommended": {"name": found.chosen.name, "matters": found.matters, "config": dict(found.chosen.config)},
        "cases": [
            {
                "limit": case.name,
                "best": found.best[case.name],
                "situation": asdict(case.situation),
                "settings": {
                    each.settings.name: {
                        name: simulation_json.estimate(each.estimate(name))
                        for name in ("rejections", "goodput", "wait_p95_s", "resent_tokens")
                    }
                    for each in case.outcomes
                },
            }
            for case in found.cases
        ],
    }
