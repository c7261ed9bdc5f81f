"""The SQLite adapter, under the path that API.md promises."""

from spine.db.sqlite import SQLiteAdapter, SQLiteConfig

__all__ = ["SQLiteAdapter", "SQLiteConfig"]
