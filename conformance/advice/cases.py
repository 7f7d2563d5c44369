"""The limits to simulate: those that the user names, or else one of each common kind, which an even spread keeps."""

import math
from dataclasses import replace

from conformance.simulation.model import Limits, Load, Situation
from conformance.texts import many

A_MINUTE, AT_ONCE = "a-minute", "at-once"
LIMIT_KINDS = (A_MINUTE, AT_ONCE)
SLACK = 1.4  # a limit that an even spread keeps, with 40 % to spare
HOUR_S, MINUTE_S = 3600, 60


def names_limit(limits: Limits) -> bool:
    """Whether a number of a limit is given."""
    return any((limits.per_minute, limits.at_once, limits.tokens_per_minute, limits.per_window))


def cases_of(limits: Limits, agents: int, load: Load, kind: str | None = None) -> dict[str, Limits]:
    """The given limit, or else one for each kind, at which an even spread just suffices. `kind` is the only one."""
    if names_limit(limits):
        return {"your limit": limits}
    quotas = _quotas(limits)
    per_minute = math.ceil(SLACK * asked_per_s(agents, load) * MINUTE_S / quotas)
    at_once = math.ceil(SLACK * asked_at_once(agents, load) / quotas)
    both = {
        A_MINUTE: (f"{many(per_minute, 'request')} a minute", replace(limits, per_minute=per_minute)),
        AT_ONCE: (f"{many(at_once, 'request')} at once", replace(limits, at_once=at_once)),
    }
    return dict(both[each] for each in (LIMIT_KINDS if kind is None else (kind,)))


def asked_per_s(agents: int, load: Load) -> float:
    """The requests a second that the agents send if nobody ever waits."""
    return agents / (_runs_s(load) + load.pause_s)


def asked_at_once(agents: int, load: Load) -> float:
    """The requests that run at the same time, on average, if nobody ever waits."""
    return asked_per_s(agents, load) * _runs_s(load)


def shortage(situation: Situation) -> str | None:
    """A sentence if the agents ask for more than all accounts together allow, so that no setting avoids waiting."""
    limits, quotas = situation.limits, _quotas(situation.limits)
    per_s = asked_per_s(situation.agents.count, situation.load)
    most_s = limits.window_hours * HOUR_S
    for allowed, asked, unit in (
        (limits.per_minute, per_s * MINUTE_S, "requests a minute"),
        (limits.at_once, asked_at_once(situation.agents.count, situation.load), "requests at once"),
        (limits.per_window, per_s * most_s, f"requests in {limits.window_hours:g} hours"),
    ):
        if allowed is not None and allowed * quotas < asked:
            return (
                f"Agents that never stop ask for about {asked:,.0f} {unit}, and all accounts together allow "
                f"{allowed * quotas:,}. No setting avoids 429s then: run fewer agents at a time, or add accounts."
            )
    return None


def _quotas(limits: Limits) -> int:
    return min(limits.projects or limits.accounts, limits.accounts)


def _runs_s(load: Load) -> float:
    """The mean time that a request runs."""
    return load.latency_s * math.exp(load.latency_sigma**2 / 2)
