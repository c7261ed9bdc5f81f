"""The version of a store's tables: read it, bring it up to date, take it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import frozen
from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from spine.core.errors import ConfigError
from spine.db.adapter import DatabaseAdapter

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
VERSION_TABLE = "core_schema_version"

_LOCK = "spine.schema"

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))


class StoreVersionError(ConfigError):
    """The store's tables are older or newer than this spine-core; the sentence says what to do."""


@frozen
class SchemaStatus:
    """The version of the tables in a store, None where there are none, and the one that this spine-core needs."""

    current: str | None
    head: str = HEAD

    @property
    def is_current(self) -> bool:
        return self.current == self.head

    @property
    def is_newer(self) -> bool:
        """Whether a newer spine-core has made the tables; versions are numbers of one width."""
        return self.current is not None and self.current > self.head


def schema_status(adapter: DatabaseAdapter) -> SchemaStatus:
    """Return the version of the store's tables."""
    with adapter.reader.connect() as connection:
        return SchemaStatus(_current(connection))


def ensure_schema(adapter: DatabaseAdapter) -> None:
    """Make the tables of an empty SQLite store; raise a StoreVersionError for any other that is not up to date."""
    status = schema_status(adapter)
    if status.is_current:
        return
    _refuse_newer(adapter, status)
    if status.current is None and adapter.single_writer:
        upgrade(adapter)
        return
    found = "no tables yet" if status.current is None else f"tables of version {status.current}, not {HEAD}"
    raise StoreVersionError(f"{adapter.location} has {found}: run spine db upgrade")


def upgrade(adapter: DatabaseAdapter) -> SchemaStatus:
    """Bring the tables up to date in one transaction and return what they were before; processes take turns."""
    with _exclusively(adapter) as connection:
        status = SchemaStatus(_current(connection))
        _refuse_newer(adapter, status)
        if not status.is_current:
            from alembic import command  # costs more than anything else here, and is seldom needed

            command.upgrade(_config(connection), "head")
    return status


def downgrade(adapter: DatabaseAdapter, revision: str) -> SchemaStatus:
    """Take the tables back to `revision`, or to none with `base`, and return what they were before.

    What only newer tables hold is lost.
    """
    with _exclusively(adapter) as connection:
        status = SchemaStatus(_current(connection))
        if status.current is None:
            raise StoreVersionError(f"{adapter.location} has no tables to take back")
        _refuse_newer(adapter, status)
        from alembic import command
        from alembic.util import CommandError

        try:
            command.downgrade(_config(connection), revision)
        except CommandError as error:
            raise StoreVersionError(f"there is no version {revision!r} of the tables: {error}", cause=error) from error
    return status


def differences(adapter: DatabaseAdapter) -> list[str]:
    """Return how the tables differ from those declared in `spine.storage.tables`, empty if they do not."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from spine.storage.tables import metadata

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or (name is not None and name in metadata.tables)

    options = {"compare_type": True, "include_name": ours}
    with adapter.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        found = [str(difference) for difference in compare_metadata(context, metadata)]
        views = inspect(connection).get_view_names()
    return found if "captures" in views else [*found, "the view captures is missing"]


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


def _refuse_newer(adapter: DatabaseAdapter, status: SchemaStatus) -> None:
    if status.is_newer:
        raise StoreVersionError(
            f"{adapter.location} has tables of version {status.current}, which a newer spine-core made; this one knows "
            f"{HEAD}: run pip install --upgrade spine-core"
        )


@contextmanager
def _exclusively(adapter: DatabaseAdapter) -> Iterator[Connection]:
    with adapter.engine.begin() as connection:
        adapter.lock(connection, _LOCK)
        yield connection


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "spine.storage:migrations")
    config.attributes["connection"] = connection
    return config
