"""The interface of a dialect: the parts of an adapter that depend on its database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy
from sqlalchemy import URL, Insert, TableClause
from sqlalchemy.types import TypeEngine

from spine.core.errors import QueryError
from spine.db.connection import Connection
from spine.db.driver_errors import Diagnosis
from spine.db.sql_syntax import SqlSyntax

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.db.arrow_read import ArrowColumn


class Dialect(ABC):
    """The part of a DatabaseAdapter that a class for another database implements; most methods have a default.

    It sets `db_type` and `syntax`, and implements `engine_arguments` (the connection), `begin` (the start of a
    transaction) and `diagnose` (the errors of its driver).

    `longest_name`: the number of bytes in the longest name of a table or column.
    `single_writer`: a writing transaction excludes all others from its beginning.
    `has_savepoints`: transactions can be nested.
    `reads_arrow`: `arrow_reader` returns the rows of a cursor as Arrow data.
    `tells_time_zones`: the type of a column says whether its timestamps have a zone.
    `value_types`: by type, the function that converts a value for a driver that does not support the type.
    """

    db_type: ClassVar[str]
    syntax: ClassVar[SqlSyntax]
    longest_name: ClassVar[int | None] = None
    single_writer: ClassVar[bool] = False
    has_savepoints: ClassVar[bool] = True
    reads_arrow: ClassVar[bool] = False
    tells_time_zones: ClassVar[bool] = True
    value_types: ClassVar[Mapping[type, Callable[[Any], Any]]] = {}

    @property
    @abstractmethod
    def location(self) -> str:
        """Name of the database in error texts; never with a password."""

    @abstractmethod
    def engine_arguments(self) -> tuple[URL, dict[str, Any]]:
        """Return the URL and the keyword arguments for `sqlalchemy.create_engine`."""

    @abstractmethod
    def begin(self, connection: sqlalchemy.Connection, *, readonly: bool) -> None:
        """Open the transaction that `connection` needs now, with `exec_driver_sql`.

        A transaction that the driver opens itself needs nothing here. A read-only transaction refuses every write.
        """

    @abstractmethod
    def diagnose(self, error: Exception) -> Diagnosis | None:
        """Return the diagnosis of an error of the driver; None if it is not one."""

    def prepare(self) -> None:  # noqa: B027  # does nothing by default, like some methods below
        """Prepare the first connection; called by every `connect()` that is not connected yet."""

    def lock(self, connection: sqlalchemy.Connection, name: str) -> None:  # noqa: B027
        """Wait until no other transaction holds the lock `name`, and hold it until this one ends.

        With a `single_writer`, a writing transaction excludes every other one already.
        """

    def lock_writers(self, connection: Connection, table: TableClause) -> None:
        """Wait until no other load writes to `table`, and let none begin until this transaction ends."""
        self.lock(connection.raw, f"load into {table.fullname}")

    def before_commit(self, connection: sqlalchemy.Connection) -> None:  # noqa: B027
        """Raise a QueryError if the database would fail to commit this transaction without reporting it."""

    def column_type(self, kind: pa.DataType) -> TypeEngine[Any]:
        """Return the type of a new column for an Arrow type that `arrow_types.storable` returns."""
        from spine.db.arrow_types import column_type  # only for bulk loading

        return column_type(kind)

    def exact_type(self, kind: pa.DataType) -> TypeEngine[Any]:
        """Return the type of a new column for decimals, of any precision and scale where the database has one."""
        return self.column_type(kind)

    def load_batches(self, connection: Connection, table: TableClause, batches: Iterable[pa.RecordBatch]) -> int:
        """Store record batches of the types that `arrow_types.storable` returns; return the number of rows."""
        from spine.db.record_batches import insert_batches

        return insert_batches(connection, table, batches)

    def list_writers(self, connection: Connection, table: TableClause) -> Mapping[str, Callable[[Any], str]]:
        """Return, for each column of `table` with a list type of the database, what writes a list as its text."""
        return {}

    def checked_rows(
        self, connection: Connection, table: TableClause, rows: list[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Return rows to insert; raise a QueryError for a value that the database would store as another one."""
        return rows

    def conflict_insert(self, table: TableClause) -> Insert:
        """Return an INSERT of the dialect that has SQLAlchemy's `on_conflict_do_update`."""
        raise QueryError(f"{self.location}: {type(self).__name__} offers no upsert")

    def arrow_reader(self, cursor: Any, batch_size: int) -> pa.RecordBatchReader:
        """Return the rows of the driver's cursor, before any is fetched, as record batches of about `batch_size`.

        Called where `reads_arrow` is set; otherwise rows are fetched, and `arrow_columns` returns their types.
        """
        raise NotImplementedError(f"{type(self).__name__} sets reads_arrow and has no arrow_reader: write one")

    def prepare_arrow(self, cursor: Any) -> None:  # noqa: B027
        """Prepare the driver's cursor for a statement whose rows become Arrow data, such as by loaders of its own."""

    def unreadable_column(self, cursor: Any) -> str | None:
        """Return the column whose value the driver's cursor failed to read, for errors; by default it is unknown."""
        return None

    def arrow_columns(self, description: Sequence[Any]) -> list[ArrowColumn]:
        """Return the conversion to Arrow of each column of a driver's description; by default its values decide."""
        from spine.db.arrow_read import ArrowColumn

        return [ArrowColumn()] * len(description)

    def oldest_transaction(self) -> datetime:
        """Return a time before which no transaction has begun that still runs."""
        raise QueryError(
            f"{self.location}: {type(self).__name__} does not tell since when transactions run: "
            "give lag a time or a number"
        )

    def check(self) -> list[str]:
        """Return a sentence for each fault that the database finds in its own files; by default none."""
        return []
