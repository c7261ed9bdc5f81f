"""Database adapters, under the path that API.md promises; the code is in `spine.db`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.db.adapter import DatabaseAdapter
from spine.db.arrow_read import ArrowColumn
from spine.db.connection import Connection, Result, Row
from spine.db.database_type import DatabaseType
from spine.db.driver_errors import Diagnosis
from spine.db.engine import READONLY, driver_errors
from spine.db.named import DatabaseRegistry, database_registry, get_database
from spine.db.placeholders import Params
from spine.db.registry import AdapterRegistry, adapter_registry, get_adapter
from spine.db.sql_syntax import FORMAT, POSTGRESQL_SYNTAX, QMARK, SQLITE_SYNTAX, PlaceholderStyle, SqlSyntax
from spine.db.sqlite import SQLiteAdapter
from spine.plugins.lazy import lazy_exports

__all__ = [
    "FORMAT",
    "POSTGRESQL_SYNTAX",
    "QMARK",
    "READONLY",
    "SQLITE_SYNTAX",
    "AdapterRegistry",
    "ArrowColumn",
    "Connection",
    "DatabaseAdapter",
    "DatabaseRegistry",
    "DatabaseType",
    "Diagnosis",
    "Params",
    "PlaceholderStyle",
    "Result",
    "Row",
    "SQLiteAdapter",
    "SqlSyntax",
    "adapter_registry",
    "database_registry",
    "driver_errors",
    "get_adapter",
    "get_database",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_exports(__name__, {"PostgreSQLAdapter": ("database", "postgresql")})
