"""Runs the plugin where nothing but the loopback interface exists, and prints what it did as JSON.

usage: python -m tools.lab.plugin.inside POINT SEED...
"""

import fcntl
import functools
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.isolation import temporary_root
from conformance.targets.probing import probe
from tools.lab.plugin.compare import POINTS, RELEASE, plugin
from tools.lab.plugin.hosts import Hosts

UNSHARE = ("unshare", "--user", "--map-root-user", "--net")
IS_ALONE = "--alone"
DOCUMENTATION_ADDRESS = "192.0.2.1"  # TEST-NET-1 (RFC 5737): nobody has it
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP


@functools.cache
def why_not() -> str:
    """The reason why this system does not allow network namespaces, in one line; empty if it allows them."""
    if sys.platform != "linux" or shutil.which(UNSHARE[0]) is None:
        return "network namespaces need Linux and `unshare` (package util-linux)"
    return probe([*UNSHARE, "true"], "network namespaces").refusal


def recorded(point: str, seeds: Sequence[str]) -> Json:
    """What the plugin does at a point, without any other network where the system allows it."""
    prefix, option = ([], []) if why_not() else (list(UNSHARE), [IS_ALONE])
    argv = [*prefix, sys.executable, "-m", "tools.lab.plugin.inside", *option, point, *seeds]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=Path(__file__).parents[3], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        text = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"the plugin could not be run at {point!r}; its messages are above")
    return json.loads(text)


def end_with_caller() -> None:
    """End this process when the pipe from the caller closes, however the caller ended."""
    while os.read(0, 1):  # not `sys.stdin`, whose lock would be held when the interpreter ends
        pass
    os._exit(1)


def start_loopback() -> None:
    """In a new network namespace, the loopback interface is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        (_, flags) = struct.unpack("16sh14x", fcntl.ioctl(any_socket, GET_FLAGS, request))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | UP))


def main(arguments: list[str]) -> None:
    threading.Thread(target=end_with_caller, daemon=True).start()
    is_alone = arguments[0] == IS_ALONE
    if is_alone:
        start_loopback()
        del arguments[0]
    point, *seeds = arguments
    with tempfile.TemporaryDirectory(dir=temporary_root()) as folder, Hosts(RELEASE, Path(folder)) as hosts:
        runs = [asdict(plugin(hosts, POINTS[point], seed)) for seed in seeds]
        reached = hosts.hosts[0].ask({"do": "reach", "socket": DOCUMENTATION_ADDRESS}) if is_alone else {}
        document = {
            "runs": runs,
            "refused": sorted(hosts.refused),
            "connected": reached.get("connected"),
            "interfaces": reached.get("interfaces"),
        }
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
