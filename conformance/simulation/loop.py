"""The plugin's request loop: select, send, and after a 429 wait, retry or give up. `loop.toml` has its sources."""

import math
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import simpy

from conformance.json_type import Json
from conformance.simulation.deciders import START_MS, Process
from conformance.simulation.loop_data import constants
from conformance.simulation.quota import EXHAUSTED, Project, Rejection
from conformance.simulation.requests import Request
from reference_impl import soft_quota

FAMILY = "claude"
Wait = Generator[simpy.Event, Any, Any]


@dataclass
class Attempts:
    """The 429s of one account in one process."""

    count: int
    last_ms: float


@dataclass
class Client:
    """The plugin in one process: the account manager, the counts of 429s, and the pool file that it saves.

    `selections` lists what was selected, with the time. `saves` says whether a later start will read the pool file;
    if not, saving has no effect and is left out.
    """

    process: Process
    config: Mapping[str, Json]
    capabilities: frozenset[str]
    accounts: int
    attempts: dict[str, Attempts] = field(default_factory=dict)
    readings: dict[str, float] = field(default_factory=dict)  # when the quota of an account was read
    stored_readings: dict[str, float] = field(default_factory=dict)  # the same in the pool file
    with_token: set[str] = field(default_factory=set)  # accounts that have an access token
    save_is_due: bool = False
    saves: Callable[[float], bool] = lambda _: False
    selections: list[tuple[float, str | None]] = field(default_factory=list)
    draws_seed: str = ""  # for request_jitter_max_ms

    @cached_property
    def draws(self) -> random.Random:
        return random.Random(self.draws_seed)  # noqa: S311 - a simulation needs no secret numbers

    def call(self, env: simpy.Environment, method: str, capability: str, **params: Json) -> Any:
        """Call the target, unless it lacks the capability."""
        if capability not in self.capabilities:
            return None
        return self.process.call(START_MS + env.now, method, **params)

    def select(self, env: simpy.Environment) -> str | None:
        account = self.process.call(START_MS + env.now, "select", **self._selection)
        label = None if account is None else account["label"]
        self.selections.append((env.now, label))
        return label

    @cached_property
    def _selection(self) -> dict[str, Json]:
        return {
            "family": FAMILY,
            "strategy": self.config["account_selection_strategy"],
            "pid_offset_enabled": self.config["pid_offset_enabled"],
            **self._soft,
        }

    @cached_property
    def _soft(self) -> dict[str, Json]:
        if "soft-quota" not in self.capabilities or "soft_quota_threshold_percent" not in self.config:
            return {}
        config = self.config
        ttl_ms = soft_quota.cache_ttl_ms(config["soft_quota_cache_ttl_minutes"], self._interval_minutes)
        return {
            "soft_quota_threshold_percent": config["soft_quota_threshold_percent"],
            "soft_quota_cache_ttl_ms": ttl_ms,
        }

    @property
    def _interval_minutes(self) -> float:
        return float(self.config["quota_refresh_interval_minutes"])

    @property
    def longest_wait_ms(self) -> float:
        """The longest wait before the plugin gives up."""
        return float(self.config["max_rate_limit_wait_seconds"]) * 1000 or math.inf

    def wait_for_account(self, env: simpy.Environment) -> float | None:
        """After a selection without a result: the time to wait, or None to give up."""
        if self._soft:
            waited = self.call(env, "soft_quota_wait", "soft-quota", family=FAMILY, **self._soft)["wait_ms"]
            if waited != 0:
                return waited if waited is not None and waited <= self.longest_wait_ms else None
        strict = {"header_style": "antigravity", "strict": True} if "strict-wait" in self.capabilities else {}
        wait_ms = self.call(env, "min_wait", "min-wait", family=FAMILY, **strict)["wait_ms"]
        wait_ms = float(wait_ms or constants()["wait_if_unknown_ms"])
        return wait_ms if wait_ms <= self.longest_wait_ms else None

    def begin(self, env: simpy.Environment, stored_readings: dict[str, float]) -> None:
        """Know what a process knows that has just loaded the pool file."""
        self.attempts.clear()
        self.with_token.clear()
        self.stored_readings, self.readings = stored_readings, dict(stored_readings)
        self.request_save(env)

    def get_token(self, env: simpy.Environment, label: str) -> None:
        """Get an access token, which no pool file has, at the first use of an account. The plugin saves at once."""
        if label not in self.with_token:
            self.with_token.add(label)
            self._save(env)

    def request_save(self, env: simpy.Environment) -> None:
        if not self.save_is_due and self.saves(env.now):
            self.save_is_due = True
            env.process(self._save_later(env, env.timeout(constants()["save_delay_ms"])))

    def _save_later(self, env: simpy.Environment, due: simpy.Event) -> Wait:
        """`due` exists before the request is sent, so the save precedes an answer that comes at the same time."""
        yield due
        self.save_is_due = False
        self._save(env)

    def _save(self, env: simpy.Environment) -> None:
        if self.saves(env.now):
            self.call(env, "save", "save")
            self.stored_readings.clear()
            self.stored_readings.update(self.readings)

    def backoff(self, env: simpy.Environment, label: str, rejection: Rejection) -> tuple[int, float, float]:
        """Count a 429. Returns the number of the attempt, the retry-after that counts, and the backoff."""
        default_ms = float(self.config.get("default_retry_after_seconds", 60)) * 1000
        retry_ms = math.ceil(rejection.retry_after_ms) if rejection.retry_after_ms else default_ms
        before = self.attempts.get(label)
        if before is None or env.now - before.last_ms >= constants()["same_event_ms"]:
            kept = before is not None and env.now - before.last_ms < constants()["attempts_reset_ms"]
            before = self.attempts[label] = Attempts(before.count + 1 if before and kept else 1, env.now)
        longest = constants()["longest_backoff_ms"]
        delay_ms = max(retry_ms, min(retry_ms * 2 ** (before.count - 1), longest))
        return before.count, retry_ms, max(delay_ms, retry_ms, 2_000)

    def mark_limited(self, env: simpy.Environment, label: str, reason: str, retry_ms: float, *, with_ttl: bool) -> None:
        params: dict[str, Json] = {"label": label, "family": FAMILY, "retry_after_ms": retry_ms}
        if "backoff" not in self.capabilities:
            self.call(env, "mark_rate_limited", "limits", **params)
            return
        ttl = {"failure_ttl_ms": self.config["failure_ttl_seconds"] * 1000} if self._has_ttl(with_ttl) else {}
        self.call(env, "mark_rate_limited_with_reason", "backoff", reason=reason, **params, **ttl)

    def _has_ttl(self, with_ttl: bool) -> bool:
        return with_ttl and "failure_ttl_seconds" in self.config

    def note_answer(self, env: simpy.Environment, label: str, project: Project) -> None:
        """Record that the request is answered, and read the quota if the last reading is old."""
        self.attempts.pop(label, None)
        self.call(env, "mark_success", "backoff", label=label)
        self.call(env, "record_health", "health", label=label, outcome="success")
        self.call(env, "mark_used", "used", label=label)
        self._read_quota(env, label, project)

    def _read_quota(self, env: simpy.Environment, label: str, project: Project) -> None:
        if "update-quota" not in self.capabilities or "quota_refresh_interval_minutes" not in self.config:
            return
        interval_ms = self._interval_minutes * 60_000
        if interval_ms <= 0 or env.now - self.readings.get(label, -math.inf) < interval_ms:
            return
        self.readings[label] = env.now
        left = project.left(env.now)
        if left is not None:
            reset = datetime.fromtimestamp((START_MS + env.now + left[1]) / 1000, UTC).isoformat()
            reading = {"remainingFraction": round(left[0], 4), "resetTime": reset.replace("+00:00", "Z")}
            self.call(env, "update_quota", "update-quota", label=label, quota={"claude": reading})
        self.request_save(env)


