"""How a process notices that its parent has ended."""

import os
import socket

from conformance.targets.interrupt import wait_for_end


def test_closed_pipe_is_an_end() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"dropped")
    os.close(writer)
    try:
        wait_for_end(reader)
    finally:
        os.close(reader)


def test_reset_socket_is_an_end() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.send(b"never read")
        ours.close()
        wait_for_end(theirs.fileno())
