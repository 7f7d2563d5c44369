"""One run: agents send requests for some minutes of virtual time. The same seed gives every setting the same load."""

import math
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from conformance.json_type import Json
from conformance.simulation.deciders import START_MS, Processes, pool_text
from conformance.simulation.loop import Client, Sending, send
from conformance.simulation.measures import Measures, measure
from conformance.simulation.model import Agents, Pids, Situation
from conformance.simulation.quota import Project
from conformance.simulation.requests import Request

LARGEST_PID = 4_194_304  # of Linux
APART = (7, 22)  # between the PIDs of Node programs that start one after another (docs/evidence.md)
SECOND_MS, MINUTE_MS = 1_000, 60_000
HEALTH, BUCKET = "health_score", "token_bucket"


@dataclass
class Record:
    """What happened in a run."""

    requests: list[Request] = field(default_factory=list)
    selections: list[list[tuple[float, str | None]]] = field(default_factory=list)  # by process
    pids: list[int] = field(default_factory=list)


@dataclass
class Prompts:
    """The prompts that accounts keep for one agent, by account: the time of use and the number of tokens."""

    kept: dict[str, tuple[float, int]] = field(default_factory=dict)

    def new_tokens(self, label: str, now_ms: float, tokens: int, cache_ms: float) -> int:
        """The tokens that the account does not have."""
        used_ms, had = self.kept.get(label, (-math.inf, 0))
        return tokens - had if now_ms - used_ms <= cache_ms and had <= tokens else tokens


Send = Callable[[simpy.Environment, Client, Request, Sending], Generator[simpy.Event, Any, None]]


@dataclass(frozen=True)
class Loop:
    """The clock, and what sends a request: the model of the plugin's request loop, or the plugin itself."""

    send: Send = send
    env: simpy.Environment = field(default_factory=simpy.Environment)


def pids_of(pids: Pids, count: int, draws: random.Random) -> list[int]:
    """The PIDs of `count` processes, in the order of their starts."""
    if pids.given:
        return [pids.given[place % len(pids.given)] for place in range(count)]
    if pids.pattern == "equal":
        return [1] * count
    if pids.pattern == "random":
        return [draws.randint(2, LARGEST_PID) for _ in range(count)]
    first = draws.randint(2, 30_000)
    if pids.pattern == "consecutive":
        return [first + place * pids.stride for place in range(count)]
    numbers = [first]
    while len(numbers) < count:
        numbers.append(numbers[-1] + draws.randint(*APART))
    return numbers


def run(
    situation: Situation, config: Mapping[str, Json], seed: str, processes: Processes, loop: Loop | None = None
) -> Record:
    """Simulate one setting with one seed."""
    return _Run(situation, config, seed, processes, loop or Loop()).record()


def run_measures(situation: Situation, config: Mapping[str, Json], seed: str, processes: Processes) -> Measures:
    """The measures of one run."""
    record = run(situation, config, seed, processes)
    labels = labels_of(situation.limits.accounts)
    return measure(record, labels, situation.agents.count, situation.load.minutes * MINUTE_MS)


def labels_of(accounts: int) -> list[str]:
    """The labels of the accounts."""
    return [f"account-{number}" for number in range(accounts)]


