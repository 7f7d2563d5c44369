"""Each port of `tests/fakes/blind` answers its own proof differently from the reference."""

import pytest

from tests.fakes.blind.ports import Port, all_ports
from tests.support.blind import is_proven

PORTS = all_ports()
IN_PROCESS = {name: port for name, port in PORTS.items() if port.section != "processes"}


@pytest.mark.parametrize("port", IN_PROCESS.values(), ids=IN_PROCESS)
def test_port_differs_from_the_reference(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in port.environment.items():
        monkeypatch.setenv(name, value)
    assert is_proven(port)


def test_every_port_states_its_fault() -> None:
    assert len(PORTS) >= 90
    assert all(port.fault.endswith(".") for port in PORTS.values())
