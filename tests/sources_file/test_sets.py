"""Several files as one: the same answer whole and in parts, and one schema."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import SpineError
from spine_sources_file.source import FileSource


def outcome(read: Any) -> Any:
    """Return what was read, or the sentence of the refusal."""
    try:
        return read()
    except SpineError as error:
        return str(error)


def three_ways(source: FileSource) -> tuple[Any, Any, Any]:
    fetched = outcome(lambda: source.fetch().to_result().unwrap())
    streamed = outcome(lambda: [row for batch in source.stream() for row in batch])
    batches = outcome(lambda: list(source.batches()))
    if isinstance(batches, list):
        assert len({str(batch.schema) for batch in batches}) <= 1
        batches = [row for batch in batches for row in batch.to_pylist()]
    return fetched, streamed, batches


CELLS = st.sampled_from(["1", "x", "", '"', '"a', 'b"c', " ", "é", "\n", ","])
TEXTS = st.lists(st.lists(CELLS, max_size=3).map(",".join), max_size=4).map("\n".join)


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(["a,b", "b,a", "a", "a,c"]), TEXTS), min_size=1, max_size=3))
def test_delimited_files_are_read_alike_whole_and_in_parts(files):
    with TemporaryDirectory() as folder:
        for number, (header, body) in enumerate(files):
            Path(folder, f"{number}.csv").write_text(f"{header}\n{body}\n")
        fetched, streamed, batches = three_ways(FileSource("s", f"{folder}/*.csv", allow_empty=True))
    assert fetched == streamed == batches


VALUES = st.sampled_from([None, 1, 2**62, 0.5, "x", True, [1], {"k": 1}, 12345678901234567])


@given(st.lists(st.lists(st.dictionaries(st.sampled_from("ab"), VALUES), max_size=3), min_size=1, max_size=3))
def test_json_lines_are_read_alike_whole_and_in_parts(files):
    with TemporaryDirectory() as folder:
        for number, rows in enumerate(files):
            Path(folder, f"{number}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        source = FileSource("s", f"{folder}/*.jsonl", allow_empty=True)
        fetched, streamed, _ = three_ways(source)
    assert fetched == streamed


TYPES = [pa.null(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.bool_()]


@pytest.mark.slow
@given(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
def test_parquet_files_are_read_alike_whole_and_in_parts(kinds):
    with TemporaryDirectory() as folder:
        for number, kind in enumerate(kinds):
            value = None if pa.types.is_null(kind) else pa.scalar(1, pa.int64()).cast(kind).as_py()
            pq.write_table(pa.table({"a": pa.array([value, None], kind)}), Path(folder, f"{number}.parquet"))
        fetched, streamed, batches = three_ways(FileSource("s", f"{folder}/*.parquet"))
    assert fetched == streamed == batches


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (pa.null(), pa.string(), pa.string()),
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.float64(), pa.float32(), pa.float64()),
    ],
)
def test_the_types_of_a_set_become_the_one_that_holds_all_values(tmp_path, one, other, common):
    for name, kind in (("1", one), ("2", other)):
        pq.write_table(pa.table({"a": pa.array([None], kind)}), tmp_path / f"{name}.parquet")
    source = FileSource("s", tmp_path / "*.parquet")
    assert source.fetch().table.schema.field("a").type == common
    assert {batch.schema.field("a").type for batch in source.batches()} == {common}


def test_types_that_have_no_common_one_are_refused_with_both_files(tmp_path):
    for name, kind in (("1", pa.int64()), ("2", pa.string())):
        pq.write_table(pa.table({"a": pa.array([None], kind)}), tmp_path / f"{name}.parquet")
    fetched, streamed, batches = three_ways(FileSource("s", tmp_path / "*.parquet"))
    assert fetched == streamed == batches
    assert "2.parquet has string in column 'a', and" in fetched
    assert fetched.endswith("1.parquet has int64; read them separately")


def test_a_timestamp_that_nanoseconds_cannot_hold_is_read_from_int96(tmp_path):
    from datetime import datetime

    until = datetime(9999, 12, 31)
    table = pa.table({"until": pa.array([until], pa.timestamp("us"))})
    pq.write_table(table, tmp_path / "s.parquet", use_deprecated_int96_timestamps=True)
    fetched, streamed, batches = three_ways(FileSource("s", tmp_path / "s.parquet"))
    assert fetched == streamed == batches == [{"until": until}]
