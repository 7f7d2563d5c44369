"""The model agrees with the plugin: release 1.6.0, loaded whole, in real processes with one quota server.

The processes share a virtual clock, and have no network but the loopback interface. Every request must go to the same
account at the same time as in the model. `python -m tools.lab.plugin` compares more situations and seeds.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.simulation.loop_data import constants
from conformance.simulation.model import agents_of
from reference_impl.pool_file import POOL_FILE
from tests.integration.test_plugin_loop import REFUSED_HOSTS
from tests.support.tiers import sampled
from tools.lab.plugin import inside
from tools.lab.plugin.compare import AGENTS, POINTS, RELEASE, model, plugin
from tools.lab.plugin.hosts import Hosts

NAMES = (
    "terminals, sticky+offset, 7 a minute",
    "server, round-robin, 7 a minute",
    "containers, hybrid, 7 a minute",
)

SEEDS = ("5", "6")
pytestmark = pytest.mark.needs_node
needs_network_namespaces = pytest.mark.skipif(bool(inside.why_not()), reason=inside.why_not() or "not needed")


@pytest.fixture(scope="module")
def real() -> dict[str, Json]:
    """What the plugin did at each point."""
    return {name: inside.recorded(name, SEEDS) for name in NAMES}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    with Hosts(RELEASE, tmp_path_factory.mktemp("hosts")) as hosts:
        yield hosts


@pytest.mark.parametrize("name", sampled(NAMES))
@pytest.mark.parametrize("place", sampled(range(len(SEEDS))))
def test_plugin_sends_what_the_model_sends(real: dict[str, Json], name: str, place: int) -> None:
    """So rejections, waits and all other measures are equal too."""
    run, expected = real[name]["runs"][place], model(POINTS[name], SEEDS[place])
    assert run["asked"] == expected.asked
    assert run["measures"] == vars(expected.measures)
    assert {status for *_, status in expected.asked} == {200, 429}


def test_points_have_all_agents(real: dict[str, Json]) -> None:
    """Four processes at two points, and one with four sessions at the other."""
    for name in NAMES:
        assert {agent for _, agent, *_ in real[name]["runs"][0]["asked"]} == set(range(AGENTS))
    assert [POINTS[name].situation.agents for name in NAMES[1:]] == [
        agents_of(kind, 4) for kind in ("server", "containers")
    ]


@needs_network_namespaces
def test_only_loopback_is_reachable(real: dict[str, Json]) -> None:
    """The processes have no other interface, and the system knows no way to an address elsewhere."""
    assert [(real[name]["interfaces"], real[name]["connected"]) for name in NAMES] == [(["lo"], "ENETUNREACH")] * 3


def test_plugin_asked_for_nothing_else(real: dict[str, Json]) -> None:
    """The plugin called these hosts for other things, and each call was refused."""
    assert {host for name in NAMES for host in real[name]["refused"]} == REFUSED_HOSTS


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://cloudcode-pa.googleapis.com/v1internal:loadCodeAssist",
        "https://cloudcode-pa.googleapis.com.example.com/v1internal:streamGenerateContent",
        "http://127.0.0.1:9/v1internal:streamGenerateContent",
        "https://oauth2.googleapis.com/revoke",
    ],
)
def test_fetch_refuses_other_addresses(hosts: Hosts, url: str) -> None:
    """Also without a network namespace, the plugin reaches nothing but the quota server."""
    host = hosts.hosts[0] if hosts.hosts else hosts.add()
    assert host.ask({"do": "reach", "url": url})["fetched"].endswith("cannot be reached from here")


def test_home_of_user_stays_untouched(hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin reads and saves its files below the folder of the run."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    point = POINTS["server, round-robin, 7 a minute"]
    assert plugin(hosts, point, "1") == model(point, "1")
    assert list(tmp_path.iterdir()) == []
    saved = hosts.folder / f"run-{hosts.runs}-shared" / POOL_FILE
    assert '"lastUsed": 1700000' in saved.read_text(encoding="utf-8")


@pytest.mark.parametrize(("constant", "value"), [("switch_account_delay_ms", 4_000), ("save_delay_ms", 15_000)])
def test_other_constant_is_noticed(
    real: dict[str, Json], monkeypatch: pytest.MonkeyPatch, constant: str, value: int
) -> None:
    """A model that waits less before it switches, or saves later, sends other requests."""
    changed = {**constants(), constant: value}
    monkeypatch.setattr("conformance.simulation.loop.constants", lambda: changed)
    found = {name: [model(POINTS[name], seed).asked for seed in SEEDS] for name in NAMES}
    assert found != {name: [run["asked"] for run in real[name]["runs"]] for name in NAMES}
