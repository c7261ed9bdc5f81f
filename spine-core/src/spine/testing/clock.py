"""A clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Shows the time it was set to, until a test moves it."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.set(now)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move the clock and return what it shows then."""
        self._now += timedelta(seconds=seconds)
        return self._now

    def set(self, now: datetime) -> None:
        """Set the clock to an aware time; ValueError for one without a zone, which could mean any moment."""
        if now.utcoffset() is None:
            raise ValueError(f"{now} has no time zone: give datetime(..., tzinfo=UTC)")
        self._now = now.astimezone(UTC)
