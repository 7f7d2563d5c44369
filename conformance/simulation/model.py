"""The inputs of a simulation: agents, accounts and their limits, the load, and the settings of the plugin."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from conformance.json_type import Json

PATTERNS = ("consecutive", "apart", "random", "equal")
STRATEGIES = ("sticky", "round-robin", "hybrid")
MAX_AGENTS, MAX_ACCOUNTS = 256, 64


@dataclass(frozen=True)
class Pids:
    """The PIDs of the processes. `stride` is for consecutive ones; `given` is a list that replaces the pattern."""

    pattern: str = "apart"
    stride: int = 1
    given: tuple[int, ...] = ()


@dataclass(frozen=True)
class Agents:
    """Agents and their processes. Agent k runs in process k modulo `processes`.

    Processes start at once, or one every `gap_s` seconds. With `restart_s`, each starts again after that time.
    """

    count: int = 8
    processes: int = 8
    pids: Pids = Pids()
    gap_s: float = 0
    restart_s: float = 0
    pool: Literal["shared", "own"] = "shared"


@dataclass(frozen=True)
class Limits:
    """Accounts and the limits of each project. None means no such limit.

    Account k belongs to project k modulo `projects`. `retry_after` says what the server tells with a 429: the time
    until the limit ends (`given`, where the server can know it), nothing, or always the same number of seconds.
    """

    accounts: int = 4
    projects: int | None = None
    per_minute: int | None = None
    at_once: int | None = None
    tokens_per_minute: int | None = None
    per_window: int | None = None
    window_hours: float = 5
    retry_after: Literal["given", "none"] | float = "given"


@dataclass(frozen=True)
class Load:
    """What agents send: latencies are log-normal, pauses exponential, and each request adds tokens."""

    minutes: float = 10
    pause_s: float = 5
    latency_s: float = 8  # median
    latency_sigma: float = 0.6
    first_byte_s: float = 1  # the plugin counts a request as answered from here on
    rejection_s: float = 0.3  # until the answer 429
    prompt_tokens: int = 15_000
    growth_tokens: int = 1_500
    largest_prompt_tokens: int = 150_000  # then the agent compacts its session
    cache_minutes: float = 5  # how long an account keeps a prompt


@dataclass(frozen=True)
class Settings:
    """A name and the config keys that differ from the defaults of the release."""

    name: str
    config: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """Everything but the settings."""

    agents: Agents = Agents()
    limits: Limits = Limits()
    load: Load = Load()


SERVER, TERMINALS, CONTAINERS, JOBS = "server", "terminals", "containers", "jobs"
KINDS: Mapping[str, str] = {
    SERVER: "sessions of one OpenCode server, such as the agents of oh-my-opencode",
    TERMINALS: "one OpenCode for each agent, started by hand",
    CONTAINERS: "one container for each agent",
    JOBS: "one CI job for each agent, each on a fresh machine",
}
PLAIN: Mapping[str, Agents] = {
    SERVER: Agents(processes=1),
    TERMINALS: Agents(pids=Pids("apart"), gap_s=20),
    CONTAINERS: Agents(pids=Pids("equal"), pool="own"),
    JOBS: Agents(pids=Pids("random"), pool="own"),
}


def agents_of(kind: str, count: int) -> Agents:
    """The agents of one of KINDS."""
    agents = PLAIN[kind]
    return replace(agents, count=count, processes=1 if kind == SERVER else count)


def setting(word: str, common: Mapping[str, Json] | None = None) -> Settings:
    """The settings that a word such as `sticky+offset+balance` names. Raises ValueError."""
    strategy, *added = word.split("+")
    if strategy not in STRATEGIES or added not in ([], ["offset"], ["balance"], ["offset", "balance"]):
        raise ValueError(
            f"{word!r} names no settings; expected {', '.join(STRATEGIES)}, or one of them with +offset, +balance or "
            "+offset+balance"
        )
    config: dict[str, Json] = {"account_selection_strategy": strategy, "pid_offset_enabled": "offset" in added}
    if "balance" in added:
        config["scheduling_mode"] = "balance"
    return Settings(word, {**(common or {}), **config})
