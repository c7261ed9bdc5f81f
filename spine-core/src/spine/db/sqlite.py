"""SQLite: a file, or a database in the memory of the process."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from uuid import UUID

import sqlalchemy
from attrs import evolve, field, frozen
from sqlalchemy import URL, Executable, Insert, TableClause, Text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import PoolProxiedConnection, QueuePool
from sqlalchemy.types import TypeEngine

from spine.core.configured import configured_by
from spine.core.duration import Seconds
from spine.core.errors import ConfigError, DatabaseConnectionError, InvalidConfigError
from spine.core.private import keep_file_private, make_folder
from spine.db.adapter import DatabaseAdapter
from spine.db.connection import BLOCK_ROWS, Connection
from spine.db.database_type import DatabaseType
from spine.db.driver_errors import UNREACHABLE_HINT, Diagnosis, diagnose_sqlite
from spine.db.engine import driver_errors
from spine.db.placeholders import Params
from spine.db.sql_syntax import SQLITE_SYNTAX, SqlSyntax

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY = ":memory:"
_KEPT_OPEN = 5
_LOG_PAGES = 4000  # of 4 KiB, before the log is written to the file: many commits change the same pages
_QUERY_ONLY = "query_only"  # key in the info of a connection
_REFUSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_LONGEST_WAIT = 1_000_000  # SQLite counts milliseconds in 32 bits


def _path_text(path: str | os.PathLike[str]) -> str:
    return os.fsdecode(path)


@frozen
class SQLiteConfig:
    """The options of a SQLite database; `timeout` is in seconds."""

    path: str = field(
        default=MEMORY,
        converter=_path_text,
        metadata={"help": "The file; without one a database in memory.", "path": True},
    )
    readonly: bool = field(default=False, kw_only=True, metadata={"help": "Open an existing file, and refuse writes."})
    timeout: Seconds = field(default=30.0, kw_only=True, metadata={"help": "The longest wait for another writer."})
    synchronous: Literal["normal", "full"] = field(
        default="normal",
        kw_only=True,
        metadata={"help": "full survives a power failure too, at one disk flush per transaction."},
    )


class _ReleasingConnection(sqlite3.Connection):
    """Connection that gives up its locks when it is closed.

    SQLite itself keeps them while a statement of the connection exists, such as one that a traceback refers to.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):  # it is closed already, or its file has failed
            if self.in_transaction:
                self.rollback()
        super().close()


