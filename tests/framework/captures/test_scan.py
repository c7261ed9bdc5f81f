"""Scans of payloads: some columns and rows, of which only what is needed is read."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spine.core.errors import StorageError, ValidationError
from spine.framework.captures import DamagedCaptureError, PayloadStore, content_hash
from spine.framework.captures.draft import ROW_GROUP_ROWS
from spine.framework.captures.payloads import MemoryPayloads, Payloads

ROWS = pa.table(
    {
        "symbol": ["AAPL", None, "NA", "MSFT"],
        "shares": [1, 2, None, 4],
        "price": [1.5, math.nan, None, -0.5],
        "day": [date(2026, 1, 5), date(2026, 1, 6), None, date(2026, 1, 8)],
    }
)
BIG = 3 * ROW_GROUP_ROWS
PYTHON = {"=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
PYTHON |= {">": operator.gt, ">=": operator.ge, "in": lambda value, all_: any(value == each for each in all_)}
PYTHON |= {"not in": lambda value, all_: not any(value == each for each in all_)}


@pytest.fixture(params=["files", "memory"])
def payloads(request: pytest.FixtureRequest, root: Path) -> Payloads:
    return PayloadStore(root) if request.param == "files" else MemoryPayloads()


def keep(payloads: Payloads, table: pa.Table) -> str:
    return payloads.write("x", content_hash(table), table)[0]


def scanned(payloads: Payloads, table: pa.Table, **options: Any) -> pa.Table:
    return payloads.scan(keep(payloads, table), **options).read_all()


def test_without_columns_and_conditions_all_is_read(payloads):
    assert content_hash(scanned(payloads, ROWS)) == content_hash(ROWS)
    assert scanned(payloads, ROWS.slice(0, 0)).equals(ROWS.slice(0, 0))


def test_columns_come_in_the_order_asked_for(payloads):
    assert scanned(payloads, ROWS, columns=["shares", "symbol"]).equals(ROWS.select(["shares", "symbol"]))


def test_no_columns_still_count_the_rows(payloads):
    assert scanned(payloads, ROWS, columns=[], where=[("shares", ">", 1)]).num_rows == 2


@pytest.mark.parametrize(
    ("where", "symbols"),
    [
        ([("shares", "=", 1)], ["AAPL"]),
        ([("shares", "==", 4.0)], ["MSFT"]),
        ([("shares", "!=", 1)], [None, "MSFT"]),
        ([("shares", "<", 4)], ["AAPL", None]),
        ([("shares", ">=", 2), ("symbol", "<=", "MSFT")], ["MSFT"]),
        ([("shares", ">", 2**70)], []),
        ([("shares", ">", Decimal("1.5"))], [None, "MSFT"]),
        ([("symbol", "in", ["NA", "AAPL", "none"])], ["AAPL", "NA"]),
        ([("symbol", "not in", ["NA", "AAPL"])], ["MSFT"]),
        ([("symbol", "in", [])], []),
        ([("symbol", "not in", ())], ["AAPL", "NA", "MSFT"]),
        ([("shares", "not in", [1, 7.5])], [None, "MSFT"]),
        ([("price", "!=", 1.5)], [None, "MSFT"]),
        ([("price", "not in", [1.5])], [None, "MSFT"]),
        ([("day", ">", date(2026, 1, 5)), ("day", "!=", date(2026, 1, 8))], [None]),
        ([("day", "<", datetime(2026, 1, 5, 12))], ["AAPL"]),
    ],
)
def test_conditions_hold_all_and_null_fulfils_none(payloads, where, symbols):
    assert scanned(payloads, ROWS, columns=["symbol"], where=where)["symbol"].to_pylist() == symbols


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pa.array([1, 2, None], pa.timestamp("s")), datetime(1970, 1, 1, 0, 0, 1)),
        (pa.array([1, 2, None], pa.timestamp("s", "UTC")), datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (pa.array([1, 2, None], pa.timestamp("ns")), datetime(1970, 1, 1)),
        (pa.array([1, 2, None], pa.time32("s")), time(0, 0, 1)),
        (pa.array([86_400_000, 0, None], pa.date64()), date(1970, 1, 2)),
        (pa.array([1, 2, None], pa.duration("s")), timedelta(seconds=1)),
        (pa.array(["a", "b", None]).dictionary_encode(), "a"),
        (pa.array(["a", "b", None], pa.large_string()), "a"),
        (pa.array(["a", "b", None], pa.string_view()), "a"),
        (pa.array([b"a", b"b", None]), b"a"),
        (pa.array([1.5, 2.5, None], pa.float16()), 1.5),
        (pa.array([2**64 - 1, 1, None], pa.uint64()), 2**64 - 1),
        (pa.array([Decimal("1.5"), Decimal("10.25"), None], pa.decimal128(38, 10)), 1.5),
        (pa.array([Decimal("2"), Decimal("10.25"), None], pa.decimal128(38, 10)), 2),
        (pa.array([True, False, None]), True),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_types_are_compared_and_come_back_as_written(payloads, values, wanted):
    table = pa.table({"n": list(range(3)), "c": values})
    found = scanned(payloads, table, columns=["c", "n"], where=[("c", "=", wanted)])
    assert found.schema.equals(table.select(["c", "n"]).schema)
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        assert found["n"].to_pylist() == []
    else:
        assert found["n"].to_pylist() == [0]
    assert scanned(payloads, table, columns=["n"], where=[("c", "in", [wanted])]).equals(found.select(["n"]))


def test_a_negative_number_is_less_than_all_that_have_no_sign(payloads):
    table = pa.table({"n": pa.array([2**64 - 1, 0], pa.uint64())})
    assert scanned(payloads, table, where=[("n", ">", -1)]).num_rows == 2


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"columns": ["sharse"]}, r"column 'sharse' does not exist; there is symbol, shares, price, day"),
        ({"where": [("sharse", "=", 1)]}, r"column 'sharse' does not exist; there is symbol, shares, price, day"),
        ({"where": [("shares", "~", 1)]}, r"column 'shares': '~' is no operator: use one of =, ==, !=, <"),
        ({"where": [("shares", "=", "1")]}, r"column 'shares' is of type int64 and cannot be compared with str '1'"),
        ({"where": [("shares", "=", None)]}, r"column 'shares' .* cannot be compared with None, which equals nothing"),
        ({"where": [("shares", "in", [1, "x"])]}, r"column 'shares' .* cannot be compared with str 'x'"),
        ({"where": [("shares", "=", True)]}, r"column 'shares' .* cannot be compared with bool True"),
        ({"where": [("symbol", "in", "AAPL")]}, r"column 'symbol': 'in' and 'not in' take a list of values"),
        ({"where": [("day", ">", "2026-01-05")]}, r"column 'day' is of type date32\[day\] and cannot be compared"),
        ({"where": [("symbol", "=", object())]}, r"column 'symbol' .* cannot be compared with object"),
        ({"where": [("symbol", "=", "\ud800")]}, r"column 'symbol' .* cannot be compared with str"),
        ({"where": ["shares > 1"]}, r"a condition is \(column, operator, value\)"),
    ],
)
def test_what_cannot_be_asked_is_a_validation_error_before_anything_is_read(payloads, options, complaint):
    location = keep(payloads, ROWS)
    with pytest.raises(ValidationError, match=complaint):
        payloads.scan(location, **options)


def test_columns_of_the_same_name_are_scanned_only_together(payloads):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "b"])
    assert scanned(payloads, table).equals(table)
    assert scanned(payloads, table, columns=["b"]).equals(table.select(["b"]))
    with pytest.raises(ValidationError, match="column 'a' occurs more than once"):
        scanned(payloads, table, columns=["a"])


def test_a_name_with_a_dot_is_not_a_part_of_another_column(payloads):
    table = pa.table({"a": [{"b": 1, "c": 2}], "a.b": [3], "list": [[1, 2]]})
    for columns in (["a.b"], ["a"], ["list", "a.b", "a"]):
        assert scanned(payloads, table, columns=columns).equals(table.select(columns))


numbers = st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
reals = st.none() | st.sampled_from([0.0, -0.0, 1.5, -1.5, math.nan, math.inf]) | st.floats()
texts = st.none() | st.sampled_from(["", "a", "b", "NA"]) | st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(numbers, reals, texts), max_size=9),
    group=st.integers(1, 4),
    which=st.sampled_from([("n", numbers), ("r", reals), ("t", texts)]),
    compare=st.sampled_from(sorted(PYTHON)),
    data=st.data(),
)
def test_a_scan_gives_the_rows_that_python_would(tmp_path, monkeypatch, rows, group, which, compare, data):
    """Row groups of a few rows are skipped by their statistics."""
    column, values = which
    known = values.filter(lambda value: value is not None)
    value = data.draw(st.lists(known, max_size=3) if "in" in compare else known)
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    types = {"n": pa.int64(), "r": pa.float64(), "t": pa.string()}
    table = pa.table([pa.array(c, t) for c, t in zip(columns, types.values(), strict=True)], names=list(types))
    monkeypatch.setattr("spine.framework.captures.draft.ROW_GROUP_ROWS", group)
    expected = [row for row in table.to_pylist() if row[column] is not None and PYTHON[compare](row[column], value)]
    found = scanned(PayloadStore(tmp_path / os.urandom(8).hex()), table, where=[(column, compare, value)])
    assert repr(found.to_pylist()) == repr(expected)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of bytes of each read of a payload's file."""
    found: list[int] = []
    pread: Callable[..., bytes] = os.pread

    def counted(descriptor: int, count: int, place: int) -> bytes:
        found.append(count)
        return pread(descriptor, count, place)

    monkeypatch.setattr("os.pread", counted)
    return found


