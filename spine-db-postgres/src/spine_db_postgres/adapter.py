"""PostgreSQL as a DatabaseAdapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import unquote

import psycopg
import sqlalchemy
from sqlalchemy import URL, Insert, Numeric, TableClause, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine

from spine.core.adapters.database import (
    POSTGRESQL_SYNTAX,
    ArrowColumn,
    Connection,
    DatabaseAdapter,
    DatabaseType,
    Diagnosis,
    SqlSyntax,
    driver_errors,
)
from spine.core.configured import configured_by
from spine.core.errors import QueryError
from spine_db_postgres.array_text import array_writers
from spine_db_postgres.arrow_columns import arrow_columns
from spine_db_postgres.config import PostgreSQLConfig
from spine_db_postgres.copying import copy_batches
from spine_db_postgres.errors import diagnose
from spine_db_postgres.liveness import check_alive, note_use
from spine_db_postgres.loading import prepare_connection, read_as_text, unreadable_column

if TYPE_CHECKING:
    import pyarrow as pa

# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS: names of the options in a URL
_LIBPQ_NAMES = {"sslmode": "ssl_mode", "sslrootcert": "ssl_root_cert", "sslcert": "ssl_cert", "sslkey": "ssl_key"}

_OLDEST_TRANSACTION = """
    SELECT least(min(xact_start), now()) - interval '1 second' AS oldest,
        count(*) FILTER (WHERE query = '<insufficient privilege>') AS hidden,
        (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) AS prepared
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND coalesce(backend_type, '') <> 'autovacuum worker'
"""

_READS = "spine_reads"  # key in the info of a connection: its transactions are read-only


class PostgreSQLAdapter(DatabaseAdapter):
    """PostgreSQL database with a connection pool that survives a restart of the server; times are in seconds.

    A connection is checked when it is taken from the pool, so a statement after a restart gets a new one; a statement
    that the restart interrupts fails with a DatabaseConnectionError, which is retryable.
    """

    db_type: ClassVar[str] = DatabaseType.POSTGRESQL
    syntax: ClassVar[SqlSyntax] = POSTGRESQL_SYNTAX
    longest_name: ClassVar[int | None] = 63  # NAMEDATALEN - 1; a longer one would be cut without an error

    @configured_by(PostgreSQLConfig)
    def __init__(self, options: PostgreSQLConfig) -> None:
        super().__init__()
        self.config = options

    @classmethod
    def from_url(cls, url: URL, **config: Any) -> Self:
        """Return an adapter for a URL; its query may name libpq's options or the adapter's own."""
        named = {_LIBPQ_NAMES.get(name, name): value for name, value in url.query.items()}
        host = unquote(url.host) if url.host else None  # a socket's folder is written %2Frun%2Fpostgresql
        return super().from_url(url.set(query=named, host=host), **config)

    @property
    def location(self) -> str:
        """Name of the database in errors."""
        config = self.config
        user = f"{config.username}@" if config.username else ""
        return f"PostgreSQL database {user}{config.host}:{config.port}/{config.database}"

    def engine_arguments(self) -> tuple[URL, dict[str, Any]]:
        """Return the URL and the arguments of the pool and the driver."""
        config = self.config
        ssl = {"sslmode": config.ssl_mode, "sslrootcert": config.ssl_root_cert}
        ssl |= {"sslcert": config.ssl_cert, "sslkey": config.ssl_key}
        driver: dict[str, Any] = {name: value for name, value in ssl.items() if value is not None}
        driver |= {
            "connect_timeout": config.connect_timeout,
            "application_name": config.application_name,
            "options": f"-c lock_timeout={round(config.lock_timeout * 1000)} -c timezone=UTC",
        }
        if not config.prepared_statements:
            driver["prepare_threshold"] = None
        is_socket = config.host.startswith("/")
        url = URL.create(
            "postgresql+psycopg",
            username=config.username,
            password=config.password.reveal() if config.password else None,
            host=None if is_socket else config.host,
            port=None if is_socket else config.port,
            database=config.database or None,
        )
        if is_socket:
            driver |= {"host": config.host, "port": config.port}
        return url, {
            "connect_args": driver,
            "pool_size": config.pool_size,
            "max_overflow": config.max_overflow,
            "pool_timeout": config.pool_timeout,
            "pool_use_lifo": True,
            "pool_events": [(prepare_connection, "connect"), (check_alive, "checkout"), (note_use, "checkin")],
        }

    def begin(self, connection: sqlalchemy.Connection, *, readonly: bool) -> None:
        """Set the mode of the driver's next BEGIN; a read-only transaction has one snapshot and refuses writes."""
        if connection.info.get(_READS, False) == readonly:
            return
        # psycopg makes these part of its BEGIN, where a SET TRANSACTION would ask the server once more
        driver: Any = connection.connection.driver_connection
        driver.read_only = True if readonly else None
        driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if readonly else None
        connection.info[_READS] = readonly

    def before_commit(self, connection: sqlalchemy.Connection) -> None:
        """Raise QueryError in a failed transaction: the server would roll back on COMMIT and report success."""
        driver: Any = connection.connection.driver_connection
        if driver.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            raise QueryError(f"{self.location}: an earlier error ended this transaction")

    def lock(self, connection: sqlalchemy.Connection, name: str) -> None:
        """Take an advisory lock, which ends with the transaction."""
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    def lock_writers(self, connection: Connection, table: TableClause) -> None:
        """Lock the table against writers of any kind; readers go on."""
        name = connection.raw.dialect.identifier_preparer.format_table(table).replace("%%", "%")
        connection.execute(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")

    def exact_type(self, kind: pa.DataType) -> TypeEngine[Any]:
        """Return NUMERIC, which keeps any decimal."""
        return Numeric()

    def load_batches(self, connection: Connection, table: TableClause, batches: Iterable[pa.RecordBatch]) -> int:
        """Store record batches by COPY."""
        with driver_errors(self, connection.raw):
            return copy_batches(connection.raw, table, batches)

    def list_writers(self, connection: Connection, table: TableClause) -> Mapping[str, Callable[[Any], str]]:
        """Return the writer of arrays for each column of `table` that is one."""
        return array_writers(connection.raw, table)

    def prepare_arrow(self, cursor: Any) -> None:
        """Read types that Arrow does not have as text."""
        read_as_text(cursor)

    def unreadable_column(self, cursor: Any) -> str | None:
        """Return the name of the first column with a value that psycopg cannot read."""
        return unreadable_column(cursor)

    def conflict_insert(self, table: TableClause) -> Insert:
        """Return PostgreSQL's INSERT."""
        return insert(table)

    def arrow_columns(self, description: Sequence[Any]) -> list[ArrowColumn]:
        """Return the Arrow types of PostgreSQL's types; for a type without one, the values decide."""
        return arrow_columns(description)

    def oldest_transaction(self) -> datetime:
        """Return the begin of the oldest running transaction of the database, less a second for those that begin now.

        Raises QueryError where the server does not show the transactions of others, or not when they began.
        """
        found = self.query_one(_OLDEST_TRANSACTION) or {}
        if found["hidden"]:
            raise QueryError(
                f"{self.location}: the transactions of other users are hidden: GRANT pg_read_all_stats TO this user"
            )
        if found["prepared"]:
            raise QueryError(
                f"{self.location}: a prepared transaction does not tell when it began: end it, or give lag a time"
            )
        oldest: datetime = found["oldest"]
        return oldest

    def diagnose(self, error: Exception) -> Diagnosis | None:
        """Judge an error of psycopg by its SQLSTATE."""
        return diagnose(error)
