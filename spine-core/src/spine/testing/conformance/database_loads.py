"""Loads for the suite of database adapters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spine.core.hashing import hash_json
from spine.db.adapter import DatabaseAdapter
from spine.db.loads.order import LoadMark, LoadMode, LoadOrder
from spine.db.loads.run import run_load

if TYPE_CHECKING:
    import pyarrow as pa

Item = tuple[int, str | None]

_TABLE = "loaded"


def append() -> LoadOrder:
    """Return the order of an append."""
    return LoadOrder(_TABLE)


def merge() -> LoadOrder:
    """Return the order of a merge by `id`."""
    return LoadOrder(_TABLE, LoadMode.MERGE, ["id"])


def scd2(day: int) -> LoadOrder:
    """Return the order of a load of versions by `id`, that begin on a day."""
    return LoadOrder(_TABLE, LoadMode.SCD2, ["id"], valid_from=datetime(2026, 1, day, tzinfo=UTC))


def replace(part: str) -> LoadOrder:
    """Return the order of the replacement of a partition."""
    return LoadOrder(_TABLE, LoadMode.REPLACE_PARTITION, partition={"part": part})


def counts(
    adapter: DatabaseAdapter, order: LoadOrder, items: Sequence[Item], mark: str | None = None
) -> tuple[int, ...]:
    """Load items and return the numbers of rows: inserted, updated, deleted and unchanged."""
    found = run_load(adapter, order, _table(items), _mark(mark))
    return found.inserted, found.updated, found.deleted, found.unchanged


def fail(adapter: DatabaseAdapter, order: LoadOrder, item: Item, mark: str) -> None:
    """Load an item, and raise a KeyError before the load has ended."""
    import pyarrow as pa

    table = _table([item])

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise KeyError("mine")

    run_load(adapter, order, pa.RecordBatchReader.from_batches(table.schema, batches()), _mark(mark))


def items(adapter: DatabaseAdapter, where: str = "") -> list[Any]:
    """Return the items in the table, in order."""
    rows = adapter.query(f"SELECT id, name FROM {_TABLE} {where} ORDER BY id")  # noqa: S608
    return [(row["id"], row["name"]) for row in rows]


def _table(items: Sequence[Item]) -> pa.Table:
    import pyarrow as pa

    return pa.table({"id": [number for number, _ in items], "name": pa.array([name for _, name in items], pa.string())})


def _mark(name: str | None) -> LoadMark | None:
    return None if name is None else LoadMark(hash_json(name), "conformance", "{}", "run-1", "load", 1)
