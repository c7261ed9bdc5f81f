"""Connections on which no wait outlasts the deadline."""

from __future__ import annotations

import socket
from threading import Thread

import httpcore
import pytest

from spine.core.deadline import Deadline
from spine.http.machine import Machine
from spine.http.network import Network
from spine.testing import FixedClock


def test_a_peer_that_takes_little_at_a_time_meets_the_deadline(fixed_clock: FixedClock):
    """A second passes with each piece that the peer takes, so that no single wait is long."""
    taken: list[int] = []

    def take(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1 << 16):
                taken.append(len(data))
                fixed_clock.advance(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = Thread(target=take, args=(listener,), daemon=True)
        peer.start()
        network = Network(Machine(), Deadline(300), block_private=False)
        stream = network.connect_tcp("127.0.0.1", listener.getsockname()[1])
        with pytest.raises(httpcore.TimeoutException):
            stream.write(bytes(1 << 28))
        stream.close()
        peer.join()
    assert len(taken) >= 300
    assert sum(taken) < 1 << 28
