"""A runner to be killed: starts targets, prints their pids and its folder as JSON, and waits for ever.

Usage: runner.py [--fork] MODE ...   (modes of misbehaving.py)
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from conformance.targets.connection import Group, Launch
from conformance.wire.answers import Result


def main() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and inherited so
    modes = [word for word in sys.argv[1:] if word != "--fork"]
    script = str(Path(__file__).with_name("misbehaving.py"))
    with Group([Launch([sys.executable, "-I", script, mode], name=mode) for mode in modes], timeout_s=60) as group:
        pids = [group.supervisor_pid, *(connection.pid for connection in group.connections)]
        for connection in group.connections:
            answer = connection.call("hello", wire=1)
            assert isinstance(answer, Result)
            pids.append(answer.value["pid"])
        heir = 0
        if "--fork" in sys.argv:  # the child keeps every descriptor of ours, the socket to the supervisor too
            heir = os.fork()
        if heir or "--fork" not in sys.argv:
            print(json.dumps({"pids": pids, "folder": str(group.folder), "heir": heir}), flush=True)
        time.sleep(3600)


if __name__ == "__main__":
    main()
