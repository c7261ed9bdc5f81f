"""The total time for talking to a peer."""

from __future__ import annotations

import socket

from spine.core.deadline import Deadline
from spine.testing import FixedClock
from tests.projects import wait_until


def test_a_connection_is_cut_when_the_time_is_over_and_not_before(fixed_clock: FixedClock):
    here, there = socket.socketpair()
    with here, there:
        deadline = Deadline(10)
        deadline.watch(here)
        wait_until(lambda: fixed_clock.waiting == 1)
        fixed_clock.advance(9)
        there.sendall(b"x")
        assert here.recv(1) == b"x"
        assert (deadline.remaining, deadline.expired) == (1, False)
        fixed_clock.advance(1)
        assert here.recv(1) == b""
        assert deadline.expired
        deadline.release()


def test_a_connection_that_is_released_is_left_alone(fixed_clock: FixedClock):
    here, there = socket.socketpair()
    with here, there:
        deadline = Deadline(10)
        deadline.watch(here)
        deadline.release()
        fixed_clock.advance(20)
        wait_until(lambda: fixed_clock.waiting == 0)
        there.sendall(b"x")
        assert here.recv(1) == b"x"
        assert deadline.remaining > 0
