"""Parquet file of a payload, whose bytes are checked before they are decoded."""

from __future__ import annotations

import base64
import os
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import finalize

from spine.core.tables import with_columns
from spine.framework.captures.conditions import Conditions, Where, check_columns, conditions
from spine.framework.captures.damage import DamagedCaptureError
from spine.framework.captures.digest import ContentHasher
from spine.framework.captures.seal import Bytes, Progress, is_whole, read_tail, sections

if TYPE_CHECKING:
    import pyarrow as pa

_THREADS = min(4, os.cpu_count() or 1)


def _silent(_bytes: int) -> None:
    """Report no progress."""


class LocalBytes:
    """Bytes of a file on disk, which is open as long as this object is in use."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        finalize(self, os.close, self._descriptor)
        self.size = os.fstat(self._descriptor).st_size

    def read(self, start: int, stop: int) -> bytes:
        found = os.pread(self._descriptor, stop - start, start)
        while found and len(found) < stop - start and start + len(found) < self.size:  # a call reads up to 2 GiB
            found += os.pread(self._descriptor, stop - start - len(found), start + len(found))
        return found


class PayloadFile:
    """Payload with content `content_hash`, as a Parquet file; DamagedCaptureError if it is not as it was written.

    The end of the file is checked here. Each read checks the sections that it reads; a file of an earlier version has
    no hashes of sections, and is read in full by the first one.
    """

    def __init__(self, source: Bytes, place: Path | str, content_hash: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        tail = read_tail(source, content_hash)
        if tail is None or tail.is_sound is False:
            raise DamagedCaptureError(place, "is damaged")
        self._source, self._place, self._content_hash, self._tail = source, place, content_hash, tail
        end = pq.ParquetFile(pa.BufferReader(tail.as_file))
        self._metadata = end.metadata
        self._sections = sections(_starts(self._metadata), tail.sealed_from)
        self._hashes: dict[int, bytes] = {}
        if tail.sections is not None:
            if len(tail.sections) != len(self._sections):
                raise DamagedCaptureError(place, "is damaged")
            self._hashes = dict(zip((start for start, _ in self._sections), tail.sections, strict=True))
        stored = end.schema_arrow.remove_metadata().empty_table()
        self.schema: pa.Schema = _as_written(stored, self._metadata).schema

    def check(self, progress: Progress) -> None:
        """Read the whole file; DamagedCaptureError if it is not as it was written."""
        if self._hashes:
            for start, stop in self._sections:
                self._checked(start, stop, progress)
            return
        if self._tail.whole is not None and is_whole(self._source, self._tail, self._content_hash, progress):
            return
        hasher = ContentHasher(self.schema)
        for group in range(self._metadata.num_row_groups):
            hasher.update(self._row_group(group, None))
        if hasher.hexdigest() != self._content_hash:
            raise DamagedCaptureError(self._place, "is damaged")

    def read(self) -> pa.Table:
        """Return the whole table."""
        import pyarrow as pa

        self._check_earlier()
        return pa.concat_tables([self.schema.empty_table(), *self._tables(range(self._metadata.num_row_groups), None)])

    def scan(self, columns: Sequence[str] | None, where: Where) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Return the schema and batches of the chosen columns and rows; ValidationError for those there cannot be."""
        import pyarrow as pa

        self._check_earlier()
        wanted = None if columns is None else check_columns(self.schema, columns)
        filters = conditions(self.schema, where)
        needed = None if wanted is None else list(dict.fromkeys([*wanted, *filters.columns]))
        schema = self.schema if wanted is None else pa.schema([self.schema.field(name) for name in wanted])
        groups = self._matching(filters)

        def batches() -> Iterator[pa.RecordBatch]:
            for table in self._tables(groups, needed, filters):
                yield from (table if wanted is None else table.select(wanted)).to_batches()

        return schema, batches()

    def _check_earlier(self) -> None:
        if not self._hashes:
            self.check(_silent)

    def _matching(self, filters: Conditions) -> Sequence[int]:
        """Return the row groups whose statistics allow rows that fulfil the conditions."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        expression = filters.expression()
        if expression is None:
            return range(self._metadata.num_row_groups)
        fragment = ds.ParquetFileFormat().make_fragment(pa.BufferReader(self._tail.as_file))
        return [group.id for group in fragment.subset(filter=expression).row_groups]

    def _tables(
        self, groups: Sequence[int], columns: list[str] | None, filters: Conditions | None = None
    ) -> Iterator[pa.Table]:
        """Yield row groups in order; a few are read ahead by threads."""

        def table(group: int) -> pa.Table:
            found = self._row_group(group, columns)
            return found if filters is None else filters.filter(found)

        if len(groups) < 2 or _THREADS < 2:
            yield from map(table, groups)
            return
        yield from _ahead(table, groups)

    def _row_group(self, group: int, columns: list[str] | None) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        metadata = self._metadata.row_group(group)
        chunks = [metadata.column(index) for index in range(metadata.num_columns)]
        paths = None
        if columns is not None:
            wanted = set(columns)
            chunks = [chunk for chunk in chunks if _belongs(chunk.path_in_schema, wanted)]
            paths = sorted({chunk.path_in_schema for chunk in chunks})
        starts = {_start(chunk) for chunk in chunks}
        loaded = [(start, self._checked(start, stop)) for start, stop in self._sections if max(start, 4) in starts]
        file = pq.ParquetFile(
            pa.PythonFile(_Loaded(loaded, self._source.size), mode="r"),
            metadata=self._metadata,
            page_checksum_verification=not self._hashes,
            pre_buffer=False,  # else threads of pyarrow read, and a process that ends meanwhile aborts
        )
        table = file.read_row_group(group, columns=paths, use_threads=False)
        return _as_written(table if columns is None else table.select(columns), self._metadata)

    def _checked(self, start: int, stop: int, progress: Progress = _silent) -> bytes:
        """Return the bytes of a section, which are those that were written if the file has hashes of its sections."""
        found = self._source.read(start, min(stop, self._source.size))
        progress(len(found))
        if self._hashes and sha256(found).digest() != self._hashes[start]:
            raise DamagedCaptureError(self._place, "is damaged")
        return found


class _Loaded:
    """File for pyarrow of which some parts are in memory, and no others are read."""

    closed = False

    def __init__(self, parts: Sequence[tuple[int, bytes]], size: int) -> None:
        self._parts = sorted(parts)
        self._starts = [start for start, _ in self._parts]
        self._size = size
        self._place = 0

    def read(self, count: int = -1) -> memoryview:
        place, self._place = self._place, self._place + count
        found = bisect_right(self._starts, place) - 1
        if found < 0:
            return memoryview(b"")
        start, part = self._parts[found]
        return memoryview(part)[place - start : place - start + count]

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset + (0, self._place, self._size)[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def size(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Keep the parts; they end with this object."""


