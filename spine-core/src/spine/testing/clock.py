"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Condition, Event

_LOOK_SECONDS = 0.005  # of real time, between looks of a waiting thread at its event


class FixedClock:
    """A Clock that shows the time it was set to; code that waits for time to pass waits until a test moves it.

    With `jumps`, a wait moves the clock itself and returns at once, for code that sleeps in the test's own thread.
    """

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC), *, jumps: bool = False) -> None:
        self._moved = Condition()
        self._passed = 0.0
        self._waiting = 0
        self._jumps = jumps
        self.set(now)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        """Return the seconds by which the clock was moved."""
        return self._passed

    def wait(self, seconds: float, event: Event | None = None) -> bool:
        if self._jumps and not (event is not None and event.is_set()):
            self.advance(max(seconds, 0.0))
        return self._wait_until_moved(0.0 if self._jumps else seconds, event)

    def wait_for(self, event: Event, seconds: float) -> bool:
        """Wait until another thread sets `event`, or a test moves the clock by `seconds`; the clock does not jump."""
        return self._wait_until_moved(seconds, event)

    def _wait_until_moved(self, seconds: float, event: Event | None) -> bool:
        with self._moved:
            until = self._passed + seconds
            self._waiting += 1
            while self._passed < until and not (event is not None and event.is_set()):
                self._moved.wait(_LOOK_SECONDS)
            self._waiting -= 1
        return event is not None and event.is_set()

    @property
    def waiting(self) -> int:
        """The number of threads that wait for this clock to move."""
        return self._waiting

    def advance(self, seconds: float) -> datetime:
        """Move the clock and return its new time."""
        with self._moved:
            self._now += timedelta(seconds=seconds)
            self._passed += max(seconds, 0.0)
            self._moved.notify_all()
        return self._now

    def set(self, now: datetime) -> None:
        """Set the clock to an aware time, as NTP does; waiting threads keep waiting.

        Raises ValueError for a time without a zone.
        """
        if now.utcoffset() is None:
            raise ValueError(f"{now} has no time zone: use datetime(..., tzinfo=UTC)")
        self._now = now.astimezone(UTC)
