"""Reading of columns, rows and several partitions of captures."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from spine.core.errors import ConfigError, ValidationError
from spine.framework.captures import CaptureNotFoundError, capture, read_capture
from spine.framework.lineage import Direction, Edge
from spine.framework.work import Work, use_work

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def days(store: Any) -> None:
    """Three days of prices; the last one has a column more."""
    for day, rows in (
        ("2026-01-05", [{"symbol": "ACME", "price": 10}, {"symbol": "BOLT", "price": 43}]),
        ("2026-01-06", [{"symbol": "ACME", "price": 11}]),
        ("2026-01-07", [{"symbol": "ACME", "price": 12, "venue": "X"}]),
    ):
        capture("prices", rows, partition={"day": day})


def prices(**options: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in read_capture("prices", **options).data]


def test_only_the_columns_and_rows_that_were_asked_for_are_read() -> None:
    capture("p", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": None, "b": "z"}])
    found = read_capture("p", columns=["b"], where=[("a", ">", 1)])
    assert found.table.schema.names == ["b"]
    assert found.data == [{"b": "y"}]
    assert read_capture("p", where=[("a", "<=", 2), ("b", "!=", "x")]).data == [{"a": 2, "b": "y"}]
    assert found.batches().read_all().to_pylist() == [{"b": "y"}]


@pytest.mark.usefixtures("days")
def test_all_partitions_are_one_table_with_their_keys() -> None:
    found = read_capture("prices", partitions="all")
    assert found.table.schema.names == ["symbol", "price", "venue", "day"]
    assert [(row["day"], row["price"], row["venue"]) for row in found.data] == [
        ("2026-01-05", 10, None),
        ("2026-01-05", 43, None),
        ("2026-01-06", 11, None),
        ("2026-01-07", 12, "X"),
    ]
    assert [made.partition["day"][-1] for made in found.captures] == ["5", "6", "7"]
    with pytest.raises(ValidationError, match=r"3 captures were read: use \.captures"):
        _ = found.capture


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    ("partitions", "wanted"),
    [
        ([{"day": "2026-01-07"}, {"day": "2026-01-05"}], "57"),
        ({"day": ("2026-01-06", None)}, "67"),
        ({"day": ("2026-01-05", dt.date(2026, 1, 6))}, "56"),
        ({"day": ["2026-01-05", "2026-01-09"]}, "5"),
        ({"day": dt.date(2026, 1, 6)}, "6"),
    ],
)
def test_partitions_are_chosen_by_list_value_or_range(partitions: Any, wanted: str) -> None:
    found = read_capture("prices", partitions=partitions)
    assert "".join(made.partition["day"][-1] for made in found.captures) == wanted


@pytest.mark.usefixtures("days")
def test_columns_and_conditions_may_name_the_keys_of_partitions() -> None:
    assert prices(partitions="all", columns=["day", "price"], where=[("day", ">", "2026-01-05")]) == [
        ("2026-01-06", 11),
        ("2026-01-07", 12),
    ]
    assert prices(partitions="all", columns=["day"], where=[("venue", "=", "X")]) == [("2026-01-07",)]
    assert prices(partitions="all", columns=["price"], where=[("day", "in", ["2026-01-06"])]) == [(11,)]


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"partitions": "every"}, "partitions='every' is not known: use 'all'"),
        ({"partitions": {"day": ("a", "b", "c")}}, "the range of 'day' is"),
        ({"partitions": "all", "columns": ["prise"]}, "capture 'prices' has no column 'prise'; did you mean 'price'?"),
        ({"partitions": "all", "where": [("day", "~", "x")]}, "operator '~' is not known"),
        ({"partitions": "all", "revision": 1}, "read_capture takes partitions, or one partition or revision"),
    ],
)
def test_questions_without_a_meaning_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _ = read_capture("prices", **options).table
    assert sentence in str(caught.value)


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    ("name", "partitions", "sentence"),
    [
        ("prices", [{"day": "2026-01-09"}], "capture 'prices' has no partition"),
        ("prices", {"day": ("2027", None)}, "no partition of capture 'prices' matches; there is -p day=2026-01-07"),
        ("price", "all", "capture 'price' not found; did you mean 'prices'?"),
    ],
)
def test_partitions_that_do_not_exist_are_named(name: str, partitions: Any, sentence: str) -> None:
    with pytest.raises(CaptureNotFoundError) as caught:
        read_capture(name, partitions=partitions)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("options", "pages"),
    [
        ({"partitions": {"page": (2, 10)}}, [2, 10]),
        ({"partitions": {"page": (10, None)}}, [10, 11]),
        ({"partitions": {"page": (None, 2.5)}}, [1, 2]),
        ({"partitions": {"page": ("1", "2")}}, [1, 10, 11, 2]),
        ({"partitions": "all", "where": [("page", ">", 2)]}, [10, 11]),
        ({"partitions": "all", "where": [("page", "<=", 2), ("page", "!=", 1)]}, [2]),
    ],
)
def test_a_range_of_numbers_is_no_range_of_texts(options: dict[str, Any], pages: list[int]) -> None:
    for page in (1, 2, 10, 11):
        capture("pages", [{"a": page}], partition={"page": page})
    capture("pages", [{"a": 0}], partition={"page": "last"})
    assert sorted(row["a"] for row in read_capture("pages", **options).data) == sorted(pages)


def test_a_range_of_a_number_and_a_text_is_refused() -> None:
    capture("pages", [{"a": 1}], partition={"page": 1})
    with pytest.raises(ValidationError, match="give two numbers, or two texts"):
        read_capture("pages", partitions={"page": (1, "9")})


def test_types_that_differ_between_partitions_are_refused_by_column() -> None:
    capture("p", [{"a": 1}], partition={"day": "1"})
    capture("p", [{"a": "x"}], partition={"day": "2"})
    with pytest.raises(ValidationError, match="column 'a' has the type string"):
        _ = read_capture("p", partitions="all").table


def test_all_partitions_as_of_a_moment_are_those_that_were_known_then(store: Any) -> None:
    first = capture("p", [{"a": 1}], partition={"day": "1"})
    capture("p", [{"a": 2}], partition={"day": "1"})
    later = capture("p", [{"a": 3}], partition={"day": "2"})
    known = read_capture("p", partitions="all", as_of=first.captured_at.isoformat())
    assert [row["a"] for row in known.data] == [1]
    assert [row["a"] for row in read_capture("p", partitions="all", as_of=later.captured_at).data] == [2, 3]


def test_each_capture_that_a_step_reads_is_an_edge_once() -> None:
    for day in "12":
        capture("p", [{"a": day}], partition={"day": day})
    with use_work(Work(run_id="r", step="s")) as work:
        for _ in range(3):
            read_capture("p", partitions="all")
        own = capture("q", [{"a": 1}])
        read_capture("q")
    edges = [record for record in work.staged if isinstance(record, Edge)]
    assert [edge.direction for edge in edges] == [Direction.READ, Direction.READ, Direction.WRITE]
    assert edges[-1].reference == own.capture_id


def test_data_becomes_what_other_libraries_work_with() -> None:
    capture("p", pa.table({"a": [1, 2, None], "b": ["x", "y", "z"]}))
    found = read_capture("p", where=[("b", "<", "z")])
    assert found.to_polars().to_dicts() == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert found.to_pandas()["a"].tolist() == [1, 2]
    assert found.to_duckdb().filter("a > 1").fetchall() == [(2, "y")]
    with duckdb.connect() as connection:
        assert found.to_duckdb(connection).aggregate("sum(a)").fetchall() == [(3,)]


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    capture("p", pa.table({"a": [1]}))
    monkeypatch.setitem(sys.modules, "polars", None)  # what Python does for a module that cannot be imported
    with pytest.raises(ConfigError, match="this needs polars: pip install polars"):
        read_capture("p").to_polars()
