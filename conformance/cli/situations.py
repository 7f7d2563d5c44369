"""The options that describe agents, accounts, limits and load. `simulate` and `advise` share them."""

import argparse
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from conformance.advice.cases import LIMIT_KINDS, cases_of, names_limit
from conformance.cli import situation_text
from conformance.cli.options import MAX_TIMEOUT_S, between
from conformance.processes.pid_list import MAX_PID, parse
from conformance.simulation.model import (
    KINDS,
    MAX_ACCOUNTS,
    MAX_AGENTS,
    PATTERNS,
    PLAIN,
    TERMINALS,
    Agents,
    Limits,
    Load,
    Pids,
    agents_of,
)
from conformance.targets.errors import UsageFault
from conformance.texts import many

MAX_MINUTES = 1440
SECONDS = 60
MIN_RESTART_S, MIN_LATENCY_S = 1.0, 0.01  # with less, virtual time hardly moves, and a simulation does not end
STRIDE = "stride:"


def add_agents(parser: argparse.ArgumentParser) -> None:
    """Add the options for agents and their processes."""
    add = parser.add_argument
    add("--as", dest="kind", choices=list(KINDS), metavar="KIND", default=TERMINALS, help=_help_of_kinds())
    add("--processes", type=between(1, MAX_AGENTS), metavar="N", help="Number of processes that share the agents")
    add(
        "--pids",
        metavar="PIDS",
        help="PIDs of the processes: consecutive, stride:K (every Kth), apart (7 to 22 between them, as Node programs "
        "that start one after another), random, equal, or a list such as 123,456",
    )
    add("--gap", type=seconds_or_none, metavar="S", help="Start one process every S seconds; 0: all at once")
    restart = "Start each process again every S seconds (default: never)"
    add("--restart", type=at_least(MIN_RESTART_S), metavar="S", help=restart)
    add("--pool", choices=("shared", "own"), help="Whether the processes share a pool file or have one each")


def _help_of_kinds() -> str:
    """Each kind of agents, with what it means for the simulation."""
    several = [
        f"{kind}: {text} ({situation_text.processes(replace(PLAIN[kind], processes=MAX_AGENTS))})"
        if PLAIN[kind].processes > 1
        else f"{kind}: {text} (one process)"
        for kind, text in KINDS.items()
    ]
    return (
        f"What your agents are. {'; '.join(several)} (default: {TERMINALS}). The options below change what is in "
        "brackets."
    )


def agents(options: argparse.Namespace) -> Agents:
    """The agents that the options describe. Raises UsageFault."""
    found = agents_of(options.kind, options.agents)
    if options.processes is not None:
        if options.processes > options.agents:
            raise UsageFault(
                f"--processes {options.processes} exceeds {many(options.agents, 'agent')}; expected at most one each"
            )
        found = replace(found, processes=options.processes)
    if options.pids is not None:
        found = replace(found, pids=pids(options.pids))
    if options.gap is not None:
        found = replace(found, gap_s=options.gap)
    if options.restart is not None:
        found = replace(found, restart_s=options.restart)
    if options.pool is not None:
        found = replace(found, pool=options.pool)
    _check_effect(found, options)
    return found


def _check_effect(found: Agents, options: argparse.Namespace) -> None:
    """Raises UsageFault for an option that would have no effect."""
    if found.processes == 1 and found.count > 1 and (options.gap is not None or options.pool is not None):
        named = "--gap" if options.gap is not None else "--pool"
        raise UsageFault(
            f"{named} is for several processes, and these {found.count} agents share one; drop it, or give --processes"
        )
    if not found.restart_s and len(found.pids.given) > found.processes:
        raise UsageFault(
            f"--pids names {len(found.pids.given)} PIDs, and there are {found.processes} processes; give as many"
        )
    last_s = (found.processes - 1) * found.gap_s
    if last_s >= options.minutes * SECONDS:
        raise UsageFault(
            f"the last of {found.processes} processes would start after {last_s / SECONDS:.1f} minutes, one every "
            f"{found.gap_s:g} s, and the simulation ends after {options.minutes}; give more with --minutes, or a "
            "shorter --gap"
        )
    if found.restart_s >= options.minutes * SECONDS:
        raise UsageFault(
            f"--restart {found.restart_s:g} would restart nothing: the simulation ends after {options.minutes} "
            "minutes; give more with --minutes"
        )


def seconds_or_none(text: str) -> float:
    """A number of seconds; 0 for no time."""
    with suppress(ValueError):
        if 0 <= (value := float(text)) <= MAX_TIMEOUT_S:
            return value
    raise argparse.ArgumentTypeError(f"expected a number of seconds, 0 or more, up to a day, got {text!r}")


