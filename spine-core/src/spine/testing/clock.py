"""A clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Shows the time it was set to, until a test moves it."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move the clock and return what it shows then."""
        self._now += timedelta(seconds=seconds)
        return self._now

    def set(self, now: datetime) -> None:
        """Set the clock to an aware time."""
        self._now = now
