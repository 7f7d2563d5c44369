"""Agents, limits and load in words. Every word follows from the values, so a description is true of each case."""

from collections.abc import Iterator, Mapping

from conformance.processes.pid_list import written
from conformance.reports.describe import wrap
from conformance.simulation.model import Agents, Limits, Load, Pids, Situation
from conformance.simulation.run import APART
from conformance.texts import many

HANGING = 10


def lines(situation: Situation) -> Iterator[str]:
    """Three lines: the agents, the limits and the load."""
    yield line("agents", agents(situation.agents))
    yield line("limits", f"{limits(situation.limits)}; {retry_after(situation.limits)}")
    yield line("load", load(situation.load))


def line(word: str, text: str) -> str:
    """A word and a text, wrapped."""
    return wrap(f"{word:{HANGING}}{text}", "", HANGING)


def agents(given: Agents) -> str:
    """The agents and their processes."""
    if given.processes == 1:
        restarts = f", {_restarts(given)}" if given.restart_s else ""
        return f"{given.count} in one process, {_one_pid(given.pids)}{restarts}"
    return f"{given.count} in {given.processes} processes: {processes(given)}"


def processes(given: Agents) -> str:
    """How several processes start: their PIDs, times and pool files."""
    start = f"one started every {given.gap_s:g} s" if given.gap_s else "all started at once"
    pool = "one pool file" if given.pool == "shared" else "a pool file each"
    again = [f"each {_restarts(given)}"] if given.restart_s else []
    return ", ".join([pids(given.pids, given.processes), start, *again, pool])


def _restarts(given: Agents) -> str:
    return f"started again every {given.restart_s:g} s"


def pids(given: Pids, processes: int) -> str:
    """The PIDs of several processes."""
    if given.given:
        return f"PIDs {written(given.given)}{' in turn' if 1 < len(given.given) < processes else ''}"
    return {
        "consecutive": "consecutive PIDs" if given.stride == 1 else f"PIDs {given.stride} apart",
        "apart": f"PIDs {APART[0]} to {APART[1]} apart",
        "random": "random PIDs",
        "equal": "equal PIDs",
    }[given.pattern]


def _one_pid(given: Pids) -> str:
    if given.given:
        return f"PID {written(given.given)}"
    return "PID 1" if given.pattern == "equal" else "a random PID"


def limits(given: Limits) -> str:
    """The accounts, and the limits of each."""
    words: Mapping[str, int | None] = {
        "request# a minute": given.per_minute,
        "request# at once": given.at_once,
        "token# a minute": given.tokens_per_minute,
        f"request# in {given.window_hours:g} hours": given.per_window,
    }
    each = [f"{value:,} {name.replace('#', 's' * (value != 1))}" for name, value in words.items() if value is not None]
    shared = given.projects is not None and given.projects < given.accounts
    projects = f" in {many(given.projects or 0, 'project')}" if shared else ""
    whose = "project" if shared else "account"
    return f"{many(given.accounts, 'account')}{projects}, {' and '.join(each) or 'no limit'} for each {whose}"


def retry_after(given: Limits) -> str:
    """What a 429 tells."""
    if given.retry_after == "none":
        return "a 429 names no time"
    if given.retry_after == "given":
        return "a 429 names the time until the limit ends, if the server can know it"
    return f"a 429 always names {given.retry_after:g} s"


def load(given: Load) -> str:
    """What each agent sends."""
    return (
        f"a request runs {given.latency_s:g} s (median), then the agent pauses {given.pause_s:g} s (mean); prompts of "
        f"{given.prompt_tokens:,} tokens, {given.growth_tokens:,} more with each request; "
        f"{given.minutes:g} minute{'s' * (given.minutes != 1)}"
    )
