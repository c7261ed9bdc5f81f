"""Facts that an adapter states about its database, with SQLite as the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, PlaceholderStyle, SQLiteAdapter, SqlSyntax
from spine.core.errors import IntegrityError, QueryError
from spine.testing.conformance.database import DatabaseAdapterConformance


class PlainAdapter(SQLiteAdapter):
    """SQLite as a database without savepoints, whose driver takes numbered values only and returns Arrow data."""

    db_type: ClassVar[str] = "plain"
    syntax: ClassVar[SqlSyntax] = SqlSyntax(PlaceholderStyle(lambda number: f"?{number}"), brackets_and_backticks=True)
    has_savepoints: ClassVar[bool] = False
    reads_arrow: ClassVar[bool] = True

    def arrow_reader(self, cursor: Any, batch_size: int) -> pa.RecordBatchReader:
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        columns = [pa.array([row[position] for row in rows]) for position in range(len(names))]
        return pa.table(columns, names=names).to_reader(batch_size)


class TestPlainAdapter(DatabaseAdapterConformance):
    enforces_foreign_keys = True
    rolls_back_tables = True
    reopens = True
    shares_its_database = True
    upserts = True
    merges = True
    keeps_versions = True
    replaces_partitions = True
    fences_loads = True

    def make_adapter(self, tmp_path: Path) -> DatabaseAdapter:
        return PlainAdapter(tmp_path / "data.db")


def test_values_of_a_dict_go_in_order_to_a_driver_without_names() -> None:
    with PlainAdapter() as adapter:
        sql = "SELECT :b AS x, :a AS y, :b AS z"
        assert adapter.query(sql, {"a": 1, "b": 2, "other": 3}) == [{"x": 2, "y": 1, "z": 2}]


def test_an_adapter_that_reads_no_arrow_and_says_so_is_told() -> None:
    class Forgetful(SQLiteAdapter):
        reads_arrow: ClassVar[bool] = True

    with Forgetful() as adapter, pytest.raises(NotImplementedError, match="Forgetful sets reads_arrow and has no"):
        adapter.read_arrow("SELECT 1")


def test_the_refusal_of_a_nested_transaction_says_what_to_do() -> None:
    with PlainAdapter() as adapter, adapter.transaction(), pytest.raises(QueryError) as caught, adapter.transaction():
        pass
    assert str(caught.value) == (
        "SQLite database in memory: a transaction cannot begin inside another one, as plain has no savepoints: "
        "write in the outer one"
    )


@pytest.mark.parametrize("many", ["insert_many", "bulk_load", "upsert"])
def test_an_error_while_storing_rows_ends_a_transaction_without_savepoints(many: str) -> None:
    with PlainAdapter() as adapter:
        adapter.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER NOT NULL)")
        arguments: list[Any] = [[{"a": 1, "b": 1}, {"a": 2, "b": None}], *(["a"] if many == "upsert" else [])]
        with (
            pytest.raises(QueryError, match="an earlier error ended this transaction"),
            adapter.transaction(),
            pytest.raises(IntegrityError, match="NOT NULL"),
        ):
            getattr(adapter, many)("t", *arguments)
        assert adapter.query("SELECT * FROM t") == []
