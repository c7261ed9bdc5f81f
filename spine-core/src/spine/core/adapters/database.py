"""Databases: one adapter a kind, behind the same transactions, statements and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.adapters.adapter import DatabaseAdapter
from spine.core.adapters.arrow_read import ArrowColumn
from spine.core.adapters.connection import Connection, Result, Row
from spine.core.adapters.database_type import DatabaseType
from spine.core.adapters.driver_errors import Diagnosis
from spine.core.adapters.engine import READONLY, driver_errors
from spine.core.adapters.named import DatabaseRegistry, database_registry, get_database
from spine.core.adapters.placeholders import Params
from spine.core.adapters.registry import AdapterRegistry, adapter_registry, get_adapter
from spine.core.adapters.sql_syntax import POSTGRESQL_SYNTAX, SQLITE_SYNTAX, SqlSyntax
from spine.core.adapters.sqlite import SQLiteAdapter
from spine.plugins.lazy import lazy_exports

__all__ = [
    "POSTGRESQL_SYNTAX",
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
