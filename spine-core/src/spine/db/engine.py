"""The SQLAlchemy engine of an adapter: its rules for transactions and errors, applied to every use of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import Engine, ExceptionContext, Executable, TextClause, create_engine, event

from spine.core.errors import DatabaseConnectionError, SpineError
from spine.db.driver_errors import Diagnosis, diagnose_value
from spine.db.sql_syntax import only_reads

if TYPE_CHECKING:
    from spine.db.adapter import DatabaseAdapter

READONLY = "spine_readonly"
"""The execution option of a SQLAlchemy connection or engine whose transactions only read."""

_STARTS_READING = "spine_starts_reading"


def make_engine(adapter: DatabaseAdapter) -> Engine:
    """Return an engine that begins, commits and fails as the adapter says; it is not connected yet."""
    url, arguments = adapter.engine_arguments()
    engine = create_engine(url, hide_parameters=True, **arguments)
    rules = _Rules(adapter)
    event.listen(engine, "begin", rules.on_begin)
    event.listen(engine, "commit", adapter.before_commit)
    event.listen(engine, "handle_error", rules.on_error, retval=True)
    if adapter.single_writer:
        event.listen(engine, "before_execute", rules.on_execute)
    return engine


def waits_for_no_writer(adapter: DatabaseAdapter, statement: str | Executable) -> bool:
    """Say whether a statement can do without the lock that writers of the adapter's dialect take."""
    if not adapter.single_writer:
        return False
    if isinstance(statement, TextClause):
        statement = statement.text
    if isinstance(statement, str):
        return only_reads(statement, adapter.syntax)
    return bool(getattr(statement, "is_select", False))


@contextmanager
def driver_errors(adapter: DatabaseAdapter, connection: sqlalchemy.Connection) -> Iterator[None]:
    """Turn the errors of a driver that is used directly into Spine's, as the engine does for its own statements."""
    try:
        yield
    except SpineError:
        raise
    except Exception as error:
        diagnosis = adapter.diagnose(error)
        if diagnosis is None:
            raise
        if diagnosis.ends_connection:
            connection.invalidate()
        raise diagnosis.to_error(adapter.location, error) from error


class _Rules:
    """The listeners of an engine."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    def on_begin(self, connection: sqlalchemy.Connection) -> None:
        starts_reading = connection.info.pop(_STARTS_READING, False)
        readonly = connection.get_execution_options().get(READONLY, False) or starts_reading
        try:
            self._adapter.begin(connection, readonly=readonly)
        except BaseException:
            # SQLAlchemy would take the transaction for begun and let the next statement commit by itself
            connection.close()
            raise

    def on_execute(self, connection: sqlalchemy.Connection, statement: Executable, *_: object) -> None:
        if connection.in_transaction() or not waits_for_no_writer(self._adapter, statement):
            return
        connection.info[_STARTS_READING] = True  # taken away by the event that begin() fires
        connection.begin()

    def on_error(self, context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        if context.is_pre_ping or isinstance(error, SpineError) or not isinstance(error, Exception):
            return None
        diagnosis: Diagnosis | None
        if context.is_disconnect:
            diagnosis = Diagnosis(DatabaseConnectionError, "the connection was lost")
        else:
            diagnosis = self._adapter.diagnose(error) or diagnose_value(error)
        if diagnosis is None:
            return None
        if diagnosis.ends_connection:
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False
        return diagnosis.to_error(self._adapter.location, error)
