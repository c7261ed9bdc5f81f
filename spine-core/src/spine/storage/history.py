"""The history of one project, in a database that other projects may share."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Engine, Table

from spine.db.adapter import DatabaseAdapter


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

    def own(self, table: Table) -> ColumnElement[bool]:
        """Return the condition that a row belongs to this project."""
        return table.c.project == self.project

    def lock(self, connection: Connection, name: str) -> None:
        """Take a lock of this project, as DatabaseAdapter.lock does."""
        self.adapter.lock(connection, f"{name}.{self.project}" if self.project else name)
