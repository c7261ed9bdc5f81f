"""The databases that a project names in `[databases.name]`."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from spine.core.errors import ConfigError
from spine.core.registry import Registry
from spine.db.adapter import DatabaseAdapter


class DatabaseRegistry:
    """Adapters by name, each created and connected on first use."""

    def __init__(self, *, ambient: bool = False) -> None:
        self._entries: Registry[_Named] = Registry("database", ambient=ambient)

    def register(self, name: str, make: Callable[[], DatabaseAdapter]) -> None:
        """Declare a database; ValueError if the name is taken."""
        self._entries.add(name, _Named(make))

    def get(self, name: str) -> DatabaseAdapter:
        """Return the adapter, connected; ConfigError with a did-you-mean for a name that is not declared."""
        found = self._entries.find(name)
        if found is None:
            raise ConfigError(self._entries.not_found(name))
        return found.adapter()

    def list_databases(self) -> list[str]:
        """Return every name, sorted."""
        return self._entries.names()

    def disconnect(self) -> None:
        """Close the connections of every adapter that was created."""
        for named in self._entries.entries().values():
            named.disconnect()


class _Named:
    def __init__(self, make: Callable[[], DatabaseAdapter]) -> None:
        self._make = make
        self._made: DatabaseAdapter | None = None
        self._lock = Lock()

    def adapter(self) -> DatabaseAdapter:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def disconnect(self) -> None:
        if self._made is not None:
            self._made.disconnect()


database_registry = DatabaseRegistry(ambient=True)


def get_database(name: str) -> DatabaseAdapter:
    """Return the adapter of the database that the current project calls `name`, connected."""
    return database_registry.get(name)
