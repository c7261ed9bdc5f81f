"""Registry of database adapters by name or URL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from spine.core.errors import ConfigError
from spine.core.registry import Registry
from spine.db.adapter import DatabaseAdapter
from spine.db.options import check_options

_ALIASES = {"postgres": "postgresql"}  # libpq accepts both in a URL


class AdapterRegistry:
    """The adapters that code registered, followed by those that plugins provide."""

    def __init__(self) -> None:
        self._registered: Registry[type[DatabaseAdapter]] = Registry("database type", ambient=True)

    def register(self, db_type: str, adapter_class: type[DatabaseAdapter], *, replace: bool = False) -> None:
        """Use this class for `db_type` in the current project, before any plugin; ValueError if it is taken."""
        self._registered.add(_plain(db_type), adapter_class, replace=replace)

    def create(self, db_type: str, **config: Any) -> DatabaseAdapter:
        """Return an adapter that is not connected yet; an option it does not have is a ConfigError."""
        cls = self.find_class(db_type)
        check_options(cls, config)
        return cls(**config)

    def list_adapters(self) -> list[str]:
        """Return the types that can be created, sorted."""
        from spine.plugins.catalog import current_catalog  # discovery runs on first use

        return sorted({*self._registered.names(), *current_catalog().names("database")})

    def find_class(self, db_type: str) -> type[DatabaseAdapter]:
        """Return the class for a type; a ConfigError names what to install, or the known types."""
        name = _plain(db_type)
        registered = self._registered.find(name)
        if registered is not None:
            return registered
        from spine.plugins.catalog import load_class  # as above

        found: type[DatabaseAdapter] = load_class("database", name)
        return found


adapter_registry = AdapterRegistry()
"""The registry of `get_adapter`; its entries belong to the current project."""


def get_adapter(db_type: str, **config: Any) -> DatabaseAdapter:
    """Return an adapter for a `DatabaseType`, its name, or a URL such as `sqlite:///data.db`; it is not connected yet.

    `config` holds the options of the adapter and overrides a URL. Raises a ConfigError for a type without an adapter,
    for an option that the adapter does not have and for a URL that cannot be read.
    """
    if ":" not in db_type:
        return adapter_registry.create(db_type, **config)
    url = _parse(db_type)
    return adapter_registry.find_class(url.get_backend_name()).from_url(url, **config)


def _parse(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # neither the text nor the cause is shown: both may hold a password
        raise ConfigError(
            "the database URL cannot be read: write sqlite:///file.db or postgresql://user@host/name"
        ) from None


def _plain(db_type: str) -> str:
    name = str.lower(db_type)  # of a DatabaseType its value, which str() does not give
    return _ALIASES.get(name, name)
