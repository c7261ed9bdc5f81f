"""Versions of a store's tables, core's own and those of plugins: read, upgrade, downgrade."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from sqlalchemy import Column, Connection, Dialect, MetaData, PrimaryKeyConstraint, String, Table, inspect, select
from sqlalchemy.engine.mock import MockConnection

from spine.core.errors import ConfigError, SpineError, StorageError
from spine.db.adapter import DatabaseAdapter
from spine.plugins.catalog import load_target
from spine.plugins.descriptors import Descriptor, MigrationSpec
from spine.plugins.manager import describe

if TYPE_CHECKING:
    from alembic.config import Config

logger = logging.getLogger("spine.storage")

HEAD = "0019"
VERSION_TABLE = "core_schema_version"
DIALECTS = ("postgresql", "sqlite")
"""SQLAlchemy's names of the databases that the tables and statements are written for."""

_LOCK = "spine.schema"
_made: dict[str, list[str]] = {}  # statements that make core's tables, by dialect


class StoreVersionError(ConfigError):
    """The store's tables are older or newer than this spine-core; the message names the remedy."""


@frozen
class SchemaStatus:
    """The version of the tables in a store, None without tables, and the one that is needed.

    `owner` is core or the name of a plugin's migrations; `plugins` are the statuses of the plugins' tables.
    """

    current: str | None
    head: str = HEAD
    owner: str = "core"
    plugins: tuple[SchemaStatus, ...] = ()

    @property
    def is_current(self) -> bool:
        return self.current == self.head and all(plugin.is_current for plugin in self.plugins)

    @property
    def is_newer(self) -> bool:
        """True if a newer spine-core made the tables; versions are numbers of equal width."""
        return self.current is not None and self.current > self.head


@frozen
class _Branch:
    """Revisions up to `head`, in the folder `scripts` or that of core, and the table with the version."""

    owner: str
    head: str
    version_table: str
    scripts: str | None = None
    metadata: str = "spine.storage.tables.complete:metadata"

    def status(self, connection: Connection) -> SchemaStatus:
        return SchemaStatus(_version_in(connection, self.version_table), self.head, self.owner)


_CORE = _Branch("core", HEAD, VERSION_TABLE)


def check_supported(adapter: DatabaseAdapter) -> None:
    """Raise a ConfigError if this database cannot hold the history."""
    url, _ = adapter.engine_arguments()
    if url.get_backend_name() not in DIALECTS:
        raise ConfigError(
            f"[spine] database: a database of type {adapter.db_type} cannot hold the history, {' and '.join(DIALECTS)} "
            f"can: set one of these there, and use {adapter.location} as a named database in [databases]"
        )


def schema_status(adapter: DatabaseAdapter, plugins: Sequence[Descriptor] = ()) -> SchemaStatus:
    """Return the version of the store's tables, with those of the plugins' migrations."""
    with adapter.reader.connect() as connection:
        beside = tuple(branch.status(connection) for branch in _branches(plugins, adapter))
        return evolve(_CORE.status(connection), plugins=beside)


def ensure_schema(adapter: DatabaseAdapter, plugins: Sequence[Descriptor] = ()) -> None:
    """Make the tables of an empty SQLite store; raise a StoreVersionError for any other store that is not up to date.

    Tables of a plugin that are not up to date, or cannot be made, are a warning: they affect that plugin only.
    """
    status = schema_status(adapter, plugins)
    if status.is_current:
        return
    _refuse_newer(adapter, status)
    if status.current is None and adapter.single_writer:
        _upgrade(adapter, _CORE)
    elif status.current != status.head:
        found = "no tables yet" if status.current is None else f"tables of version {status.current}, not {HEAD}"
        raise StoreVersionError(f"{adapter.location} has {found}: run spine db upgrade")
    for branch, beside in zip(_branches(plugins, adapter), status.plugins, strict=True):
        _ensure_beside(adapter, branch, beside)


def upgrade(adapter: DatabaseAdapter, plugins: Sequence[Descriptor] = (), *, project: str = "") -> SchemaStatus:
    """Bring the tables up to date and return their status before; processes take turns.

    Rows from before version 0011, which have no project, get `project`.

    Core's tables and those of each plugin are one transaction each. Raises StoreVersionError while another process
    works with older tables, and for plugins whose migrations fail, after the others are done.
    """
    before = _upgrade(adapter, _CORE, project)
    found, failures = [], []
    for branch in _branches(plugins, adapter):
        try:
            found.append(_upgrade(adapter, branch))
        except StoreVersionError as error:
            failures.append(error)
    if failures:
        raise StoreVersionError("; and ".join(str(error) for error in failures), cause=failures[0])
    return evolve(before, plugins=tuple(found))


