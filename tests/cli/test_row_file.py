"""Rows in files: what is written is read back equal, or refused by column."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.cli.row_file import write_rows
from spine.core.errors import ValidationError
from spine.framework.sources import FileSource, SourceMetadata, SourceResult

FORMATS = ("csv", "json", "jsonl", "parquet")
TEXT_FORMATS = ("csv", "json", "jsonl")


def result(data: Any) -> SourceResult:
    return SourceResult.ok(data, SourceMetadata("s", "file"))


def read_back(path: Path, **options: Any) -> list[dict[str, Any]]:
    return FileSource("back", path, **options).fetch().to_result().unwrap()


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\r\t,;"'), max_size=8)
_NUMBER = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
_SCALAR = st.none() | st.booleans() | _NUMBER | _TEXT
_NESTED = st.recursive(
    _SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2), max_leaves=4
)
_NAMES = st.sampled_from(["a", "b", "c ü"])


def same(one: Any, other: Any) -> bool:
    """Return True for equal values of one type: 1 is not 1.0."""
    return repr(one) == repr(other)


@pytest.mark.slow
@given(
    rows=st.lists(st.dictionaries(_NAMES, _NESTED, min_size=1), min_size=1, max_size=4),
    suffix=st.sampled_from(["json", "jsonl"]),
)
def test_rows_in_json_come_back_as_they_were(rows: list[dict[str, Any]], suffix: str) -> None:
    """Missing keys stay missing, nested values nested, 1 is not 1.0."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{suffix}"
        assert write_rows(result(rows), path).to_dict() == {}
        assert same(read_back(path), rows)


_TYPED: dict[str, tuple[Any, str, Any]] = {
    "int": (st.integers(-(2**63), 2**63 - 1), "int64", pa.int64()),
    "float": (st.floats(allow_nan=False, allow_infinity=False), "float64", pa.float64()),
    "bool": (st.booleans(), "bool", pa.bool_()),
    "decimal": (st.decimals(-(10**9), 10**9, places=3), "decimal(20,3)", pa.decimal128(20, 3)),
    "day": (st.dates(), "date", pa.date32()),
    "moment": (st.datetimes(), "timestamp", pa.timestamp("us")),
    "instant": (st.datetimes(timezones=st.just(UTC)), "timestamptz", pa.timestamp("us", "UTC")),
}


@pytest.mark.slow
@given(data=st.data(), suffix=st.sampled_from(FORMATS), as_table=st.booleans())
def test_typed_columns_come_back_equal_with_their_schema(data: st.DataObject, suffix: str, as_table: bool) -> None:
    rows = data.draw(
        st.lists(
            st.fixed_dictionaries({"text": _TEXT, **{name: st.none() | kind for name, (kind, _, _) in _TYPED.items()}}),
            min_size=1,
            max_size=4,
        )
    )
    fields = [pa.field("text", pa.string()), *(pa.field(name, kind) for name, (_, _, kind) in _TYPED.items())]
    given_data = pa.Table.from_pylist(rows, schema=pa.schema(fields)) if as_table else rows
    schema = {name: kind for name, (_, kind, _) in _TYPED.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{suffix}"
        write_rows(result(given_data), path)
        back = read_back(path, **({"schema": schema} if suffix == "csv" else {}))
    if suffix in ("json", "jsonl"):
        rows = [{name: _as_json(value) for name, value in row.items()} for row in rows]
    assert back == rows


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"\xde", "holds bytes"),
        (timedelta(1), "holds timedelta"),
        (float("-inf"), "holds an infinity"),
        (Decimal("Infinity"), "holds an infinity"),
        ([{"a": b""}], "holds bytes"),
        ({1: 2}, "has a key of type int"),
        ("\ud800", ".*half of a surrogate pair"),
    ],
)
def test_a_value_that_text_cannot_hold_is_refused_by_column(tmp_path: Path, suffix: str, value: Any, said: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_text("old")
    with pytest.raises(ValidationError, match=f"rows.{suffix}: column 'bad' {said}"):
        write_rows(result([{"good": 1, "bad": None}, {"good": 1, "bad": value}]), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_nan_is_null_in_text_and_is_reported(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    table = pa.table({"x": [1.5, float("nan")], "y": [1, 2]})
    assert write_rows(result(table), path).to_dict() == {"nan_as_null": ["x"]}
    options = {"schema": {"x": "float64", "y": "int64"}} if suffix == "csv" else {}
    assert read_back(path, **options) == [{"x": 1.5, "y": 1}, {"x": None, "y": 2}]


def test_nan_and_nanoseconds_stay_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = pa.table({"x": [float("nan")], "at": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))})
    write_rows(result(table), path)
    back = FileSource("back", path).fetch().table
    assert back is not None
    assert back.schema.field("at").type == pa.timestamp("ns")
    assert back["at"].cast(pa.int64()).to_pylist() == [1_700_000_000_123_456_789]


def test_nulls_and_empty_texts_in_one_column_of_csv_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="column 'a' holds nulls and empty texts"):
        write_rows(result([{"a": ""}, {}]), tmp_path / "rows.csv")


