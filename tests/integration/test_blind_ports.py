"""The ports of `tests/fakes/blind` whose fault needs a process of their own."""

import os
import subprocess
import sys

import pytest

from tests.fakes.blind.ports import Port, all_ports
from tests.support.blind import is_proven
from tests.support.command import CHECKOUT, run_kit
from tests.support.tiers import sampled
from tools.subtle_ports import in_this_process, read_table

PORTS = {name: port for name, port in all_ports().items() if not in_this_process(port)}
FORKED = {name: port for name, port in PORTS.items() if port.section == "processes"}
FOUND = {name: found.rule for name, found in read_table().items() if name in PORTS and found.rule}


@pytest.mark.parametrize("port", FORKED.values(), ids=FORKED)
def test_forked_port_differs_from_the_reference(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in port.environment.items():
        monkeypatch.setenv(name, value)
    assert is_proven(port)


@pytest.mark.parametrize("name", sampled(FOUND))
def test_run_finds_the_port(name: str) -> None:
    run = run_kit("run", "--only", str(FOUND[name]), f"python:{PORTS[name].factory}")
    assert run.returncode == 1, run.stdout + run.stderr


def test_port_is_served_as_a_process() -> None:
    """The fault of a patched port is in force behind the wire as well."""
    lines = (
        '{"jsonrpc":"2.0","id":1,"method":"open","params":{"pool":{"accounts":[{"refreshToken":"a"}]}}}\n'
        '{"jsonrpc":"2.0","id":2,"method":"mark_rate_limited",'
        '"params":{"label":"a","family":"claude","retry_after_ms":1500}}\n'
        '{"jsonrpc":"2.0","id":3,"method":"min_wait","params":{"family":"claude"}}\n'
    )
    served = subprocess.run(
        [sys.executable, "-P", "-m", "tests.fakes.blind", "waiting/whole-seconds"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"wait_ms":2000' in served.stdout.replace(" ", "")
