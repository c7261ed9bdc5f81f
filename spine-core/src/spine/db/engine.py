"""The SQLAlchemy engine of a database: its rules for transactions and errors, applied to every use of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import sqlalchemy
from attrs import evolve
from sqlalchemy import Engine, ExceptionContext, Executable, TextClause, create_engine, event, exc
from sqlalchemy.pool import Pool, PoolProxiedConnection

from spine.core.errors import DatabaseConnectionError, SpineError
from spine.db.connection import READS_ARROW
from spine.db.dialect import Dialect
from spine.db.driver_errors import Diagnosis, diagnose_value
from spine.db.sql_syntax import only_reads

READONLY = "spine_readonly"
"""The execution option of a SQLAlchemy connection or engine with read-only transactions."""

_STARTS_READING = "spine_starts_reading"
_ONLY_READS = "spine_only_reads"
_LOCATION = "spine_location"  # of a SQLAlchemy dialect, which is all that a column's type knows of its database


def make_engine(dialect: Dialect) -> Engine:
    """Return an engine that begins, commits and fails as the dialect says; it is not connected yet."""
    url, arguments = dialect.engine_arguments()
    usual: Any = url.get_dialect()
    pool = arguments.pop("poolclass", None) or usual.get_pool_class(url)
    engine = create_engine(url, hide_parameters=True, poolclass=_telling(pool, dialect), **arguments)
    vars(engine.dialect)[_LOCATION] = dialect.location
    rules = _Rules(dialect)
    event.listen(engine, "begin", rules.on_begin)
    event.listen(engine, "commit", dialect.before_commit)
    event.listen(engine, "handle_error", rules.on_error, retval=True)
    if type(dialect).prepare_arrow is not Dialect.prepare_arrow:
        event.listen(engine, "before_cursor_execute", rules.on_cursor)
    if dialect.single_writer:
        event.listen(engine, "before_execute", rules.on_execute)
    return engine


def location_of(dialect: sqlalchemy.Dialect) -> str | None:
    """Return the name in errors of the database of an engine's SQLAlchemy dialect."""
    found: str | None = vars(dialect).get(_LOCATION)
    return found


def waits_for_no_writer(dialect: Dialect, statement: str | Executable) -> bool:
    """Return whether a statement can run without the lock that writers of the dialect take."""
    if not dialect.single_writer:
        return False
    if isinstance(statement, TextClause):
        statement = statement.text
    if isinstance(statement, str):
        return only_reads(statement, dialect.syntax)
    return bool(getattr(statement, "is_select", False))


@contextmanager
def driver_errors(dialect: Dialect, connection: sqlalchemy.Connection | PoolProxiedConnection | None) -> Iterator[None]:
    """Convert the errors of a driver that is used directly to those of Spine, as the engine does for its statements.

    Without a `connection`, the block makes one.
    """
    try:
        yield
    except SpineError:
        raise
    except Exception as error:
        diagnosis = dialect.diagnose(error)
        if diagnosis is None:
            raise
        diagnosis = diagnosis.of_writer()
        if diagnosis.ends_connection and connection is not None:
            connection.invalidate()
        raise diagnosis.to_error(dialect.location, error) from error


def _telling(pool: type[Pool], dialect: Dialect) -> type[Pool]:
    """Return the class of a pool that raises a DatabaseConnectionError when none of its connections becomes free."""

    class TellingPool(pool):  # type: ignore[valid-type,misc]  # a class of SQLAlchemy
        __module__ = pool.__module__  # names the logger

        def connect(self) -> PoolProxiedConnection:
            try:
                connection: PoolProxiedConnection = super().connect()
            except exc.TimeoutError as error:
                raise DatabaseConnectionError(_none_free(dialect), cause=error) from error
            return connection

    return TellingPool


def _none_free(dialect: Dialect) -> str:
    _, arguments = dialect.engine_arguments()
    size, overflow, seconds = (arguments.get(name, 0) for name in ("pool_size", "max_overflow", "pool_timeout"))
    text = f"{dialect.location}: every connection of the pool is in use, none of {size + overflow} was free within"
    text += f" {seconds:g} s"
    if "pool_size" not in signature(type(dialect)).parameters:
        return text
    return (
        f"{text} (pool_size = {size}, max_overflow = {overflow}): raise pool_size or max_overflow of this database in "
        "spine.toml, or let fewer steps use it at once"
    )


class _Rules:
    """The listeners of an engine."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def on_begin(self, connection: sqlalchemy.Connection) -> None:
        starts_reading = connection.info.pop(_STARTS_READING, False)
        readonly = connection.get_execution_options().get(READONLY, False) or starts_reading
        connection.info[_ONLY_READS] = readonly
        try:
            self._dialect.begin(connection, readonly=readonly)
        except BaseException:
            # SQLAlchemy would treat the transaction as begun, and the next statement would commit by itself
            connection.close()
            raise

    def on_execute(self, connection: sqlalchemy.Connection, statement: Executable, *_: object) -> None:
        if connection.in_transaction() or not waits_for_no_writer(self._dialect, statement):
            return
        connection.info[_STARTS_READING] = True  # removed by the event that begin() fires
        connection.begin()

    def on_cursor(
        self, _connection: object, cursor: Any, _sql: str, _values: object, context: Any, _many: bool
    ) -> None:
        if context is not None and context.execution_options.get(READS_ARROW, False):
            self._dialect.prepare_arrow(cursor)

    def on_error(self, context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        if context.is_pre_ping or not isinstance(error, Exception):
            return None
        if isinstance(error, SpineError):  # of a column's type, that refuses a value
            return error
        diagnosis: Diagnosis | None
        if context.is_disconnect:
            diagnosis = Diagnosis(DatabaseConnectionError, "the connection was lost")
        else:
            diagnosis = self._dialect.diagnose(error) or diagnose_value(error)
        if diagnosis is None:
            return None
        if context.connection is not None and not context.connection.info.get(_ONLY_READS, False):
            diagnosis = diagnosis.of_writer()
        if diagnosis.ends_connection:
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False
        if diagnosis.is_unreadable and context.execution_context is not None:
            diagnosis = self._with_column(diagnosis, context.execution_context.cursor)
        return diagnosis.to_error(self._dialect.location, error)

    def _with_column(self, diagnosis: Diagnosis, cursor: Any) -> Diagnosis:
        column = self._dialect.unreadable_column(cursor)
        if column is None:
            return diagnosis
        reason = f"column {column!r} has a value that Python cannot hold ({diagnosis.reason})"
        return evolve(diagnosis, reason=f"{reason}: cast it to text in the statement")