def downgrade(adapter: DatabaseAdapter, revision: str, plugin: MigrationSpec | None = None) -> SchemaStatus:
    """Downgrade core's tables, or those of a plugin, to `revision`, or to none with `base`.

    Returns their status before. Data that exists only in newer tables is lost. Raises StoreVersionError while another
    process works with the tables of core.
    """
    [branch] = [_CORE] if plugin is None else _branches([plugin], None)
    with _exclusively(adapter) as connection:
        status = branch.status(connection)
        if status.current is None:
            whose = "" if plugin is None else f" of plugin {plugin.name}"
            raise StoreVersionError(f"{adapter.location} has no tables{whose} to downgrade")
        if branch is _CORE:
            _refuse_newer(adapter, status)
        if branch is _CORE and revision not in ("head", status.current):
            _refuse_activity(adapter, connection, status)
        _run_downgrade(connection, branch, revision)
    return status


def differences(adapter: DatabaseAdapter, plugins: Sequence[Descriptor] = ()) -> list[str]:
    """Return the differences from the declared tables, core's in `spine.storage.tables`; empty if there are none."""
    try:
        with adapter.reader.connect() as connection:
            found = _compare(connection, _CORE)
            for branch in _branches(plugins, adapter):
                found += _compare_beside(connection, branch) if branch.metadata else []
            return [*found, *_compare_view(connection)]
    except SpineError:
        raise
    except Exception as error:  # SQLAlchemy's reflection fails in many ways on a damaged schema
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise StorageError(f"{adapter.location}: its schema cannot be read ({text})", cause=error) from error


def _branches(plugins: Sequence[Descriptor], adapter: DatabaseAdapter | None) -> list[_Branch]:
    """Return the branches of plugins, with an adapter those for its type of database."""
    kind = None if adapter is None else adapter.engine_arguments()[0].get_backend_name()
    return [
        _Branch(
            spec.name,
            spec.head,
            spec.version_table,
            spec.target,
            spec.metadata or "",
        )
        for spec in plugins
        if isinstance(spec, MigrationSpec) and (kind is None or not spec.databases or kind in spec.databases)
    ]


def _ensure_beside(adapter: DatabaseAdapter, branch: _Branch, status: SchemaStatus) -> None:
    if status.current == status.head:
        return
    try:
        if status.current is None and adapter.single_writer:
            _upgrade(adapter, branch)
            return
        found = "are missing" if status.current is None else f"have version {status.current}, not {status.head}"
        logger.warning("the tables of plugin %s %s: run spine db upgrade", branch.owner, found)
    except SpineError as error:
        logger.warning("%s", error)


def _upgrade(adapter: DatabaseAdapter, branch: _Branch, project: str = "") -> SchemaStatus:
    with _exclusively(adapter) as connection:
        status = branch.status(connection)
        if branch is _CORE:
            _refuse_newer(adapter, status)
        if branch is _CORE and status.current is None:
            _create(connection)
        elif status.current != status.head:
            if branch is _CORE:
                _refuse_activity(adapter, connection, status)
            _run_upgrade(connection, branch, project)
    return status


def _create(connection: Connection) -> None:
    """Make core's tables as they are declared; a test compares them with those that the migrations make."""
    for statement in _creation(connection.dialect):
        connection.exec_driver_sql(statement)
    version = _version_table(VERSION_TABLE)
    version.create(connection, checkfirst=True)  # a downgrade to base leaves it, empty
    connection.execute(version.insert().values(version_num=HEAD))


def _creation(dialect: Dialect) -> list[str]:
    """Return the statements that make core's tables, compiled once a process: its tests may make hundreds of stores."""
    if dialect.name not in _made:
        found: list[str] = []
        recorder = MockConnection(dialect, lambda ddl, *_: found.append(str(ddl.compile(dialect=dialect))))
        load_target(_CORE.metadata, "object").create_all(recorder, checkfirst=False)
        _made[dialect.name] = found
    return _made[dialect.name]


