"""The request loop of the model is that of the plugin: release 1.6.0, loaded whole, sends the same requests.

The real plugin and `loop.send` get the same scripted answers. Every request must go to the same account at the same
time. The plugin runs in virtual time, and no request leaves its process.
"""

import json
import os
import random
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import simpy

from conformance.json_type import Json
from conformance.simulation import loop
from conformance.simulation.deciders import START_MS, ReferenceProcesses, pool_text
from conformance.simulation.experiment import Decider
from conformance.simulation.loop import Client, Sending
from conformance.simulation.loop_data import constants
from conformance.simulation.model import Limits
from conformance.simulation.quota import EXHAUSTED, RATE, Project, Rejection
from conformance.simulation.requests import Request
from conformance.simulation.run import trackers_of
from conformance.targets import npm
from conformance.targets.resolve import resolve
from conformance.targets.tools import node_path
from reference_impl.profiles import profile
from tests.support.command import CHECKOUT

RELEASE = "1.6.0"
PLANS = 40
LATENCY_MS = 300
SCRIPT = Path(__file__).with_name("plugin_loop.mjs")
HOOK = CHECKOUT / "conformance/targets/node/resolve.mjs"
REFUSED_HOSTS = {  # for its newest version, and for the project of an account
    "antigravity-auto-updater-974169037036.us-central1.run.app",
    "antigravity.google",
    "autopush-cloudcode-pa.sandbox.googleapis.com",
    "cloudcode-pa.googleapis.com",
    "daily-cloudcode-pa.sandbox.googleapis.com",
}


def plans() -> list[Json]:
    """Random configs, accounts and scripts of answers; the same ones every time."""
    draws = random.Random("request loop")  # noqa: S311 - a test needs no secret numbers
    found = []
    for _ in range(PLANS):
        often = draws.choice([0.2, 0.5, 0.8])
        script = [
            {"reason": draws.choice([RATE, RATE, EXHAUSTED]), "retry_ms": draws.choice([None, 3_000, 20_000, 90_000])}
            if draws.random() < often
            else None
            for _ in range(40)
        ]
        config = {
            "account_selection_strategy": draws.choice(["sticky", "round-robin", "hybrid"]),
            "scheduling_mode": draws.choice(["cache_first", "cache_first", "balance", "performance_first"]),
            "switch_on_first_rate_limit": draws.choice([True, True, False]),
            "max_rate_limit_wait_seconds": draws.choice([300, 60, 0]),
            "default_retry_after_seconds": draws.choice([60, 7]),
            "quota_refresh_interval_minutes": 0,
            "proactive_token_refresh": False,
            "auto_update": False,
            "quiet_mode": True,
        }
        found.append(
            {
                "labels": [f"account-{number}" for number in range(draws.choice([1, 2, 3, 4]))],
                "agents": draws.choice([1, 1, 2, 3]),
                "requests": 6,
                "pause_ms": draws.choice([1_003, 20_011]),
                "latency_ms": LATENCY_MS,
                "script": script,
                "config": config,
            }
        )
    return found


class Scripted(Project):
    """A server whose answers are a list. It notes the time, account and status of each request."""

    def __init__(self, plan: Json, env: simpy.Environment) -> None:
        super().__init__(Limits())
        self.plan, self.env, self.sent = plan, env, list[list[Json]]()
        self.label = ""

    def ask(self, now_ms: float, tokens: float) -> Rejection | None:  # noqa: ARG002 - the server counts no tokens
        script = self.plan["script"]
        answer = script[len(self.sent) % len(script)]
        self.sent.append([now_ms, self.label, 429 if answer else 200])
        return Rejection(answer["reason"], answer["retry_ms"]) if answer else None


def simulated(plan: Json) -> Json:
    """What the model sends."""
    env = simpy.Environment()
    decider = Decider(resolve(f"reference@{RELEASE}", []), RELEASE)
    processes = ReferenceProcesses(profile(RELEASE))
    config = decider.config(plan["config"])
    (process,) = processes.start(1, pool_text(plan["labels"]))
    process.open("own", START_MS, 1, trackers_of(config, processes.capabilities))
    client = Client(process, config, processes.capabilities, len(plan["labels"]))
    server = Scripted(plan, env)
    failed = 0

    def note(label: str) -> int:  # `send` asks for the tokens of an account just before it sends
        server.label = label
        return 0

    sending = Sending(dict.fromkeys(plan["labels"], server), note, LATENCY_MS, LATENCY_MS)

    def work(agent: int) -> Generator[simpy.Event, Any, None]:
        nonlocal failed
        yield env.timeout(1 + agent * 137)
        for _ in range(plan["requests"]):
            request = Request(agent, env.now)
            yield from loop.send(env, client, request, sending)
            failed += request.label is None
            yield env.timeout(plan["pause_ms"] + agent * 11)

    for agent in range(plan["agents"]):
        env.process(work(agent))
    env.run()
    return {"sent": server.sent, "failed": failed, "left": 0}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What the plugin sends, in a process whose home is temporary."""
    installed = npm.install("opencode-antigravity-auth", RELEASE)
    package = next(
        each for each in (installed, *installed.glob("node_modules/*")) if (each / "dist/src/plugin.js").is_file()
    )
    done = subprocess.run(
        [str(node_path()), str(SCRIPT), str(package), str(HOOK)],
        input=json.dumps(plans()),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home"))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.needs_node
@pytest.mark.parametrize("place", range(PLANS))
def test_plugin_sends_what_the_model_sends(real: Json, place: int) -> None:
    assert real["records"][place] == simulated(plans()[place])


@pytest.mark.needs_node
def test_nothing_else_is_answered(real: Json) -> None:
    """The plugin asked these hosts for other things, and each of these calls was refused."""
    assert set(real["others"]) == REFUSED_HOSTS


@pytest.mark.needs_node
def test_other_delay_is_noticed(real: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model with another delay before it switches accounts sends other requests."""
    changed = {**constants(), "switch_account_delay_ms": 4_000}
    monkeypatch.setattr("conformance.simulation.loop.constants", lambda: changed)
    assert [simulated(plan) for plan in plans()[:10]] != real["records"][:10]
