"""The clock of the current project: the one source of time, so that a test or a store can supply its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Protocol

from spine.core.scope import current_scope

# A stored time beyond this is the work of a clock that has been put right since, not of one that moves in small steps.
MOST_AHEAD = timedelta(seconds=60)


def was_ahead(moment: datetime, now: datetime) -> bool:
    """Return True if a moment that was written as the present is so far ahead that the clock was wrong."""
    return moment > now + MOST_AHEAD


class WallClock(Protocol):
    """A source of the current time, such as a store that reads its server's clock."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        ...


class Clock(WallClock, Protocol):
    """A source of the current time that can also wait."""

    def monotonic(self) -> float:
        """Return seconds that never decrease, even if `now` is set back; only differences are meaningful."""
        ...

    def wait(self, seconds: float, event: Event | None = None) -> bool:
        """Block until `seconds` have passed or `event` is set; return whether it is set."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float, event: Event | None = None) -> bool:
        if event is not None:
            return event.wait(seconds)
        time.sleep(seconds)
        return False


_SYSTEM = SystemClock()


def given_clock() -> Clock | None:
    """Return the clock that the current scope was given, None if there is none."""
    return current_scope().find(Clock)  # type: ignore[type-abstract]  # a protocol is the key


def current_clock() -> Clock:
    """Return the clock of the current scope, the machine's where none was given."""
    return given_clock() or _SYSTEM


def wait_for(event: Event, seconds: float, clock: Clock | None = None) -> bool:
    """Wait at most `seconds` until another thread sets `event`, and return whether it is set.

    A clock that moves by itself where code waits may have a method of this name that does not move it.
    """
    clock = clock or current_clock()
    patient = getattr(clock, "wait_for", None)
    return clock.wait(seconds, event) if patient is None else bool(patient(event, seconds))


def utc_now() -> datetime:
    """Return the time of the current clock, in UTC."""
    clock = current_scope().find(Clock)  # type: ignore[type-abstract]  # a protocol is the key
    return datetime.now(UTC) if clock is None else clock.now()
