"""The SQLAlchemy engine of a database: its rules for transactions and errors, applied to every use of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from sqlalchemy import Engine, ExceptionContext, Executable, TextClause, create_engine, event

from spine.core.errors import DatabaseConnectionError, SpineError
from spine.db.dialect import Dialect
from spine.db.driver_errors import Diagnosis, diagnose_value
from spine.db.sql_syntax import only_reads

READONLY = "spine_readonly"
"""The execution option of a SQLAlchemy connection or engine with read-only transactions."""

_STARTS_READING = "spine_starts_reading"


def make_engine(dialect: Dialect) -> Engine:
    """Return an engine that begins, commits and fails as the dialect says; it is not connected yet."""
    url, arguments = dialect.engine_arguments()
    engine = create_engine(url, hide_parameters=True, **arguments)
    rules = _Rules(dialect)
    event.listen(engine, "begin", rules.on_begin)
    event.listen(engine, "commit", dialect.before_commit)
    event.listen(engine, "handle_error", rules.on_error, retval=True)
    if dialect.single_writer:
        event.listen(engine, "before_execute", rules.on_execute)
    return engine


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
def driver_errors(dialect: Dialect, connection: sqlalchemy.Connection) -> Iterator[None]:
    """Convert the errors of a driver that is used directly to those of Spine, as the engine does for its statements."""
    try:
        yield
    except SpineError:
        raise
    except Exception as error:
        diagnosis = dialect.diagnose(error)
        if diagnosis is None:
            raise
        if diagnosis.ends_connection:
            connection.invalidate()
        raise diagnosis.to_error(dialect.location, error) from error


class _Rules:
    """The listeners of an engine."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def on_begin(self, connection: sqlalchemy.Connection) -> None:
        starts_reading = connection.info.pop(_STARTS_READING, False)
        readonly = connection.get_execution_options().get(READONLY, False) or starts_reading
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
        if diagnosis.ends_connection:
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False
        return diagnosis.to_error(self._dialect.location, error)