def test_nested_values_are_json_text_in_csv_and_rows_may_lack_keys(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = [{"id": 1, "m": {"a": 1.0, "ü": [None]}}, {"id": 2, "m": {}}, {"id": 3}]
    assert write_rows(result(rows), path).to_dict() == {"json_text": ["m"]}
    texts = ['{"a": 1.0, "ü": [null]}', "{}", ""]
    assert read_back(path) == [{"id": str(number), "m": text} for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    "values", [[{}], [{"a": 1}, {"b": 1}], [{"a": 1}, {"a": "x"}], [[1, 1.5]], [[1], {"a": 1}], [{"a": 1}, 5]]
)
def test_nested_values_that_arrow_would_change_are_json_text_in_parquet(tmp_path: Path, values: list[Any]) -> None:
    path = tmp_path / "rows.parquet"
    assert write_rows(result([{"v": value} for value in values]), path).to_dict() == {"json_text": ["v"]}
    import json

    assert [same(json.loads(row["v"]), value) for row, value in zip(read_back(path), values, strict=True)]


def test_nested_values_that_arrow_keeps_are_nested_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = [{"v": {"a": 1, "b": [1.5, None]}, "w": [datetime(2026, 1, 2)]}, {"v": {"a": 2, "b": []}, "w": None}]
    assert write_rows(result(rows), path).to_dict() == {}
    assert read_back(path) == rows


def test_mixed_types_are_written_to_json_and_refused_by_column_in_parquet(tmp_path: Path) -> None:
    rows = [{"id": 1, "v": 1}, {"id": 2, "v": "x"}]
    write_rows(result(rows), tmp_path / "rows.json")
    assert read_back(tmp_path / "rows.json") == rows
    write_rows(result(rows), tmp_path / "rows.csv")
    assert read_back(tmp_path / "rows.csv") == [{"id": "1", "v": "1"}, {"id": "2", "v": "x"}]
    with pytest.raises(ValidationError, match="column 'v' does not fit one Arrow type"):
        write_rows(result(rows), tmp_path / "rows.parquet")


def test_an_arrow_type_that_parquet_lacks_is_refused_by_column(tmp_path: Path) -> None:
    table = pa.table({"good": [1], "bad": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})
    with pytest.raises(ValidationError, match="column 'bad' is of the Arrow type month_day_nano_interval"):
        write_rows(result(table), tmp_path / "rows.parquet")


def test_a_key_that_a_row_lacks_is_null_in_parquet(tmp_path: Path) -> None:
    write_rows(result([{"a": 1}, {"b": 2}]), tmp_path / "rows.parquet")
    assert read_back(tmp_path / "rows.parquet") == [{"a": 1, "b": None}, {"a": None, "b": 2}]


def test_bytes_without_rows_are_refused(tmp_path: Path) -> None:
    raw = SourceResult.ok_raw(b"x", SourceMetadata("s", "file"))
    with pytest.raises(ValidationError, match="gives bytes and no rows"):
        write_rows(raw, tmp_path / "rows.csv")
