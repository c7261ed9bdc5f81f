"""Values of PostgreSQL's own types: read exactly with a type, or refused with their column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.errors import QueryError, ValidationError
from spine.framework.sources import DatabaseSource


@pytest.fixture(scope="module")
def adapter(postgres_url: str) -> Iterator[DatabaseAdapter]:
    with get_adapter(postgres_url) as adapter:
        yield adapter


@pytest.fixture(params=["query", "read_arrow", "stream", "fetch"])
def read(request: pytest.FixtureRequest, adapter: DatabaseAdapter) -> Any:
    def rows(statement: str) -> Any:
        if request.param == "fetch":
            return DatabaseSource("s", adapter, statement).fetch().to_result().unwrap()
        return list(getattr(adapter, request.param)(statement))

    return rows


UUID = "00000000-0000-0000-0000-000000000001"
DIGITS = '{"a": 12345678901234567.89, "b": 1.5}'


def test_fractions_in_json_keep_their_digits_as_rows_and_as_arrow(adapter: DatabaseAdapter) -> None:
    for kind in ("json", "jsonb"):
        statement = f"SELECT '{DIGITS}'::{kind} AS doc"
        assert adapter.query(statement) == [{"doc": {"a": Decimal("12345678901234567.89"), "b": 1.5}}]
        assert adapter.read_arrow(statement)["doc"].to_pylist() == [DIGITS]
        [batch] = adapter.stream_arrow(statement)
        assert batch["doc"].to_pylist() == [DIGITS]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("'$1,234.50'::money", pa.string(), "$1,234.50"),
        ("interval '36 hours'", pa.duration("us"), timedelta(hours=36)),
        ("array['ok']::pg_temp.mood[]", pa.string(), "{ok}"),
        ("array['00000000-0000-0000-0000-000000000001']::uuid[]", pa.list_(pa.string()), [UUID]),
        ("int4range(1, 5)", pa.string(), "[1,5)"),
        ("daterange('2020-01-01', 'infinity')", pa.string(), "[2020-01-01,infinity)"),
        ("array[1, NULL]", pa.list_(pa.int32()), [1, None]),
        ("array['\\xdead'::bytea]", pa.list_(pa.binary()), [b"\xde\xad"]),
        ("timetz '10:00+02'", pa.string(), "10:00:00+02"),
        ("row(1, 'a')", pa.string(), "(1,a)"),
        ("'10.0.0.1'::inet", pa.string(), "10.0.0.1"),
    ],
)
def test_a_column_of_any_type_is_typed_with_rows_and_without(
    adapter: DatabaseAdapter, value: str, kind: pa.DataType, expected: Any
) -> None:
    with adapter.transaction() as connection:
        connection.execute("CREATE TYPE pg_temp.mood AS ENUM ('sad', 'ok')")
        table = adapter.read_arrow(f"SELECT {value} AS v")
        empty = adapter.read_arrow(f"SELECT {value} AS v LIMIT 0")
        connection.execute("DROP TYPE pg_temp.mood")
    assert (table["v"].type, empty["v"].type, table["v"].to_pylist()) == (kind, kind, [expected])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("interval '1 month'", "an interval of months or years has no fixed length"),
        ("interval '-1 year 3 days'", "an interval of months or years has no fixed length"),
        ("'infinity'::date", "date too large"),
        ("'-infinity'::timestamptz", "timestamp too small"),
        ("'0044-03-15 BC'::date", "date too small"),
        ("time '24:00'", "can't parse time '...': hour must be in 0..23"),
        ("array['infinity'::timestamp]", "timestamp"),
    ],
)
def test_a_value_that_python_cannot_hold_is_refused_with_its_column(read: Any, value: str, reason: str) -> None:
    with pytest.raises(QueryError, match="column 'bad' has a value that Python cannot hold") as caught:
        read(f"SELECT current_date AS good, {value} AS bad, time '10:00' AS other")
    assert reason in str(caught.value)
    assert str(caught.value).endswith("cast it to text in the statement")


@pytest.mark.parametrize("kind", ["numeric", "numeric(10, 2)"])
def test_a_decimal_nan_is_called_nan(adapter: DatabaseAdapter, kind: str) -> None:
    statement = f"SELECT 'NaN'::{kind} AS a UNION ALL SELECT 1.5"
    with pytest.raises(ValidationError, match=r"column 'a' .*the Decimal NaN"):
        adapter.read_arrow(statement)
    with pytest.raises(ValidationError, match=r"column 'a' .*the Decimal NaN"):
        _ = DatabaseSource("n", adapter, statement).fetch().table


@pytest.mark.parametrize("way", ["insert", "insert_many", "upsert", "bulk_load", "arrow"])
def test_a_list_goes_into_an_array_and_into_json(adapter: DatabaseAdapter, way: str) -> None:
    row = {"id": 1, "tags": [1, 2, None], "names": ['a"b', "c\\d", None, "NULL", "", "{,}"], "doc": [1, {"a": None}]}
    with adapter.transaction() as connection:
        connection.execute('CREATE TEMP TABLE "t% u" (id int PRIMARY KEY, tags int[], names text[], doc jsonb)')
        if way == "insert":
            adapter.insert("t% u", row)
        elif way == "upsert":
            adapter.upsert("t% u", [row], key="id")
        else:
            plain = {**row, "doc": [1, 2]}
            getattr(adapter, way.replace("arrow", "bulk_load"))(
                "t% u", pa.Table.from_pylist([plain]) if way == "arrow" else [row]
            )
            row = plain if way == "arrow" else row
        assert adapter.query('SELECT * FROM "t% u"') == [row]
        connection.execute('DROP TABLE "t% u"')


def test_lists_in_lists_are_arrays_of_more_dimensions(adapter: DatabaseAdapter) -> None:
    with adapter.transaction() as connection:
        connection.execute("CREATE TEMP TABLE grid (cells int[][], days date[])")
        adapter.insert("grid", {"cells": [[1, 2], [3, 4]], "days": []})
        assert adapter.query("SELECT * FROM grid") == [{"cells": [[1, 2], [3, 4]], "days": []}]
        connection.execute("DROP TABLE grid")
