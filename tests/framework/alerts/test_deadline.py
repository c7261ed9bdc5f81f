"""The total time for talking to a peer."""

from __future__ import annotations

import socket
import time

from spine.framework.alerts.deadline import Deadline


def test_a_connection_is_cut_when_the_time_is_over():
    here, there = socket.socketpair()
    with here, there:
        deadline = Deadline(0.1)
        deadline.watch(here)
        assert not deadline.expired
        started = time.monotonic()
        assert here.recv(1) == b""
        assert time.monotonic() - started < 2
        assert deadline.expired
        deadline.release()


def test_a_connection_that_is_released_is_left_alone():
    here, there = socket.socketpair()
    with here, there:
        deadline = Deadline(0.05)
        deadline.watch(here)
        deadline.release()
        time.sleep(0.15)
        there.sendall(b"x")
        assert here.recv(1) == b"x"
        assert deadline.remaining > 0
