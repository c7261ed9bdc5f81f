"""The history of one project, in a database that other projects may share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Engine, Table

from spine.db.adapter import DatabaseAdapter
from spine.storage.retry import persistently

T = TypeVar("T")


@frozen
class History:
    """The rows of one project in the tables of the history.

    `project` is the name in `[spine]`, empty for a project without one. Rows that belong to a run, a schedule or an
    alert have its project; whoever has read such an id here may use it without `own`.
    """

    adapter: DatabaseAdapter
    project: str = ""

    @property
    def engine(self) -> Engine:
        """The engine for writing."""
        return self.adapter.engine

    @property
    def reader(self) -> Engine:
        """The engine for reading."""
        return self.adapter.reader

    def read(self, operation: Callable[[Connection], T]) -> T:
        """Return the result of `operation`, which only reads; while the database is unavailable it is repeated.

        See `persistently`: a restart of the database must not end a run.
        """

        def once(_is_retry: bool) -> T:
            with self.reader.connect() as connection:
                return operation(connection)

        return persistently(once)

    def own(self, table: Table) -> ColumnElement[bool]:
        """Return the condition that a row belongs to this project."""
        return table.c.project == self.project

    def lock(self, connection: Connection, name: str) -> None:
        """Take a lock of this project, as DatabaseAdapter.lock does."""
        self.adapter.lock(connection, f"{name}.{self.project}" if self.project else name)
