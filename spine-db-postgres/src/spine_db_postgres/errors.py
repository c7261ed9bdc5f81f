"""What psycopg's errors mean, by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

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
    "40001": (DatabaseError, True),  # serialization_failure
    "40P01": (DatabaseError, True),  # deadlock_detected
    "55P03": (DatabaseError, True),  # lock_not_available
    "53100": (StorageError, None),  # disk_full
    "53300": (DatabaseConnectionError, True),  # too_many_connections
    "58030": (StorageError, None),  # io_error
    "57014": (QueryError, None),  # query_canceled, statement_timeout
    "3D000": (DatabaseConnectionError, False),  # the database does not exist
    "08": (DatabaseConnectionError, True),
    "28": (DatabaseConnectionError, False),  # the role or its password
    "57": (DatabaseConnectionError, True),  # shutdown, crash, starting up
    "53": (DatabaseError, True),  # out of memory and the like
    "23": (IntegrityError, None),
    "XX": (StorageError, None),  # damaged data
}

_QUOTED_VALUE = re.compile(r': ".*"?$', re.DOTALL)


def diagnose(error: Exception) -> Diagnosis | None:
    """Judge an error of psycopg; None if it is not one. The reason holds no value of a statement."""
    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate is None:
        return _without_code(error)
    kind, retryable = _CODES.get(error.sqlstate) or _CODES.get(error.sqlstate[:2]) or (QueryError, None)
    return Diagnosis(kind, _reason(error), retryable, ends_connection=kind is DatabaseConnectionError)


def _without_code(error: psycopg.Error) -> Diagnosis:
    """Judge what libpq and psycopg raise by themselves: mostly that the server was not reached or went away."""
    text = " ".join(str(error).split())
    if isinstance(error, psycopg.OperationalError):
        if "password authentication failed" in text or "no pg_hba.conf entry" in text or "does not exist" in text:
            return Diagnosis(DatabaseConnectionError, text, retryable=False, ends_connection=True)
        return Diagnosis(DatabaseConnectionError, text, ends_connection=True)
    return Diagnosis(QueryError, text)


def _reason(error: psycopg.Error) -> str:
    text = error.diag.message_primary or type(error).__name__
    if error.sqlstate and error.sqlstate.startswith("22"):  # data exceptions quote the value at their end
        text = _QUOTED_VALUE.sub("", text)
    return text
