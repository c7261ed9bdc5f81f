"""Moving a clock while something waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from spine.testing import FixedClock
from tests.projects import wait_until


@contextmanager
def moving(clock: FixedClock, *seconds: float, when: Callable[[], bool]) -> Iterator[None]:
    """Move the clock by each of `seconds` in turn, as soon as `when` holds, while the block runs.

    The block fails if it ends before all of them have passed: it did not wait for the clock.
    """
    is_over, is_moved = Event(), Event()

    def move() -> None:
        for length in seconds:
            wait_until(lambda: is_over.is_set() or when())
            if is_over.is_set():
                return
            clock.advance(length)
        is_moved.set()

    thread = Thread(target=move, name="moving", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    assert is_moved.is_set(), "it ended before its time"
