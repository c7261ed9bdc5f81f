"""Sizes of the messages of an Arrow IPC stream when their buffers are decompressed, read without decompressing them.

The layout is that of Message.fbs in Arrow's columnar format; the tables are flatbuffers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from spine.core.tables import require_arrow

_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_COMPRESSION_FIELD = 3


def message_sizes(stream: BinaryIO) -> Iterator[int]:
    """Yield the decompressed size of each message up to the end of the stream."""
    arrow, ipc = require_arrow("Reading Arrow IPC"), require_arrow("Reading Arrow IPC", "pyarrow.ipc")
    try:
        for message in ipc.MessageReader.open_stream(stream):
            yield _decompressed(message.metadata.to_pybytes(), memoryview(message.body or b""))
    except (struct.error, IndexError) as error:
        raise arrow.ArrowInvalid("the description of a message is damaged") from error


def _decompressed(metadata: bytes, body: memoryview) -> int:
    message = _Table(metadata, _unsigned(metadata, 0))
    kind, header = message.number(1, "B"), message.table(2)
    batch = header.table(1) if kind == _DICTIONARY_BATCH and header else header
    if batch is None or kind not in (_DICTIONARY_BATCH, _RECORD_BATCH) or not batch.place(_COMPRESSION_FIELD):
        return len(body)
    return sum(_size_of_buffer(body, offset, length) for offset, length in batch.buffers())


def _size_of_buffer(body: memoryview, offset: int, length: int) -> int:
    if length == 0:
        return 0
    size: int = struct.unpack_from("<q", body, offset)[0]
    return length if size == -1 else max(size, 0)  # -1: this one is not compressed


class _Table:
    """A table of a flatbuffer at a position."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position
        self._fields = position - struct.unpack_from("<i", data, position)[0]

    def place(self, field: int) -> int:
        """Return the position of a field, 0 if it is absent."""
        offset = 4 + 2 * field
        if offset >= struct.unpack_from("<H", self._data, self._fields)[0]:
            return 0
        found: int = struct.unpack_from("<H", self._data, self._fields + offset)[0]
        return self._position + found if found else 0

    def number(self, field: int, kind: str) -> int:
        place = self.place(field)
        return int(struct.unpack_from(f"<{kind}", self._data, place)[0]) if place else 0

    def table(self, field: int) -> _Table | None:
        place = self.place(field)
        return _Table(self._data, place + _unsigned(self._data, place)) if place else None

    def buffers(self) -> Iterator[Any]:
        """Yield the offset and the length of each buffer of a record batch."""
        place = self.place(2)
        if place:
            start = place + _unsigned(self._data, place)
            count = _unsigned(self._data, start)
            yield from (struct.unpack_from("<qq", self._data, start + 4 + 16 * index) for index in range(count))


def _unsigned(data: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", data, position)[0])
