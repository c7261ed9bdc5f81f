"""Tables of loads: created and extended from the data's schema, with types that keep every value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import IntegrityError, QueryError, SchemaError
from spine.db.insert_statements import target_table
from spine.db.loads.order import Loaded
from spine.db.loads.target import is_unique
from tests.db.loads.conftest import Load

Rows = Callable[..., list[tuple[Any, ...]]]
HOSTILE = ('a"; DROP TABLE prices; --', "it's", "select", "two words", "?", "%s", "%%", ":name", "Größe")
MODES = ("append", "replace_partition", "merge", "scd2")


def options_of(mode: str, key: str) -> dict[str, Any]:
    keyed = {"key": [key]} if mode in ("merge", "scd2") else {}
    return keyed | ({"partition": {key: "1"}} if mode == "replace_partition" else {})


def test_new_columns_are_added_and_old_rows_have_null(load: Load, rows: Rows) -> None:
    load([{"id": 1}])
    load([{"id": 2, "price": 1.5, "note": "x"}])
    assert rows("id, price, note") == [(1, None, None), (2, 1.5, "x")]


def test_freeze_refuses_new_columns(load: Load, rows: Rows) -> None:
    assert load([{"id": 1}], evolves=False) == Loaded(inserted=1)
    with pytest.raises(SchemaError, match="table 'prices' has no column 'note', 'price': load with schema='evolve'"):
        load([{"id": 2, "note": "x", "price": 1.5}], evolves=False)
    assert rows() == [(1,)]


def test_columns_without_a_value_wait_for_the_first_one(load: Load, rows: Rows) -> None:
    load([{"id": 1, "price": None}])
    assert rows() == [(1,)]
    load([{"id": 2, "price": 1.5}])
    load([{"id": 3, "price": None}])
    assert rows() == [(1, None), (2, 1.5), (3, None)]


def test_a_column_of_another_case_is_refused(load: Load) -> None:
    load([{"id": 1, "price": 1.5}])
    with pytest.raises(SchemaError, match="column 'Price' of the data is 'price' in table 'prices': write both alike"):
        load([{"id": 2, "Price": 1.5}])


@pytest.mark.parametrize(
    ("kept", "given", "types"),
    [
        (1, "1", "BIGINT.*string"),
        (1, 1.5, "BIGINT.*double"),
        ("1", 1, "TEXT.*int64"),
        (1.5, "x", "(DOUBLE|FLOAT).*string"),
        (date(2026, 1, 2), "2026-01-02", "DATE.*string"),
        (date(2026, 1, 2), datetime(2026, 1, 2), "DATE.*timestamp"),
        ("x", b"x", "TEXT.*binary"),
        (time(1, 2), 1.5, "TIME.*double"),
    ],
)
@pytest.mark.parametrize("mode", ["append", "merge"])
def test_another_type_is_refused_with_both_types(load: Load, mode: str, kept: Any, given: Any, types: str) -> None:
    load([{"id": 1, "v": kept}], mode=mode, **options_of(mode, "id"))
    with pytest.raises(SchemaError, match=rf"column 'v' of table 'prices' is {types}.*: cast it in the data"):
        load([{"id": 1, "v": given}], mode=mode, **options_of(mode, "id"))


def test_a_zone_is_neither_lost_nor_guessed(database: DatabaseAdapter, load: Load) -> None:
    load([{"at": datetime(2026, 1, 2, tzinfo=UTC), "naive": datetime(2026, 1, 2)}])
    if not database.tells_time_zones:
        pytest.skip("its columns do not tell")
    with pytest.raises(SchemaError, match="column 'at'"):
        load([{"at": datetime(2026, 1, 2)}])
    with pytest.raises(SchemaError, match="column 'naive'"):
        load([{"naive": datetime(2026, 1, 2, tzinfo=UTC)}])


def test_later_values_may_be_wider_than_the_first(load: Load, rows: Rows) -> None:
    first = pa.table({"n": pa.array([1], pa.int8()), "f": pa.array([0.5], pa.float32()), "d": [Decimal("1.1")]})
    load(first)
    load([{"n": 2**62, "f": 1e300, "d": Decimal("12345.678901")}])
    load([{"n": 3, "f": 7, "d": None}])
    found = [(n, f, d and Decimal(d)) for n, f, d in rows()]
    assert found == [(1, 0.5, Decimal("1.1")), (3, 7.0, None), (2**62, 1e300, Decimal("12345.678901"))]


def test_a_value_that_the_column_would_round_is_refused(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    database.execute("CREATE TABLE prices (price NUMERIC(12, 2), ratio DOUBLE PRECISION)")
    load([{"price": Decimal("10.250"), "ratio": 2**53}])
    with pytest.raises(SchemaError, match=r"column 'price' of table 'prices' would round a value"):
        load([{"price": Decimal("10.255")}])
    with pytest.raises(SchemaError, match=r"column 'ratio' of table 'prices' would round a value"):
        load([{"ratio": 2**53 + 1}])
    assert [(Decimal(str(price)), ratio) for price, ratio in rows()] == [(Decimal("10.25"), 2.0**53)]


def test_flags_are_numbers_where_the_database_has_no_booleans(database: DatabaseAdapter, load: Load) -> None:
    database.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, flag BOOLEAN, number INTEGER)")
    merge = {"mode": "merge", "key": ["id"]}
    assert load([{"id": 1, "flag": True}], **merge) == Loaded(inserted=1)
    assert load([{"id": 1, "flag": True}], **merge) == Loaded(unchanged=1)
    assert load([{"id": 1, "flag": False}], **merge) == Loaded(updated=1)
    if database.engine.dialect.supports_native_boolean:
        with pytest.raises(SchemaError, match="column 'number'"):
            load([{"id": 1, "number": True}], **merge)
    else:
        assert load([{"id": 1, "number": True}], **merge) == Loaded(updated=1)


@pytest.mark.parametrize("mode", MODES)
def test_hostile_names_are_quoted(database: DatabaseAdapter, load: Load, mode: str) -> None:
    for name in HOSTILE:
        row = dict.fromkeys(HOSTILE, "1")
        load([row], mode, name, **options_of(mode, name))
        load([{**row, "more %": "2"}], mode, name, **options_of(mode, name))
        quoted = '"' + name.replace('"', '""') + '"'
        found = database.query(f"SELECT * FROM {quoted}")
        assert all(row[key] == "1" for row in found for key in HOSTILE)
        assert "2" in [row["more %"] for row in found]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_wide_table(load: Load, mode: str) -> None:
    width = 1200  # SQLite allows 1000 terms in an expression
    row = {f"c{number}": "1" for number in range(width)}
    assert load([row], mode, **options_of(mode, "c0")).inserted == 1
    done = load([{**row, f"c{width - 1}": "2"}], mode, **options_of(mode, "c0"))
    assert (done.inserted, done.updated) == ((0, 1) if mode in ("merge", "scd2") else (1, 0))


@pytest.mark.parametrize(
    ("rule", "unique"),
    [
        ("CREATE UNIQUE INDEX one ON prices (a)", True),
        ("CREATE UNIQUE INDEX two ON prices (b, a)", True),
        ("CREATE UNIQUE INDEX part ON prices (a) WHERE b > 0", False),
        ("CREATE UNIQUE INDEX more ON prices (a, b, c)", False),
        ("CREATE UNIQUE INDEX changed ON prices (abs(a))", False),
        ("CREATE INDEX plain ON prices (a)", False),
    ],
)
def test_a_unique_index_over_the_key_is_found(database: DatabaseAdapter, rule: str, unique: bool) -> None:
    database.execute("CREATE TABLE prices (a INTEGER, b INTEGER, c INTEGER)")
    with database.transaction() as connection:
        connection.execute(rule)
        assert is_unique(connection, target_table(database, "prices", []), ["a", "b"]) is unique


def test_generated_columns_are_left_to_the_database(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    database.execute(
        "CREATE TABLE prices (twice INTEGER GENERATED ALWAYS AS (n * 2) STORED, n INTEGER, id INTEGER PRIMARY KEY)"
    )
    load([{"id": 1, "n": 2}], mode="merge", key=["id"])
    load([{"id": 1, "n": 3}], mode="merge", key=["id"])
    assert rows() == [(6, 3, 1)]
    with pytest.raises(SchemaError, match="column 'twice' of table 'prices' is generated by the database"):
        load([{"id": 1, "n": 3, "twice": 6}], mode="merge", key=["id"])


def test_types_of_the_database_take_texts(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    if database.db_type != "postgresql":
        pytest.skip("SQLite has no such types")
    database.execute("CREATE TABLE prices (id UUID PRIMARY KEY, plain JSON, binary_json JSONB, tags TEXT[])")
    row = {
        "id": "8d7f2a3e-1111-4222-8333-444455556666",
        "plain": {"a": 1},
        "binary_json": {"a": 1},
        "tags": ["x", None],
    }
    merge = {"mode": "merge", "key": ["id"]}
    assert load([row], **merge) == Loaded(inserted=1)
    assert load([row], **merge) == Loaded(unchanged=1)
    assert load([{**row, "plain": {"a": 2}, "tags": []}], **merge) == Loaded(updated=1)
    with pytest.raises(QueryError):
        load([{**row, "id": "no uuid"}], **merge)


@pytest.mark.filterwarnings("error")
def test_a_type_that_nobody_knows_is_left_to_the_database(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    if database.db_type != "postgresql":
        pytest.skip("SQLite takes any name for a type")
    database.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, place POINT, other POINT)")
    load([{"id": 1, "place": "(1,2)"}])
    with pytest.raises(QueryError):
        load([{"id": 2, "place": "nowhere"}])
    assert rows("id, CAST(place AS TEXT)") == [(1, "(1,2)")]


def test_a_domain_is_the_type_behind_it(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    if database.db_type != "postgresql":
        pytest.skip("SQLite has no domains")
    database.execute("CREATE DOMAIN share_count AS BIGINT CHECK (VALUE >= 0)")
    database.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, shares share_count)")
    assert load([{"id": 1, "shares": 7}], mode="merge", key=["id"]) == Loaded(inserted=1)
    with pytest.raises(IntegrityError):
        load([{"id": 1, "shares": -7}], mode="merge", key=["id"])
    assert rows() == [(1, 7)]


def test_not_numbers(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    load([{"id": 1, "f": float("nan")}, {"id": 2, "f": float("inf")}], mode="merge", key=["id"])
    again = load([{"id": 1, "f": float("nan")}, {"id": 2, "f": float("inf")}], mode="merge", key=["id"])
    assert again == Loaded(unchanged=2)
    [missing] = [row["f"] for row in database.query("SELECT f FROM prices WHERE id = 1")]
    assert missing is None or missing != missing


@pytest.mark.parametrize("mode", ["append", "replace_partition", "merge"])
def test_an_error_leaves_no_trace(database: DatabaseAdapter, load: Load, rows: Rows, mode: str) -> None:
    database.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
    database.insert("prices", {"id": 1, "n": 9})
    with pytest.raises(IntegrityError):
        load([{"id": 1, "n": None, "extra": 1}], mode, **options_of(mode, "id"))
    assert rows() == [(1, 9)]


def test_an_error_names_the_table_that_is_loaded(database: DatabaseAdapter, load: Load) -> None:
    if database.db_type != "postgresql":
        pytest.skip("SQLite has no short integers")
    database.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, n SMALLINT)")
    with pytest.raises(QueryError, match=r"\(table prices, column n, row 2\)"):
        load([{"id": 1, "n": 1}, {"id": 2, "n": 70_000}], mode="merge", key=["id"])


def test_two_columns_of_one_name_are_refused(load: Load) -> None:
    with pytest.raises(QueryError, match="more than one column 'a'"):
        load(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))


def test_a_table_of_a_schema(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    if database.db_type != "postgresql":
        pytest.skip("SQLite has no schemas")
    database.execute("CREATE SCHEMA mart")
    for mode in MODES:
        name = f"mart.{mode}"
        load([{"id": 1, "n": 1}], mode, name, **options_of(mode, "id"))
        load([{"id": 1, "n": 2}], mode, name, **options_of(mode, "id"))
        assert max(rows("n", name)) == (2,)
