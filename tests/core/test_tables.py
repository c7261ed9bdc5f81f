"""Rows and Arrow tables, each made from the other."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ConfigError, ValidationError
from spine.core.tables import as_table, require_arrow, to_rows


def test_a_table_has_the_keys_of_all_rows_in_order_of_first_sight():
    table = as_table([{"b": 1}, {"a": "x", "b": 2}, {"c": None}])
    assert table.column_names == ["b", "a", "c"]
    assert to_rows(table) == [
        {"b": 1, "a": None, "c": None},
        {"b": 2, "a": "x", "c": None},
        {"b": None, "a": None, "c": None},
    ]


def test_no_rows_are_a_table_without_rows_and_columns():
    table = as_table([])
    assert (table.num_rows, table.num_columns, to_rows(table)) == (0, 0, [])


def test_a_table_stays_the_object_it_is():
    table = pa.table({"a": [1]})
    assert as_table(table) is table


@pytest.mark.parametrize(
    "data",
    [
        pa.record_batch({"a": [1, 2]}),
        [pa.record_batch({"a": [1]}), pa.record_batch({"a": [2]})],
        pa.table({"a": [1, 2]}).to_reader(),
        iter([{"a": 1}, {"a": 2}]),
        ({"a": 1}, {"a": 2}),
    ],
    ids=["batch", "batches", "reader", "iterator", "tuple"],
)
def test_batches_readers_and_iterables_become_a_table(data):
    assert as_table(data).to_pydict() == {"a": [1, 2]}


def test_integers_beyond_64_bits_keep_every_digit():
    value = 12345678901234567890123456789
    (row,) = to_rows(as_table([{"a": value}]))
    assert int(row["a"]) == value


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([{"a": 1}, {"a": "x"}], r"column 'a' does not fit one Arrow type \(it holds int, str\)"),
        ([{"a": 1}, 2], "row 2 is of type int; a row is a dict"),
        ([{1: 2}], "column name 1 is of type int"),
        ({"a": 1}, "expected rows or an Arrow table, not dict"),
        ("text", "expected rows or an Arrow table, not str"),
        (None, "expected rows or an Arrow table, not NoneType"),
    ],
)
def test_data_that_make_no_table_are_refused_with_the_reason(data, sentence):
    with pytest.raises(ValidationError, match=sentence):
        as_table(data)


def test_two_columns_of_one_name_make_no_dicts():
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(ValidationError, match="columns 'a' occur more than once"):
        to_rows(table)


def test_equal_cells_of_a_repeating_column_are_one_object():
    rows = to_rows(pa.table({"a": ["some venue", "another venue"] * 1000}))
    assert len({id(row["a"]) for row in rows}) == 2


_CELLS = st.one_of(st.none(), st.text(max_size=3))


@given(st.lists(st.tuples(_CELLS, st.one_of(st.none(), st.integers(-9, 9))), max_size=40), st.integers(1, 7))
def test_rows_are_those_that_pyarrow_gives(cells, chunk):
    coded = pa.dictionary(pa.int8(), pa.string())
    schema = pa.schema([("text", pa.string()), ("number", pa.int64()), ("coded", coded)])
    rows = [{"text": text, "number": number, "coded": text} for text, number in cells]
    batches = [pa.RecordBatch.from_pylist(rows[i : i + chunk], schema) for i in range(0, len(rows), chunk)]
    table = pa.Table.from_batches(batches, schema)
    assert to_rows(table) == rows
    assert to_rows(table.slice(1, 5)) == rows[1:6]


def test_each_row_is_a_dict_of_its_own():
    first, second = to_rows(pa.table({"a": ["x", "x"]}))
    first["a"] = "changed"
    assert second == {"a": "x"}


def test_a_missing_library_is_a_sentence_that_says_what_to_install():
    with pytest.raises(ConfigError, match=r"Reading Parquet needs pyarrow: pip install 'spine-core\[arrow\]'"):
        require_arrow("Reading Parquet", "pyarrow.no_such_module")


def test_importing_the_sources_imports_neither_pyarrow_nor_sqlalchemy():
    code = "import sys, spine.framework.sources, spine.formats.delimited; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert {"pyarrow", "sqlalchemy"}.isdisjoint(loaded)


def test_floats_among_decimals_keep_their_digits():
    table = as_table([{"x": 0.1}, {"x": Decimal("12345678901234567.89")}, {"x": 3}])
    assert [row["x"] for row in to_rows(table)] == [Decimal("0.1"), Decimal("12345678901234567.89"), Decimal(3)]


@pytest.mark.parametrize("value", ["a\ud83d", {"k": ["\ud83d"]}])
def test_half_of_a_surrogate_pair_is_named_with_its_row(value):
    with pytest.raises(ValidationError, match=r"^column 'x', row 2: the text has half of a surrogate pair, U\+D83D"):
        as_table([{"x": None}, {"x": value}])


NANOSECONDS = [1_700_000_000_123_456_789, 1_700_000_000_123_456_000, None, -1]
AT = datetime(2023, 11, 14, 22, 13, 20, 123456)


@pytest.mark.parametrize(
    ("kind", "numbers", "values"),
    [
        (pa.timestamp("ns"), NANOSECONDS, ["2023-11-14T22:13:20.123456789", AT, None, "1969-12-31T23:59:59.999999999"]),
        (pa.timestamp("ns", "UTC"), NANOSECONDS[1:3], [AT.replace(tzinfo=UTC), None]),
        (pa.time64("ns"), [1, 1000, None], ["00:00:00.000000001", time(0, 0, 0, 1), None]),
        (pa.duration("ns"), [1, 1000, None], ["PT0.000000001S", timedelta(microseconds=1), None]),
    ],
)
def test_nanoseconds_are_text_where_python_has_no_value_for_them(kind, numbers, values):
    rows = to_rows(pa.table({"t": pa.array(numbers, kind)}))
    assert [row["t"] for row in rows] == values
    assert {type(row["t"]).__module__ for row in rows} <= {"builtins", "datetime"}  # not pandas, where it is installed


def test_rows_that_each_have_keys_of_their_own_are_refused():
    rows = [{f"key {number}": number} for number in range(4_000)]
    with pytest.raises(ValidationError, match="4,000 rows have 4,000 different keys, so that 4,000 values would take"):
        as_table(rows)
    assert as_table(rows[:100]).num_columns == 100
