"""The databases of a project: its own, and those that `[databases]` names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from spine.config.faults import Fault, Faults
from spine.config.settings import Settings
from spine.core.errors import ConfigError, SpineError
from spine.core.scope import in_dry_run
from spine.core.suggest import no_such
from spine.db.adapter import DatabaseAdapter
from spine.db.database_type import DatabaseType
from spine.db.named import database_registry
from spine.db.registry import get_adapter
from spine.plugins.catalog import Catalog
from spine.storage.clock import time_of
from spine.storage.history import History
from spine.storage.migrate import check_supported, ensure_schema, schema_status

DATABASE = "database"  # the part of a project that is at fault if its database can only be read

_SQLITE_FILE = "sqlite:///"

Build = Callable[..., DatabaseAdapter]


class Databases:
    """Connections to the databases, made on first use; those to the named ones are recorded in the project's own."""

    def __init__(self, settings: Settings, catalog: Catalog, build: Build, faults: Faults) -> None:
        self._settings = settings
        self._faults = faults
        self._catalog = catalog
        self._build = build

    @cached_property
    def own(self) -> DatabaseAdapter:
        """The project's own database, connected, whatever its tables' state; ConfigError if it cannot have any.

        Where faults are collected, a SQLite file that can only be read is one of them.
        """
        if self._settings.database_fault is not None:
            raise self._settings.database_fault
        adapter = self._make(self._settings.spine.database)
        check_supported(adapter)
        try:
            adapter.connect()
        except SpineError as error:
            if not self._faults.collected or adapter.db_type != DatabaseType.SQLITE:
                raise
            adapter = self._readable(error)
            self._faults.found.append(Fault(DATABASE, error))
        return adapter

    @cached_property
    def history(self) -> History:
        """The project's history in its own database, whose tables are up to date; StoreVersionError if they are not."""
        ensure_schema(self.own, self._catalog.descriptors("migration"))
        found = self._history()
        if self._settings.spine.database in self._settings.databases and not self._faults.collected:
            self._record(self._settings.spine.database, found)
        return found

    def readable(self) -> History | None:
        """Return the project's history for reading, None if there are no tables; StoreVersionError if they are old.

        A file that does not exist is not created.
        """
        if "own" not in self.__dict__ and not self._exists():
            return None
        status = schema_status(self.own)
        if status.current is None:
            return None
        if status.current != status.head:
            ensure_schema(self.own)  # raises
        return self._history()

    def now(self) -> datetime:
        """Return the time of the project's database; a database that does not exist yet is not created."""
        return time_of(self.readable())

    def _history(self) -> History:
        return History(self.own, self._settings.spine.name)

    def _readable(self, error: SpineError) -> DatabaseAdapter:
        """Return the database connected for reading; raise the error of connecting it for writing if that fails too."""
        adapter = self._make(self._settings.spine.database, readonly=True)
        try:
            adapter.connect()
        except SpineError:
            raise error from None
        return adapter

    def at(self, place: str, *, readonly: bool = False) -> DatabaseAdapter:
        """Return the database at a URL, or one of `[databases]`, for a history; it is not connected yet.

        For reading, a SQLite file must exist. ConfigError for an unknown name, or a type that holds no history.
        """
        if ":" not in place and place not in self._settings.databases:
            raise ConfigError(no_such("database", place, self._settings.databases) + "; or give a URL")
        adapter = self._make(place)
        check_supported(adapter)
        if getattr(adapter, "path", "") is None:
            raise ConfigError(
                f"{adapter.location}: it ends with the command; give the URL of a file, sqlite:///name.db"
            )
        return self._make(place, readonly=True) if readonly and adapter.db_type == DatabaseType.SQLITE else adapter

    def _make(self, place: str, **given: Any) -> DatabaseAdapter:
        if place in self._settings.databases:
            return self._build("database", place, **given)
        if place.isidentifier() and place not in self._catalog.names("database"):
            raise ConfigError(no_such("database", place, self._settings.databases) + "; or give a URL")
        root = Path(quote(str(self._settings.root)))  # folder names may hold characters that are special in a URL
        return get_adapter(_relative_to(root, place), **given)

    def named(self, name: str) -> DatabaseAdapter:
        """Return the connected database `[databases.NAME]`.

        Also that of the history is connected apart, for the steps: their transactions must not take the connections
        that leases and commits need. Only a database in memory has one connection.
        """
        if name == self._settings.spine.database:
            if in_dry_run():
                return self.own
            if getattr(self.own, "path", "") is None:
                return self.history.adapter
        try:
            adapter = self._build("database", name)
            adapter.connect()
        except SpineError as error:
            if not in_dry_run():
                self._record(name, self.history, error)
            raise
        if not in_dry_run():
            self._record(name, self.history)
        return adapter

    def check_named(self, name: str) -> None:
        """Raise the error of connecting `[databases.NAME]`; a SQLite file, which that would make or change, is left."""
        adapter = self._build("database", name)
        if adapter.db_type != DatabaseType.SQLITE and name != self._settings.spine.database:
            try:
                adapter.connect()
            finally:
                adapter.disconnect()

    def disconnect(self) -> None:
        """Disconnect every database that was used. Called inside the project's scope."""
        if "own" in self.__dict__:
            self.own.disconnect()
        database_registry.disconnect()

    def file(self) -> Path | None:
        """Return the SQLite file of the project's own database, None if it is on a server."""
        if self._settings.spine.database in self._settings.databases:
            path = self._settings.databases[self._settings.spine.database].options.get("path")
            return None if path is None else self._settings.root / str(path)
        root = Path(quote(str(self._settings.root)))
        url = _relative_to(root, self._settings.spine.database).partition("?")[0]
        return Path(unquote(url.removeprefix(_SQLITE_FILE))) if url.startswith(_SQLITE_FILE) else None

    def _exists(self) -> bool:
        file = self.file()
        return file is None or file.exists()

    def _record(self, name: str, history: History, error: Exception | None = None) -> None:
        from spine.storage.named_databases import record_connection  # not needed without [databases]

        declared = self._settings.databases[name]
        record_connection(history, name, declared.type, declared.options, error)


def _relative_to(root: Path, url: str) -> str:
    """Return `url` with the relative path of a SQLite file made absolute under `root`; any other URL as it is."""
    if not url.startswith(_SQLITE_FILE):
        return url
    path, separator, query = url.removeprefix(_SQLITE_FILE).partition("?")
    if not path or path == ":memory:":
        return url
    return f"{_SQLITE_FILE}{root / path}{separator}{query}"
