"""Loads by mode: what is inserted, updated, deleted and left, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import ConstraintError, SchemaError, ValidationError
from spine.db.loads.order import Loaded
from spine.db.loads.statements import moment_of
from tests.db.loads.conftest import Load

Rows = Callable[..., list[tuple[Any, ...]]]

A = {"symbol": "A", "venue": "X", "shares": 1}
B = {"symbol": "B", "venue": "X", "shares": 2}
C = {"symbol": "C", "venue": "Y", "shares": 3}
KEY = ("symbol", "venue")
MONDAY = datetime(2026, 11, 2, 6, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


def test_append_inserts_all_rows(load: Load, rows: Rows) -> None:
    assert load([A, B]) == Loaded(inserted=2)
    assert load([A]) == Loaded(inserted=1)
    assert rows() == [("A", "X", 1), ("A", "X", 1), ("B", "X", 2)]


def test_a_partition_is_replaced_and_what_the_source_lost_disappears(load: Load, rows: Rows) -> None:
    replace = {"mode": "replace_partition", "partition": {"venue": "X"}}
    assert load([A, B], **replace) == Loaded(inserted=2)
    assert load([C], mode="replace_partition", partition={"venue": "Y"}) == Loaded(inserted=1)
    assert load([{**B, "shares": 7}], **replace) == Loaded(inserted=1, deleted=2)
    assert rows() == [("B", "X", 7), ("C", "Y", 3)]


def test_a_partition_without_rows_is_emptied(load: Load, rows: Rows) -> None:
    replace = {"mode": "replace_partition", "partition": {"venue": "X"}}
    assert load([], **replace) == Loaded()
    load([A, C])
    assert load([], **replace) == Loaded(deleted=1)
    load([A])
    assert load(pa.table({"symbol": pa.array([], pa.string())}), **replace) == Loaded(deleted=1)
    assert rows() == [("C", "Y", 3)]


def test_columns_of_the_partition_that_the_data_lacks_are_filled(load: Load, rows: Rows) -> None:
    replace = {"mode": "replace_partition", "partition": {"week": "2026-11-02", "venue": "X"}}
    assert load([{"symbol": "A"}], **replace) == Loaded(inserted=1)
    assert load([{"symbol": "B"}, {"symbol": "C"}], **replace) == Loaded(inserted=2, deleted=1)
    assert rows("symbol, week, venue") == [("B", "2026-11-02", "X"), ("C", "2026-11-02", "X")]


def test_a_partition_is_compared_as_the_type_of_its_column(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    database.execute("CREATE TABLE prices (symbol TEXT, week DATE, number INTEGER, final BOOLEAN)")
    replace = {"mode": "replace_partition", "partition": {"week": "2026-11-02", "number": "7", "final": "true"}}
    row = {"symbol": "A", "week": date(2026, 11, 2), "number": 7, "final": True}
    assert load([row], **replace) == Loaded(inserted=1)
    assert load([{"symbol": "B"}], **replace) == Loaded(inserted=1, deleted=1)
    assert [row[0] for row in rows()] == ["B"]
    with pytest.raises(SchemaError, match=r"the partition's week is 'Monday'"):
        load([{"symbol": "A"}], mode="replace_partition", partition={"week": "Monday"})


def test_a_row_of_another_partition_is_refused_with_its_number(load: Load, rows: Rows) -> None:
    load([A, C])
    with pytest.raises(ConstraintError, match="row 2 for prices is not of the partition: its venue is not X"):
        load([A, C], mode="replace_partition", partition={"venue": "X"})
    with pytest.raises(ConstraintError, match="row 1"):
        load([{**A, "venue": None}, A], mode="replace_partition", partition={"venue": "X"})
    assert rows() == [("A", "X", 1), ("C", "Y", 3)]


def test_a_partition_needs_its_columns(database: DatabaseAdapter, load: Load) -> None:
    with pytest.raises(ConstraintError, match="its venue is not X"):
        load([{"symbol": "A", "venue": None}], mode="replace_partition", partition={"venue": "X"})
    database.execute("CREATE TABLE prices (symbol TEXT)")
    with pytest.raises(SchemaError, match="table 'prices' has no column venue, which the partition names"):
        load([], mode="replace_partition", partition={"venue": "X"})
    with pytest.raises(SchemaError, match="table 'prices' has no column 'venue'"):
        load([{"symbol": "A"}], mode="replace_partition", partition={"venue": "X"}, evolves=False)
    assert load([{"symbol": "A"}], mode="replace_partition", partition={"venue": "X"}) == Loaded(inserted=1)


def test_merge_updates_what_differs_and_inserts_what_is_new(load: Load, rows: Rows) -> None:
    assert load([A, B], mode="merge", key=KEY) == Loaded(inserted=2)
    assert load([A, B], mode="merge", key=KEY) == Loaded(unchanged=2)
    assert load([A, {**B, "shares": None}, C], mode="merge", key=KEY) == Loaded(inserted=1, updated=1, unchanged=1)
    assert rows() == [("A", "X", 1), ("B", "X", None), ("C", "Y", 3)]


def test_merge_leaves_other_columns_and_works_by_name(database: DatabaseAdapter, load: Load, rows: Rows) -> None:
    database.execute("CREATE TABLE prices (note TEXT DEFAULT 'new', shares INTEGER, symbol TEXT PRIMARY KEY)")
    database.insert("prices", {"symbol": "A", "shares": 0, "note": "mine"})
    data = [{"symbol": "A", "shares": 1}, {"symbol": "B", "shares": 2}]
    assert load(data, mode="merge", key=["symbol"]) == Loaded(inserted=1, updated=1)
    assert rows() == [("mine", 1, "A"), ("new", 2, "B")]


def test_merge_of_nothing_but_a_key(load: Load, rows: Rows) -> None:
    assert load([{"symbol": "A"}], mode="merge", key=["symbol"]) == Loaded(inserted=1)
    assert load([{"symbol": "A"}, {"symbol": "B"}], mode="merge", key=["symbol"]) == Loaded(inserted=1, unchanged=1)
    assert rows() == [("A",), ("B",)]


def test_merge_sees_equal_values_as_equal(load: Load) -> None:
    row = {
        "id": 1,
        "at": datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC),
        "naive": datetime(2026, 1, 2, 3, 4, 5),
        "day": date(2026, 1, 2),
        "price": Decimal("10.250"),
        "ratio": 0.1,
        "bad": float("nan"),
        "flag": True,
        "raw": b"\x00\xff",
        "tags": ["a", None],
    }
    assert load([row], mode="merge", key=["id"]) == Loaded(inserted=1)
    assert load([row], mode="merge", key=["id"]) == Loaded(unchanged=1)
    assert load([{**row, "price": Decimal("10.25")}], mode="merge", key=["id"]) == Loaded(unchanged=1)
    assert load([{**row, "price": Decimal("1E+2")}], mode="merge", key=["id"]) == Loaded(updated=1)
    assert load([{**row, "price": Decimal("100.00000000")}], mode="merge", key=["id"]) == Loaded(unchanged=1)
    assert load([{**row, "price": Decimal("1E-9")}], mode="merge", key=["id"]) == Loaded(updated=1)
    assert load([{**row, "price": Decimal("0.000000001")}], mode="merge", key=["id"]) == Loaded(unchanged=1)


@pytest.mark.parametrize("mode", ["merge", "scd2"])
def test_a_key_without_a_value_is_refused_by_row_and_column(load: Load, rows: Rows, mode: str) -> None:
    for missing in (None, float("nan")):
        load([{"id": 1.0, "n": 1}], mode=mode, key=["id"])
        with pytest.raises(ConstraintError, match="row 2 for prices has no value in id, which the key names"):
            load([{"id": 2.0, "n": 1}, {"id": missing, "n": 1}], mode=mode, key=["id"])
        assert rows("id") == [(1.0,)]


@pytest.mark.parametrize("mode", ["merge", "scd2"])
def test_a_key_that_occurs_twice_is_refused_by_row(load: Load, mode: str) -> None:
    data = [B, A, C, {**A, "shares": 9}]
    with pytest.raises(ConstraintError, match="rows 2 and 4 for prices have the same key, symbol, venue: give each"):
        load(data, mode=mode, key=KEY)
    with pytest.raises(ConstraintError, match=r"rows 1 and 4 .one of 3 keys that occur more than once. for prices"):
        load([A, B, C, A, B, C], mode=mode, key=KEY)


def test_merge_refuses_a_key_that_the_table_has_twice(database: DatabaseAdapter, load: Load) -> None:
    load([A, A, B])
    assert load([B], mode="merge", key=KEY) == Loaded(unchanged=1)
    with pytest.raises(ConstraintError, match="table 'prices' has several rows with one key, symbol, venue"):
        load([A], mode="merge", key=KEY)


@pytest.mark.parametrize("mode", ["merge", "scd2"])
def test_a_key_that_the_data_lacks_is_refused(load: Load, mode: str) -> None:
    with pytest.raises(SchemaError, match="the data for prices has no column id"):
        load([A], mode=mode, key=["id"])


def test_scd2_keeps_a_version_of_each_change(load: Load, rows: Rows) -> None:
    assert load([A, B], mode="scd2", key=KEY, valid_from=MONDAY) == Loaded(inserted=2)
    assert load([A, B], mode="scd2", key=KEY, valid_from=TUESDAY) == Loaded(unchanged=2)
    changed = [{**A, "shares": 9}, C]
    assert load(changed, mode="scd2", key=KEY, valid_from=WEDNESDAY) == Loaded(inserted=1, updated=1, deleted=1)
    found = rows("symbol, shares, CAST(valid_from AS TEXT), CAST(valid_to AS TEXT), is_current")
    days = [(row[0], row[1], row[2][:10], row[3] and row[3][:10], bool(row[4])) for row in found]
    assert days == [
        ("A", 1, "2026-11-02", "2026-11-04", False),
        ("A", 9, "2026-11-04", None, True),
        ("B", 2, "2026-11-02", "2026-11-04", False),
        ("C", 3, "2026-11-04", None, True),
    ]


def test_scd2_opens_a_key_that_comes_back(load: Load, rows: Rows) -> None:
    load([A, B], mode="scd2", key=KEY, valid_from=MONDAY)
    assert load([A], mode="scd2", key=KEY, valid_from=TUESDAY) == Loaded(deleted=1, unchanged=1)
    assert load([A, B], mode="scd2", key=KEY, valid_from=WEDNESDAY) == Loaded(inserted=1, unchanged=1)
    assert [(symbol, bool(now)) for symbol, now in rows("symbol, is_current")] == [
        ("A", True),
        ("B", False),
        ("B", True),
    ]


def test_scd2_of_no_rows_ends_every_version(load: Load, rows: Rows) -> None:
    assert load([], mode="scd2", key=KEY, valid_from=MONDAY) == Loaded()
    load([A, B], mode="scd2", key=KEY, valid_from=MONDAY)
    assert load([], mode="scd2", key=KEY, valid_from=TUESDAY) == Loaded(deleted=2)
    assert load([], mode="scd2", key=KEY, valid_from=WEDNESDAY) == Loaded()
    assert [bool(row[0]) for row in rows("is_current")] == [False, False]


def test_scd2_corrects_the_versions_of_its_own_time(load: Load, rows: Rows) -> None:
    load([A, B], mode="scd2", key=KEY, valid_from=MONDAY)
    load([{**A, "shares": 9}, C], mode="scd2", key=KEY, valid_from=TUESDAY)
    again = load([{**A, "shares": 8}], mode="scd2", key=KEY, valid_from=TUESDAY)
    assert again == Loaded(updated=1, deleted=1)
    assert rows("symbol, shares") == [("A", 1), ("A", 8), ("B", 2)]


def test_scd2_refuses_to_go_back_in_time(load: Load) -> None:
    load([A], mode="scd2", key=KEY, valid_from=TUESDAY)
    with pytest.raises(
        ValidationError, match=r"has versions up to 2026-11-03T06:00:00.00:00, and this load is of 2026"
    ):
        load([], mode="scd2", key=KEY, valid_from=MONDAY)


def test_scd2_refuses_times_that_are_none(database: DatabaseAdapter, load: Load) -> None:
    columns = "symbol TEXT, valid_from TEXT, valid_to TEXT, is_current BOOLEAN"
    database.execute(f"CREATE TABLE prices ({columns})")
    database.insert("prices", {"symbol": "A", "valid_from": "ever", "is_current": True})
    with pytest.raises(SchemaError, match="the column valid_from or valid_to has 'ever', which is no time"):
        load([{"symbol": "A"}], mode="scd2", key=["symbol"])


def test_scd2_without_a_time_uses_that_of_the_load(load: Load, rows: Rows) -> None:
    before = datetime.now(UTC)
    load([A], mode="scd2", key=KEY)
    load([B], mode="scd2", key=KEY)
    found = [moment_of(row[0]) for row in rows("valid_from")]
    assert all(moment is not None and moment >= before for moment in found)
    assert rows("symbol, is_current") in ([("A", 0), ("B", 1)], [("A", False), ("B", True)])


def test_scd2_needs_its_columns_in_a_table_that_exists(database: DatabaseAdapter, load: Load) -> None:
    database.execute("CREATE TABLE prices (symbol TEXT)")
    with pytest.raises(SchemaError, match="table 'prices' has no column valid_from, valid_to, is_current, which scd2"):
        load([{"symbol": "A"}], mode="scd2", key=["symbol"])
    with pytest.raises(SchemaError, match="'valid_to' of the data for prices is one that scd2 writes"):
        load([{"symbol": "A", "valid_to": None}], mode="scd2", key=["symbol"])
