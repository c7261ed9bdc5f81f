"""The ledger of an unfinished copy: a table in its target, which says how far each table is copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from spine.core.errors import QueryError
from spine.db.adapter import DatabaseAdapter
from spine.storage.copying.errors import CopyRefusedError
from spine.storage.copying.rows import Place, Row
from spine.storage.history import History
from spine.storage.tables.metadata import PROJECT_LENGTH
from spine.storage.types import Json, Name

ledger = Table(
    "core_copies",
    MetaData(),
    Column("project", Name(PROJECT_LENGTH), primary_key=True),
    Column("table_name", Name(PROJECT_LENGTH), primary_key=True),
    Column("source", Text, nullable=False),
    Column("fingerprint", Json, nullable=False),
    Column("key", Json),
    Column("rows", BigInteger, nullable=False),
    Column("renumbered", Boolean, nullable=False),
)
"""One row a table of a copy. `renumbered` says that the numbers of its rows are the target's own."""

_LOCK = "spine.copies"


@frozen
class Entry:
    """Entry of a table in the ledger: its source and place, and whether its rows have numbers of the target's own."""

    source: str
    fingerprint: Row
    place: Place
    renumbered: bool


def unfinished_source(history: History) -> str | None:
    """Return the name of the database of which the history is an unfinished copy; None if it is none."""
    with history.reader.connect() as connection:
        entries = Ledger(history.adapter, history.project).read(connection)
    return next((entry.source for entry in entries.values()), None)


@frozen
class Ledger:
    """The entries of the copy of one project; every method works inside the caller's transaction."""

    adapter: DatabaseAdapter
    project: str

    def lock(self, connection: Connection) -> None:
        """Let no other copy into the database begin or end until this transaction ends."""
        self.adapter.lock(connection, _LOCK)

    def read(self, connection: Connection) -> dict[str, Entry]:
        """Return the entries by table, none if there is no unfinished copy."""
        if not inspect(connection).has_table(ledger.name):
            return {}
        return {
            row["table_name"]: Entry(
                row["source"], row["fingerprint"], Place(row["key"], row["rows"]), bool(row["renumbered"])
            )
            for row in connection.execute(select(ledger).where(ledger.c.project == self.project)).mappings()
        }

    def begin(self, connection: Connection, entries: Mapping[str, Entry]) -> None:
        """Enter tables of a copy; the ledger is made if there is none."""
        ledger.create(connection, checkfirst=True)
        rows: list[dict[str, Any]] = [
            {
                "project": self.project,
                "table_name": name,
                "source": entry.source,
                "fingerprint": entry.fingerprint,
                "key": entry.place.key,
                "rows": entry.place.rows,
                "renumbered": entry.renumbered,
            }
            for name, entry in entries.items()
        ]
        if rows:
            connection.execute(insert(ledger), rows)

    def advance(self, connection: Connection, table: str, before: Place, after: Place) -> None:
        """Move the place of a table, before its rows are written; CopyRefusedError if another process moved it."""
        change = update(ledger).where(*self._row(table), ledger.c.rows == before.rows)
        try:
            moved = connection.execute(change.values(key=after.key, rows=after.rows)).rowcount
        except QueryError as error:  # the other process has ended its copy, and dropped the table
            raise self.taken_over() from error
        if not moved:
            raise self.taken_over()

    def restart(self, connection: Connection, table: str, fingerprint: Row) -> None:
        """Set the place of a table to its beginning, for a source that has changed."""
        start = {"key": None, "rows": 0, "fingerprint": fingerprint}
        connection.execute(update(ledger).where(*self._row(table)).values(start))

    def spoil(self, connection: Connection, table: str) -> None:
        """Let the copy begin anew the next time, since a table is not the same on both sides."""
        connection.execute(update(ledger).where(*self._row(table)).values(fingerprint={}))

    def taken_over(self) -> CopyRefusedError:
        """Return the error of a copy that another process has moved, or ended."""
        return CopyRefusedError(
            f"another process copies the history of the project to {self.adapter.location}: let it end, and run the "
            "command again if it fails"
        )

    def end(self, connection: Connection) -> None:
        """Remove the copy's entries, and the table if there are no others."""
        connection.execute(delete(ledger).where(ledger.c.project == self.project))
        if not connection.execute(select(func.count()).select_from(ledger)).scalar_one():
            ledger.drop(connection)

    def _row(self, table: str) -> tuple[Any, ...]:
        return ledger.c.project == self.project, ledger.c.table_name == table
