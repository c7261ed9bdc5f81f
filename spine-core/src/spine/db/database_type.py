"""The kinds of databases that Spine names."""

from __future__ import annotations

from enum import Enum


class DatabaseType(str, Enum):
    """A kind of database; `adapter_registry.list_adapters()` returns those with an adapter in this environment."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    DB2 = "db2"
    MYSQL = "mysql"
    ORACLE = "oracle"
