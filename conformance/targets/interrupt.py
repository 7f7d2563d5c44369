"""Interrupts this process, as Ctrl-C does, once the process that it works for has ended."""

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

READ_BYTES = 4096
AGAIN_S = 0.05  # between two attempts to interrupt
STOP_BOUND_S = 60.0  # for a process that was interrupted


def wait_for_end(descriptor: int) -> None:
    """Return when the other end of a pipe or socket is closed. What it sends is dropped."""
    with suppress(OSError):  # a socket whose other end closes with unread data is reset
        while os.read(descriptor, READ_BYTES):
            pass


def interrupt_at_end_of(descriptor: int) -> None:
    """Raise KeyboardInterrupt here, once, at SIGINT or when the other end of a pipe or socket is closed.

    The other end writes nothing. The system closes it, however its process ends.
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
        while not interrupted.wait(AGAIN_S):  # a signal just before the main thread begins to wait does not wake it
            signal.pthread_kill(main_thread, signal.SIGINT)
        time.sleep(STOP_BOUND_S)
        os._exit(1)  # the targets end all the same: their supervisors see us go

    signal.signal(signal.SIGINT, interrupt)
    threading.Thread(target=wait, daemon=True).start()
