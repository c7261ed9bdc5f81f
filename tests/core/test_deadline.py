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


def test_it_ends_and_may_start_again(fixed_clock: FixedClock):
    deadline = Deadline(10)
    fixed_clock.advance(4)
    assert (deadline.left(), deadline.expired) == (6, False)
    fixed_clock.advance(7)
    assert (deadline.left(), deadline.expired) == (0, True)
    assert deadline.remaining > 0  # a socket takes 0 for `do not wait at all`
    deadline.restart()
    assert (deadline.left(), deadline.expired) == (10, False)


def test_it_may_run_by_another_clock_than_the_projects(fixed_clock: FixedClock):
    other = FixedClock()
    deadline = Deadline(10, other)
    fixed_clock.advance(20)
    assert deadline.left() == 10
    other.advance(3)
    assert deadline.left() == 7
