"""SQLite, in a file and in memory, keeps every rule of the suite for database adapters."""

from __future__ import annotations

from pathlib import Path

from spine.db.sqlite import SQLiteAdapter
from spine.testing.conformance.database import DatabaseAdapterConformance


class TestSQLiteFile(DatabaseAdapterConformance):
    enforces_foreign_keys = True
    rolls_back_tables = True
    reopens = True
    shares_its_database = True
    upserts = True
    merges = True
    keeps_versions = True
    replaces_partitions = True
    fences_loads = True

    def make_adapter(self, tmp_path: Path) -> SQLiteAdapter:
        return SQLiteAdapter(tmp_path / "store.db")


class TestSQLiteInMemory(DatabaseAdapterConformance):
    enforces_foreign_keys = True
    rolls_back_tables = True
    upserts = True
    merges = True
    keeps_versions = True
    replaces_partitions = True
    fences_loads = True

    def make_adapter(self, tmp_path: Path) -> SQLiteAdapter:
        return SQLiteAdapter()
