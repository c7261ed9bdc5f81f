"""Classification of psycopg's errors by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

from __future__ import annotations

import re

import psycopg

from spine.core.adapters.database import Diagnosis
from spine.core.errors import (
    DatabaseConnectionError,
    DatabaseError,
    IntegrityError,
    QueryError,
    SpineError,
    StorageError,
)

# by whole code, then by class (the first two characters)
_CODES: dict[str, tuple[type[SpineError], bool | None]] = {
    "25P03": (DatabaseConnectionError, True),  # idle_in_transaction_session_timeout, which ends the connection
    "25P04": (DatabaseConnectionError, True),  # transaction_timeout, the same
    "3D000": (DatabaseConnectionError, False),  # the database does not exist
    "40002": (IntegrityError, None),  # transaction_integrity_constraint_violation
    "53100": (StorageError, None),  # disk_full
    "53300": (DatabaseConnectionError, True),  # too_many_connections
    "55P03": (DatabaseError, True),  # lock_not_available
    "57014": (QueryError, None),  # query_canceled, statement_timeout
    "57P04": (DatabaseConnectionError, False),  # database_dropped
    "XX000": (DatabaseError, None),  # internal_error
    "08": (DatabaseConnectionError, True),
    "23": (IntegrityError, None),
    "28": (DatabaseConnectionError, False),  # the role or its password
    "40": (DatabaseError, True),  # serialization failure, deadlock
    "53": (DatabaseError, True),  # out of memory and the like
    "57": (DatabaseConnectionError, True),  # shutdown, crash, starting up
    "58": (StorageError, None),  # io_error and the like
    "XX": (StorageError, None),  # damaged data
}

# not retryable: texts of failed connections, which come without a code
_LASTING = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",
    "certificate verify failed",
    "does not match host name",
    "server does not support SSL",
    "is not permitted to log in",
    "permission denied for database",
)

_QUOTED_VALUES = re.compile(r'".*"|".*', re.DOTALL)
_APOSTROPHES = re.compile(r"(?<!\w)'.*'|(?<!\w)'.*", re.DOTALL)  # not that of "can't"
# what the server says of an error in COPY; a value may follow
_COPIED = re.compile(r"COPY (?P<table>.+?), line (?P<line>\d+)(?:, column (?P<column>[^:\n]+))?")
ROW = "spine_row"  # attribute of an error of COPY: the number of its row among the loaded ones
_STALE_PLAN = "cached plan must not change result type"
_READ_ONLY = "25006"  # read_only_sql_transaction
_UNPREPARED = ("26000", "42P05")  # of a prepared statement that does not exist, or exists already


def diagnose(error: Exception) -> Diagnosis | None:
    """Judge an error of psycopg; None if it is not one. Neither the reason nor the error then shows a value.

    The server's own text has a DETAIL with values of the row, which tracebacks and histories would print: the text of
    `error` becomes the reason, and `error.diag` keeps the rest.
    """
    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate is None:
        return _without_code(error)
    kind, retryable = _CODES.get(error.sqlstate) or _CODES.get(error.sqlstate[:2]) or (QueryError, None)
    reason = _reason(error, error.sqlstate)
    if reason == _STALE_PLAN:  # another process changed the table; psycopg plans anew after the rollback
        kind, retryable = DatabaseError, True
    if error.sqlstate in _UNPREPARED and '"_pg3_' in reason:  # a name that psycopg gives
        kind, retryable = DatabaseConnectionError, True
        reason = f"another client reset this session ({reason}): behind a pooler, set prepared_statements = false"
    error.args = (reason,)
    ends, refuses = kind is DatabaseConnectionError, error.sqlstate == _READ_ONLY
    return Diagnosis(kind, reason, retryable, ends_connection=ends, refuses_writes=refuses)


def copied_line(error: psycopg.Error) -> int | None:
    """Return the line of the copied text at which the server met an error, counted from 1; None if it does not say."""
    copied = _COPIED.match(error.diag.context or "")
    return None if copied is None else int(copied["line"])


def _without_code(error: psycopg.Error) -> Diagnosis:
    """Judge an error of libpq or psycopg without SQLSTATE: mostly a failed or lost connection."""
    text = " ".join(str(error).split())
    if isinstance(error, psycopg.OperationalError):
        lasting = any(sign in text for sign in _LASTING)
        return Diagnosis(DatabaseConnectionError, text, retryable=not lasting, ends_connection=True)
    if isinstance(error, psycopg.DataError):  # a value that psycopg cannot send or read
        text = _APOSTROPHES.sub("'...'", text)
        error.args = (text,)
    return Diagnosis(QueryError, text, is_unreadable=isinstance(error, psycopg.DataError))


def _reason(error: psycopg.Error, sqlstate: str) -> str:
    text = error.diag.message_primary or type(error).__name__
    if sqlstate.startswith("22"):  # data exceptions quote the value
        text = _QUOTED_VALUES.sub('"..."', text)
    place = [f"{kind} {name}" for kind, name in _place(error).items() if f'"{name}"' not in text]
    return f"{text} ({', '.join(place)})" if place else text


def _place(error: psycopg.Error) -> dict[str, str]:
    """Return the table, the column and the row that the server or COPY names."""
    found = {"table": error.diag.table_name, "column": error.diag.column_name}
    if (copied := _COPIED.match(error.diag.context or "")) is not None:
        found["table"] = found["table"] or copied["table"]
        found["column"] = found["column"] or copied["column"]
    row = getattr(error, ROW, None)
    return {kind: name for kind, name in (found | {"row": row and str(row)}).items() if name}
