"""Parquet and Arrow IPC files: bounded by what they hold when it is expanded, whatever their footers say."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from spine.core.errors import ParseError
from spine.core.tables import to_rows
from spine.formats.columnar import ColumnarFile
from spine.formats.fileformat import FileFormat

MIB = 1 << 20
LONG = "x" * 100_000


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """The most bytes that Arrow has had at once in this test."""
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    yield pool.max_memory
    pa.set_memory_pool(before)


def repeated(rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([LONG]))


def parquet(table: pa.Table, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", **{"store_schema": False, **options})
    return file


def arrow(table: pa.Table, *, as_file: bool, compression: str | None = "zstd") -> io.BytesIO:
    file = io.BytesIO()
    writing = ipc.new_file if as_file else ipc.new_stream
    with writing(file, table.schema, options=ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return file


def columnar(file: io.BytesIO, kind: str = "parquet", max_bytes: int | None = None) -> ColumnarFile:
    return ColumnarFile(file, "a file", FileFormat(kind), max_bytes)


BOMBS: dict[str, Callable[[], io.BytesIO]] = {
    "text": lambda: parquet(pa.table({"a": repeated(50_000)})),
    "binary": lambda: parquet(pa.table({"a": repeated(50_000).cast(pa.dictionary(pa.int32(), pa.binary()))})),
    "in structs": lambda: parquet(pa.table({"a": pa.StructArray.from_arrays([repeated(50_000)], ["b"])})),
    "in lists": lambda: parquet(pa.table({"a": pa.ListArray.from_arrays(list(range(50_001)), repeated(50_000))})),
    "of a fixed width": lambda: parquet(
        pa.table({"a": pa.array([b"x" * 100_000], pa.binary(100_000)).take(pa.array([0] * 3000))})
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_parquet_that_expands_beyond_max_bytes_is_refused_before_it_is_expanded(bomb: str, peak: Callable[[], int]):
    file = BOMBS[bomb]()
    before = peak() if bomb == "of a fixed width" else 0  # which is written expanded
    for read in (
        lambda: columnar(file, max_bytes=MIB).read(None),
        lambda: list(columnar(file, max_bytes=MIB).stream(None, 1000)),
    ):
        with pytest.raises(ParseError, match="a file has more than 1,048,576 bytes; if that is right, raise max_bytes"):
            read()
    assert peak() <= max(before, 160 * MIB)


def test_without_max_bytes_a_small_file_has_a_limit_too(peak: Callable[[], int]):
    with pytest.raises(ParseError, match="a file has more than 268,435,456 bytes"):
        columnar(BOMBS["text"]()).read(None)
    assert peak() < 400 * MIB


def test_a_stream_without_max_bytes_keeps_its_memory_bounded(peak: Callable[[], int]):
    tables = columnar(BOMBS["text"]()).stream(None, 50_000)
    assert sum(next(tables).num_rows for _ in range(20)) > 10_000
    assert peak() < 400 * MIB


@pytest.mark.parametrize("as_file", [True, False])
def test_compressed_arrow_ipc_is_refused_before_it_is_decompressed(as_file: bool):
    body = arrow(pa.table({"a": pa.array([LONG] * 1000)}), as_file=as_file)
    before, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    try:
        with pytest.raises(ParseError, match="a file has more than 1,048,576 bytes"):
            columnar(body, "arrow", MIB).read(None)
        with pytest.raises(ParseError, match="a file has more than 1,048,576 bytes"):
            next(columnar(body, "arrow", MIB).stream(None, 10))
    finally:
        pa.set_memory_pool(before)
    assert pool.max_memory() < 2 * MIB


@pytest.mark.parametrize("as_file", [True, False])
def test_a_dictionary_of_arrow_ipc_counts_as_expanded(as_file: bool):
    body = arrow(pa.table({"a": repeated(1000)}), as_file=as_file)
    with pytest.raises(ParseError, match="a file has more than 10,000,000 bytes"):
        columnar(body, "arrow", 10_000_000).read(None)
    assert columnar(body, "arrow", 110_000_000).read(None).num_rows == 1000


def test_arrow_ipc_whose_end_names_other_batches_is_damaged():
    def written(count: int) -> bytes:
        file, table = io.BytesIO(), pa.table({"a": [1, 2, 3]})
        with ipc.new_file(file, table.schema) as writer:
            for _ in range(count):
                writer.write_table(table)
        return file.getvalue()

    def end(data: bytes) -> int:
        return len(data) - 10 - int.from_bytes(data[-10:-6], "little")

    one, two = written(1), written(2)
    swapped = two[: end(two)] + one[end(one) :]
    assert columnar(io.BytesIO(two), "arrow").read(None).num_rows == 6
    with pytest.raises(ParseError, match="its end names 1 record batches, and it holds 2"):
        columnar(io.BytesIO(swapped), "arrow").read(None)


SCALARS = {
    "text": pa.array(["a", None, "b"]),
    "binary": pa.array([b"x", None, b"y"]),
    "large text": pa.array(["a", "b", None], pa.large_string()),
    "a text view": pa.array(["a"] * 3, pa.string_view()),
    "categories": pa.array(["a", "a", None]).dictionary_encode(),
    "numbered categories": pa.DictionaryArray.from_arrays(pa.array([0, 0, 1], pa.int8()), pa.array([5, 6])),
    "nothing": pa.nulls(3),
    "lists": pa.array([["a", "a"], None, []]),
    "views of lists": pa.array([["a"], None, []], pa.list_view(pa.string())),
    "lists of structs": pa.array([[{"x": "a"}], [], None]),
    "structs": pa.array([{"x": "a", "y": 1}, None, {"x": "b", "y": 2}]),
    "maps": pa.array([[("k", "v")], None, []], pa.map_(pa.string(), pa.string())),
    "JSON": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"] * 3)),
    "fixed width": pa.array([b"abcd"] * 3, pa.binary(4)),
}


@pytest.mark.parametrize("store_schema", [True, False])
@pytest.mark.parametrize("name", SCALARS)
def test_parquet_is_read_with_the_types_that_it_has(name: str, store_schema: bool):
    try:
        file = parquet(pa.table({"a": SCALARS[name]}), store_schema=store_schema)
    except pa.ArrowNotImplementedError:
        pytest.skip(f"pyarrow {pa.__version__} writes no {name}")
    expected = pq.read_table(file)
    assert columnar(file).read(None).equals(expected)
    assert pa.concat_tables(columnar(file).stream(None, 2)).equals(expected)


@pytest.mark.parametrize("name", [name for name in SCALARS if name not in ("views of lists",)])
@pytest.mark.parametrize("as_file", [True, False])
def test_arrow_ipc_is_read_with_the_types_that_it_has(name: str, as_file: bool):
    table = pa.table({"a": SCALARS[name]})
    assert columnar(arrow(table, as_file=as_file), "arrow").read(None).equals(table)


def test_the_cells_of_a_dictionary_are_one_python_object():
    rows = to_rows(pa.table({"a": repeated(1000), "b": range(1000)}))
    assert len({id(row["a"]) for row in rows}) == 1
    assert to_rows(pa.table({"a": pa.array(["x", None]).dictionary_encode()})) == [{"a": "x"}, {"a": None}]


@pytest.mark.parametrize("as_file", [True, False])
def test_arrow_ipc_whose_lists_reach_beyond_their_values_is_damaged(as_file: bool):
    content = arrow(pa.table({"a": [[1, 2]] * 100}), as_file=as_file, compression=None).getvalue()
    offsets = struct.pack("<4i", 0, 2, 4, 6)
    damaged = content.replace(offsets, struct.pack("<4i", 99_999, 2, 4, 6))
    assert damaged != content
    for read in (lambda file: file.read(None), lambda file: list(file.stream(None, 10))):
        with pytest.raises(ParseError, match="is not a complete Arrow IPC file"):
            read(columnar(io.BytesIO(damaged), "arrow"))