def starts_of_chunks(file: bytes) -> list[int]:
    """Return the start of each column chunk that the footer of a Parquet file refers to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return _starts(pq.read_metadata(pa.BufferReader(file)))


def _starts(metadata: Any) -> list[int]:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    return [_start(group.column(index)) for group in groups for index in range(group.num_columns)]


def _start(chunk: Any) -> int:
    return int(chunk.dictionary_page_offset or chunk.data_page_offset)


def _belongs(path: str, columns: Set[str]) -> bool:
    """Return True for the path of a column or of a part of it; a name with a dot may look like such a path."""
    return any(place in columns for place in accumulate(path.split("."), "{}.{}".format))


def _ahead(work: Callable[[int], Any], items: Sequence[int]) -> Iterator[Any]:
    """Yield the results of `work` in order, from threads that are at most one item each ahead."""
    waiting: deque[Future[Any]] = deque()
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="spine-capture")
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _as_written(table: pa.Table, metadata: Any) -> pa.Table:
    """Return `table` with its original types: Parquet has no seconds and stores them as milliseconds."""
    import pyarrow as pa

    encoded = (metadata.metadata or {}).get(b"ARROW:schema")
    if encoded is None:
        return table
    written = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(encoded)))
    columns, fields = {}, {}
    for index, found in enumerate(table.schema):
        named = written.get_field_index(found.name)
        field = written.field(index if named < 0 else named)  # only a whole table has a name twice
        if not found.type.equals(field.type):
            columns[index], fields[index] = table.column(index).cast(field.type), field
    return with_columns(table, columns, fields)
