"""Every Arrow type goes into a database and comes back."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spine.core.adapters.database import DatabaseAdapter

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901)

COLUMNS: dict[str, pa.Array] = {
    "text": pa.array(["NA", "007", "", None, 'a"b', "ü\n,\t'", r"\.", r"\N", "null", "%s ?"]),
    "large text": pa.array(["a", "", None], pa.large_string()),
    "text view": pa.array(["a", "", None], pa.string_view()),
    "dictionary": pa.array(["a", "b", None, "a", ""]).dictionary_encode(),
    "nothing": pa.nulls(2),
    "boolean": pa.array([True, False, None]),
    "int8": pa.array([-128, 127, None], pa.int8()),
    "int16": pa.array([-(2**15), 2**15 - 1, None], pa.int16()),
    "int32": pa.array([-(2**31), 2**31 - 1, None], pa.int32()),
    "int64": pa.array([-(2**63), 2**63 - 1, None]),
    "uint8": pa.array([255, None], pa.uint8()),
    "uint16": pa.array([2**16 - 1, None], pa.uint16()),
    "uint32": pa.array([2**32 - 1, None], pa.uint32()),
    "uint64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "float16": pa.array([1.5, None], pa.float16()),
    "float32": pa.array([0.1, 1e30, -0.0, None], pa.float32()),
    "float64": pa.array([0.1, 1e308, 5e-324, math.inf, -math.inf, None]),
    "decimal": pa.array([Decimal("1.10"), Decimal("-0.01"), None], pa.decimal128(20, 2)),
    "long decimal": pa.array([Decimal("9" * 36 + ".99"), Decimal(0)], pa.decimal128(38, 2)),
    "very long decimal": pa.array([Decimal("9" * 60 + ".5"), None], pa.decimal256(70, 1)),
    "date": pa.array([date(2026, 1, 2), date(1, 1, 1), date(9999, 12, 31), None]),
    "date64": pa.array([date(2026, 1, 2), None], pa.date64()),
    "time": pa.array([time(3, 4, 5), time(23, 59, 59, 999999), None]),
    "time32": pa.array([time(3, 4, 5), None], pa.time32("s")),
    "seconds": pa.array([datetime(2026, 1, 2, 3, 4, 5), None], pa.timestamp("s")),
    "microseconds": pa.array([MOMENT, datetime(1, 1, 1), datetime(9999, 12, 31), None], pa.timestamp("us")),
    "nanoseconds": pa.array([MOMENT, None], pa.timestamp("ns")),
    "zoned": pa.array([MOMENT.replace(tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
    "binary": pa.array([b"\0\xff", b"", b"\\x41", b'"', None]),
    "fixed binary": pa.array([b"ab", None], pa.binary(2)),
}


def _round_trip(database: DatabaseAdapter, column: pa.Array) -> pa.Array:
    """Store a column in a new table and return what comes back, in order."""
    numbers = pa.array(range(len(column)))
    assert database.bulk_load("t", pa.table({"k": numbers, "v": column}), create=True) == len(column)
    return database.read_arrow("SELECT v FROM t ORDER BY k")["v"].combine_chunks()


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_comes_back_as_it_was(database: DatabaseAdapter, name: str) -> None:
    """A type that the database lacks comes back as the nearest one, which casts to the original without loss."""
    column = COLUMNS[name]
    wanted = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    back = _round_trip(database, column)
    if pa.types.is_string(back.type) and pa.types.is_time(wanted.type):  # a cast that Arrow lacks
        back = pa.array([text and time.fromisoformat(text) for text in back.to_pylist()])
    if pa.types.is_null(wanted.type):  # as is this one
        back = pa.array(back.to_pylist())
    assert back.cast(wanted.type).equals(wanted)


def test_nan_comes_back_as_nan_or_as_null_where_a_database_has_none(database: DatabaseAdapter) -> None:
    nan, one = _round_trip(database, pa.array([math.nan, 1.0])).to_pylist()
    assert one == 1.0
    assert nan is None or math.isnan(nan)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([[1, None], [], None]), ["[1, null]", "[]", None]),
        (pa.array([{"a": 1, "b": 'ü"'}, None]), ['{"a": 1, "b": "ü\\""}', None]),
        (pa.array([[date(2026, 1, 2)]]), ['["2026-01-02"]']),
        (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())), ['{"k": 1}', None]),
        (pa.array([UUID(int=1), None], pa.uuid()), ["00000000-0000-0000-0000-000000000001", None]),
        (pa.array([1, 1, None]).cast(pa.int64()), None),
    ],
    ids=["list", "struct", "list of dates", "map", "uuid", "plain"],
)
def test_nested_values_become_json_text(database: DatabaseAdapter, column: pa.Array, texts: list[Any] | None) -> None:
    assert _round_trip(database, column).to_pylist() == (column.to_pylist() if texts is None else texts)


def test_json_text_may_go_into_a_column_that_the_database_knows_as_json(database: DatabaseAdapter) -> None:
    database.execute("CREATE TABLE t (v JSON)")
    database.bulk_load("t", pa.table({"v": [{"a": [1]}]}))
    assert database.read_arrow("SELECT v FROM t")["v"].to_pylist() == ['{"a": [1]}']


def test_bulk_loaded_values_equal_inserted_ones(database: DatabaseAdapter) -> None:
    """A condition on a date finds both, however they came in."""
    row = {
        "d": date(2026, 1, 2),
        "t": datetime(2026, 1, 2, 3, 4, 5),
        "u": MOMENT,
        "z": MOMENT.replace(tzinfo=UTC),
        "o": time(3, 4, 5),
        "n": Decimal("1.10"),
    }
    database.bulk_load("t", [row], create=True)
    database.insert("t", row)
    found = database.query("SELECT * FROM t")
    assert found[0] == found[1]
    for name, value in row.items():
        assert database.query_one(f"SELECT count(*) AS n FROM t WHERE {name} = ?", (value,)) == {"n": 2}


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_ROW = st.tuples(
    st.none() | _TEXT,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False, allow_subnormal=False),
    st.none() | st.binary(),
)


@given(rows=st.lists(_ROW, min_size=1, max_size=30))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_arrives(database: DatabaseAdapter, rows: list[tuple[Any, ...]]) -> None:
    types = {"s": pa.string(), "i": pa.int64(), "f": pa.float64(), "b": pa.binary()}
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), types.values(), strict=True)]
    table = pa.table([pa.array(range(len(rows))), *columns], names=["k", *types])
    database.execute("DROP TABLE IF EXISTS t")
    database.bulk_load("t", table, create=True)
    found = database.execute("SELECT s, i, f, b FROM t ORDER BY k").fetchall()
    assert [tuple(row) for row in found] == rows
