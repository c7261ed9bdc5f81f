"""The base of every database adapter: engines, transactions and statements; a dialect adds its own rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL, Engine, Executable, event

from spine.core.errors import QueryError
from spine.db.connection import BLOCK_ROWS, Connection, Result, ValueRules
from spine.db.dialect import Dialect
from spine.db.driver_errors import sqlalchemy_errors
from spine.db.engine import READONLY, driver_errors, make_engine, waits_for_no_writer
from spine.db.forks import ForkAware
from spine.db.options import check_options, url_options
from spine.db.placeholders import Params

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.db.fence import Fenced
    from spine.db.nested_values import ListWriters


class DatabaseAdapter(Dialect, ForkAware):
    """A database, with the same interface on every dialect.

    It connects when it is first used, may be shared by threads, each of which has a transaction of its own, and after a
    fork connects anew in the child. `Dialect` lists what a class for another database adds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._engine: Engine | None = None
        self._reader: Engine | None = None
        self._lock = threading.RLock()
        self._local = threading.local()
        self._opened: set[Connection] = set()

    @classmethod
    def from_url(cls, url: URL, **config: Any) -> Self:
        """Return an adapter for a URL; its query and then `config` override its other parts."""
        options = url_options(cls, url) | config
        check_options(cls, options)
        return cls(**options)

    @property
    def is_connected(self) -> bool:
        """True if there is an engine, made by `connect()` or by the first use."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, with the same rules for transactions and the same errors as the adapter's methods.

        `engine.begin()` writes. On `engine.connect()`, a transaction that starts by itself with a `select()` reads on
        a dialect with a `single_writer`, and refuses writes until it ends.
        """
        engine = self._engine
        if engine is None:
            self.connect()
            return self.engine
        return engine

    @property
    def reader(self) -> Engine:
        """The engine for reading: on the same connections, every transaction is read-only and waits for no writer."""
        reader = self._reader
        if reader is None:
            self.connect()
            return self.reader
        return reader

    def connect(self) -> None:
        """Connect to the database, or raise a DatabaseConnectionError with the cause; do nothing if connected."""
        with self._lock:
            if self._engine is not None:
                return
            self.prepare()
            engine = make_engine(self)
            try:
                with sqlalchemy_errors(self.location):
                    engine.connect().close()
            except BaseException:
                engine.dispose()
                raise
            self._engine, self._reader = engine, engine.execution_options(**{READONLY: True})

    def disconnect(self) -> None:
        """Close the connections, if there are any; the next use connects again."""
        with self._lock:
            engine, self._engine, self._reader = self._engine, None, None
            if engine is not None:
                event.listen(engine.pool, "checkin", _close)  # what a thread still holds is closed when it returns it
                engine.dispose()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.disconnect()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.location}>"

    @contextmanager
    def transaction(self, *, readonly: bool = False, fence: Fenced | None = None) -> Iterator[Connection]:
        """Commit the changes of the block, or roll them back and re-raise its error.

        Inside a transaction of the same thread it is a savepoint of it, or a QueryError where the database has none.
        With `readonly` it reads one snapshot of the database, waits for no writer and refuses to write; a savepoint has
        the rights of its transaction. With `fence`, the context of a step, it commits only while no other process has
        taken over the run: FenceError if one has, QueryError if the run is in another database.
        """
        if fence is not None:
            with self.transaction(readonly=readonly) as connection, self._fenced(connection, fence):
                yield connection
            return
        current = self._current
        if current is None:
            with self._root(readonly=readonly) as connection:
                yield connection
        elif current.readonly and not readonly:
            raise QueryError(f"{self.location}: a writing transaction cannot begin inside a read-only one")
        elif not self.has_savepoints:
            raise QueryError(
                f"{self.location}: a transaction cannot begin inside another one, as {self.db_type} has no savepoints: "
                "write in the outer one"
            )
        else:
            with current.transaction():
                yield current

    def execute(self, statement: str | Executable, params: Params = ()) -> Result:
        """Run a statement in the thread's transaction, or in one of its own; see `Connection.execute`."""
        with self._either(readonly=waits_for_no_writer(self, statement)) as connection:
            return connection.execute(statement, params).buffer()

    def executemany(self, statement: str | Executable, rows: Iterable[Params]) -> Result:
        """Run a statement for each row of parameters, all in the thread's transaction or in one of their own."""
        with self._either() as connection:
            return connection.executemany(statement, rows).buffer()

    def query(self, statement: str | Executable, params: Params = ()) -> list[dict[str, Any]]:
        """Return every row of a reading statement as a dict; of equal column names the second is `name_2`."""
        with self._either(readonly=True) as connection:
            return connection.execute(statement, params).dicts()

    def query_one(self, statement: str | Executable, params: Params = ()) -> dict[str, Any] | None:
        """Return the first row of a reading statement as a dict, None if there is none."""
        with self._either(readonly=True) as connection:
            row = connection.execute(statement, params).fetchone()
            return None if row is None else dict(row)

    def stream(
        self, statement: str | Executable, params: Params = (), batch_size: int = 1000
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of a reading statement in lists of at most `batch_size` dicts, in bounded memory.

        They are of one snapshot of the database: that of the thread's transaction, or of a read-only one that ends with
        the last list or when the iterator is closed. The thread may write meanwhile.
        """
        with (
            self._either(readonly=True, shared=False) as connection,
            connection.stream(statement, params, batch_size) as result,
        ):
            for batch in result.batches(batch_size):
                yield [dict(zip(result.columns, row, strict=True)) for row in batch]

    def read_arrow(self, statement: str | Executable, params: Params = ()) -> pa.Table:
        """Return every row of a reading statement as an Arrow table."""
        from spine.db.arrow_read import read_table  # pyarrow is optional

        with self._either(readonly=True) as connection:
            if self.reads_arrow:
                with self._native_arrow(connection, statement, params, BLOCK_ROWS) as reader:
                    return reader.read_all()
            with connection.stream(statement, params, BLOCK_ROWS, arrow=True) as result:
                return read_table(result, self.arrow_columns(result.description))

    def stream_arrow(
        self, statement: str | Executable, params: Params = (), batch_size: int = BLOCK_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a reading statement as record batches of one schema; as `stream` otherwise.

        Where the driver reports no type for a column, the first batch decides, and a later value that does not fit is
        a ValidationError.
        """
        from spine.db.arrow_read import read_batches, split

        with self._either(readonly=True, shared=False) as connection:
            if self.reads_arrow:
                with self._native_arrow(connection, statement, params, batch_size) as reader:
                    yield from split(reader, batch_size)
                return
            with connection.stream(statement, params, batch_size, arrow=True) as result:
                yield from read_batches(result, self.arrow_columns(result.description), batch_size)

    def insert(self, table: str, row: Mapping[str, Any], returning: str | Sequence[str] | None = None) -> Any:
        """Insert one row into `table` or `schema.table`; names are quoted, whatever they contain.

        Here and below, a list goes into a column of the database's own list type as one, and other nested values
        become JSON text.
        Returns the stored value of the column `returning`, a dict for a list of columns, else None.
        """
        from spine.db.insert_statements import build_insert  # not needed by the stores

        columns = [returning] if isinstance(returning, str) else list(returning or ())
        statement = build_insert(self, table, list(row), columns)
        with self._either() as connection:
            [written] = self._writable(connection, table, [row])
            stored = connection.execute(statement, written).fetchone()
        if returning is None or stored is None:
            return None
        return stored[0] if isinstance(returning, str) else dict(stored)

    def insert_many(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Insert rows that all have the columns of the first, all or none of them; return their number."""
        from spine.db.insert_statements import build_insert, check_rows

        given = check_rows(table, rows)
        if given:
            statement = build_insert(self, table, list(given[0]))
            with self._all_or_none() as connection:
                connection.executemany(statement, self._writable(connection, table, given))
        return len(given)

    def upsert(self, table: str, rows: Iterable[Mapping[str, Any]], key: str | Sequence[str]) -> int:
        """Insert rows, and where `table` has one with the same `key` update its other columns; all or none of them.

        `key` is the column or the columns of a primary key or unique index; a null in them is a QueryError. Of rows
        with the same key the last one is stored. Returns the number of given rows.
        """
        from spine.db.insert_statements import build_upsert, check_key, check_rows, in_key_order

        given = check_rows(table, rows)
        if given:
            columns = [key] if isinstance(key, str) else list(key)
            statement = build_upsert(self, table, list(given[0]), columns)
            check_key(table, given, columns)
            with self._all_or_none() as connection:
                rows = self._writable(connection, table, given)
                connection.executemany(statement, rows if self.single_writer else in_key_order(rows, columns))
        return len(given)

    def bulk_load(self, table: str, data: Any, *, create: bool = False) -> int:
        """Append an Arrow table, record batches, a reader or rows to `table`, all or none; return the number of rows.

        An iterator is read in bounded memory. With `create`, a table that does not exist is made with the columns of
        the data; types that the database does not have become its nearest ones: structs and new columns of lists JSON
        text, timestamps microseconds.
        """
        from spine.db.bulk import load
        from spine.db.record_batches import as_batches

        batches = as_batches(table, data, self._list_writers(table))
        if not batches.schema.names:
            return 0
        with self._all_or_none() as connection:
            return load(self, connection, table, batches, create=create)

    def forget_connections(self) -> object:
        """Start without connections in a forked child; see `ForkAware`."""
        engine = self._engine
        held = (engine and engine.pool, self._opened)  # SQLAlchemy would roll back a connection that nothing holds
        for connection in self._opened:
            connection.inherited = True
        self._lock = threading.RLock()
        self._local = threading.local()
        self._opened = set()
        if engine is not None:
            engine.dispose(close=False)
        return held

    @property
    def _current(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    @contextmanager
    def _either(self, *, readonly: bool = False, shared: bool = True) -> Iterator[Connection]:
        """Yield the thread's connection, or a new one, which becomes the thread's if it is `shared`."""
        current = self._current
        if current is not None:
            yield current
            return
        with self._root(readonly=readonly) if shared else self._new_connection(readonly=readonly) as connection:
            yield connection

    def _writable(self, connection: Connection, table: str, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        from spine.db.insert_statements import target_table
        from spine.db.nested_values import with_texts

        texts = with_texts(table, rows, self._list_writers(table))
        return self.checked_rows(connection, target_table(self, table, list(rows[0])), texts)

    def _list_writers(self, table: str) -> ListWriters:
        from spine.db.insert_statements import target_table

        @cache
        def writers() -> Mapping[str, Callable[[Any], str]]:
            with self._either(readonly=True) as connection:
                return self.list_writers(connection, target_table(self, table, []))

        return writers

    @contextmanager
    def _all_or_none(self) -> Iterator[Connection]:
        current = self._current
        if current is None or self.has_savepoints:
            with self.transaction() as connection:
                yield connection
        else:
            with current.all_or_none():
                yield current

    @contextmanager
    def _fenced(self, connection: Connection, fence: Fenced) -> Iterator[None]:
        from spine.db.fence import check_fence  # few transactions need it

        check_fence(connection, fence, self.location, until_commit=False)
        yield
        check_fence(connection, fence, self.location, until_commit=True)

    @contextmanager
    def _native_arrow(
        self, connection: Connection, statement: str | Executable, params: Params, batch_size: int
    ) -> Iterator[pa.RecordBatchReader]:
        if batch_size < 1:
            raise ValueError(f"a batch has at least one row, not {batch_size}")
        with connection.cursor(statement, params) as cursor, driver_errors(self, connection.raw):
            yield self.arrow_reader(cursor, batch_size)

    @contextmanager
    def _root(self, *, readonly: bool) -> Iterator[Connection]:
        local = self._local
        with self._new_connection(readonly=readonly) as connection:
            local.connection = connection
            try:
                yield connection
            finally:
                local.connection = None

    @contextmanager
    def _new_connection(self, *, readonly: bool) -> Iterator[Connection]:
        engine = self.reader if readonly else self.engine
        with sqlalchemy_errors(self.location):
            raw = engine.connect()
        rules = ValueRules(self.syntax, self.value_types)
        connection = Connection(raw, rules, where=self.location, readonly=readonly)
        opened = self._opened
        opened.add(connection)
        try:
            with connection.closing(), connection.transaction():
                yield connection
        finally:
            if not connection.inherited:
                opened.discard(connection)


def _close(_connection: object, record: Any) -> None:
    record.close()
