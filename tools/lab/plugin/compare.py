"""Runs the whole plugin and the model in equal situations, and compares each request and the measures."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import simpy

from conformance.json_type import Json
from conformance.simulation.deciders import Processes, ReferenceProcesses
from conformance.simulation.experiment import Decider
from conformance.simulation.loop import Client, Sending
from conformance.simulation.measures import Measures, measure
from conformance.simulation.model import (
    CONTAINERS,
    JOBS,
    SERVER,
    TERMINALS,
    Limits,
    Load,
    Settings,
    Situation,
    agents_of,
    setting,
)
from conformance.simulation.quota import Project, Rejection
from conformance.simulation.requests import Request
from conformance.simulation.run import MINUTE_MS, Loop, Send, labels_of, run
from conformance.targets.resolve import resolve
from reference_impl.profiles import profile
from tools.lab.plugin.hosts import Hosts

RELEASE = "1.6.0"
AGENTS, ACCOUNTS, MINUTES = 4, 2, 3


@dataclass(frozen=True)
class Point:
    """A situation and a setting in which the plugin is compared with the model."""

    name: str
    situation: Situation
    settings: Settings


def _point(kind: str, word: str, limits: Limits, **config: Json) -> Point:
    agents = agents_of(kind, AGENTS)
    if kind == TERMINALS:
        agents = replace(agents, gap_s=10)  # so that the last one also starts early
    name = ", ".join([kind, word, *(str(value) for value in config.values()), _words(limits)])
    return Point(name, Situation(agents, limits, Load(minutes=MINUTES)), setting(word, config))


def _words(limits: Limits) -> str:
    words = {
        "a minute": limits.per_minute,
        "at once": limits.at_once,
        "tokens a minute": limits.tokens_per_minute,
    }
    told = {"given": "", "none": ", no retry-after"}.get(
        str(limits.retry_after), f", retry-after {limits.retry_after} s"
    )
    return " and ".join(f"{number} {unit}" for unit, number in words.items() if number) + told


PER_MINUTE = Limits(ACCOUNTS, per_minute=7)  # the agents ask for 16
POINTS = {
    point.name: point
    for point in (
        _point(TERMINALS, "sticky+offset", PER_MINUTE),
        _point(SERVER, "round-robin", PER_MINUTE),
        _point(CONTAINERS, "hybrid", PER_MINUTE),
        _point(SERVER, "sticky", replace(PER_MINUTE, retry_after="none")),
        _point(TERMINALS, "hybrid", replace(PER_MINUTE, retry_after=5.0)),
        _point(JOBS, "sticky+offset", PER_MINUTE, scheduling_mode="balance"),
        _point(JOBS, "round-robin", Limits(ACCOUNTS, at_once=1)),
        _point(TERMINALS, "sticky", Limits(ACCOUNTS, at_once=1), scheduling_mode="performance_first"),
        _point(SERVER, "hybrid", Limits(ACCOUNTS, tokens_per_minute=60_000)),
    )
}


@dataclass(frozen=True)
class Side:
    """What one side did: each request that the server got (time, agent, account, status), and the measures."""

    asked: list[list[Json]]
    measures: Measures


class Noted(Project):
    """A project that notes the answer to each request."""

    def __init__(self, project: Project, note: Callable[[Rejection | None], None]) -> None:
        self.project, self.note = project, note

    def ask(self, now_ms: float, tokens: float) -> Rejection | None:
        rejection = self.project.ask(now_ms, tokens)
        self.note(rejection)
        return rejection

    def left(self, now_ms: float) -> tuple[float, float] | None:
        return self.project.left(now_ms)


def noting(send: Send, asked: list[list[Json]]) -> Send:
    """`send`, which also notes each request that the server gets."""

    def noted(
        env: simpy.Environment, client: Client, request: Request, sending: Sending
    ) -> Generator[simpy.Event, Any, None]:
        def note(label: str, rejection: Rejection | None) -> None:
            asked.append([env.now, request.agent, label, 429 if rejection else 200])

        projects = {label: Noted(each, partial(note, label)) for label, each in sending.project_of.items()}
        return send(env, client, request, replace(sending, project_of=projects))

    return noted


def plugin(hosts: Hosts, point: Point, seed: str) -> Side:
    """What the plugin does in a run."""
    env = simpy.Environment()
    hosts.begin(env, point.settings.config, labels_of(point.situation.limits.accounts))
    return _side(point, seed, hosts, {}, Loop(hosts.send, env))


def model(point: Point, seed: str) -> Side:
    """What the model does in a run."""
    config = Decider(resolve(f"reference@{RELEASE}", []), RELEASE).config(point.settings.config)
    return _side(point, seed, ReferenceProcesses(profile(RELEASE)), config, Loop())


def _side(point: Point, seed: str, processes: Processes, config: Mapping[str, Json], loop: Loop) -> Side:
    asked: list[list[Json]] = []
    situation = point.situation
    record = run(situation, config, seed, processes, replace(loop, send=noting(loop.send, asked)))
    labels, end_ms = labels_of(situation.limits.accounts), situation.load.minutes * MINUTE_MS
    return Side(asked, measure(record, labels, situation.agents.count, end_ms))