def _run_upgrade(connection: Connection, branch: _Branch, project: str) -> None:
    from alembic import command  # the slowest import here, and seldom needed

    if branch is _CORE:
        config = _config(connection, branch)
        config.attributes["project"] = project
        command.upgrade(config, "head")
        return
    try:
        command.upgrade(_config(connection, branch), branch.head)
    except (Exception, SystemExit) as error:
        raise StoreVersionError(
            f"the tables of plugin {branch.owner} could not be upgraded to version {branch.head} and are unchanged: "
            f"{describe(error)}; run: spine plugins check",
            cause=error if isinstance(error, Exception) else None,
        ) from error


def _run_downgrade(connection: Connection, branch: _Branch, revision: str) -> None:
    from alembic import command
    from alembic.util import CommandError

    try:
        command.downgrade(_config(connection, branch), revision)
    except CommandError as error:
        raise StoreVersionError(f"there is no version {revision!r} of the tables: {error}", cause=error) from error


def _compare_view(connection: Connection) -> list[str]:
    """Return how the view of current captures differs from their table: PostgreSQL keeps the columns of its making."""
    inspector = inspect(connection)
    if "captures" not in inspector.get_view_names():
        return ["the view captures is missing"]
    if not inspector.has_table("core_captures"):
        return []  # the comparison of tables has told it
    shown, kept = ({column["name"] for column in inspector.get_columns(name)} for name in ("captures", "core_captures"))
    lacking = ", ".join(sorted(kept - shown))
    return [f"the view captures lacks {lacking}: drop it and make it anew"] if lacking else []


def _compare_beside(connection: Connection, branch: _Branch) -> list[str]:
    try:
        return _compare(connection, branch)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's tables are its own code
        return [f"{branch.metadata} of plugin {branch.owner} cannot be compared: {describe(error)}"]


def _compare(connection: Connection, branch: _Branch) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    metadata = load_target(branch.metadata, "object")

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or (name is not None and name in metadata.tables)

    options = {"compare_type": True, "include_name": ours, "version_table": branch.version_table}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _version_in(connection: Connection, table: str) -> str | None:
    if not inspect(connection).has_table(table):
        return None
    return connection.execute(select(_version_table(table).c.version_num)).scalar()


def _version_table(name: str) -> Table:
    """Return the table of a version as Alembic makes it."""
    column = Column("version_num", String(32), nullable=False)
    return Table(name, MetaData(), column, PrimaryKeyConstraint("version_num", name=f"{name}_pkc"))


def _refuse_newer(adapter: DatabaseAdapter, status: SchemaStatus) -> None:
    if status.is_newer:
        raise StoreVersionError(
            f"{adapter.location} has tables of version {status.current}, which a newer spine-core made; this one "
            f"supports {HEAD}: run pip install --upgrade spine-core"
        )


def _refuse_activity(adapter: DatabaseAdapter, connection: Connection, status: SchemaStatus) -> None:
    from spine.storage.clock import StoreClock
    from spine.storage.store_activity import working_processes  # only a change of tables needs it

    for process in working_processes(connection, StoreClock(adapter).read(connection)):
        raise StoreVersionError(
            f"{adapter.location} is in use by {process}, which needs its tables of version {status.current}: stop it, "
            "and run the command again"
        )


@contextmanager
def _exclusively(adapter: DatabaseAdapter) -> Iterator[Connection]:
    """Open a transaction that changes tables, one at a time.

    Foreign keys are checked at its end only: SQLite changes a table by recreating it, and the deletion of the old one
    would delete the rows that refer to it.
    """
    with adapter.engine.connect() as connection, _foreign_keys_off(connection), connection.begin():
        adapter.lock(connection, _LOCK)
        yield connection
        _refuse_orphans(connection)


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection  # the setting has no effect inside a transaction
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("PRAGMA legacy_alter_table=ON")  # leaves views of users as they are
    try:
        yield
    finally:
        if not connection.invalidated:  # by an error that closed it
            raw.execute("PRAGMA legacy_alter_table=OFF")
            raw.execute("PRAGMA foreign_keys=ON")


def _refuse_orphans(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if orphan is not None:
        raise StoreVersionError(
            f"the migration would leave a row of {orphan[0]} that refers to a missing {orphan[2]}, and is undone: "
            "run spine db check"
        )


def _config(connection: Connection, branch: _Branch) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "spine.storage:migrations")
    if branch.scripts is not None:
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(load_target(branch.scripts, "folder")).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = load_target(branch.metadata, "object") if branch.metadata else None
    config.attributes["version_table"] = branch.version_table
    return config