class SQLiteAdapter(DatabaseAdapter):
    """A SQLite database in WAL mode: one writer at a time, readers never wait.

    A transaction that may write waits at its beginning, for at most `timeout` seconds, until it is the only writer, so
    it never fails half way because of another. With `synchronous="normal"` a killed process loses no commit; with
    "full" a power failure loses none either, at one disk flush per transaction.

    `readonly` opens a file that must exist. The folder of any other file is created when it connects. A database in
    memory belongs to the adapter: threads take turns on its one connection, `disconnect()` drops it, and a forked child
    starts with an empty one.
    """

    db_type: ClassVar[str] = DatabaseType.SQLITE
    syntax: ClassVar[SqlSyntax] = SQLITE_SYNTAX
    single_writer: ClassVar[bool] = True
    tells_time_zones: ClassVar[bool] = False
    # sqlite3 converts the first two by a default that Python 3.12 deprecates, and does not support the others
    value_types: ClassVar[Mapping[type, Callable[[Any], Any]]] = {
        datetime: lambda value: value.isoformat(" "),
        date: date.isoformat,
        time_of_day: time_of_day.isoformat,
        Decimal: str,
        UUID: str,
    }

    @configured_by(SQLiteConfig)
    def __init__(self, options: SQLiteConfig) -> None:
        super().__init__()
        self.path = _absolute(options.path)
        self.readonly = options.readonly
        self.timeout = timeout = options.timeout
        self.synchronous = synchronous = options.synchronous
        if self.path is None and self.readonly:
            raise ConfigError("a SQLite database in memory cannot be opened with readonly=True: it would stay empty")
        if not 0 <= timeout <= _LONGEST_WAIT:
            raise InvalidConfigError("timeout", timeout, f"timeout is 0 to {_LONGEST_WAIT} seconds, not {timeout!r}")
        if synchronous not in ("normal", "full"):
            raise InvalidConfigError(
                "synchronous", synchronous, f"synchronous is 'normal' or 'full', not {synchronous!r}"
            )

    @classmethod
    def from_url(cls, url: URL, **config: Any) -> Self:
        """Return an adapter for `sqlite:///relative.db`, `sqlite:////absolute.db` or `sqlite://` (in memory)."""
        if url.host or url.username or url.password or url.port:
            raise ConfigError(
                "a SQLite URL has no host: write sqlite:///relative.db, sqlite:////absolute.db or sqlite:// for memory"
            )
        if url.database and "path" not in config:
            config["path"] = url.database
        return super().from_url(URL.create("sqlite", query=url.query), **config)

    @property
    def location(self) -> str:
        """Name of the database in error texts."""
        return "SQLite database in memory" if self.path is None else f"SQLite database {self.path}"

    def prepare(self) -> None:
        """Create the folder of the file, and refuse a path that is not valid."""
        if self.path is None:
            return
        if self.path.is_dir():
            raise self._unreachable("the path is a folder, not a file")
        if self.readonly:
            if not self.path.exists():
                raise self._unreachable("there is no such file, and readonly=True does not create one")
            return
        try:
            make_folder(self.path.parent)
        except OSError as error:
            raise self._unreachable(f"its folder cannot be created: {error.strerror}", error) from error
        keep_file_private(self.path, "-wal", "-shm", "-journal")

    def engine_arguments(self) -> tuple[URL, dict[str, Any]]:
        """Return the URL and the pool: one connection in memory, on a file one for each active thread."""
        url = URL.create("sqlite", database=MEMORY if self.path is None else str(self.path))
        pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": self.timeout}
        if self.path is not None:
            pool = {"pool_size": _KEPT_OPEN, "max_overflow": -1, "pool_use_lifo": True}
        return url, {"creator": self._open, "poolclass": QueuePool, **pool}

    def begin(self, connection: sqlalchemy.Connection, *, readonly: bool) -> None:
        """Open a deferred transaction that refuses writes, or one that is the only writer from its beginning."""
        if connection.info.get(_QUERY_ONLY, False) != readonly:
            connection.exec_driver_sql(f"PRAGMA query_only={int(readonly)}")
            connection.info[_QUERY_ONLY] = readonly
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN" if readonly or self.readonly else "BEGIN IMMEDIATE")

    @contextmanager
    def writing(self, connection: PoolProxiedConnection) -> Iterator[Any]:
        """Give a cursor in a transaction that is the only writer, on a connection without SQLAlchemy's around it."""
        cursor: Any = connection.cursor()
        if connection.info.get(_QUERY_ONLY, False):
            cursor.execute("PRAGMA query_only=0")
            connection.info[_QUERY_ONLY] = False
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
        except BaseException:
            with suppress(sqlite3.Error):  # of a connection that the error has ended: that error is the one to know
                connection.rollback()
            raise
        if cursor.connection.in_transaction:
            cursor.execute("COMMIT")

    def diagnose(self, error: Exception) -> Diagnosis | None:
        """Return the diagnosis of an error of sqlite3, by its result code."""
        found = diagnose_sqlite(error, timeout=self.timeout)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if found is not None and code in _REFUSED and not self.readonly and self._is_protected():
            return evolve(found, reason="the file or its folder is read-only for this user")
        return found

    def column_type(self, kind: pa.DataType) -> TypeEngine[Any]:
        """Return TEXT for decimals, which SQLite would round to floats, and the usual types for others."""
        return Text() if "decimal" in str(kind) else super().column_type(kind)

    def load_batches(self, connection: Connection, table: TableClause, batches: Iterable[pa.RecordBatch]) -> int:
        """Store record batches by INSERT statements of many rows; a NaN, which SQLite does not have, becomes null."""
        with driver_errors(self, connection.raw):
            from spine.db.sqlite_load import load_batches

            return load_batches(connection.raw, table, batches)

    def checked_rows(
        self, connection: Connection, table: TableClause, rows: list[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Refuse a number that its column would round."""
        from spine.db.sqlite_numbers import exact_rows

        return exact_rows(connection.raw, table, rows)

    def conflict_insert(self, table: TableClause) -> Insert:
        """Return SQLite's INSERT."""
        return insert(table)

    def stream(
        self, statement: str | Executable, params: Params = (), batch_size: int = 1000
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield rows as lists of dicts; those of a database in memory are read at once, to free its connection."""
        batches = super().stream(statement, params, batch_size)
        yield from batches if self.path is not None else list(batches)

    def stream_arrow(
        self, statement: str | Executable, params: Params = (), batch_size: int = BLOCK_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows as record batches; in memory as `stream` does."""
        batches = super().stream_arrow(statement, params, batch_size)
        yield from batches if self.path is not None else list(batches)

    def check(self) -> list[str]:
        """Return the faults found by SQLite's integrity check and foreign key check."""
        with self.reader.connect() as connection:
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        faults = [f"{self.location}: {fault}" for fault in found if fault != "ok"]
        return faults + [f"{self.location}: row {row[1]} of {row[0]} refers to a missing {row[2]}" for row in orphans]

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return self._open_at("file::memory:")
        if not self.readonly:
            return self._open_at(f"{self.path.as_uri()}?mode=rwc")
        try:
            return self._open_at(f"{self.path.as_uri()}?mode=ro")
        except sqlite3.OperationalError:
            # reading in WAL mode makes two files, which a folder that is read-only or full cannot take; without a log
            # no process has the file open, and all of its content is in it
            log = Path(f"{self.path}-wal")
            if log.exists() and log.stat().st_size:
                raise
            return self._open_at(f"{self.path.as_uri()}?mode=ro&immutable=1")

    def _open_at(self, target: str) -> sqlite3.Connection:
        # without an isolation level the driver begins no transaction itself; the pool separates the threads
        connection = sqlite3.connect(
            target,
            uri=True,
            timeout=self.timeout,
            isolation_level=None,
            check_same_thread=False,
            factory=_ReleasingConnection,
        )
        try:
            if self.path is not None and not self.readonly:
                self._set_wal(connection)
            connection.execute(f"PRAGMA synchronous={self.synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
            connection.execute("PRAGMA foreign_keys=1")
            connection.execute("SELECT count(*) FROM sqlite_master")  # the first read of the file's content
        except UnicodeDecodeError as error:  # SQLAlchemy converts only errors of the driver
            connection.close()
            diagnosis = diagnose_sqlite(error, timeout=self.timeout)
            raise (diagnosis.to_error(self.location, error) if diagnosis else error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_wal(self, connection: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchone()
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself where several connections change the mode of a new file
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _is_protected(self) -> bool:
        if self.path is None:
            return False
        return any(path.exists() and not os.access(path, os.W_OK) for path in (self.path, self.path.parent))

    def _unreachable(self, reason: str, cause: OSError | None = None) -> DatabaseConnectionError:
        return DatabaseConnectionError(f"{self.location}: {reason}{UNREACHABLE_HINT}", retryable=False, cause=cause)


def _absolute(text: str) -> Path | None:
    """Return the file's absolute path, independent of later changes of the working directory; None for memory."""
    if text == MEMORY:
        return None
    if not text or "\0" in text:
        raise InvalidConfigError(
            "path", text, f"{text!r} is not the path of a SQLite database; {MEMORY} is one in memory"
        )
    return Path(text).expanduser().absolute()
