"""The options that describe agents, accounts, limits and load. `simulate` and `advise` share them."""

import argparse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from conformance.cli.options import between, seconds
from conformance.processes.pid_list import MAX_PID, parse
from conformance.simulation.model import (
    KINDS,
    MAX_ACCOUNTS,
    MAX_AGENTS,
    PATTERNS,
    TERMINALS,
    Agents,
    Limits,
    Load,
    Pids,
    agents_of,
)
from conformance.targets.errors import UsageFault

MAX_MINUTES = 1440
STRIDE = "stride:"


def add_agents(parser: argparse.ArgumentParser) -> None:
    """Add the options for agents and their processes."""
    add = parser.add_argument
    add(
        "--as",
        dest="kind",
        choices=list(KINDS),
        metavar="KIND",
        default=TERMINALS,
        help="; ".join(f"{kind}: {text}" for kind, text in KINDS.items()) + f" (default: {TERMINALS})",
    )
    add("--processes", type=between(1, MAX_AGENTS), metavar="S", help="Number of processes that share the agents")
    add(
        "--pids",
        metavar="PIDS",
        help="PIDs of the processes: consecutive, stride:K (every Kth), apart (7 to 22 between them, as Node programs "
        "that start one after another), random, equal, or a list such as 123,456",
    )
    add("--gap", type=seconds, metavar="S", help="Start one process every S seconds (default: all at once)")
    add("--restart", type=seconds, metavar="S", help="Start each process again every S seconds")
    add("--pool", choices=("shared", "own"), help="Whether the processes share a pool file or have one each")


def agents(options: argparse.Namespace) -> Agents:
    """The agents that the options describe. Raises UsageFault."""
    found = agents_of(options.kind, options.agents)
    if options.processes is not None:
        if options.processes > options.agents:
            raise UsageFault(
                f"--processes {options.processes} is more than the {options.agents} agents; expected at most one each"
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
    return found


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


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options for limits and load."""
    add = parser.add_argument
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
    for option, kind, metavar, default, text in (
        ("--minutes", between(1, MAX_MINUTES), "N", plain.minutes, "Minutes to simulate"),
        ("--pause", seconds, "S", plain.pause_s, "Mean pause of an agent between two requests"),
        ("--latency", seconds, "S", plain.latency_s, "Median time that a request runs"),
        ("--prompt-tokens", between(1), "N", plain.prompt_tokens, "Tokens of an agent's first request"),
        ("--growth-tokens", between(0), "N", plain.growth_tokens, "Tokens that each further request adds"),
    ):
        add(option, type=kind, metavar=metavar, default=default, help=f"{text} (default: {default:,g})")


def limits(options: argparse.Namespace, accounts: int) -> Limits:
    """The limits that the options describe."""
    window_ = options.per_window
    return Limits(
        accounts=accounts,
        projects=options.projects,
        per_minute=options.per_minute,
        at_once=options.at_once,
        tokens_per_minute=options.tokens_per_minute,
        retry_after=options.retry_after,
        **({"per_window": window_[0], "window_hours": window_[1]} if window_ else {}),
    )


def has_limit(options: argparse.Namespace) -> bool:
    """Whether the options name a limit."""
    return any((options.per_minute, options.at_once, options.tokens_per_minute, options.per_window))


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


def described(agents_: Agents, limits_: Limits) -> str:
    """One sentence about agents, accounts and limits."""
    where = f"{agents_.processes} process{'es' * (agents_.processes > 1)}"
    words: Mapping[str, object] = {
        "requests a minute": limits_.per_minute,
        "requests at once": limits_.at_once,
        "tokens a minute": limits_.tokens_per_minute,
        f"requests in {limits_.window_hours:g} hours": limits_.per_window,
    }
    each = " and ".join(f"{value:,} {name}" for name, value in words.items() if value is not None)
    shared = limits_.projects is not None and limits_.projects < limits_.accounts
    projects = f" in {limits_.projects} projects" if shared else ""
    whose = "project" if shared else "account"
    accounts = f"{limits_.accounts} account{'s' * (limits_.accounts > 1)}{projects}"
    return f"{agents_.count} agents in {where}, {accounts}, {each or 'no limit'} for each {whose}"
