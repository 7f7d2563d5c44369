"""`python -m conformance.cli.ends_with_parent …`: runs a command, and ends it (SIGTERM) when standard input ends.

The parent holds the other end of the pipe. The system closes it when the parent ends for any reason.
"""

import os
import signal
import sys
import threading
from typing import NoReturn

from conformance.cli.main import main
from conformance.targets.interrupt import wait_for_end


def _wait() -> NoReturn:
    """Wait for the end of standard input. The main thread gets the signal, ends the target and writes the reports."""
    wait_for_end(0)
    os.kill(os.getpid(), signal.SIGTERM)
    sys.exit()  # this thread


if __name__ == "__main__":
    threading.Thread(target=_wait, daemon=True).start()
    sys.exit(main())
