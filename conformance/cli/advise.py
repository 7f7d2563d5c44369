"""`advise DIRECTORY`: says which settings suit your agents, from your own config and pool. Writes nothing."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from conformance.advice.accounts import Accounts, count_accounts
from conformance.advice.cases import LIMIT_KINDS, shortage
from conformance.advice.criterion import CRITERION, has_fewer_rejections
from conformance.advice.findings import Place, findings, unreadable
from conformance.advice.installed import Installed, find_installed
from conformance.advice.recommend import MINUTES, OFFSET, STRATEGY, Case, Recommendation, offset_spreads, recommend
from conformance.cli import situation_text, situations
from conformance.cli.config import PLATFORMS, project_folder, user_home
from conformance.cli.options import between
from conformance.json_type import Json
from conformance.reports import simulation_json
from conformance.reports.describe import wrap
from conformance.reports.progress import Progress, Stage
from conformance.reports.simulation_text import interval
from conformance.simulation.experiment import Decider
from conformance.simulation.model import MAX_ACCOUNTS, MAX_AGENTS, Agents, Limits
from conformance.simulation.outcome import Outcome
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
  advise . --agents 8 --as containers --limit at-once
  advise . --agents 8 --as jobs --per-minute 12

Recommended are the settings with the most answered requests; of those, the ones
with the fewest 429s; of those, the ones with the fewest keys to change. Without
a limit, both kinds of --limit are simulated. Writes no file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("directory", metavar="DIRECTORY", help="Project folder")
    add("--agents", type=between(1, MAX_AGENTS), required=True, metavar="N", help="Number of agents")
    situations.add_agents(parser)
    situations.add_limits(parser, MINUTES)
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
    place = Place(project_folder(options.directory), str(user_home()), os.environ, options.platform or sys.platform)
    installed = (
        Installed(options.release, "--release")
        if options.release
        else find_installed(Path(place.directory), user_home(), os.environ)
    )
    chosen = profile(installed.release)
    loaded = place.load(read_file, chosen)
    pool = pool_place(place.home, place.environment, place.platform, chosen).path
    accounts = count_accounts(read_file(pool), chosen, time.time() * 1000)
    agents = situations.agents(options)
    limits = _limits(options, accounts, pool)
    cases = situations.cases(options, limits, agents)
    decider = Decider(resolve(f"reference@{installed.release}", []), installed.release)
    stage = Stage("simulating")
    with Progress(stage, sys.stderr):
        found = recommend(decider, _flat(loaded), agents, situations.load(options), cases)
    told = [*findings(place, read_file, chosen), *accounts.findings, *_of_agents(agents, loaded, limits)]
    if options.accounts is None and accounts.usable > MAX_ACCOUNTS:
        told.append(f"The simulation takes at most {MAX_ACCOUNTS} accounts, and you have {accounts.usable}.")
    told += [text for case in found.cases if (text := shortage(case.situation))]
    if options.json:
        print(json.dumps(_document(installed, loaded, accounts, told, found), indent=2, sort_keys=True))
        return 0
    for line in _head(installed, loaded, _counted(accounts, pool, options), told, found):
        print(line)
    for case in found.cases:
        for line in _table(case):
            print(line)
    for line in [*_answer(found), *_lines(found, loaded, chosen)]:
        print(line)
    return 0


def _limits(options: argparse.Namespace, accounts: Accounts, pool: str) -> Limits:
    """The limits, of the accounts that can be used. Raises UsageFault if there is none."""
    if options.accounts is None and accounts.usable == 0:
        why = [f"The file cannot be read: {error}."] if (error := unreadable(pool)) else accounts.findings
        missing = "" if os.path.lexists(pool) else "; there is no such file"
        said = " ".join([f"{pool}: no account can be selected ({accounts.stored} stored{missing}).", *why])
        if accounts.stored or not why:
            raise UsageFault(f"{said} Run `opencode auth login`, or give a number with --accounts")
        raise UsageFault(f"{said} Or give a number with --accounts")
    count = min(options.accounts or accounts.usable, MAX_ACCOUNTS)
    limits = situations.limits(options, count)
    if options.projects is None and options.accounts is None and accounts.projects < accounts.usable:
        return replace(limits, projects=accounts.projects)
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
    elif loaded.config.get(OFFSET) and not offset_spreads(agents):
        why = "share one process" if agents.processes == 1 else "are processes with equal PIDs"
        yield f"{OFFSET} cannot spread these agents: they {why}, so all get the same offset."


def _counted(accounts: Accounts, pool: str, options: argparse.Namespace) -> str:
    """How many accounts count, and where the number comes from."""
    projects = f"{accounts.projects} project{'s' * (accounts.projects != 1)}"
    found = f"{accounts.usable} of {accounts.stored} usable, in {projects}"
    if options.accounts is None:
        return f"{found}; {pool}"
    stored = found if accounts.stored else "none stored"
    return f"{options.accounts}, as --accounts says; {pool} has {stored}"


def _head(
    installed: Installed, loaded: LoadedConfig, accounts: str, told: Sequence[str], found: Recommendation
) -> Iterator[str]:
    """The lines above the tables."""
    first = found.cases[0].situation
    line = situation_text.line
    yield line("release", installed.described)
    offset = "on" if loaded.config.get(OFFSET) else "off"
    strategy, origin = loaded.config.get(STRATEGY), loaded.origins.get(STRATEGY, "")
    yield line("in force", f"strategy {strategy} ({origin}), offset {offset} ({loaded.origins.get(OFFSET, '')})")
    yield line("accounts", accounts)
    yield line("agents", situation_text.agents(first.agents))
    yield line("load", situation_text.load(first.load))
    for number, text in enumerate(told):
        yield line("" if number else "note", text)


def _table(case: Case) -> Iterator[str]:
    yield ""
    limits = case.situation.limits
    yield wrap(f"{situation_text.limits(limits)}; {situation_text.retry_after(limits)}", "", 0)
    yield f"{'':22}{'429s per 100':>16}{'answered a minute':>22}{'wait s':>8}{'k tokens':>10}"
    for each in case.outcomes:
        goodput, rejections = each.estimate("goodput"), each.estimate("rejections")
        wait, tokens = each.estimate("wait_p95_s").mean, each.estimate("resent_tokens").mean / 1e5
        yield (
            f"{each.settings.name:22}{rejections.mean:8.1f} +- {rejections.half:<4.1f}"
            f"{goodput.mean:14.1f} +- {goodput.half:<4.1f}{wait:8.1f}{tokens:10.1f}"
        )


def _answer(found: Recommendation) -> Iterator[str]:
    name = found.chosen.name
    yield ""
    if found.matters:
        yield wrap(f"Recommended: {name}.", "")
    else:
        yield wrap("It makes no difference: keep what you have. No other setting is better by the criterion.", "")
    for case in found.cases if found.matters else ():
        change, fewer = (case.of(name).against(case.base, measure) for measure in ("goodput", "rejections"))
        yield wrap(
            f"With {case.name}: {interval(change)} answered a minute and {interval(fewer)} 429s per 100 requests, "
            "against your settings as now.",
            "  ",
            2,
        )
    yield from _others(found)
    yield wrap(CRITERION, "")


def _others(found: Recommendation) -> Iterator[str]:
    """The settings that are better if the user knows the kind of limit, or that have fewer 429s."""
    if len(found.cases) > 1 and set(found.best.values()) != {found.chosen.name}:
        by_kind = zip(LIMIT_KINDS, found.best.values(), strict=True)
        named = [f"with --limit {kind}, {best} is the best" for kind, best in by_kind]
        yield wrap(f"If you know the kind of your limit, name it: {'; '.join(named)}.", "  ", 2)
        return
    for case in found.cases:
        chosen, fewest = case.of(found.chosen.name), min(case.outcomes, key=lambda each: _mean(each, "rejections"))
        if has_fewer_rejections(fewest, chosen):
            yield wrap(
                f"Fewest 429s with {case.name}: {fewest.settings.name}, {_mean(fewest, 'rejections'):.1f} per 100 "
                f"requests, but {_mean(fewest, 'goodput'):.1f} answered a minute instead of "
                f"{_mean(chosen, 'goodput'):.1f}.",
                "  ",
                2,
            )


def _mean(outcome: Outcome, measure: str) -> float:
    return outcome.estimate(measure).mean


def _lines(found: Recommendation, loaded: LoadedConfig, chosen: Profile) -> Iterator[str]:
    """The lines to write, and the file to write them to."""
    if not found.matters:
        return
    changed = {key: value for key, value in found.chosen.config.items() if _flat(loaded).get(key) != value}
    project = next(file for file in loaded.files if file.layer == PROJECT_FILE)
    wins = chosen.has("file-resets-other-keys") or any(loaded.origins.get(key) == PROJECT_FILE for key in changed)
    file = project if project.ignored is None and wins else loaded.files[0]
    yield ""
    yield f"Write to {file.path}{', and keep its other keys' if file.ignored is None else ''}:"
    yield from json.dumps(changed, indent=2).splitlines()
    for key in changed:
        if (origin := loaded.origins.get(key, "")).startswith("variable "):
            yield wrap(f"Unset {origin.removeprefix('variable ')}, which overrides {key}.", "", 0)


def _document(
    installed: Installed, loaded: LoadedConfig, accounts: Accounts, told: Sequence[str], found: Recommendation
) -> Json:
    return {
        "release": asdict(installed),
        "config": {key: loaded.config.get(key) for key in (STRATEGY, OFFSET)},
        "accounts": {key: value for key, value in asdict(accounts).items() if key != "findings"},
        "findings": list(told),
        "criterion": CRITERION,
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
