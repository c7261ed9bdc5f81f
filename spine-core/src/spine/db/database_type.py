"""The databases that Spine has names for."""

from __future__ import annotations

from enum import Enum


class DatabaseType(str, Enum):
    """A kind of database; which of them have an adapter here, `adapter_registry.list_adapters()` says."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    DB2 = "db2"
    MYSQL = "mysql"
    ORACLE = "oracle"
