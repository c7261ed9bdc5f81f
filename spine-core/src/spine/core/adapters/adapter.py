"""The base of every database adapter: engines, transactions and statements; a dialect adds what only it knows."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar, Self

import sqlalchemy
from sqlalchemy import URL, Engine, ExceptionContext, Executable, TextClause, create_engine, event

from spine.core.adapters.connection import Connection, Result, ValueRules
from spine.core.adapters.driver_errors import Diagnosis, diagnose_value, sqlalchemy_errors
from spine.core.adapters.forks import ForkAware
from spine.core.adapters.inserts import build_insert, check_rows
from spine.core.adapters.options import check_options, url_options
from spine.core.adapters.placeholders import Params
from spine.core.adapters.sql_syntax import SqlSyntax, only_reads
from spine.core.errors import DatabaseConnectionError, QueryError, SpineError

READONLY = "spine_readonly"
"""The execution option of a SQLAlchemy connection or engine whose transactions only read."""

_STARTS_READING = "spine_starts_reading"


class DatabaseAdapter(ForkAware):
    """A database that statements run on, the same on every dialect.

    It connects when it is first used, may be shared by threads, each of which has a transaction of its own, and after a
    fork connects anew in the child.

    An adapter of a dialect sets `db_type` and `syntax`, and says in `engine_arguments` how to reach the database, in
    `begin` what opens a transaction, in `diagnose` what the errors of its driver mean. Where writers exclude one
    another from the moment they begin, it sets `single_writer`; `value_types` turns values that its driver does not
    take into ones that it does.
    """

    db_type: ClassVar[str]
    syntax: ClassVar[SqlSyntax]
    single_writer: ClassVar[bool] = False
    value_types: ClassVar[Mapping[type, Callable[[Any], Any]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._engine: Engine | None = None
        self._reader: Engine | None = None
        self._lock = threading.RLock()
        self._local = threading.local()

    @classmethod
    def from_url(cls, url: URL, **config: Any) -> Self:
        """Return an adapter for a URL; its query and then `config` win over its other parts."""
        options = url_options(cls, url) | config
        check_options(cls, options)
        return cls(**options)

    @property
    @abstractmethod
    def location(self) -> str:
        """What error sentences call the database; never with a password."""

    @abstractmethod
    def engine_arguments(self) -> tuple[URL, dict[str, Any]]:
        """Return the URL and the keyword arguments for `sqlalchemy.create_engine`."""

    @abstractmethod
    def begin(self, connection: sqlalchemy.Connection, *, readonly: bool) -> None:
        """Open the transaction that `connection` needs now, with `exec_driver_sql`.

        What the driver opens by itself needs nothing here. A read-only transaction refuses every write.
        """

    @abstractmethod
    def diagnose(self, error: Exception) -> Diagnosis | None:
        """Judge an error of the driver; None if it is not one."""

    def prepare(self) -> None:
        """Do what must be done before the first connection; called by every `connect()` that connects."""

    def lock(self, connection: sqlalchemy.Connection, name: str) -> None:
        """Wait until no other transaction holds the lock `name`, and hold it until this one ends.

        With a `single_writer`, a writing transaction excludes every other one already.
        """

    def check(self) -> list[str]:
        """Return a sentence for each fault that the database finds in its own files; empty where it looks for none."""
        return []

    @property
    def is_connected(self) -> bool:
        """Whether there is an engine, made by `connect()` or by the first use."""
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
        """Reach the database, or raise a DatabaseConnectionError that says why not; harmless when connected."""
        with self._lock:
            if self._engine is not None:
                return
            self.prepare()
            url, arguments = self.engine_arguments()
            engine = create_engine(url, hide_parameters=True, **arguments)
            event.listen(engine, "begin", self._on_begin)
            event.listen(engine, "handle_error", self._on_error, retval=True)
            if self.single_writer:
                event.listen(engine, "before_execute", self._on_execute)
            try:
                with sqlalchemy_errors(self.location):
                    engine.connect().close()
            except BaseException:
                engine.dispose()
                raise
            self._engine, self._reader = engine, engine.execution_options(**{READONLY: True})

    def disconnect(self) -> None:
        """Close the connections; harmless when there are none, and the next use connects again."""
        with self._lock:
            engine, self._engine, self._reader = self._engine, None, None
            if engine is not None:
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
    def transaction(self, *, readonly: bool = False) -> Iterator[Connection]:
        """Commit what the block does, or roll it back and raise its error again.

        Inside a transaction of the same thread it is a savepoint of it. With `readonly` it sees one state of the
        database, waits for no writer and refuses to write; a savepoint does what its transaction may.
        """
        current = self._current
        if current is None:
            with self._root(readonly=readonly) as connection:
                yield connection
        elif current.readonly and not readonly:
            raise QueryError(f"{self.location}: a writing transaction cannot begin inside a read-only one")
        else:
            with current.transaction():
                yield current

    def execute(self, statement: str | Executable, params: Params = ()) -> Result:
        """Run a statement in the thread's transaction, or in one of its own; see `Connection.execute`."""
        with self._either(readonly=self._only_reads(statement)) as connection:
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

    def insert(self, table: str, row: Mapping[str, Any], returning: str | Sequence[str] | None = None) -> Any:
        """Insert one row into `table` or `schema.table`; names are quoted, whatever they contain.

        Returns the stored value of the column `returning`, a dict for a list of columns, else None.
        """
        columns = [returning] if isinstance(returning, str) else list(returning or ())
        statement = build_insert(table, list(row), columns)
        with self._either() as connection:
            stored = connection.execute(statement, row).fetchone()
        if returning is None or stored is None:
            return None
        return stored[0] if isinstance(returning, str) else dict(stored)

    def insert_many(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Insert rows that all have the columns of the first, all or none of them; return how many."""
        given = check_rows(table, rows)
        if given:
            statement = build_insert(table, list(given[0]))
            with self._either() as connection:
                connection.executemany(statement, given)
        return len(given)

    def forget_connections(self) -> object:
        """Start without connections in a forked child; see `ForkAware`."""
        engine, local = self._engine, self._local
        held = (engine and engine.pool, local)
        if self._current is not None:
            self._current.inherited = True
        self._lock = threading.RLock()
        self._local = threading.local()
        if engine is not None:
            engine.dispose(close=False)
        return held

    @property
    def _current(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    @contextmanager
    def _either(self, *, readonly: bool = False) -> Iterator[Connection]:
        current = self._current
        if current is not None:
            yield current
            return
        with self._root(readonly=readonly) as connection:
            yield connection

    @contextmanager
    def _root(self, *, readonly: bool) -> Iterator[Connection]:
        engine = self.reader if readonly else self.engine
        with sqlalchemy_errors(self.location):
            raw = engine.connect()
        local = self._local
        rules = ValueRules(self.syntax, self.value_types)
        connection = Connection(raw, rules, where=self.location, readonly=readonly)
        with connection.closing(), connection.transaction():
            local.connection = connection
            try:
                yield connection
            finally:
                local.connection = None

    def _only_reads(self, statement: str | Executable) -> bool:
        if not self.single_writer:
            return False
        if isinstance(statement, TextClause):
            statement = statement.text
        if isinstance(statement, str):
            return only_reads(statement, self.syntax)
        return bool(getattr(statement, "is_select", False))

    def _on_begin(self, connection: sqlalchemy.Connection) -> None:
        starts_reading = connection.info.pop(_STARTS_READING, False)
        readonly = connection.get_execution_options().get(READONLY, False) or starts_reading
        try:
            self.begin(connection, readonly=readonly)
        except BaseException:
            # SQLAlchemy would take the transaction for begun and let the next statement commit by itself
            connection.close()
            raise

    def _on_execute(self, connection: sqlalchemy.Connection, statement: Executable, *_: object) -> None:
        if connection.in_transaction() or not self._only_reads(statement):
            return
        connection.info[_STARTS_READING] = True  # taken away by the event that begin() fires
        connection.begin()

    def _on_error(self, context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        if context.is_pre_ping or isinstance(error, SpineError) or not isinstance(error, Exception):
            return None
        if context.is_disconnect:
            return DatabaseConnectionError(f"{self.location}: the connection was lost", cause=error)
        diagnosis = self.diagnose(error) or diagnose_value(error)
        if diagnosis is None:
            return None
        if diagnosis.ends_connection:
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False
        return diagnosis.to_error(self.location, error)
