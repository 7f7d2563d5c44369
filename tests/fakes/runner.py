"""A runner that a test kills: starts targets, prints their PIDs and its folder as JSON, and waits forever.

Usage: runner.py [--fork] [--namespace] MODE ...   (MODE is a mode of misbehaving.py)
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil

from conformance.targets.group import Group, Launch


def main() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores SIGHUP, and children inherit this
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script ignores SIGINT in its background jobs
    modes = [word for word in sys.argv[1:] if not word.startswith("--")]
    script = str(Path(__file__).with_name("misbehaving.py"))
    launches = [Launch([sys.executable, "-I", script, mode], name=mode) for mode in modes]
    chosen = range(4001, 4001 + len(modes)) if "--namespace" in sys.argv else ()
    with Group(launches, timeout_s=60, pids=chosen) as group:
        for connection in group.connections:
            connection.hello()
        pids = [group.supervisor_pid, *(p.pid for p in psutil.Process(group.supervisor_pid).children(recursive=True))]
        heir = 0
        if "--fork" in sys.argv:  # the child keeps all our descriptors, including the supervisor's socket
            heir = os.fork()
        if heir or "--fork" not in sys.argv:
            print(json.dumps({"pids": pids, "folder": str(group.folder), "heir": heir}), flush=True)
        time.sleep(3600)


if __name__ == "__main__":
    main()
