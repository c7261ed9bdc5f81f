"""Where time comes from, so that tests and SQL stores can supply their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that knows the time."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def utc_now() -> datetime:
    """Return this machine's time in UTC, for values that no decision depends on."""
    return datetime.now(UTC)
