"""Classification of driver errors, without the values of a statement in their texts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve, frozen
from sqlalchemy import exc

from spine.core.errors import (
    DatabaseConnectionError,
    DatabaseError,
    IntegrityError,
    QueryError,
    SpineError,
    StorageError,
)

UNREACHABLE_HINT = " (look closer with spine doctor)"
"""The end of the text about a database that cannot be reached."""


@frozen
class Diagnosis:
    """The error to raise for a driver's error, and its reason: the part of the text after the database's name.

    `ends_connection` is for an error after which the connection is unusable; its transaction is rolled back.
    `is_unreadable` is for a value in the fetched rows that the driver may not be able to read, `refuses_writes` for a
    write that was refused since the transaction only reads.
    """

    error: type[SpineError]
    reason: str
    retryable: bool | None = None
    ends_connection: bool = False
    is_unreadable: bool = False
    refuses_writes: bool = False

    def of_writer(self) -> Diagnosis:
        """Return the diagnosis where writes are allowed: a server that refuses them, as a standby, is unavailable."""
        if not self.refuses_writes:
            return self
        reason = f"the server takes no writes now: {self.reason}"
        return evolve(self, error=DatabaseConnectionError, reason=reason, retryable=True, ends_connection=True)

    def to_error(self, where: str, cause: BaseException) -> SpineError:
        """Return the error, with its place in the text, and for a failed connection the command that looks closer."""
        hint = UNREACHABLE_HINT if self.error is DatabaseConnectionError else ""
        return self.error(f"{where}: {self.reason}{hint}", retryable=self.retryable, cause=cause)


def diagnose_value(error: Exception) -> Diagnosis | None:
    """Diagnose a built-in exception that drivers raise for a value they cannot send; None for others."""
    if isinstance(error, OverflowError):
        return Diagnosis(QueryError, "a parameter is a number too large for the database")
    if isinstance(error, UnicodeError):
        return Diagnosis(QueryError, "a text is not valid Unicode, which the database requires")
    if isinstance(error, (ValueError, TypeError)):
        return Diagnosis(QueryError, f"a parameter cannot be sent to the database ({type(error).__name__})")
    return None


# https://www.sqlite.org/rescode.html: the primary result codes of other faults than a wrong statement
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_STORAGE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "reading or writing the file failed",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
}
_SQLITE_UNUSABLE = {
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened or created",
    sqlite3.SQLITE_PERM: "the file may not be accessed",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database",
}


def diagnose_sqlite(error: Exception, *, timeout: float) -> Diagnosis | None:
    """Diagnose an error of sqlite3; None if it is not one. `timeout` is the longest wait for a lock, in seconds."""
    if isinstance(error, UnicodeDecodeError):  # of a message that quotes the file
        return Diagnosis(StorageError, f"{_SQLITE_STORAGE[sqlite3.SQLITE_CORRUPT]} (its schema is not UTF-8)")
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0)  # errors of the Python module itself have none
    primary = code & 0xFF
    if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
        return Diagnosis(DatabaseError, "another connection wrote since this transaction read", retryable=True)
    if primary in _SQLITE_BUSY:
        return Diagnosis(DatabaseError, f"another writer held the lock for {timeout:g} s", retryable=True)
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # the index of the log, which the first connection makes
        return Diagnosis(StorageError, "the disk is full", ends_connection=True)
    if primary in _SQLITE_STORAGE:
        # SQLite may have rolled back by itself, after which each statement would commit alone
        return Diagnosis(StorageError, f"{_SQLITE_STORAGE[primary]} ({_one_line(error)})", ends_connection=True)
    if primary in _SQLITE_UNUSABLE:
        return Diagnosis(DatabaseConnectionError, _SQLITE_UNUSABLE[primary], retryable=False)
    if primary == sqlite3.SQLITE_READONLY:
        return Diagnosis(
            QueryError,
            "a write was refused: the file, the adapter or the transaction is read-only "
            "(query() only reads; write with execute(), transaction() or engine.begin())",
        )
    return Diagnosis(IntegrityError if isinstance(error, sqlite3.IntegrityError) else QueryError, _one_line(error))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@contextmanager
def sqlalchemy_errors(where: str) -> Iterator[None]:
    """Convert the errors that SQLAlchemy raises itself, before or after the driver runs, to those of Spine."""
    try:
        yield
    except exc.PendingRollbackError as error:
        raise QueryError(f"{where}: an earlier error ended this transaction", cause=error) from error
    except exc.ResourceClosedError as error:
        raise QueryError(f"{where}: the transaction of this connection or result is over", cause=error) from error
    except exc.SQLAlchemyError as error:
        raise QueryError(f"{where}: {str(error).splitlines()[0]}", cause=error) from error