@dataclass
class Sending:
    """What `send` needs of the agent and the server. `tokens_for` counts the tokens that an account does not have."""

    project_of: Mapping[str, Project]
    tokens_for: Callable[[str], float]
    rejection_ms: float
    first_byte_ms: float


def send(env: simpy.Environment, client: Client, request: Request, sending: Sending) -> Wait:
    """Send one request as the plugin does. If it is answered, it is still running when this returns."""
    while True:
        label = client.select(env)
        if label is None:
            wait_ms = client.wait_for_account(env)
            if wait_ms is None:
                return
            yield env.timeout(wait_ms)
            continue
        client.request_save(env)
        client.get_token(env, label)
        project, again = sending.project_of[label], True
        while again:
            if most_ms := client.config.get("request_jitter_max_ms", 0):
                yield env.timeout(math.floor(client.draws.random() * most_ms))
            takes = client.config["account_selection_strategy"] == "hybrid"
            taken = takes and (client.call(env, "consume_token", "tokens", label=label) or {}).get("consumed")
            rejection = project.ask(env.now, sending.tokens_for(label))
            if rejection is None:
                request.answered_ms, request.label = env.now, label
                yield env.timeout(sending.first_byte_ms)
                client.note_answer(env, label, project)
                return
            yield env.timeout(sending.rejection_ms)
            request.rejections += 1
            if taken:
                client.call(env, "refund_token", "tokens", label=label)
            if (next_step := (yield from _after_rejection(env, client, label, rejection))) is None:
                return
            again = next_step


def _after_rejection(
    env: simpy.Environment, client: Client, label: str, rejection: Rejection
) -> Generator[simpy.Event, Any, bool | None]:
    """After a 429: True to send again with the same account, False to select again, None to give up."""
    attempt, retry_ms, backoff_ms = client.backoff(env, label, rejection)
    client.call(env, "record_health", "health", label=label, outcome="rate_limit")
    config, first_ms = client.config, constants()["first_retry_delay_ms"]
    if attempt == 1 and rejection.reason != EXHAUSTED:
        yield env.timeout(first_ms)
        keeps = config.get("scheduling_mode") == "cache_first"
        if keeps and backoff_ms <= config["max_cache_first_wait_seconds"] * 1000:
            client.mark_limited(env, label, rejection.reason, retry_ms, with_ttl=False)
            yield env.timeout(backoff_ms)
            return True
        if config.get("switch_on_first_rate_limit", True) and client.accounts > 1:
            client.mark_limited(env, label, rejection.reason, retry_ms, with_ttl=True)
            return False
        return True
    client.mark_limited(env, label, rejection.reason, retry_ms, with_ttl=True)
    client.request_save(env)
    if client.accounts > 1:
        yield env.timeout(constants()["switch_account_delay_ms"])
        return False
    yield env.timeout(min(first_ms * 2 ** (attempt - 1), constants()["longest_backoff_of_one_account_ms"]))
    return None
