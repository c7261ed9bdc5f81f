"""Digest of a table's content, independent of its layout in memory.

Every column has its own hashes: the positions of its nulls and, of the values that are not null, the bytes and, for
types of variable length, the lengths. Chunks, slices, padding, bitmaps without a null and the bytes under a null make
no difference; the order of rows and columns does. All encodings of text (large, view, dictionary, run-end) are equal.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from spine.framework.captures.schema_text import is_extension, is_list, is_text, schema_text, type_text

if TYPE_CHECKING:
    import pyarrow as pa

_FORMAT = b"spine content 1\n"  # bump with any change below that changes a digest
_WORTH_THREADS = 2**24  # bytes; a column's hash does not depend on the others, and hashing does not hold the GIL
_OFFSET = struct.Struct("=q")


def content_hash(table: pa.Table | pa.RecordBatch) -> str:
    """Return the SHA-256 of column names, types and values, in hexadecimal."""
    hasher = ContentHasher(table.schema)
    hasher.update(table)
    return hasher.hexdigest()


class ContentHasher:
    """Incremental `content_hash` of a table in pieces, all of the schema given first."""

    def __init__(self, schema: pa.Schema) -> None:
        self._header = json.dumps(schema_text(schema)).encode()
        self._columns = [_hasher(field.type) for field in schema]
        self.row_count = 0

    def update(self, data: pa.Table | pa.RecordBatch) -> None:
        """Add the rows of `data`."""
        self.row_count += data.num_rows
        columns = list(zip(self._columns, data.columns, strict=True))
        if data.nbytes < _WORTH_THREADS or len(columns) < 2:
            for hasher, column in columns:
                _update(hasher, column)
            return
        with ThreadPoolExecutor(min(len(columns), os.cpu_count() or 1)) as pool:
            for done in [pool.submit(_update, hasher, column) for hasher, column in columns]:
                done.result()

    def hexdigest(self) -> str:
        """Return the digest of the rows so far."""
        total = hashlib.sha256(_FORMAT)
        total.update(b"%d %d\n%s" % (self.row_count, len(self._header), self._header))
        for hasher in self._columns:
            total.update(hasher.digest())
        return total.hexdigest()


def _update(hasher: _Column, column: pa.ChunkedArray | pa.Array) -> None:
    for chunk in getattr(column, "chunks", [column]):
        hasher.update(chunk)


def _hasher(data_type: pa.DataType) -> _Column:
    """Return the hasher of one column of `data_type`."""
    from pyarrow import types as is_

    if is_.is_dictionary(data_type) or is_.is_run_end_encoded(data_type):
        return _Encoded(data_type.value_type)
    if is_extension(data_type):
        return _Extension(data_type.storage_type)
    if is_text(data_type) or type_text(data_type) == "binary":
        return _Bytes()
    if is_list(data_type):
        return _List(data_type.value_type)
    if is_.is_map(data_type):
        return _Map(data_type)
    if is_.is_struct(data_type):
        # reading the nulls of such a field in a null struct aborts the process
        odd = any(is_.is_union(field.type) or is_.is_run_end_encoded(field.type) for field in data_type)
        return _PythonValues() if odd else _Struct(data_type)
    if is_.is_null(data_type):
        return _Column()
    if is_.is_union(data_type):
        return _PythonValues()
    return _FixedWidth()


class _Column:
    """Hasher of one column: counts cells and records the nulls; a subclass hashes the values."""

    def __init__(self) -> None:
        self._count = 0
        self._nulls = hashlib.sha256()

    def update(self, array: pa.Array) -> None:
        array = self._decoded(array)
        if array.null_count:
            import pyarrow.compute as pc

            positions = pc.add(pc.indices_nonzero(array.is_null()), self._count)
            self._nulls.update(_fixed_bytes(positions.cast("uint64")))
        self._count += len(array)
        self._values(array)

    def digest(self) -> bytes:
        total = hashlib.sha256(b"%d\n" % self._count)
        for part in (self._nulls.digest(), *self._parts()):
            total.update(part)
        return total.digest()

    def _decoded(self, array: pa.Array) -> pa.Array:
        return array

    def _values(self, array: pa.Array) -> None:
        """Hash the values that are not null."""

    def _parts(self) -> Iterator[bytes]:
        yield from ()


class _FixedWidth(_Column):
    """Types of fixed width: numbers, booleans, times, decimals and others."""

    def __init__(self) -> None:
        super().__init__()
        self._data = hashlib.sha256()

    def _values(self, array: pa.Array) -> None:
        import pyarrow as pa

        array = array.drop_null()
        if pa.types.is_boolean(array.type):
            array = array.cast(pa.uint8())  # bits would make the digest depend on chunk offsets
        elif pa.types.is_floating(array.type):
            array = _one_nan(array)
        self._data.update(_fixed_bytes(array))

    def _parts(self) -> Iterator[bytes]:
        yield self._data.digest()


class _Bytes(_Column):
    """Text and binary."""

    def __init__(self) -> None:
        super().__init__()
        self._lengths = hashlib.sha256()
        self._data = hashlib.sha256()

    def _decoded(self, array: pa.Array) -> pa.Array:
        return array.cast("large_binary")  # 64-bit offsets, without copying text

    def _values(self, array: pa.Array) -> None:
        import pyarrow.compute as pc

        array = array.drop_null()
        self._lengths.update(_fixed_bytes(pc.binary_length(array)))
        _, offsets, data = array.buffers()
        if len(array) and data is not None:
            start, end = (
                _OFFSET.unpack_from(offsets, 8 * index)[0] for index in (array.offset, array.offset + len(array))
            )
            self._data.update(memoryview(data)[start:end])

    def _parts(self) -> Iterator[bytes]:
        yield self._lengths.digest()
        yield self._data.digest()


class _List(_Column):
    """Lists of any kind: their lengths, and all items as one column."""

    def __init__(self, value_type: pa.DataType) -> None:
        super().__init__()
        self._lengths = hashlib.sha256()
        self._items = _hasher(value_type)

    def _values(self, array: pa.Array) -> None:
        import pyarrow.compute as pc

        self._lengths.update(_fixed_bytes(pc.list_value_length(array).drop_null().cast("int64")))
        self._items.update(array.flatten())  # leaves out the items of null lists

    def _parts(self) -> Iterator[bytes]:
        yield self._lengths.digest()
        yield self._items.digest()


class _Map(_List):
    """Maps, as lists of key and value in their order."""

    def __init__(self, data_type: pa.MapType) -> None:
        import pyarrow as pa

        self._entry = pa.struct([pa.field("key", data_type.key_type), pa.field("value", data_type.item_type)])
        super().__init__(self._entry)

    def _decoded(self, array: pa.Array) -> pa.Array:
        import pyarrow as pa

        # built by hand: a cast damages a map that holds lists of nulls (pyarrow 26)
        entries = pa.StructArray.from_arrays([array.keys, array.items], fields=list(self._entry))
        borders = array.buffers()[:2]
        return pa.Array.from_buffers(
            pa.list_(self._entry), len(array), borders, offset=array.offset, children=[entries]
        )


class _Struct(_Column):
    """Structs, each field as a column."""

    def __init__(self, data_type: pa.StructType) -> None:
        super().__init__()
        self._fields = [_hasher(field.type) for field in data_type]

    def _values(self, array: pa.Array) -> None:
        for hasher, values in zip(self._fields, array.flatten(), strict=True):  # fields of a null struct are null
            hasher.update(values)

    def _parts(self) -> Iterator[bytes]:
        return (hasher.digest() for hasher in self._fields)


class _Encoded(_Column):
    """Dictionary and run-end encoded values, hashed decoded."""

    def __init__(self, value_type: pa.DataType) -> None:
        super().__init__()
        self._decoded_values = _hasher(value_type)

    def update(self, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(array.type):
            self._decoded_values.update(array.dictionary_decode())
        else:
            self._decoded_values.update(pc.run_end_decode(array))

    def digest(self) -> bytes:
        return self._decoded_values.digest()


class _Extension(_Column):
    """Extension types, by their storage type."""

    def __init__(self, storage_type: pa.DataType) -> None:
        super().__init__()
        self._storage = _hasher(storage_type)

    def update(self, array: pa.Array) -> None:
        self._storage.update(array.storage)

    def digest(self) -> bytes:
        return self._storage.digest()


class _PythonValues(_Column):
    """Values of types without a null bitmap, hashed one by one by their Python repr."""

    def __init__(self) -> None:
        super().__init__()
        self._data = hashlib.sha256()

    def _values(self, array: pa.Array) -> None:
        for value in array.to_pylist():
            text = repr(value).encode("utf-8", "surrogatepass")
            self._data.update(b"%d\n%s" % (len(text), text))

    def _parts(self) -> Iterator[bytes]:
        yield self._data.digest()


def _one_nan(array: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    nan = pc.is_nan(array)
    return pc.if_else(nan, pa.scalar(float("nan"), array.type), array) if nan.true_count else array


def _fixed_bytes(array: pa.Array) -> memoryview:
    """Return the bytes of an array of fixed width that has no nulls."""
    if not len(array):
        return memoryview(b"")  # it may have no buffer
    width = array.type.bit_width // 8
    return memoryview(array.buffers()[1])[array.offset * width : (array.offset + len(array)) * width]
