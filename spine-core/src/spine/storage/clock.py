"""The clock of a store: the clock of its server, so that machines with wrong clocks agree."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from spine.core.clock import given_clock, utc_now
from spine.db.adapter import DatabaseAdapter
from spine.storage.history import History
from spine.storage.retry import read_persistently
from spine.storage.types import UtcDateTime

_TRUSTED_SECONDS = 5.0  # until a server's clock is read again; by then the two clocks differ by microseconds
_SECONDS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux's goes on while the machine is suspended


class StoreClock:
    """The store's time; a clock set for the project, as in a test, takes precedence.

    SQLite has no server: the processes on one file share the machine's clock.
    """

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def now(self) -> datetime:
        """Return the time, in UTC."""
        if self.is_local():
            return utc_now()
        return read_persistently(self._adapter.reader, self.read)

    def read(self, connection: Connection) -> datetime:
        """Return the time inside the transaction of `connection`."""
        if self.is_local():
            return utc_now()
        found: datetime = connection.execute(select(self.sql())).scalar_one()
        return found

    def sql(self, offset_seconds: float = 0.0) -> ColumnElement[Any]:
        """Return the time, `offset_seconds` from now, as an expression for a statement."""
        if self.is_local():
            return literal(utc_now() + timedelta(seconds=offset_seconds), UtcDateTime())
        now: ColumnElement[Any] = func.clock_timestamp(type_=UtcDateTime())
        return now if not offset_seconds else now + literal(timedelta(seconds=offset_seconds))

    def is_local(self) -> bool:
        """Return True if the time is this machine's."""
        return self._adapter.single_writer or given_clock() is not None


def time_of(history: History | None) -> datetime:
    """Return the time of a project's history, this machine's where there is none yet."""
    return utc_now() if history is None else StoreClock(history.adapter).now()


class SteadyClock:
    """The store's time without a query for each look: the server's, last read some seconds ago, and these seconds."""

    def __init__(self, clock: StoreClock) -> None:
        self._clock = clock
        self._last: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the time, in UTC."""
        if self._clock.is_local():
            return utc_now()
        last = self._last
        if last is None or time.clock_gettime(_SECONDS) - last[1] > _TRUSTED_SECONDS:
            last = self._last = self._clock.now(), time.clock_gettime(_SECONDS)
        return last[0] + timedelta(seconds=time.clock_gettime(_SECONDS) - last[1])