def at_least(minimum: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        with suppress(ValueError):
            if minimum <= (value := float(text)) <= MAX_TIMEOUT_S:
                return value
        raise argparse.ArgumentTypeError(f"expected a number of seconds from {minimum:g} to a day, got {text!r}")

    return read


def pids(text: str) -> Pids:
    """The PIDs that a word describes. Raises UsageFault."""
    if text in PATTERNS:
        return Pids(text)
    if text.startswith(STRIDE):
        with suppress(ValueError):
            if (stride := int(text.removeprefix(STRIDE))) > 0:
                return Pids("consecutive", stride)
        raise UsageFault(f"--pids {text!r}: expected stride:K with a whole number K of 1 or more, such as stride:4")
    try:
        return Pids(given=tuple(parse(text, what="PID", minimum=0, maximum=MAX_PID, count=MAX_AGENTS)))
    except ValueError as error:
        raise UsageFault(f"--pids: {error}; or one of {', '.join(PATTERNS)}, stride:K") from error


def add_limits(parser: argparse.ArgumentParser, minutes: float) -> None:
    """Add the options for limits and load. `minutes` is the default length of a run."""
    add = parser.add_argument
    add(
        "--limit",
        choices=list(LIMIT_KINDS),
        metavar="KIND",
        help="Kind of limit of each account, if you do not know its number: a-minute (requests in a minute) or at-once "
        "(requests that run at the same time). The number is what an even spread of your agents needs, and 40 %% more",
    )
    add("--per-minute", type=between(1), metavar="N", help="Limit of each account: requests in a minute")
    add("--at-once", type=between(1), metavar="N", help="Limit of each account: requests that run at the same time")
    add("--tokens-per-minute", type=between(1), metavar="N", help="Limit of each account: tokens in a minute")
    add("--per-window", type=window, metavar="N/H", help="Limit of each account: N requests in H hours, such as 300/5")
    add(
        "--projects",
        type=between(1, MAX_ACCOUNTS),
        metavar="N",
        help="Number of projects; accounts of one project share its limits (default: one for each account)",
    )
    add(
        "--retry-after",
        type=retry_after,
        default="given",
        metavar="WHAT",
        help="What a 429 tells: given (the time until the limit ends; nothing for requests at once), none, or always "
        "this number of seconds (default: given)",
    )
    plain = Load()
    most = plain.largest_prompt_tokens
    for option, kind, metavar, default, text in (
        ("--minutes", between(1, MAX_MINUTES), "N", minutes, "Minutes to simulate"),
        ("--pause", seconds_or_none, "S", plain.pause_s, "Mean pause of an agent between two requests"),
        ("--latency", at_least(MIN_LATENCY_S), "S", plain.latency_s, "Median time that a request runs"),
        ("--prompt-tokens", between(1, most), "N", plain.prompt_tokens, "Tokens of an agent's first request"),
        ("--growth-tokens", between(0, most), "N", plain.growth_tokens, "Tokens that each further request adds"),
    ):
        add(option, type=kind, metavar=metavar, default=default, help=f"{text} (default: {default:,g})")


def limits(options: argparse.Namespace, accounts: int) -> Limits:
    """The limits that the options describe, without that of --limit. Raises UsageFault."""
    window_ = options.per_window
    if options.projects is not None and options.projects > accounts:
        raise UsageFault(
            f"--projects {options.projects} is more than {many(accounts, 'account')}; expected at most {accounts}"
        )
    found = Limits(
        accounts=accounts,
        projects=options.projects,
        per_minute=options.per_minute,
        at_once=options.at_once,
        tokens_per_minute=options.tokens_per_minute,
        retry_after=options.retry_after,
        **({"per_window": window_[0], "window_hours": window_[1]} if window_ else {}),
    )
    if options.limit is not None and names_limit(found):
        raise UsageFault(f"--limit {options.limit} is for a limit whose number you do not know; drop it, or the number")
    return found


def cases(options: argparse.Namespace, found: Limits, agents_: Agents) -> dict[str, Limits]:
    """The limits to simulate, by name: those that are given, or else one for each kind that is possible."""
    return cases_of(found, agents_.count, load(options), options.limit)


def load(options: argparse.Namespace) -> Load:
    """The load that the options describe."""
    return replace(
        Load(),
        minutes=options.minutes,
        pause_s=options.pause,
        latency_s=options.latency,
        prompt_tokens=options.prompt_tokens,
        growth_tokens=options.growth_tokens,
    )


def window(text: str) -> tuple[int, float]:
    count, slash, hours = text.partition("/")
    with suppress(ValueError):
        if slash and int(count) > 0 and 0 < float(hours) <= 24 * 31:
            return int(count), float(hours)
    raise argparse.ArgumentTypeError(f"expected N/H, requests in hours, such as 300/5, got {text!r}")


def retry_after(text: str) -> float | Literal["given", "none"]:
    if text in ("given", "none"):
        return text  # type: ignore[return-value]
    with suppress(ValueError):
        if 0 < (value := float(text)) <= 24 * 3600:
            return value
    raise argparse.ArgumentTypeError(f"expected given, none or a number of seconds above 0, got {text!r}")
