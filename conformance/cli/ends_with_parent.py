"""`python -m conformance.cli.ends_with_parent …`: the command, ended as by SIGTERM when its standard input ends.

Whoever starts it holds the other end, which the system closes however that process comes to its end.
"""

import os
import signal
import sys
import threading
from typing import NoReturn

from conformance.cli.main import main
from conformance.targets.interrupt import wait_for_end


def _wait() -> NoReturn:
    """Nothing is ever sent. Signals reach the main thread, which then ends its target and writes its reports."""
    wait_for_end(0)
    os.kill(os.getpid(), signal.SIGTERM)
    sys.exit()  # this thread


if __name__ == "__main__":
    threading.Thread(target=_wait, daemon=True).start()
    sys.exit(main())
