"""Serves one port: `python -P -m tests.fakes.blind SECTION/NAME`."""

import sys

from conformance.wire import serve
from tests.fakes.blind.ports import all_ports

PORTS = all_ports()
if len(sys.argv) != 2 or sys.argv[1] not in PORTS:
    sys.exit(f"expected the name of a port; the ports are {', '.join(PORTS)}")
serve(PORTS[sys.argv[1]].create())
