"""`python -m conformance.cli.ends_with_parent …`: the command, ended as by SIGTERM when its standard input ends.

Whoever starts it holds the other end, which the system closes however that process comes to its end.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from conformance.cli.main import main


def _wait() -> NoReturn:
    """Nothing is ever sent. Signals reach the main thread, which then ends its target and writes its reports."""
    with suppress(OSError):
        while os.read(0, 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    sys.exit()  # this thread


if __name__ == "__main__":
    threading.Thread(target=_wait, daemon=True).start()
    sys.exit(main())
