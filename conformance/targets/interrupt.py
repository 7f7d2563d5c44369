"""Interrupts this process, like Ctrl-C, when the process that started it has ended."""

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

READ_BYTES = 4096
AGAIN_S = 0.05  # between two attempts to interrupt
STOP_BOUND_S = 60.0  # for an interrupted process to exit


def wait_for_end(descriptor: int) -> None:
    """Return when the other end of a pipe or socket is closed. Data that it sends is discarded."""
    with suppress(OSError):  # a socket is reset if its other end closes with unread data
        while os.read(descriptor, READ_BYTES):
            pass


def interrupt_at_end_of(descriptor: int) -> None:
    """Raise KeyboardInterrupt once: at SIGINT, or when the other end of a pipe or socket is closed.

    The other end writes nothing. The system closes it when its process ends, for whatever reason.
    """
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    interrupted = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    def wait() -> None:
        wait_for_end(descriptor)
        while not interrupted.wait(AGAIN_S):  # a signal just before the main thread starts to wait does not wake it
            signal.pthread_kill(main_thread, signal.SIGINT)
        time.sleep(STOP_BOUND_S)
        os._exit(1)  # the supervisors notice this and end the targets

    signal.signal(signal.SIGINT, interrupt)
    threading.Thread(target=wait, daemon=True).start()