class _Run:
    def __init__(
        self, situation: Situation, config: Mapping[str, Json], seed: str, processes: Processes, loop: Loop
    ) -> None:
        self.situation, self.seed, self.env, self.send = situation, seed, loop.env, loop.send
        agents, limits = situation.agents, situation.limits
        self.end_ms = situation.load.minutes * MINUTE_MS
        labels = labels_of(limits.accounts)
        projects = [Project(limits) for _ in range(min(limits.projects or limits.accounts, limits.accounts))]
        self.project_of = {label: projects[place % len(projects)] for place, label in enumerate(labels)}
        self.readings: dict[str, dict[str, float]] = {}  # of quotas, by pool file
        self.trackers = trackers_of(config, processes.capabilities)
        self.draws = random.Random(f"{seed}/pids")  # noqa: S311 - a simulation needs no secret numbers
        starts = _starts(agents, self.end_ms)
        self.pids = iter(pids_of(agents.pids, sum(map(len, starts)), self.draws))
        self.result = Record()
        last_ms = max(time_ms for times in starts for time_ms in times)
        self.clients = []
        for place, process in enumerate(processes.start(agents.processes, pool_text(labels))):
            client = Client(process, config, processes.capabilities, limits.accounts)
            client.draws_seed = f"{seed}/jitter/{place}"
            client.saves = lambda now_ms: now_ms < last_ms
            self.result.selections.append(client.selections)
            self.clients.append(client)
            self.env.process(self._keep_started(place, starts[place]))

    def record(self) -> Record:
        self.env.run(until=self.end_ms)
        return self.result

    def _keep_started(self, place: int, times: list[float]) -> Generator[simpy.Event, Any, None]:
        agents, client = self.situation.agents, self.clients[place]
        for number, time_ms in enumerate(times):
            yield self.env.timeout(time_ms - self.env.now)
            pid = next(self.pids)
            self.result.pids.append(pid)
            where = "shared" if agents.pool == "shared" else f"own-{place}"
            client.process.open(where, START_MS + self.env.now, pid, self.trackers)
            client.begin(self.env, self.readings.setdefault(where, {}))
            if number == 0:
                for agent in range(place, agents.count, agents.processes):
                    self.env.process(self._work(agent, client))

    def _work(self, agent: int, client: Client) -> Generator[simpy.Event, Any, None]:
        load, env = self.situation.load, self.env
        draws = random.Random(f"{self.seed}/agent/{agent}")  # noqa: S311
        prompts, tokens, mean = Prompts(), load.prompt_tokens, math.log(load.latency_s * SECOND_MS)
        cache_ms, rejection_ms = load.cache_minutes * MINUTE_MS, round(load.rejection_s * SECOND_MS)
        yield env.timeout(round(draws.random() * SECOND_MS))
        while True:
            pause_ms = round(draws.expovariate(1) * load.pause_s * SECOND_MS)
            latency_ms = round(draws.lognormvariate(mean, load.latency_sigma))
            first_byte_ms = min(latency_ms, round(load.first_byte_s * SECOND_MS))
            request = Request(agent, env.now)
            self.result.requests.append(request)

            def tokens_for(label: str, tokens: int = tokens) -> int:
                return prompts.new_tokens(label, env.now, tokens, cache_ms)

            sending = Sending(self.project_of, tokens_for, rejection_ms, first_byte_ms)
            yield from self.send(env, client, request, sending)
            if request.label is not None and request.answered_ms is not None:
                asked = prompts.new_tokens(request.label, request.answered_ms, tokens, cache_ms)
                request.resent_tokens = max(0, asked - load.growth_tokens) if prompts.kept else 0
                prompts.kept[request.label] = request.answered_ms, tokens
                tokens += load.growth_tokens
                if tokens > load.largest_prompt_tokens:
                    tokens, prompts.kept = load.prompt_tokens, {}
                yield env.timeout(latency_ms - first_byte_ms)
                self.project_of[request.label].finish()
            request.ended_ms = env.now
            yield env.timeout(pause_ms)


def _starts(agents: Agents, end_ms: float) -> list[list[float]]:
    """The times in milliseconds at which each process starts, and starts again."""
    starts = []
    for place in range(agents.processes):
        times = [min(place * agents.gap_s * SECOND_MS, end_ms)]
        while agents.restart_s and times[-1] + agents.restart_s * SECOND_MS < end_ms:
            times.append(times[-1] + agents.restart_s * SECOND_MS)
        starts.append(times)
    return starts


def trackers_of(config: Mapping[str, Json], capabilities: frozenset[str]) -> dict[str, Json]:
    """The settings of health and tokens for `open`."""
    named = {"health": ("health", HEALTH), "tokens": ("tokens", BUCKET)}
    return {
        name: dict(config[group])
        for name, (capability, group) in named.items()
        if capability in capabilities and isinstance(config.get(group), Mapping)
    }
