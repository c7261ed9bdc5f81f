"""The history of one project, in a database that other projects may share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Engine, Table, insert, select

from spine.db.adapter import DatabaseAdapter
from spine.storage.retry import persistently, read_persistently

T = TypeVar("T")


@frozen
class History:
    """The rows of one project in the tables of the history.

    `project` is the name in `[spine]`, empty for a project without one. Rows that belong to a run, a schedule or an
    alert have its project: a query by such an id, read from this history, needs no `own`.
    """

    adapter: DatabaseAdapter
    project: str = ""

    @property
    def title(self) -> str:
        """The project in errors."""
        return f"the project {self.project!r}" if self.project else "a project without a name"

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
        return read_persistently(self.reader, operation)

    def insert_once(self, table: Table, row: Mapping[str, Any]) -> None:
        """Insert a row of this project with an `id`; while the database is unavailable it is repeated.

        A row that is there already, since only the answer of an earlier try was lost, is not inserted again.
        """

        def once(is_retry: bool) -> None:
            same = select(table.c.id).where(table.c.id == row["id"])
            with self.engine.begin() as connection:
                if not is_retry or connection.execute(same).first() is None:
                    connection.execute(insert(table).values(**row, project=self.project))

        persistently(once)

    def own(self, table: Table) -> ColumnElement[bool]:
        """Return the condition that a row belongs to this project."""
        return table.c.project == self.project

    def lock(self, connection: Connection, name: str) -> None:
        """Take a lock of this project, as DatabaseAdapter.lock does."""
        self.adapter.lock(connection, f"{name}.{self.project}" if self.project else name)
