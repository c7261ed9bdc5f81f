"""A content hash depends on the content of a table only."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spine.framework.captures import content_hash
from spine.framework.captures.digest import ContentHasher
from spine.framework.captures.schema_text import type_text

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
microseconds = st.integers(-(2**50), 2**50)

VALUES = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint8(): st.integers(0, 255),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.float16(): st.floats(width=16),
    pa.bool_(): st.booleans(),
    pa.string(): text,
    pa.large_string(): text,
    pa.string_view(): text,
    pa.binary(): st.binary(max_size=8),
    pa.binary(3): st.binary(min_size=3, max_size=3),
    pa.decimal128(9, 2): st.decimals(-9999, 9999, places=2),
    pa.date32(): st.dates(),
    pa.timestamp("us", "UTC"): microseconds,
    pa.duration("us"): microseconds,
    pa.time64("us"): st.integers(0, 86_399_999_999),
    pa.null(): st.none(),
    pa.dictionary(pa.int32(), pa.string()): text,
}
SCALARS = st.sampled_from([(kind, values | st.none()) for kind, values in VALUES.items()])


def _list(kind_and_values):
    kind, values = kind_and_values
    return st.sampled_from([pa.list_(kind), pa.large_list(kind), pa.list_view(kind)]).map(
        lambda outer: (outer, st.lists(values, max_size=3) | st.none())
    )


def _pair(kind_and_values):
    kind, values = kind_and_values
    return st.just((pa.list_(kind, 2), st.lists(values, min_size=2, max_size=2) | st.none()))


def _struct(fields):
    names = [f"f{index}" for index in range(len(fields))]
    kind = pa.struct([(name, field) for name, (field, _) in zip(names, fields, strict=True)])
    row = st.fixed_dictionaries({name: values for name, (_, values) in zip(names, fields, strict=True)})
    return kind, row | st.none()


def _map(kind_and_values):
    kind, values = kind_and_values
    return st.just((pa.map_(pa.string(), kind), st.lists(st.tuples(text, values), max_size=3) | st.none()))


COLUMNS = st.recursive(
    SCALARS,
    lambda inner: (
        inner.flatmap(_list) | inner.flatmap(_pair) | inner.flatmap(_map) | st.lists(inner, max_size=3).map(_struct)
    ),
    max_leaves=4,
)


@st.composite
def tables(draw, min_rows=0):
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=3))
    rows = draw(st.integers(min_rows, 12))
    arrays = [pa.array(draw(st.lists(v, min_size=rows, max_size=rows)), kind) for kind, v in columns]
    return pa.table({f"c{index}": array for index, array in enumerate(arrays)})


def _elsewhere(array, offset):
    """Return the same values at another place in larger buffers."""
    if not len(array):
        return array
    padding = array.slice(0, 1)
    try:
        return pa.concat_arrays([padding] * offset + [array, padding]).slice(offset, len(array))
    except pa.ArrowNotImplementedError:
        return array


@pytest.mark.slow
@given(tables(), st.data())
def test_chunks_slices_and_places_in_memory_make_no_difference(table, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, table.num_rows), max_size=4)))
    borders = [0, *cuts, table.num_rows]
    columns = []
    for column in table.columns:
        chunks = [column.combine_chunks().slice(a, b - a) for a, b in pairwise(borders)]
        offset = data.draw(st.integers(0, 9))
        columns.append(pa.chunked_array([_elsewhere(chunk, offset) for chunk in chunks], column.type))
    rearranged = pa.table(columns, names=table.column_names)
    assert rearranged.to_pylist().__repr__() == table.to_pylist().__repr__()
    assert content_hash(rearranged) == content_hash(table)

    hasher = ContentHasher(table.schema)
    for batch in rearranged.to_batches():
        hasher.update(batch)
    assert hasher.hexdigest() == content_hash(table)


def _cells(table):
    """Return all that a table says, such that equal means the same content."""
    return [[repr(cell) for cell in column.to_pylist()] for column in table.columns]


@pytest.mark.slow
@given(tables(min_rows=1), st.data())
def test_any_change_of_the_rows_changes_the_hash(table, data):
    size = table.num_rows
    picked = data.draw(st.lists(st.integers(0, size - 1), max_size=size + 1))
    other = pa.concat_tables([table.slice(index, 1) for index in picked]) if picked else table.slice(0, 0)
    assert (content_hash(other) == content_hash(table)) is (_cells(other) == _cells(table))


@given(SCALARS, st.data())
def test_any_change_of_one_cell_changes_the_hash(column, data):
    kind, values = column
    cells = data.draw(st.lists(values, min_size=1, max_size=8))
    changed = list(cells)
    changed[data.draw(st.integers(0, len(cells) - 1))] = data.draw(values)
    one, other = pa.table({"c": pa.array(cells, kind)}), pa.table({"c": pa.array(changed, kind)})
    assume(_cells(one) != _cells(other))
    assert content_hash(one) != content_hash(other)


@given(st.lists(st.none() | text))
def test_text_is_text_however_it_is_encoded(values):
    plain = pa.array(values, pa.string())
    encodings = [
        plain.cast(pa.large_string()),
        plain.cast(pa.string_view()),
        plain.dictionary_encode(),
        plain.dictionary_encode(null_encoding="encode"),
        pc.run_end_encode(plain),
    ]
    digests = {content_hash(pa.table({"c": array})) for array in [plain, *encodings]}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array(["", None]), pa.array([None, ""])),
        (pa.array([""]), pa.array([None], pa.string())),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array([0]), pa.array([None], pa.int64())),
        (pa.array([1], pa.int32()), pa.array([1], pa.int64())),
        (pa.array(["1"]), pa.array([1])),
        (pa.array(["a"]), pa.array([b"a"])),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([[]], pa.list_(pa.int64())), pa.array([None], pa.list_(pa.int64()))),
        (pa.array([[1], [2, 3]]), pa.array([[1, 2], [3]])),
        (pa.array([[None]], pa.list_(pa.int64())), pa.array([[]], pa.list_(pa.int64()))),
        (pa.array([{"a": None}], pa.struct([("a", pa.int64())])), pa.array([None], pa.struct([("a", pa.int64())]))),
        (pa.array([{"a": 1}]), pa.array([{"b": 1}])),
        (pa.array([1], pa.timestamp("s")), pa.array([1], pa.timestamp("ms"))),
        (pa.array([1], pa.timestamp("s")), pa.array([1], pa.timestamp("s", "UTC"))),
        (pa.array([b"a" * 16], pa.uuid()), pa.array([b"a" * 16], pa.binary(16))),
        (pa.array([None, None]), pa.array([None])),
    ],
    ids=str,
)
def test_different_data_have_different_hashes(one, other):
    assert content_hash(pa.table({"c": one})) != content_hash(pa.table({"c": other}))


def test_order_and_names_of_columns_matter():
    table = pa.table({"a": [1], "b": [2]})
    digests = {
        content_hash(table),
        content_hash(table.select(["b", "a"])),
        content_hash(table.rename_columns(["b", "a"])),
        content_hash(pa.table({"a": [2], "b": [1]})),
    }
    assert len(digests) == 4


def test_metadata_and_nullability_of_the_schema_do_not_matter():
    table = pa.table({"a": [1], "l": [[1]]})
    schema = pa.schema(
        [
            pa.field("a", pa.int64(), nullable=False, metadata={"unit": "shares"}),
            pa.field("l", pa.list_(pa.field("element", pa.int64()))),
        ],
        metadata={"pandas": "{}"},
    )
    assert content_hash(table.cast(schema)) == content_hash(table)


def test_bytes_under_a_null_do_not_change_the_hash():
    validity = pa.py_buffer(b"\x05")  # the second of three is null
    garbage = pa.array([1, 99, 3]).buffers()[1]
    numbers = pa.Array.from_buffers(pa.int64(), 3, [validity, garbage])
    texts = pa.Array.from_buffers(pa.string(), 3, [validity, *pa.array(["a", "garbage", "c"]).buffers()[1:]])
    lists = pa.Array.from_buffers(
        pa.list_(pa.int64()),
        3,
        [validity, pa.array([[1], [9, 9], [3]]).buffers()[1]],
        children=[pa.array([1, 9, 9, 3])],
    )
    structs = pa.StructArray.from_arrays([pa.array([1, 99, 3])], names=["a"], mask=pa.array([False, True, False]))
    dirty = pa.table({"n": numbers, "t": texts, "l": lists, "s": structs})
    clean = pa.Table.from_pylist(dirty.to_pylist(), schema=dirty.schema)
    assert content_hash(dirty) == content_hash(clean)


def test_a_bitmap_without_a_null_does_not_matter():
    plain = pa.array([1, 2, 3])
    padded = pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\xff" * 64), plain.buffers()[1]])
    assert content_hash(pa.table({"c": padded})) == content_hash(pa.table({"c": plain}))


def test_every_nan_is_the_same():
    quiet = pa.Array.from_buffers(pa.float64(), 2, [None, pa.py_buffer(b"\x01\0\0\0\0\0\xf8\xff" + b"\0" * 8)])
    assert content_hash(pa.table({"c": quiet})) == content_hash(pa.table({"c": [float("nan"), 0.0]}))


def test_unions_and_types_in_them_are_hashed_by_value():
    def union(*values):
        children = [pa.array([v if isinstance(v, int) else 0 for v in values]), pa.array([str(v) for v in values])]
        types = pa.array([0 if isinstance(v, int) else 1 for v in values], pa.int8())
        return pa.UnionArray.from_sparse(types, children)

    def digest(array):
        return content_hash(pa.table({"c": array}))

    assert digest(union(1, "1")) == digest(pa.chunked_array([union(1), union("1")]))
    assert digest(union(1, "1")) != digest(union("1", 1))
    masked = pa.StructArray.from_arrays([union(1, "x")], names=["u"], mask=pa.array([True, False]))
    assert digest(masked) == digest(pa.chunked_array([masked.slice(0, 1), masked.slice(1)]))


def test_a_row_batch_hashes_as_the_table_of_it():
    batch = pa.record_batch({"a": [1, 2]})
    assert content_hash(batch) == content_hash(pa.table(batch))


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (pa.large_string(), "string"),
        (pa.dictionary(pa.int8(), pa.large_string()), "string"),
        (pa.binary_view(), "binary"),
        (pa.decimal128(5, 2), "decimal128(5, 2)"),
        (pa.timestamp("us", "UTC"), "timestamp[us, tz=UTC]"),
        (pa.large_list(pa.large_string()), "list<string>"),
        (pa.list_(pa.int8(), 2), "fixed_size_list<int8>[2]"),
        (pa.struct([("a", pa.int8()), ("b: c", pa.string_view())]), 'struct<a: int8, "b: c": string>'),
        (pa.map_(pa.string(), pa.int8()), "map<string, int8>"),
        (pa.uuid(), 'extension<"arrow.uuid": fixed_size_binary[16]>'),
    ],
    ids=str,
)
def test_types_are_shown_without_their_encoding(kind, shown):
    assert type_text(kind) == shown


def test_the_digest_of_a_table_is_what_it_was_in_the_first_release():
    """A change here would give every capture that exists a needless new revision."""
    table = pa.table(
        {
            "symbol": pa.array(["AAPL", None, ""]),
            "shares": pa.array([1, None, -3]),
            "price": pa.array([Decimal("1.50"), None, Decimal("2.25")], pa.decimal128(3, 2)),
            "ratio": pa.array([0.5, float("nan"), None]),
            "ok": pa.array([True, False, None]),
            "day": pa.array([dt.date(2025, 12, 15), None, dt.date(1969, 1, 1)]),
            "at": pa.array([dt.datetime(2025, 12, 15, 1, 2, 3, tzinfo=dt.UTC), None, None]),
            "tags": pa.array([["a", None], [], None]),
            "venue": pa.array([{"code": "X", "n": 1}, None, {"code": None, "n": 2}]),
        }
    )
    assert content_hash(table) == "3282ed72ff5108fd056d34b00b76a14154e9a83d5aa526d096ada8a721296c02"


def test_it_is_a_sha256_and_one_made_by_hand_for_one_column():
    table = pa.table({"a": pa.array([1, None, 3])})
    header = b'[["a", "int64"]]'
    nulls = hashlib.sha256((1).to_bytes(8, "little")).digest()
    data = hashlib.sha256((1).to_bytes(8, "little") + (3).to_bytes(8, "little")).digest()
    column = hashlib.sha256(b"3\n" + nulls + data).digest()
    by_hand = hashlib.sha256(b"spine content 1\n" + b"3 %d\n" % len(header) + header + column).hexdigest()
    assert content_hash(table) == by_hand
