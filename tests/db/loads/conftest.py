"""A database of every dialect that is loaded into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.tables import as_table, is_arrow
from spine.db.loads.order import Loaded, LoadMode, LoadOrder
from spine.db.loads.run import run_load

Load = Callable[..., Loaded]


@pytest.fixture
def database(database_url: str) -> Iterator[DatabaseAdapter]:
    """An adapter for an empty database, once for each dialect."""
    with get_adapter(database_url) as adapter:
        yield adapter


@pytest.fixture
def load(database: DatabaseAdapter) -> Load:
    """Load rows or Arrow data into the table `prices`, with the options of a LoadOrder."""

    def load(data: Any, mode: str = "append", table: str = "prices", **options: Any) -> Loaded:
        order = LoadOrder(table, LoadMode(mode), **options)
        return run_load(database, order, data if is_arrow(data) else as_table(data))

    return load


@pytest.fixture
def rows(database: DatabaseAdapter) -> Callable[..., list[tuple[Any, ...]]]:
    """Return the rows of a table as tuples, sorted."""

    def rows(columns: str = "*", table: str = "prices") -> list[tuple[Any, ...]]:
        found = [tuple(row.values()) for row in database.query(f"SELECT {columns} FROM {table}")]
        return sorted(found, key=lambda row: [(value is not None, value) for value in row])

    return rows
