"""The clock of a store: the clock of its server, so that machines with wrong clocks agree."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from spine.core.clock import given_clock, utc_now
from spine.db.adapter import DatabaseAdapter
from spine.storage.types import UtcDateTime


class StoreClock:
    """The store's time; a clock set for the project, as in a test, takes precedence.

    SQLite has no server: the processes on one file share the machine's clock.
    """

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def now(self) -> datetime:
        """Return the time, in UTC."""
        if self._is_local():
            return utc_now()
        with self._adapter.reader.connect() as connection:
            return self.read(connection)

    def read(self, connection: Connection) -> datetime:
        """Return the time inside the transaction of `connection`."""
        if self._is_local():
            return utc_now()
        found: datetime = connection.execute(select(self.sql())).scalar_one()
        return found

    def sql(self, offset_seconds: float = 0.0) -> ColumnElement[Any]:
        """Return the time, `offset_seconds` from now, as an expression for a statement."""
        if self._is_local():
            return literal(utc_now() + timedelta(seconds=offset_seconds), UtcDateTime())
        now: ColumnElement[Any] = func.clock_timestamp(type_=UtcDateTime())
        return now if not offset_seconds else now + literal(timedelta(seconds=offset_seconds))

    def _is_local(self) -> bool:
        return self._adapter.single_writer or given_clock() is not None