@pytest.mark.slow
def test_only_the_columns_and_row_groups_that_are_needed_are_read(root, reads):
    noise = [os.urandom(8) for _ in range(BIG)]
    table = pa.table({"id": range(BIG), "noise": noise, "more": noise})
    store = PayloadStore(root)
    location, size = store.write("x", content_hash(table), table)
    reads.clear()
    found = store.scan(location, columns=["noise"], where=[("id", ">=", BIG - 5)]).read_all()
    assert found["noise"].to_pylist() == noise[-5:]
    assert sum(reads) < size / 3


def test_batches_come_before_the_file_is_read_to_its_end(root, reads):
    """Memory is bounded by a few row groups."""
    table = pa.table({"noise": pa.array([os.urandom(8) for _ in range(ROW_GROUP_ROWS)] * 20)})
    store = PayloadStore(root)
    location, size = store.write("x", content_hash(table), table)
    reads.clear()
    batches = store.scan(location)
    batches.read_next_batch()
    assert sum(reads) < size / 2
    assert sum(batch.num_rows for batch in batches) + ROW_GROUP_ROWS == table.num_rows


def test_a_file_of_an_earlier_version_is_scanned(root):
    store = PayloadStore(root)
    location = keep(store, ROWS)
    pq.write_table(ROWS, root / location, compression="zstd", write_page_checksum=True)
    assert store.scan(location, columns=["symbol"], where=[("shares", "=", 4)]).read_all().num_rows == 1
    pq.write_table(ROWS.slice(1), root / location, compression="zstd", write_page_checksum=True)
    with pytest.raises(DamagedCaptureError, match="is damaged"):
        store.scan(location, columns=["symbol"])


def test_a_missing_payload_is_said_before_a_batch_is_read(payloads):
    with pytest.raises(StorageError, match=r"is missing|not in this process's memory"):
        payloads.scan(f"x/{'0' * 64}.parquet")


def test_damage_is_an_error_of_the_batch_that_has_it(root):
    table = pa.table({"noise": pa.array([os.urandom(8) for _ in range(BIG)])})
    store = PayloadStore(root)
    location, size = store.write("x", content_hash(table), table)
    good = (root / location).read_bytes()
    (root / location).write_bytes(good[: size - 10_000] + bytes([good[size - 10_000] ^ 1]) + good[size - 9_999 :])
    batches = store.scan(location)
    assert batches.read_next_batch().num_rows == ROW_GROUP_ROWS
    with pytest.raises(DamagedCaptureError, match="is damaged"):
        batches.read_all()
